;; Says that its message is four gigabytes long.
(func $validate (param $at i32) (param $length i32) (result i32)
  (local $area i32)
  (local.set $area (call $answers (i32.const 1) (i32.const 1)))
  (call $string (i32.add (i32.load (local.get $area)) (i32.const 12)) (i32.const 16) (i32.const -1))
  (local.get $area))
