;; Never says what it is.
(func $describe (result i32)
  (loop $forever (br $forever))
  unreachable)
