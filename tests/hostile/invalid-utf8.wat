;; Allows, with a message that is no text.
(func $validate (param $at i32) (param $length i32) (result i32)
  (local $area i32)
  (local.set $area (call $answers (i32.const 1) (i32.const 1)))
  (i32.store (i32.const 64) (i32.const 0xfefefefe))
  (call $string (i32.add (i32.load (local.get $area)) (i32.const 12)) (i32.const 64) (i32.const 4))
  (local.get $area))
