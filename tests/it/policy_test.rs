//! `portcullis policy test`: policies in files against their cases, as an author runs it.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::Value;

use crate::support::{
    process::{command, complaint, ended},
    shared_artefacts,
};

const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Allows readers who used two factors.
const POLICY: &str = r#"{"id": "mfa", "policy_name": "Two factors", "validators": [{"name": "identity-context",
    "conf": {"fields": [{"field": "amr", "comparator": "contains", "value": "mfa"}]}, "recovery": [{"type": "mfa"}]}]}"#;

const GOOD_CASES: &str = "
cases:
  - name: two factors
    input: { authn_ctx: { amr: [pwd, mfa] } }
    expect: { allow: true }
  - name: one factor
    input: { authn_ctx: { amr: [pwd] } }
    expect: { allow: false, failures: [{ validator: identity-context, code: not_contained }], recovery: [mfa] }
  - name: nothing
    expect: { allow: false }
";

fn test(paths: &[&str]) -> Command {
    let mut command = command(&[&["policy", "test"], paths].concat());
    // The engines of scripts take a while to compile, so they are compiled once.
    command.current_dir(REPOSITORY).env("PORTCULLIS_CACHE", shared_artefacts().with_file_name("author"));
    command
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A folder with this policy and these cases.
fn folder(policy: &str, cases: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mfa.json"), policy).unwrap();
    fs::write(folder.path().join("mfa.cases.yaml"), cases).unwrap();
    folder
}

fn path(folder: &Path) -> &str {
    folder.to_str().unwrap()
}

/// Runs a test that could not be done, and answers the complaint.
fn refused(paths: &[&str]) -> String {
    let output = ended(&mut test(paths));
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(stdout(&output), "");
    complaint(&output)
}

#[test]
fn the_policies_of_this_repository_pass() {
    for paths in [[].as_slice(), &["policies"]] {
        let output = ended(&mut test(paths));
        assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), complaint(&output));
        assert!(stdout(&output).lines().last().unwrap().ends_with("passed, 0 failed"));
    }
    let output = ended(&mut test(&["--json", "policies"]));
    let tested: Value = serde_json::from_slice(&output.stdout).unwrap();
    let tested = tested.as_array().unwrap();
    assert!(tested.iter().all(|case| case["passed"] == true));
    for policy in ["allow", "block", "nist-aal-1", "nist-aal-2", "nist-aal-3"] {
        assert!(tested.iter().any(|case| case["policy"] == policy), "{policy} has no case");
    }
}

/// The patterns worth copying: in the field language where it has the words, and always in a script language.
#[test]
fn every_pattern_of_the_library_is_listed_and_says_the_same_in_several_languages() {
    let library = Path::new(REPOSITORY).join("policies/library");
    let output = ended(&mut test(&["--json", path(&library)]));
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), complaint(&output));
    let tested: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let listed = fs::read_to_string(library.join("README.md")).unwrap();
    let patterns = listed.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let patterns: Vec<(&str, &str)> = patterns.collect();
    for (pattern, row) in &patterns {
        let cases = |policy: &str| tested.iter().filter(|case| case["policy"] == policy).count();
        let engines = ["cel", "cedar", "rego"].into_iter().filter(|engine| cases(&format!("{pattern}.{engine}")) >= 6);
        let engines: Vec<&str> = engines.collect();
        assert!(!engines.is_empty(), "{pattern} is in no script language");
        let named = row.split('|').nth(2).unwrap();
        let is_listed = |engine: &&str| named.contains(*engine);
        assert!(engines.iter().all(is_listed), "{pattern} is in {engines:?}, listed is {named}");
        assert_eq!(cases(pattern) == 0, *pattern == "working-days", "only days of the week need a script");
    }
    let unlisted = |case: &&Value| {
        let policy = case["policy"].as_str().unwrap();
        !patterns.iter().any(|(pattern, _)| *pattern == policy.split('.').next().unwrap())
    };
    assert_eq!(tested.iter().find(unlisted), None, "the README lists all patterns");
}

#[test]
fn a_folder_a_file_and_several_of_them_are_tested() {
    let (one, two) = (folder(POLICY, GOOD_CASES), folder(POLICY, GOOD_CASES));
    let below = one.path().join("deeper").join("still");
    fs::create_dir_all(&below).unwrap();
    fs::write(below.join("mfa.json"), POLICY).unwrap();
    fs::write(below.join("mfa.cases.yaml"), GOOD_CASES).unwrap();
    let file = two.path().join("mfa.cases.yaml");
    for (paths, count) in [
        (vec![path(one.path())], 6),
        (vec![path(&file)], 3),
        (vec![path(one.path()), path(&file)], 9),
        (vec![path(&file), path(two.path())], 3), // the same file twice
    ] {
        let output = ended(&mut test(&paths));
        assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), complaint(&output));
        let text = stdout(&output);
        assert_eq!(text.lines().last(), Some(format!("{count} passed, 0 failed").as_str()), "{text}");
        assert_eq!(text.lines().filter(|line| line.starts_with("ok ")).count(), count);
    }
}

#[test]
fn a_policy_elsewhere_may_be_named() {
    let folder = folder(POLICY, "policy: sub/other.json\ncases: [{ name: block, expect: { allow: false } }]");
    fs::create_dir(folder.path().join("sub")).unwrap();
    let deny = r#"{"id": "x", "policy_name": "x", "validators": [{"name": "false"}]}"#;
    fs::write(folder.path().join("sub").join("other.json"), deny).unwrap();
    let output = ended(&mut test(&[path(folder.path())]));
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), complaint(&output));
}

#[test]
fn a_failing_case_names_expectation_and_reason() {
    let cases = "
cases:
  - name: one factor is enough
    input: { authn_ctx: { amr: [pwd] } }
    expect: { allow: true }
  - name: the code is another
    input: { authn_ctx: { amr: [pwd] } }
    expect: { allow: false, failures: [{ code: missing }] }
  - name: the recovery is another
    input: { authn_ctx: { amr: [pwd] } }
    expect: { allow: false, recovery: [] }
  - name: two factors
    input: { authn_ctx: { amr: [mfa] } }
    expect: { allow: true }
";
    let folder = folder(POLICY, cases);
    let output = ended(&mut test(&[path(folder.path())]));
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = stdout(&output);
    for line in [
        "FAIL mfa: one factor is enough",
        "expected allow: true, got false",
        "identity-context: amr does not contain what the policy asks for",
        "FAIL mfa: the code is another",
        "expected the failures [*: missing], got [identity-context: not_contained]",
        "FAIL mfa: the recovery is another",
        "expected the recoveries [], got [mfa]",
        "ok   mfa: two factors",
        "1 passed, 3 failed",
    ] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
    let output = ended(&mut test(&["--json", path(folder.path())]));
    assert_eq!(output.status.code(), Some(1));
    let tested: Value = serde_json::from_slice(&output.stdout).unwrap();
    let passed: Vec<bool> = tested.as_array().unwrap().iter().map(|case| case["passed"].as_bool().unwrap()).collect();
    assert_eq!(passed, [false, false, false, true]);
    assert_eq!(tested[0]["case"], "one factor is enough");
    assert_eq!(tested[0]["problems"][0], "expected allow: true, got false");
    assert_eq!(tested[3].get("problems"), None);
}

#[test]
fn a_policy_that_could_not_be_saved_fails_with_the_place() {
    let unknown = POLICY.replace("identity-context", "nobody-has-this");
    let bad_conf = POLICY.replace("contains", "contians");
    for (policy, place) in [(unknown, "/validators/0/name"), (bad_conf, "/validators/0/conf/fields/0/comparator")] {
        let folder = folder(&policy, GOOD_CASES);
        let output = ended(&mut test(&[path(folder.path())]));
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let text = stdout(&output);
        assert!(text.contains("FAIL mfa: the policy can be saved") && text.contains(place), "{text}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_the_place() {
    let good = "cases: []";
    let broken: [(&str, &str, &[&str]); 8] = [
        ("{", good, &["mfa.json", "line 1"]),
        (r#"{"id": "x", "policy_name": "x", "validator": []}"#, good, &["mfa.json", "validator"]),
        (r#"{"id": "x", "policy_name": "x", "validators": [{"name": 1}]}"#, good, &["mfa.json", "/validators/0/name"]),
        (r#"{"id": "x"}"#, good, &["mfa.json", "/policy_name"]),
        (POLICY, "cases: [", &["mfa.cases.yaml", "line 1"]),
        (POLICY, "cases:\n  - name: a\n    expct: { allow: true }", &["mfa.cases.yaml", "expct", "line 3"]),
        (POLICY, "cases:\n  - name: a\n    expect: { allow: perhaps }", &["mfa.cases.yaml", "line 3"]),
        (POLICY, "policy: missing.json\ncases: []", &["missing.json"]),
    ];
    for (policy, cases, named) in broken {
        let folder = folder(policy, cases);
        let said = refused(&[path(folder.path())]);
        for word in named {
            assert!(said.contains(word), "{word:?} is not in {said:?}");
        }
    }
}

#[test]
fn places_without_cases_are_refused() {
    let empty = tempfile::tempdir().unwrap();
    assert!(refused(&[path(empty.path())]).contains("cases.yaml"));
    let missing = empty.path().join("missing");
    assert!(refused(&[path(&missing)]).contains(path(&missing)));
    let other = empty.path().join("notes.txt");
    fs::write(&other, "cases: []").unwrap();
    assert!(refused(&[path(&other)]).contains("notes.txt"));
    // Without any path it is the folder `policies` where the command runs.
    let output = ended(command(&["policy", "test"]).current_dir(empty.path()));
    assert_eq!(output.status.code(), Some(2));
    assert!(complaint(&output).contains("policies"), "{}", complaint(&output));
}
