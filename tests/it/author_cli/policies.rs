//! `portcullis policy …` on policies in the field language, whose component is always there.

use serde_json::json;

use super::{Watching, run, said, within, write};
use crate::support::process::ended;

/// Staff with two factors.
const POLICY: &str = r#"{
  "id": "staff",
  "policy_name": "Staff",
  "validators": [
    { "name": "identity-context", "conf": { "fields": [
      { "field": "groups", "comparator": "contains", "value": "staff" }] } },
    { "name": "identity-context", "conf": { "fields": [
      { "field": "amr", "comparator": "contains", "value": "mfa" }] }, "recovery": [{ "type": "mfa" }] }
  ]
}"#;
const ANN: &str = r#"{ "authn_ctx": { "groups": ["staff"], "amr": ["mfa"] } }"#;
const BOB: &str = r#"{ "authn_ctx": { "groups": ["staff"], "amr": ["pwd"] } }"#;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("staff.json", POLICY), ("ann.json", ANN), ("bob.json", BOB)]);
    folder
}

#[test]
fn eval_answers_with_its_exit_code() {
    let folder = folder();
    let eval = |input: &str, more: &[&str]| {
        run(folder.path(), &[&["policy", "eval", "staff.json", "--input", input], more].concat())
    };
    eval("ann.json", &[]).with(0, &["allow\n", "1 instance"]);
    let denied = ["deny\n", "identity-context (rule 2): not_contained: amr does not contain", "may pass with: mfa"];
    eval("bob.json", &[]).with(1, &denied);
    let told = eval("bob.json", &["--json"]).with(1, &[]).json();
    assert_eq!((&told["result"], &told["allow"]), (&json!("deny"), &json!(false)));
    assert_eq!(told["failures"][0]["code"], "not_contained");
    assert_eq!(told["recovery"], json!([{ "id": "", "type": "mfa" }]));
    assert_eq!(told["usage"]["instances"], 1);
    eval("nobody.json", &[]).with(2, &["nobody.json"]);
}

#[test]
fn eval_reads_stdin_and_names_members_that_nobody_sees() {
    use std::{io::Write, process::Stdio};
    let folder = folder();
    let mut eval = within(folder.path(), &["policy", "eval", "staff.json", "--input", "-"]);
    let mut child = eval.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(br#"{"auth_ctx": {"groups": ["staff"]}}"#).unwrap();
    said(child.wait_with_output().unwrap()).with(1, &["a member `auth_ctx` that no policy sees", "deny"]);
    let mut eval = within(folder.path(), &["policy", "eval", "staff.json", "--input", "-"]);
    said(ended(eval.stdin(Stdio::null()))).with(2, &["-: "]);
}

#[test]
fn the_time_of_an_input_is_now_unless_it_says_another() {
    let folder = folder();
    let policy = r#"{"id": "x", "policy_name": "x", "validators": [{"name": "attributes", "conf": {"fields": [
        {"field": "now", "comparator": "after", "value": "2025-01-01T00:00:00Z"}]}}]}"#;
    write(folder.path(), &[("now.json", policy), ("then.json", r#"{"now": 1}"#), ("none.json", "{}")]);
    run(folder.path(), &["policy", "eval", "now.json", "--input", "none.json"]).with(0, &["allow"]);
    run(folder.path(), &["policy", "eval", "now.json", "--input", "then.json"]).with(1, &["deny"]);
}

#[test]
fn explain_tells_every_rule() {
    let folder = folder();
    let explain = ["policy", "explain", "staff.json", "--input", "bob.json"];
    let words = ["deny: Staff", "1. pass  identity-context", "2. fail  identity-context", "not_contained", "\"amr\""];
    run(folder.path(), &explain).with(1, &words).with(1, &["may pass with: mfa", "the decision: "]);
    let trace = run(folder.path(), &[&explain[..], &["--json"]].concat()).with(1, &[]).json();
    assert_eq!(trace["rules"][0]["outcome"], "pass");
    assert_eq!(trace["rules"][1]["outcome"], "fail");
    assert_eq!(trace["rules"][1]["recovery"], json!(["mfa"]));
    assert_eq!(trace["rules"][1]["conf"]["fields"][0]["field"], "amr");
    assert!(trace["rules"][1]["usage"]["memory_bytes"].as_u64().unwrap() > 0);
}

#[test]
fn bench_measures_with_and_without_a_snapshot() {
    let folder = folder();
    let bench = ["policy", "bench", "staff.json", "--input", "ann.json", "--seconds", "0.2"];
    run(folder.path(), &bench).with(0, &["fresh, no snapshot", "fresh from snapshot", "pagemap_scan"]);
    let told = run(folder.path(), &[&bench[..], &["--json"]].concat()).with(0, &[]).json();
    for kind in ["without_snapshot", "with_snapshot"] {
        let times = &told[kind];
        assert!(times["calls"].as_u64().unwrap() > 0 && times["p99_us"].as_f64() >= times["p50_us"].as_f64(), "{told}");
        assert_eq!((&times["instances"], &times["errors"]), (&json!(1), &json!(0)), "{told}");
    }
    assert!(told["machine"]["reason"].is_string());
    run(folder.path(), &["policy", "bench", "staff.json", "--input", "ann.json", "--seconds", "-1"]).with(2, &[]);
}

#[test]
fn check_points_at_the_place() {
    let folder = folder();
    let wrong = POLICY.replace("contains\", \"value\": \"mfa", "contians\", \"value\": \"mfa");
    let unknown = POLICY.replacen("identity-context", "identity", 1);
    write(
        folder.path(),
        &[
            ("wrong.json", &wrong),
            ("unknown.json", &unknown),
            ("cut.json", "{\n  \"id\""),
            ("nameless.json", r#"{"id": "x"}"#),
        ],
    );
    let check = |files: &[&str]| run(folder.path(), &[&["policy", "check"], files].concat());
    check(&["staff.json"]).with(0, &["1 policy can be saved"]);
    check(&["wrong.json"]).with(1, &["wrong.json:8:25: /validators/1/conf/fields/0/comparator: "]);
    check(&["staff.json", "unknown.json"]).with(1, &["unknown.json:5:7: /validators/0/name: "]);
    check(&["cut.json"]).with(1, &["cut.json:2:"]);
    check(&["nameless.json"]).with(1, &["nameless.json:1:1: /policy_name: is required"]);
    check(&["missing.json"]).with(2, &["missing.json"]);
    let told = check(&["--json", "wrong.json", "nameless.json"]).with(1, &[]).json();
    assert_eq!((&told[0]["file"], &told[0]["line"], &told[0]["column"]), (&json!("wrong.json"), &json!(8), &json!(25)));
    assert_eq!(told[1]["path"], "/policy_name");
    run(folder.path(), &["policy", "eval", "wrong.json", "--input", "ann.json"]).with(2, &["wrong.json:8:25"]);
}

#[test]
fn a_script_stands_beside_its_policy() {
    let folder = folder();
    let scripted = |more: &str| format!(r#"{{"id": "x", "policy_name": "x", "definition_file": "x.rego"{more}}}"#);
    write(
        folder.path(),
        &[
            ("x.json", &scripted("")),
            ("twice.json", &scripted(r#", "definition": "package a""#)),
            ("number.json", r#"{"id": "x", "policy_name": "x", "definition_file": 1}"#),
        ],
    );
    let check = |file: &str| run(folder.path(), &["policy", "check", file]);
    check("x.json").with(2, &["x.rego"]);
    check("twice.json").with(1, &["twice.json:", "/definition_file: stands in the place of the definition"]);
    check("number.json").with(1, &["number.json:", "/definition_file: is the name of a file"]);
}

#[test]
fn the_cases_of_one_file_are_run_for_every_policy_of_its_name() {
    let folder = folder();
    let cases = "cases: [{ name: two factors, input: { authn_ctx: { groups: [staff], amr: [mfa] } }, expect: { allow: true } }]";
    let other = POLICY.replace("\"staff\",\n", "\"staff-2\",\n");
    write(folder.path(), &[("staff.cases.yaml", cases), ("staff.other.json", &other), ("staffing.json", "{")]);
    let told = run(folder.path(), &["policy", "test", "."]).with(0, &["2 passed, 0 failed"]);
    assert!(told.stdout.contains("ok   staff: two") && told.stdout.contains("ok   staff.other: two"), "{told:?}");
}

#[test]
fn outputs_are_expected_and_missed() {
    let folder = folder();
    write(folder.path(), &[(
        "staff.cases.yaml",
        "cases:
  - { name: nothing, input: { authn_ctx: { groups: [staff], amr: [mfa] } }, expect: { allow: true, outputs: [] } }
  - { name: a limit, input: { authn_ctx: { groups: [staff], amr: [mfa] } }, expect: { allow: true, outputs: [{ value: { limit: 1 } }] } }",
    )]);
    let words = ["ok   staff: nothing", "FAIL staff: a limit", r#"expected the outputs [*: {"limit":1}], got []"#];
    run(folder.path(), &["policy", "test", "."]).with(1, &words);
}

#[test]
fn watch_tests_again_when_a_file_is_saved() {
    let folder = folder();
    let cases = |allow: bool| {
        format!(
            "cases: [{{ name: one factor, input: {{ authn_ctx: {{ groups: [staff] }} }}, expect: {{ allow: {allow} }} }}]"
        )
    };
    write(folder.path(), &[("staff.cases.yaml", &cases(true))]);
    let mut watching = Watching::start(folder.path(), &["policy", "test", ".", "--watch"]);
    assert_eq!(watching.until("passed"), "0 passed, 1 failed");
    write(folder.path(), &[("staff.cases.yaml", &cases(false))]);
    assert!(watching.until("changed: ").contains("staff.cases.yaml"));
    assert_eq!(watching.until("passed"), "1 passed, 0 failed");
    // What cannot be read is told, and the next change is looked at all the same.
    write(folder.path(), &[("staff.cases.yaml", "cases: [")]);
    watching.until("changed: ");
    write(folder.path(), &[("staff.cases.yaml", &cases(true))]);
    assert_eq!(watching.until("passed"), "0 passed, 1 failed");
}
