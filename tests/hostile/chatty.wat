;; Not put into the frame: a whole component that writes to the log a thousand times, then allows.
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
  (import "portcullis:policy/host@1.0.0" (instance $host
    (type $words (enum "debug" "info" "warn"))
    (export "level" (type $level (eq $words)))
    (export "log" (func (param "level" $level) (param "line" string)))))

  (core module $store
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096)))
  (core instance $s (instantiate $store))
  (alias core export $s "memory" (core memory $memory))
  (alias core export $s "realloc" (core func $realloc))
  (core func $log (canon lower (func $host "log") (memory $memory)))

  (core module $guest
    (import "store" "memory" (memory 1))
    (import "host" "log" (func $log (param i32 i32 i32)))
    (data (i32.const 16) "a line of the guest's")
    (func (export "describe") (result i32) (i32.const 512))
    (func (export "configure") (param i32 i32) (result i32) (i32.const 512))
    (func (export "validate") (param i32 i32) (result i32)
      (local $left i32)
      (local.set $left (i32.const 1000))
      (loop $again
        (call $log (i32.const 2) (i32.const 16) (i32.const 21))
        (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (i32.store (i32.const 1024) (i32.const 2048))
      (i32.store (i32.const 1028) (i32.const 1))
      (i32.store8 (i32.const 2048) (i32.const 1))
      (i32.const 1024)))
  (core instance $g (instantiate $guest
    (with "store" (instance $s))
    (with "host" (instance (export "log" (func $log))))))
  (func (export "describe") (result $about)
    (canon lift (core func $g "describe") (memory $memory) (realloc $realloc)))
  (func (export "configure") (param "confs" (list string)) (result (result (error (list $problem))))
    (canon lift (core func $g "configure") (memory $memory) (realloc $realloc)))
  (func (export "validate") (param "input" string) (result (list $verdict))
    (canon lift (core func $g "validate") (memory $memory) (realloc $realloc))))
