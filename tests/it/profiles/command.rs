//! `portcullis assess`, over a folder that a server runs on and over one that nobody has open.

use std::path::Path;

use serde_json::Value;

use crate::support::process::{Process, complaint, run};

/// Runs the command on a folder; answers its exit code and what it said.
fn assess(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let mut all = vec!["assess"];
    all.extend_from_slice(arguments);
    all.extend_from_slice(&["--data", folder.to_str().unwrap()]);
    let output = run(&all);
    let said = String::from_utf8(output.stdout.clone()).unwrap();
    (output.status.code().unwrap_or_else(|| panic!("{}", complaint(&output))), said)
}

#[test]
fn a_server_is_assessed_whether_it_runs_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Process::serve(&data);
    let (code, running) = assess(&data, &["admin"]);
    assert_eq!(code, 1, "{running}");
    for words in ["server admin (no profile)", "NOT MET", "pkce", "§", "requirements are not met", "client admin"] {
        assert!(running.contains(words), "{words}: {running}");
    }
    drop(server);
    let (code, json) = assess(&data, &["admin", "--standard", "rfc-9700", "--json"]);
    let found: Value = serde_json::from_str(&json).unwrap();
    let items = found["items"].as_array().unwrap();
    assert!(!items.is_empty() && items.iter().all(|item| item["standard"] == "rfc_9700"), "{found}");
    let of_clients = found["clients"].as_array().unwrap().iter().flat_map(|client| client["items"].as_array().unwrap());
    let failed = items.iter().chain(of_clients).any(|item| item["status"] == "not_met" && item["required"] == true);
    assert_eq!(code, i32::from(failed), "{found}");
    assert_eq!(assess(&data, &["nothing"]).0, 2);
}

#[test]
fn its_help_tells_an_example_and_what_exit_codes_mean() {
    let output = run(&["assess", "--help"]);
    let help = String::from_utf8(output.stdout).unwrap();
    for words in ["Example: portcullis assess", "exit code is 0", "--standard", "--json", "fapi-2-security", "--all"] {
        assert!(help.contains(words), "{words}: {help}");
    }
    assert_eq!(run(&["assess", "shop", "--standard", "magic"]).status.code(), Some(2));
}
