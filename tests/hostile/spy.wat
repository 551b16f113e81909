;; Looks for what an earlier call left in fresh memory, allows only when there is nothing, then leaves something itself.
(func $validate (param $at i32) (param $length i32) (result i32)
  (local $place i32) (local $end i32) (local $found i64)
  (local.set $place (i32.mul (memory.size) (i32.const 65536)))
  (drop (memory.grow (i32.const 32)))
  (local.set $end (i32.mul (memory.size) (i32.const 65536)))
  (loop $look
    (local.set $found (i64.or (local.get $found) (i64.load (local.get $place))))
    (i64.store (local.get $place) (i64.const 0x5ec2e75ec2e75ec2))
    (local.set $place (i32.add (local.get $place) (i32.const 512)))
    (br_if $look (i32.lt_u (local.get $place) (local.get $end))))
  (call $answers (global.get $confs) (i64.eqz (local.get $found))))
