;; Counts its calls in memory and in a global, and allows only the first.
(global $calls (mut i32) (i32.const 0))
(func $validate (param $at i32) (param $length i32) (result i32)
  (i32.store (i32.const 1024) (i32.add (i32.load (i32.const 1024)) (i32.const 1)))
  (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
  (call $answers (global.get $confs)
    (i32.and
      (i32.eq (i32.load (i32.const 1024)) (i32.const 1))
      (i32.eq (global.get $calls) (i32.const 1)))))
