;; Answers with an empty list.
(func $validate (param $at i32) (param $length i32) (result i32)
  (call $answers (i32.const 0) (i32.const 1)))
