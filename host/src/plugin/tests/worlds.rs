//! The two other worlds, with one small component each.

use super::*;
use crate::plugin::{Claim, Kind};

/// Answers for every configuration one claim `sub`: `1`, except for the first, which gets an error.
const MAPPER: &str = r#"
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
    (data (i32.const 16) "sub1nothing")
    ;; At 1024 the list of answers: an error "nothing", then one claim.
    (data (i32.const 1024) "\01\00\00\00\14\00\00\00\07\00\00\00" "\00\00\00\00\00\08\00\00\01\00\00\00")
    (data (i32.const 2048) "\10\00\00\00\03\00\00\00\13\00\00\00\01\00\00\00")
    (global $confs (mut i32) (i32.const 0))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
    (func (export "describe") (result i32) (i32.const 512))
    (func (export "configure") (param i32 i32) (result i32) (global.set $confs (local.get 1)) (i32.const 512))
    (func (export "map") (param i32 i32) (result i32)
      (i32.store (i32.const 256) (i32.const 1024))
      (i32.store (i32.const 260) (global.get $confs))
      (i32.const 256)))
  (core instance $g (instantiate $guest))
  (alias core export $g "memory" (core memory $memory))
  (alias core export $g "realloc" (core func $realloc))
  (func (export "describe") (result $about)
    (canon lift (core func $g "describe") (memory $memory) (realloc $realloc)))
  (func (export "configure") (param "confs" (list string)) (result (result (error (list $problem))))
    (canon lift (core func $g "configure") (memory $memory) (realloc $realloc)))
  (func (export "map") (param "input" string) (result (list (result (list $claim) (error string))))
    (canon lift (core func $g "map") (memory $memory) (realloc $realloc))))"#;

fn confs(count: usize) -> Vec<String> {
    vec!["{}".to_owned(); count]
}

/// A validator becomes a consent checker by the name of its function.
fn checker(name: &str) -> Vec<u8> {
    let default = file("frame.wat").replace(r#"(func (export "validate")"#, r#"(func (export "check")"#);
    let guest = file(&format!("{name}.wat")) + &file("defaults.wat").replace("\n;;\n", "\n");
    let guest = guest.rsplit_once("(func $validate").unwrap().0.to_owned();
    wat::parse_str(default.replace(";; GUEST\n", &guest)).unwrap()
}

#[tokio::test]
async fn claims_are_mapped_one_answer_a_configuration() {
    let scratch = Scratch::new();
    let sandbox = start_in(&scratch, patient());
    sandbox.install("mapper", wat::parse_str(MAPPER).unwrap()).unwrap();
    assert_eq!(sandbox.describe("mapper").await.unwrap().kind, Kind::ClaimMapper);
    let claim = Claim { name: "sub".to_owned(), value: "1".to_owned() };
    let answers = sandbox.map_claims("mapper", &confs(2), "{}").await;
    assert_eq!(answers, Ok(vec![Err("nothing".to_owned()), Ok(vec![claim])]));
    assert_eq!(sandbox.map_claims("nobody", &confs(1), "{}").await, Err(Code::UnknownValidator));
    // A claim mapper is no validator, and no consent checker either.
    assert_eq!(sandbox.ask(&rules(&[("mapper", "{}")]), "{}").await.answers, [error(Code::Unavailable)]);
    assert_eq!(sandbox.check_consents("mapper", &confs(1), "{}").await, Err(Code::Unavailable));
    let problems = sandbox.check(&rules(&[("mapper", "{}")])).await.unwrap_err();
    assert_eq!((problems[0].path.as_str(), problems.len()), ("/name", 1));
}

#[tokio::test]
async fn consents_are_checked_one_answer_a_configuration() {
    let scratch = Scratch::new();
    let sandbox = start_in(&scratch, patient());
    sandbox.install("deny", checker("deny")).unwrap();
    assert_eq!(sandbox.describe("deny").await.unwrap().kind, Kind::ConsentChecker);
    assert_eq!(sandbox.check_consents("deny", &confs(2), "{}").await, Ok(vec![denied(), denied()]));
    sandbox.install("trap", checker("trap")).unwrap();
    assert_eq!(sandbox.check_consents("trap", &confs(2), "{}").await, Err(Code::Trap));
    sandbox.install("count", checker("lying-count")).unwrap();
    assert_eq!(sandbox.check_consents("count", &confs(2), "{}").await, Err(Code::BadAnswer));
}
