;; The frame around every hostile claim mapper, like frame.wat for validators. A guest takes the place of GUEST: data, and
;; the function $map, which may end with `(call $answer)`: one answer for every configuration, all of them what lies at 1024.
;;
;; At 1024 is room for two answers of 12 bytes: 0 and a list of claims (address, length), or 1 and an error (the same). At
;; 2048 is room for claims of 16 bytes: address and length of the name, address and length of the value.
(component
  (import "portcullis:policy/types@1.0.0" (instance $types
    (type $about (record (field "name" string) (field "version" string) (field "help" string) (field "conf-schema" string)))
    (export "about" (type (eq $about)))
    (type $problem (record (field "index" u32) (field "path" string) (field "message" string)))
    (export "conf-problem" (type (eq $problem)))
    (type $claim (record (field "name" string) (field "value" string)))
    (export "claim" (type (eq $claim)))))
  (alias export $types "about" (type $about))
  (alias export $types "conf-problem" (type $problem))
  (alias export $types "claim" (type $claim))
  (core module $guest
    (memory (export "memory") 1)
    (global $confs (mut i32) (i32.const 0))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
    (func (export "describe") (result i32) (i32.const 512))
    (func (export "configure") (param i32 i32) (result i32) (global.set $confs (local.get 1)) (i32.const 512))
    (func $answer (result i32)
      (i32.store (i32.const 256) (i32.const 1024))
      (i32.store (i32.const 260) (global.get $confs))
      (i32.const 256))

    ;; GUEST

    (export "map" (func $map)))
  (core instance $g (instantiate $guest))
  (alias core export $g "memory" (core memory $memory))
  (alias core export $g "realloc" (core func $realloc))
  (func (export "describe") (result $about)
    (canon lift (core func $g "describe") (memory $memory) (realloc $realloc)))
  (func (export "configure") (param "confs" (list string)) (result (result (error (list $problem))))
    (canon lift (core func $g "configure") (memory $memory) (realloc $realloc)))
  (func (export "map") (param "input" string) (result (list (result (list $claim) (error string))))
    (canon lift (core func $g "map") (memory $memory) (realloc $realloc))))
