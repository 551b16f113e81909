;; Says that there are no claims.
(data (i32.const 16) "no")
(data (i32.const 1024) "\01\00\00\00\10\00\00\00\02\00\00\00")
(func $map (param i32 i32) (result i32)
  (call $answer))
