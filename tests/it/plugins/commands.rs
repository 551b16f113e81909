//! The commands on plugins, over a folder that no server has open and over one that a server runs on.

use std::{fs, path::Path};

use serde_json::Value;

use super::acme;
use crate::support::process::{Process, complaint, run};

/// Runs `portcullis plugin …` on a folder; answers its exit code and what it said as JSON.
fn plugin(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let mut all = vec!["plugin"];
    all.extend_from_slice(arguments);
    all.extend_from_slice(&["--data", folder.to_str().unwrap(), "--json"]);
    let output = run(&all);
    let said = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code().unwrap_or_else(|| panic!("{}", complaint(&output))), said)
}

#[test]
fn a_plugin_is_pushed_enabled_rolled_back_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let file = |version: &str, behaviour: &str| {
        let path = folder.path().join(format!("{version}.wasm"));
        fs::write(&path, acme(version, behaviour)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (first, second) = (file("1.0.0", ""), file("2.0.0", "deny"));
    let data = folder.path().join("data");
    // Makes the store, and has it open for the first half.
    let server = Process::serve(&data);
    let (code, pushed) = plugin(&data, &["push", &first, "--enable"]);
    assert_eq!((code, &pushed["enabled_version"]), (0, &"1.0.0".into()), "{pushed}");
    let (code, pushed) = plugin(&data, &["push", &second]);
    assert_eq!((code, &pushed["enabled_version"]), (0, &"1.0.0".into()), "an upload enables nothing: {pushed}");
    let (code, enabled) = plugin(&data, &["enable", "acmes", "2.0.0"]);
    assert_eq!((code, &enabled["enabled_version"]), (0, &"2.0.0".into()), "{enabled}");
    drop(server);

    let (code, back) = plugin(&data, &["rollback", "acmes"]);
    assert_eq!((code, &back["enabled_version"]), (0, &"1.0.0".into()), "{back}");
    let (code, shown) = plugin(&data, &["show", "acmes"]);
    assert_eq!((code, shown["versions"].as_array().unwrap().len()), (0, 2), "{shown}");
    assert_eq!(plugin(&data, &["show", "nobodys"]).0, 1, "what is not there is a no");
    let (code, disabled) = plugin(&data, &["disable", "acmes"]);
    assert_eq!((code, &disabled["enabled_version"]), (0, &Value::Null), "{disabled}");
    assert_eq!(plugin(&data, &["remove", "acmes"]).0, 0);
    assert_eq!(plugin(&data, &["show", "acmes"]).0, 1);
}
