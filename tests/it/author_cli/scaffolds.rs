//! `new`: what it writes passes its own cases, and it never writes over anything.

use std::{fs, path::Path, process::Command};

use super::{run, said, within};
use crate::support::process::ended;

const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const WORLDS: [&str; 3] = ["validator", "claim-mapper", "consent-checker"];

/// New policies pass: `new`, then `test`, then `check`, and the same again is refused.
#[track_caller]
fn passes(language: &str) {
    let folder = tempfile::tempdir().unwrap();
    let new = ["policy", "new", "staff", "--language", language];
    run(folder.path(), &new).with(0, &["wrote policies/staff.json", "policies/staff.cases.yaml"]);
    run(folder.path(), &["policy", "check", "policies/staff.json"]).with(0, &[]);
    run(folder.path(), &["policy", "test"]).with(0, &["4 passed, 0 failed"]);
    run(folder.path(), &new).with(2, &["is there already"]);
}

#[test]
fn a_new_policy_of_fields_passes_its_cases() {
    passes("fields");
}

#[test]
fn a_new_policy_in_cel_passes_its_cases() {
    passes("cel");
}

#[test]
fn a_new_policy_in_cedar_passes_its_cases() {
    passes("cedar");
}

#[test]
fn a_new_policy_in_rego_passes_its_cases() {
    passes("rego");
}

#[test]
fn a_script_that_is_wrong_is_pointed_at() {
    let folder = tempfile::tempdir().unwrap();
    for (language, script) in [
        ("cel", "true &&\n&& false"),
        ("cedar", "permit (principal, action, resource)\nwhen { context. };"),
        ("rego", "package policy\n\nallow if {\n  input.x ==\n}\n"),
    ] {
        let file = format!("wrong.{language}");
        fs::write(folder.path().join(&file), script).unwrap();
        let told = run(folder.path(), &["policy", "check", &file]).with(1, &[]);
        let place = told.stdout.strip_prefix(&format!("{file}:")).unwrap_or_else(|| panic!("{told:?}"));
        let mut numbers = place.split(':');
        let (line, column) = (numbers.next().unwrap(), numbers.next().unwrap());
        assert!(line.parse::<u32>().unwrap() > 1 && column.parse::<u32>().unwrap() > 0, "{told:?}");
    }
}

#[test]
fn names_and_places_are_checked_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &["policy", "new", "a/b"]).with(2, &["letters, digits"]);
    run(folder.path(), &["policy", "new", "x", "--language", "lua"]).with(2, &["lua"]);
    let refused = ["plugin", "new", "Mine", "--language", "rust"];
    run(folder.path(), &refused).with(2, &["is no name for a component"]);
    let lost = ["plugin", "new", "mine", "--language", "rust", "--sdk", "nowhere"];
    run(folder.path(), &lost).with(2, &["nowhere: there is no crate here"]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    run(folder.path(), &["plugin", "build"]).with(2, &["no Cargo.toml, package.json or pyproject.toml"]);
    let python = ["plugin", "new", "mine", "--language", "python"];
    run(folder.path(), &python).with(0, &["wrote ./mine/app.py", "mine/wit/worlds.wit"]);
    run(folder.path(), &python).with(2, &["is there already"]);
    // Nothing is on the path of these tests.
    let mut build = within(folder.path(), &["plugin", "build", "mine"]);
    said(ended(build.env("PATH", ""))).with(2, &["componentize-py is not installed: python3 -m venv"]);
}

#[test]
fn a_new_component_without_a_repository_around_it_asks_for_the_published_crate() {
    let folder = tempfile::tempdir().unwrap();
    let told = run(folder.path(), &["plugin", "new", "mine", "--language", "rust", "--json"]).with(0, &[]).json();
    assert_eq!(told["folder"], "./mine");
    let manifest = fs::read_to_string(folder.path().join("mine/Cargo.toml")).unwrap();
    assert!(manifest.contains(r#"portcullis-sdk = { version = "1""#), "{manifest}");
}

/// A command with the tools of this machine.
fn with_tools(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = within(folder, arguments);
    for name in ["PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    // The folder of plugins/build, whose standard library is most of the work.
    command.env("CARGO_TARGET_DIR", Path::new(REPOSITORY).join("plugins/target"));
    command
}

/// Building takes longer than a test may otherwise wait.
fn build(folder: &Path, arguments: &[&str]) -> super::Said {
    said(with_tools(folder, arguments).output().unwrap())
}

#[test]
fn a_new_component_in_rust_builds_and_passes_in_every_world() {
    let sdk = Path::new(REPOSITORY).join("plugins/sdk");
    for world in WORLDS {
        let folder = tempfile::tempdir().unwrap();
        let new = ["plugin", "new", "mine", "--language", "rust", "--world", world, "--sdk", sdk.to_str().unwrap()];
        run(folder.path(), &new).with(0, &["mine/src/lib.rs"]);
        let told = build(folder.path(), &["plugin", "build", "mine"]);
        if told.stderr.contains("no standard library for wasm32") {
            eprintln!("SKIPPED: no Rust component was built, for want of the target: {}", told.stderr);
            return;
        }
        told.with(0, &["built mine/mine.wasm", "it can be used", world]);
        run(folder.path(), &["plugin", "test", "mine/mine.wasm"]).with(0, &[" passed, 0 failed"]);
    }
}
