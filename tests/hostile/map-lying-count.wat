;; Answers once more than it was configured.
(func $map (param i32 i32) (result i32)
  (global.set $confs (i32.add (global.get $confs) (i32.const 1)))
  (call $answer))
