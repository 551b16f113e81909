;; Answers a claim `sub` that nobody has asked for: "eve".
(data (i32.const 16) "sub\22eve\22")
(data (i32.const 1024) "\00\00\00\00\00\08\00\00\01\00\00\00")
(data (i32.const 2048) "\10\00\00\00\03\00\00\00\13\00\00\00\05\00\00\00")
(func $map (param i32 i32) (result i32)
  (call $answer))
