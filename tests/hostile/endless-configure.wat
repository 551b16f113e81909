;; Never finishes reading its configuration.
(func $configure (param $at i32) (param $count i32) (result i32)
  (loop $forever (br $forever))
  unreachable)
