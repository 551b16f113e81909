;; Says that its answer lies outside of its memory.
(func $validate (param $at i32) (param $length i32) (result i32)
  (i32.const -16))
