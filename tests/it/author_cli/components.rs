//! `portcullis plugin check|test|bench` on components written as text: validators and consent checkers.

use std::{fs, path::Path};

use serde_json::{Value, json};

use super::{Watching, run, write};
use crate::support::guests;

/// Denies with all there is to say: code, message and details.
const CASES: &str = "cases:
  - { name: it denies, expect: { allow: false, code: denied, details: { why: 1 } } }
";

fn put(folder: &Path, file: &str, wasm: &[u8]) {
    fs::write(folder.join(file), wasm).unwrap();
}

fn findings(report: &Value, about: &str) -> Vec<(bool, String)> {
    let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["about"] == about);
    findings.map(|finding| (finding["ok"].as_bool().unwrap(), finding["text"].as_str().unwrap().to_owned())).collect()
}

#[test]
fn check_says_what_a_component_is() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "deny.wasm", &guests::component("deny"));
    put(folder.path(), "checker.wasm", &guests::checker("deny"));
    for (file, world) in [("deny", "validator"), ("checker", "consent-checker")] {
        let told = run(folder.path(), &["plugin", "check", &format!("{file}.wasm")]).with(0, &["it can be used"]);
        assert!(told.stdout.contains(&format!("ok  world      {world}")), "{told:?}");
        let report = run(folder.path(), &["plugin", "check", "--json", &format!("{file}.wasm")]).with(0, &[]).json();
        assert_eq!(
            (&report["ok"], &report["world"], &report["version"]),
            (&json!(true), &json!(world), &json!("1.0.0"))
        );
        assert_eq!(report["sha256"].as_str().unwrap().len(), 64);
        assert!(findings(&report, "snapshot")[0].1.starts_with("possible"), "{report}");
    }
    write(folder.path(), &[("conf.json", "{}"), ("list.json", "[]")]);
    run(folder.path(), &["plugin", "check", "deny.wasm", "--conf", "conf.json"]).with(0, &["the given one is taken"]);
    run(folder.path(), &["plugin", "check", "deny.wasm", "--conf", "list.json"]).with(2, &["list.json"]);
    put(folder.path(), "strict.wasm", &guests::component("refuse-configure"));
    let strict = ["plugin", "check", "strict.wasm", "--conf", "conf.json"];
    run(folder.path(), &strict).with(1, &["the given one is refused", "it cannot be used"]);
}

#[test]
fn check_says_what_to_do_about_a_component_that_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let foreign = wat::parse_str(
        fs::read_to_string(format!("{}/hostile/foreign-import.wat", env!("CARGO_MANIFEST_DIR"))).unwrap(),
    );
    put(folder.path(), "foreign.wasm", &foreign.unwrap());
    put(folder.path(), "nothing.wasm", &wat::parse_str("(component)").unwrap());
    put(folder.path(), "core.wasm", &wat::parse_str("(module)").unwrap());
    put(folder.path(), "text.wasm", b"hello");
    put(folder.path(), "damaged.wasm", &guests::damaged());
    let half = r#"(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
        (func $f (canon lift (core func $i "f"))) (export "describe" (func $f)) (export "validate" (func $f)))"#;
    put(folder.path(), "half.wasm", &wat::parse_str(half).unwrap());
    let other = half.replace(r#"(export "validate""#, r#"(export "configure" (func $f)) (export "validate""#);
    put(folder.path(), "other.wasm", &wat::parse_str(other).unwrap());
    for (file, words) in [
        ("foreign", &["wasi:clocks/wall-clock@0.2.0: the time", "`now`", "--stub-wasi"][..]),
        ("nothing", &["it exports none", "validate (world validator)"]),
        ("half", &["world validator needs configure as well"]),
        ("other", &["NO  world", "types of wit/v1"]),
        ("core", &["core module"]),
        ("text", &["not WebAssembly"]),
        ("damaged", &["NO  component"]),
    ] {
        let told = run(folder.path(), &["plugin", "check", &format!("{file}.wasm")]);
        told.with(1, &["it cannot be used"]).with(1, words);
        let report = run(folder.path(), &["plugin", "check", "--json", &format!("{file}.wasm")]).with(1, &[]).json();
        assert_eq!(report["ok"], false);
    }
    run(folder.path(), &["plugin", "check", "missing.wasm"]).with(2, &["missing.wasm"]);
}

#[test]
fn cases_are_run_and_their_cost_is_told() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "deny.wasm", &guests::component("deny"));
    put(folder.path(), "checker.wasm", &guests::checker("deny"));
    write(folder.path(), &[("deny.cases.yaml", CASES), ("checker.cases.yaml", CASES)]);
    for file in ["deny.wasm", "checker.wasm"] {
        let told = run(folder.path(), &["plugin", "test", file]).with(0, &["1 passed, 0 failed"]);
        assert!(told.stdout.contains(" us, ") && told.stdout.contains(" KiB, 1 instance)"), "{told:?}");
    }
    let told = run(folder.path(), &["plugin", "test", "deny.wasm", "--json"]).with(0, &[]).json();
    assert_eq!((&told[0]["passed"], &told[0]["usage"]["instances"]), (&json!(true), &json!(1)));
    assert!(told[0]["usage"]["memory_bytes"].as_u64().unwrap() > 0);
}

#[test]
fn a_case_that_fails_tells_both_sides_and_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "deny.wasm", &guests::component("deny"));
    put(folder.path(), "trap.wasm", &guests::component("trap"));
    put(folder.path(), "strict.wasm", &guests::component("refuse-configure"));
    let cases = "cases:
  - { name: it allows, expect: { allow: true, code: other, details: 7 } }
  - { name: it makes claims, expect: { claims: {} } }
refused:
  - { name: it wants more, conf: {}, path: /more }
";
    write(folder.path(), &[("cases.yaml", cases), ("empty.yaml", "cases: [{ name: what of it, expect: {} }]")]);
    let test = |file: &str, cases: &str| run(folder.path(), &["plugin", "test", file, "--cases", cases]);
    test("deny.wasm", "cases.yaml").with(
        1,
        &[
            "FAIL it allows",
            "expected allow: true, got false",
            "expected code: other, got denied",
            r#"expected details: 7, got {"why":1}"#,
            "because no",
            "FAIL it makes claims",
            "expected claims, but the component answers a verdict",
            "FAIL it wants more",
            "it was taken",
            "0 passed, 3 failed",
        ],
    );
    test("trap.wasm", "cases.yaml")
        .with(1, &["expected code: other, got trap", "because the component stopped with a trap"]);
    test("strict.wasm", "cases.yaml").with(1, &["the conf is refused at"]);
    test("deny.wasm", "empty.yaml").with(2, &["the case `what of it` expects nothing"]);
    test("deny.wasm", "missing.yaml").with(2, &["missing.yaml"]);
    // `cases.yaml` beside the component are its cases when there are none of its name.
    run(folder.path(), &["plugin", "test", "deny.wasm"]).with(1, &["FAIL it allows"]);
}

#[test]
fn watch_tests_again_when_the_component_is_another() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "it.wasm", &guests::component("deny"));
    write(folder.path(), &[("it.cases.yaml", "cases: [{ name: it allows, expect: { allow: true } }]")]);
    let mut watching = Watching::start(folder.path(), &["plugin", "test", "it.wasm", "--watch"]);
    assert_eq!(watching.until("passed"), "0 passed, 1 failed");
    put(folder.path(), "it.wasm", &guests::component("by-conf"));
    assert!(watching.until("changed: ").contains("it.wasm"));
    assert_eq!(watching.until("passed"), "1 passed, 0 failed");
}

#[test]
fn bench_measures_a_component() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "deny.wasm", &guests::component("deny"));
    put(folder.path(), "trap.wasm", &guests::component("trap"));
    let bench =
        |file: &str| run(folder.path(), &["plugin", "bench", file, "--seconds", "0.2", "--json"]).with(0, &[]).json();
    let told = bench("deny.wasm");
    assert!(told["with_snapshot"]["calls"].as_u64().unwrap() > 0, "{told}");
    assert_eq!(told["with_snapshot"]["errors"], 0);
    let told = bench("trap.wasm");
    assert_eq!(told["without_snapshot"]["errors"], told["without_snapshot"]["calls"]);
    assert_eq!(told["without_snapshot"]["error"], "trap");
}

#[test]
fn policies_are_tried_with_components_of_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "mine.wasm", &guests::component("deny"));
    let policy = r#"{"id": "x", "policy_name": "x", "validators": [{"name": "mine"}]}"#;
    let cases = "cases: [{ name: it denies, expect: { allow: false, failures: [{ validator: mine, code: denied }] } }]";
    write(folder.path(), &[("x.json", policy), ("x.cases.yaml", cases), ("input.json", "{}")]);
    run(folder.path(), &["policy", "test", "."]).with(1, &["the policy can be saved", "/validators/0/name"]);
    run(folder.path(), &["policy", "test", ".", "--plugin", "mine.wasm"]).with(0, &["1 passed"]);
    let eval = ["policy", "eval", "x.json", "--input", "input.json", "--plugin"];
    run(folder.path(), &[&eval[..], &["mine=mine.wasm"]].concat()).with(1, &["denied: no", r#"{"why":1}"#]);
    run(folder.path(), &[&eval[..], &["header=mine.wasm"]].concat()).with(2, &["header is the name of a component"]);
    run(folder.path(), &[&eval[..], &["x.json"]].concat()).with(2, &["not WebAssembly"]);
}
