;; What a guest does that does not say otherwise: describes itself, takes every configuration, allows.
(func $describe (result i32)
  (local $area i32)
  (local.set $area (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 32)))
  (call $string (local.get $area) (i32.const 16) (i32.const 5))
  (call $string (i32.add (local.get $area) (i32.const 8)) (i32.const 21) (i32.const 5))
  (call $string (i32.add (local.get $area) (i32.const 16)) (i32.const 16) (i32.const 0))
  (call $string (i32.add (local.get $area) (i32.const 24)) (i32.const 26) (i32.const 2))
  (local.get $area))
;;
(func $configure (param $at i32) (param $count i32) (result i32)
  (global.set $confs (local.get $count))
  (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 12)))
;;
(func $validate (param $at i32) (param $length i32) (result i32)
  (call $answers (global.get $confs) (i32.const 1)))
