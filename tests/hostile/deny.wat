;; Denies everything, with all there is to say. Not hostile, but every other guest allows.
(func $validate (param $at i32) (param $length i32) (result i32)
  (call $answers (global.get $confs) (i32.const 0)))
