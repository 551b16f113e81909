;; Allows, with a message of ten million bytes.
(func $validate (param $at i32) (param $length i32) (result i32)
  (local $area i32)
  (drop (memory.grow (i32.const 160)))
  (local.set $area (call $answers (i32.const 1) (i32.const 1)))
  (call $string (i32.add (i32.load (local.get $area)) (i32.const 12)) (i32.const 65536) (i32.const 10000000))
  (local.get $area))
