;; Takes memory until it is refused, touches all of it, then gives up.
(func $validate (param $at i32) (param $length i32) (result i32)
  (local $page i32)
  (loop $more
    (local.set $page (memory.grow (i32.const 16)))
    (if (i32.ne (local.get $page) (i32.const -1))
      (then
        (i32.store (i32.mul (local.get $page) (i32.const 65536)) (i32.const 1))
        (br $more))))
  unreachable)
