;; Not hostile: denies when the first configuration begins with `{"d`, to tell configurations apart.
(global $deny (mut i32) (i32.const 0))
(func $configure (param $at i32) (param $count i32) (result i32)
  (global.set $confs (local.get $count))
  (if (local.get $count)
    (then (global.set $deny (i32.eq (i32.load8_u offset=2 (i32.load (local.get $at))) (i32.const 0x64)))))
  (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 12)))
(func $validate (param $at i32) (param $length i32) (result i32)
  (call $answers (global.get $confs) (i32.eqz (global.get $deny))))
