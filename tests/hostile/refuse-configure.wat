;; Refuses its second configuration.
(func $configure (param $at i32) (param $count i32) (result i32)
  (call $problem (i32.const 1)))
