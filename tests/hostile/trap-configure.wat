;; Stops while it is configured.
(func $configure (param $at i32) (param $count i32) (result i32)
  unreachable)
