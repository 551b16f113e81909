//! The two other worlds, with one small component each.

use super::*;
use crate::{
    decision::{Claim, Components, Mapped, Unmapped},
    plugin::Kind,
};

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

fn of(component: &str, count: usize) -> RuleSet {
    RuleSet::of(component, vec!["{}".to_owned(); count])
}

async fn map(sandbox: &Sandbox, component: &str, count: usize) -> Vec<Mapped> {
    sandbox.map(&of(component, count), "{}").await.answers
}

async fn check(sandbox: &Sandbox, component: &str, count: usize) -> Vec<Answer> {
    sandbox.check_consents(&of(component, count), "{}", true).await.answers
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
    let refused = Err(Unmapped::Refused("nothing".to_owned()));
    assert_eq!(map(&sandbox, "mapper", 2).await, [refused.clone(), Ok(vec![claim])]);
    assert_eq!(map(&sandbox, "nobody", 1).await, [Err(Unmapped::Fault(Code::UnknownValidator))]);
    // A claim mapper is no validator, and no consent checker either.
    assert_eq!(sandbox.ask(&rules(&[("mapper", "{}")]), "{}").await.answers, [error(Code::Unavailable)]);
    assert_eq!(check(&sandbox, "mapper", 1).await, [error(Code::Unavailable)]);
    assert_eq!(sandbox.accept_checkers(&of("mapper", 1)).await.unwrap_err()[0].path, "/name");
    // Nor is its snapshot, once there is one.
    built(&sandbox, 1).await;
    assert_eq!(map(&sandbox, "mapper", 2).await.first(), Some(&refused));
    let asked = sandbox.ask(&of("mapper", 2), "{}").await;
    assert_eq!(asked.answers, [error(Code::Unavailable), error(Code::Unavailable)]);
    let problems = sandbox.check(&rules(&[("mapper", "{}")])).await.unwrap_err();
    assert_eq!((problems[0].path.as_str(), problems.len()), ("/name", 1));
}

#[tokio::test]
async fn consents_are_checked_one_answer_a_configuration() {
    let scratch = Scratch::new();
    let sandbox = start_in(&scratch, patient());
    sandbox.install("deny", checker("deny")).unwrap();
    assert_eq!(sandbox.describe("deny").await.unwrap().kind, Kind::ConsentChecker);
    assert_eq!(check(&sandbox, "deny", 2).await, [denied(), denied()]);
    assert_eq!(sandbox.accept_checkers(&of("deny", 1)).await, Ok(()));
    sandbox.install("trap", checker("trap")).unwrap();
    assert_eq!(check(&sandbox, "trap", 2).await, [error(Code::Trap), error(Code::Trap)]);
    sandbox.install("count", checker("lying-count")).unwrap();
    assert_eq!(check(&sandbox, "count", 2).await, [error(Code::BadAnswer), error(Code::BadAnswer)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn snapshots_of_mappers_and_checkers_agree_with_the_fallback() {
    let scratch = Scratch::new();
    let sandbox = start_in(&scratch, patient());
    sandbox.install("mapper", wat::parse_str(MAPPER).unwrap()).unwrap();
    sandbox.install("by-conf", checker("deny")).unwrap();
    let (mappers, checkers) = (of("mapper", 2), of("by-conf", 2));
    let (mapped, checked) = (sandbox.map(&mappers, "{}").await, sandbox.check_consents(&checkers, "{}", true).await);
    assert!(mapped.usage.cold && checked.usage.cold);
    built(&sandbox, 2).await;
    let (warm_mapped, warm_checked) =
        (sandbox.map(&mappers, "{}").await, sandbox.check_consents(&checkers, "{}", true).await);
    assert!(!warm_mapped.usage.cold && !warm_checked.usage.cold);
    assert_eq!(warm_mapped.answers, mapped.answers);
    assert_eq!(warm_checked.answers, checked.answers);
    assert_eq!((sandbox.report().builds, sandbox.report().failed_builds), (2, 0));
}

#[tokio::test]
async fn what_is_asked_once_is_not_prepared() {
    let scratch = Scratch::new();
    let sandbox = start_in(&scratch, patient());
    sandbox.install("deny", checker("deny")).unwrap();
    for _ in 0..3 {
        assert!(sandbox.check_consents(&of("deny", 1), "{}", false).await.usage.cold);
    }
    let report = sandbox.report();
    assert_eq!((report.builds, report.failed_builds), (0, 0));
}
