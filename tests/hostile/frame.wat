;; The frame around every hostile guest: a whole component of world `validator`, with the canonical ABI written by hand.
;;
;; A guest is a file beside this one. It holds core functions that take the place of $describe, $configure or $validate
;; (a missing one gets the default at the end of this file), and is put in where this file says GUEST. See
;; host/src/plugin/tests/mod.rs for the few lines that do it.
;;
;; What a guest may use: (memory 0), $realloc, $problem, $answers, $confs (how many configurations there were).
(component
  (import "portcullis:policy/types@1.0.0" (instance $types
    (type $about (record (field "name" string) (field "version" string) (field "help" string) (field "conf-schema" string)))
    (export "about" (type (eq $about)))
    (type $problem (record (field "index" u32) (field "path" string) (field "message" string)))
    (export "conf-problem" (type (eq $problem)))
    (type $verdict (record (field "allow" bool) (field "code" string) (field "message" string) (field "details" string)))
    (export "verdict" (type (eq $verdict)))))
  (alias export $types "about" (type $about))
  (alias export $types "conf-problem" (type $problem))
  (alias export $types "verdict" (type $verdict))

  (core module $guest
    (memory (export "memory") 2)
    (global $next (mut i32) (i32.const 8192))
    (global $confs (mut i32) (i32.const 0))
    (data (i32.const 16) "guest1.0.0{}deniedno{\22why\22:1}")

    ;; Hands out memory in order and never takes any back: an instance lives for one call.
    (func $realloc (export "realloc") (param $old i32) (param $had i32) (param $align i32) (param $size i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get $size)))
      (loop $grow
        (if (i32.gt_u (global.get $next) (i32.mul (memory.size) (i32.const 65536)))
          (then (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable)) (br $grow))))
      (if (local.get $had) (then (memory.copy (local.get $at) (local.get $old) (local.get $had))))
      (local.get $at))

    ;; Writes a string (address and length) into a record.
    (func $string (param $place i32) (param $at i32) (param $length i32)
      (i32.store (local.get $place) (local.get $at))
      (i32.store offset=4 (local.get $place) (local.get $length)))

    ;; `configure` refuses: one problem at `index`, path "" and message "no".
    (func $problem (param $index i32) (result i32)
      (local $area i32) (local $problem i32)
      (local.set $area (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 12)))
      (local.set $problem (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 20)))
      (i32.store (local.get $problem) (local.get $index))
      (call $string (i32.add (local.get $problem) (i32.const 4)) (i32.const 16) (i32.const 0))
      (call $string (i32.add (local.get $problem) (i32.const 12)) (i32.const 34) (i32.const 2))
      (i32.store8 (local.get $area) (i32.const 1))
      (call $string (i32.add (local.get $area) (i32.const 4)) (local.get $problem) (i32.const 1))
      (local.get $area))

    ;; `validate` answers: `count` equal verdicts, allowed or {denied, no, {"why":1}}.
    (func $answers (param $count i32) (param $allow i32) (result i32)
      (local $area i32) (local $at i32)
      (local.set $area (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 8)))
      (local.set $at
        (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (i32.mul (local.get $count) (i32.const 28))))
      (call $string (local.get $area) (local.get $at) (local.get $count))
      (loop $verdicts
        (if (local.get $count)
          (then
            (i32.store8 (local.get $at) (local.get $allow))
            (if (i32.eqz (local.get $allow))
              (then
                (call $string (i32.add (local.get $at) (i32.const 4)) (i32.const 28) (i32.const 6))
                (call $string (i32.add (local.get $at) (i32.const 12)) (i32.const 34) (i32.const 2))
                (call $string (i32.add (local.get $at) (i32.const 20)) (i32.const 36) (i32.const 9))))
            (local.set $at (i32.add (local.get $at) (i32.const 28)))
            (local.set $count (i32.sub (local.get $count) (i32.const 1)))
            (br $verdicts))))
      (local.get $area))

    ;; GUEST

    (export "describe" (func $describe))
    (export "configure" (func $configure))
    (export "validate" (func $validate)))

  (core instance $g (instantiate $guest))
  (alias core export $g "memory" (core memory $memory))
  (alias core export $g "realloc" (core func $realloc))
  (func (export "describe") (result $about)
    (canon lift (core func $g "describe") (memory $memory) (realloc $realloc)))
  (func (export "configure") (param "confs" (list string)) (result (result (error (list $problem))))
    (canon lift (core func $g "configure") (memory $memory) (realloc $realloc)))
  (func (export "validate") (param "input" string) (result (list $verdict))
    (canon lift (core func $g "validate") (memory $memory) (realloc $realloc))))
