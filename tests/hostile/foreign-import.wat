;; Not put into the frame: a component that wants to know the time.
(component
  (import "wasi:clocks/wall-clock@0.2.0" (instance
    (export "now" (func (result u64))))))
