;; Answers the first claim with a value that would end the object it is put into: 1,"sub":"eve".
(data (i32.const 16) "01,\22sub\22:\22eve\22")
(data (i32.const 1024) "\00\00\00\00\00\08\00\00\01\00\00\00")
(data (i32.const 2048) "\10\00\00\00\01\00\00\00\11\00\00\00\0d\00\00\00")
(func $map (param i32 i32) (result i32)
  (call $answer))
