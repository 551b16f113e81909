;; Answers with one verdict more than it was asked for, all of them friendly.
(func $validate (param $at i32) (param $length i32) (result i32)
  (call $answers (i32.add (global.get $confs) (i32.const 1)) (i32.const 1)))
