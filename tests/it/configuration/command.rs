//! `portcullis config export`, `import` and `diff`: with a server that runs, without one, and into a new folder.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Output};

use serde_json::{Value, json};

use crate::support::{
    Caller, Process,
    made::{make_policy, policy, yes},
    process::{command, complaint, ended},
};

/// Runs `portcullis config` on a folder.
fn config(folder: &Path, arguments: &[&str]) -> Output {
    let mut all = vec!["config", arguments[0], "--data", folder.to_str().unwrap()];
    all.extend(&arguments[1..]);
    ended(&mut command(&all))
}

#[track_caller]
fn done(output: &Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code), "{} {}", complaint(output), String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_out_of_one_store_and_into_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (data, other) = (folder.path().join("data"), folder.path().join("other"));
    let process = Process::serve(&data);
    let admin = process.token_of("default", "admin", "admin");
    make_policy(&admin, "kept", json!([yes()])).await;

    // Of the running server, as both formats, for the owner alone.
    done(&config(&data, &["export", "--output", &path("all.json")]), 0);
    done(&config(&data, &["export", "--output", &path("all.yaml")]), 0);
    assert_eq!(fs::metadata(path("all.yaml")).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(path("all.json")).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    assert!(document["policies"].as_array().unwrap().iter().any(|one| one["id"] == "kept"));
    assert_eq!(done(&config(&data, &["export", "--format", "json"]), 0), text, "a pipe is no terminal");
    assert!(done(&config(&data, &["diff", &path("all.yaml")]), 0).contains("0 added, 0 changed"));
    let one = done(&config(&data, &["export", "--tenant", "system", "--format", "json", "--output", "-"]), 0);
    assert_eq!(serde_json::from_str::<Value>(&one).unwrap()["tenants"].as_array().unwrap().len(), 1);
    assert!(complaint(&config(&data, &["export", "--tenant", "nobody"])).contains("nobody"));
    assert!(process.terminate().success());

    // Without a server, the same.
    assert_eq!(done(&config(&data, &["export", "--format", "json"]), 0), text);

    // Into a folder without a store, only when told so; then it is the same, whichever format it came in.
    let refused = config(&other, &["import", &path("all.yaml")]);
    done(&refused, 2);
    assert!(!other.exists());
    let report = done(&config(&other, &["import", "--new", "--json", &path("all.yaml")]), 0);
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!((&report["updated"], &report["kept"]), (&json!(0), &json!(0)));
    assert_eq!(done(&config(&other, &["export", "--format", "json"]), 0), text);
    // It serves, with the secret of the first one, and does not start a first time.
    let process = Process::serve(&other);
    process.token_of("default", "admin", "admin").get("/api/admin/default/policies/kept").await.expect(200);
    let refused = config(&other, &["import", &path("all.yaml")]);
    done(&refused, 2);
    assert!(complaint(&refused).contains("exists already"), "{}", complaint(&refused));
    assert!(complaint(&refused).contains("--mode update"), "the way out is named: {}", complaint(&refused));
    done(&config(&other, &["import", "--mode", "ignore", &path("all.yaml")]), 0);
    assert!(process.terminate().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_diff_names_what_an_import_would_change_and_shows_no_value() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file.json");
    let file = file.to_str().unwrap();
    let process = Process::serve(folder.path());
    let admin = process.token_of("default", "admin", "admin");
    for id in ["changed", "same", "only-here"] {
        make_policy(&admin, id, json!([yes()])).await;
    }
    let mut document: Value =
        serde_json::from_str(&done(&config(folder.path(), &["export", "--format", "json"]), 0)).unwrap();
    let policies = document["policies"].as_array_mut().unwrap();
    policies.retain(|one| one["id"] != "only-here");
    policies.iter_mut().find(|one| one["id"] == "changed").unwrap()["policy_name"] = json!("Changed");
    let mut added = policy("added", json!([yes()]));
    added["tenant_id"] = json!("default");
    policies.push(added);
    let admin_client = document["clients"].as_array_mut().unwrap().iter_mut();
    let client = admin_client.into_iter().find(|one| one["client_id"] == "system").unwrap().as_object_mut().unwrap();
    client.remove("client_hashed_secret");
    client.insert("client_secret".to_owned(), json!("a secret that must not be shown anywhere"));
    fs::write(file, document.to_string()).unwrap();

    let text = done(&config(folder.path(), &["diff", file]), 1);
    for line in
        ["+ policies default/added", "~ policies default/changed: /policy_name", "policies default/only-here (only"]
    {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(text.contains("1 added, 2 changed"), "{text}");
    assert!(text.contains("~ clients default/system: /client_hashed_secret, /client_secret"), "{text}");
    assert!(!text.contains("must not be shown") && !text.contains("argon2id"), "{text}");
    let found: Value = serde_json::from_str(&done(&config(folder.path(), &["diff", "--json", file]), 1)).unwrap();
    assert_eq!(found["added"], json!([{ "kind": "policies", "tenant_id": "default", "id": "added" }]));
    assert_eq!(found["only_here"][0]["id"], "only-here");
    assert!(done(&config(folder.path(), &["diff", "--tenant", "system", file]), 0).contains("0 added, 0 changed"));

    // A rehearsal changes nothing; the import itself leaves nothing to tell.
    let report = done(&config(folder.path(), &["import", "--dry-run", "--mode", "update", file]), 0);
    assert!(report.starts_with("1 records would be created, 2 would be updated"), "{report}");
    assert_eq!(done(&config(folder.path(), &["diff", file]), 1), text);
    done(&config(folder.path(), &["import", "--mode", "update", file]), 0);
    assert!(done(&config(folder.path(), &["diff", file]), 0).contains("0 added, 0 changed"));
    admin.get("/api/admin/default/policies/only-here").await.expect(200);
    assert!(process.terminate().success());
}

#[test]
fn what_cannot_be_read_is_said_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let process = Process::serve(&data);
    let file = folder.path().join("file.yaml");
    let name = file.to_str().unwrap();
    for (text, said) in [
        ("policies: [{ id: a", "is not YAML"),
        ("{ \"policies\": [", "is not JSON"),
        ("policies: []\npolicies: []\n", "file.yaml"),
        ("policies:\n  - { id: a, tenant_id: default }\n", "/policies/0/policy_name: is required"),
        ("magic: 1\n", "/magic"),
    ] {
        fs::write(&file, text).unwrap();
        for verb in ["import", "diff"] {
            let output = config(&data, &[verb, name]);
            done(&output, 2);
            assert!(complaint(&output).contains(said), "{verb} {text:?}: {}", complaint(&output));
        }
    }
    done(&config(&data, &["import", folder.path().join("nothing").to_str().unwrap()]), 2);
    assert!(process.terminate().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_that_cannot_leave_are_told_and_made_anew_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let (data, other) = (folder.path().join("data"), folder.path().join("other"));
    let file = folder.path().join("all.yaml");
    let file = file.to_str().unwrap();
    // A first start that makes its secret itself keeps no more of it than a hash under its own key.
    let process = Process::spawn(&mut command(&["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()]));
    let secret = process.printed.iter().find_map(|line| line.strip_prefix("bootstrap secret")).unwrap();
    let secret = secret.rsplit(' ').next().unwrap().to_owned();
    assert!(process.terminate().success());
    let output = config(&data, &["export", "--output", file]);
    done(&output, 0);
    assert!(complaint(&output).contains("default/admin, default/system, system/setup"), "{}", complaint(&output));
    assert!(!fs::read_to_string(file).unwrap().contains(&secret));
    // In the store that it came from they stay good; a new one makes secrets that it can show.
    assert!(done(&config(&data, &["diff", file]), 0).contains("0 added, 0 changed"));
    done(&config(&other, &["import", "--new", file]), 0);
    let made: Value = serde_json::from_str(&done(&config(&other, &["export", "--format", "json"]), 0)).unwrap();
    let setup = made["clients"].as_array().unwrap().iter().find(|one| one["client_id"] == "setup").unwrap();
    let process = Process::serve(&other);
    let caller = Caller::new(&process.url).with_credentials(
        "system",
        "system",
        "setup",
        setup["client_secret"].as_str().unwrap(),
    );
    caller.get("/api/system/tenants").await.expect(200);
    assert!(process.terminate().success());
}
