//! `portcullis backup` and `portcullis restore`: with a server that works, without one, and with files that are no backup.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use portcullis::server::STORE_FILE;
use redb::ReadableTable;
use serde_json::{Value, json};

use crate::support::{
    Caller, Process,
    process::{command, complaint, ended},
};

const POLICIES: &str = "/api/admin/default/policies";

fn on(folder: &Path, verb: &str, file: &Path) -> Command {
    command(&[verb, "--data", folder.to_str().unwrap(), file.to_str().unwrap()])
}

/// Runs a command that must be done, with --json.
fn report(mut command: Command) -> Value {
    let output = ended(command.arg("--json"));
    assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs a command that must fail with exit code 2, and answers what it complained about.
fn refused(mut command: Command) -> String {
    let output: Output = ended(&mut command);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stdout.is_empty());
    complaint(&output)
}

fn policy(id: &str, number: usize) -> Value {
    let rule = json!({ "name": "true", "conf": {}, "recovery": [{ "id": number.to_string(), "type": "mfa" }] });
    json!({ "id": id, "policy_name": format!("number {number}"), "validators": [rule] })
}

async fn create(admin: &Caller, id: &str) {
    admin.post(POLICIES, &policy(id, 0)).await.expect(201);
}

/// A folder with a store that has the policy `kept`, and a backup of it.
async fn stopped_with_backup(folder: &Path) -> std::path::PathBuf {
    let (data, file) = (folder.join("data"), folder.join("backup.redb"));
    let process = Process::serve(&data);
    create(&process.token_of("default", "admin", "admin"), "kept").await;
    assert!(process.terminate().success());
    report(on(&data, "backup", &file));
    file
}

/// Changes one policy over and over, its name and its recovery together.
async fn keep_writing(admin: Caller, stop: Arc<AtomicBool>) -> usize {
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        number += 1;
        admin.put(&format!("{POLICIES}/busy"), &policy("busy", number)).await.expect(201);
    }
    number
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_working_server_has_everything_from_before() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file, restored) = (folder.path().join("data"), folder.path().join("b.redb"), folder.path().join("new"));
    let process = Process::serve(&data);
    let admin = process.token_of("default", "admin", "admin");
    for number in 0..10 {
        create(&admin, &format!("kept-{number}")).await;
    }
    create(&admin, "busy").await;
    let client = json!({
        "client_name": "Kept", "authorization_server_id": "default", "scopes": ["openid"],
        "grant_types": ["client_credentials"],
    });
    let client = admin.post("/api/admin/default/clients", &client).await.expect(201).json();
    let stop = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn(keep_writing(admin.clone(), Arc::clone(&stop)));
    let made = {
        let (data, file) = (data.clone(), file.clone());
        tokio::task::spawn_blocking(move || report(on(&data, "backup", &file))).await.unwrap()
    };
    create(&admin, "later").await;
    stop.store(true, Ordering::Relaxed);
    let written = writer.await.unwrap();
    assert!(process.terminate().success());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(made["bytes"], fs::metadata(&file).unwrap().len());

    let put = report(on(&restored, "restore", &file));
    assert_eq!((&put["entries"], &put["bytes"]), (&made["entries"], &made["bytes"]));
    assert_eq!(fs::metadata(restored.join(STORE_FILE)).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(&restored).unwrap().permissions().mode() & 0o777, 0o700);
    let process = Process::serve(&restored);
    let admin = process.token_of("default", "admin", "admin");
    for number in 0..10 {
        let kept = admin.get(&format!("{POLICIES}/kept-{number}")).await.expect(200).json();
        assert_eq!(kept["policy_name"], "number 0");
    }
    let busy = admin.get(&format!("{POLICIES}/busy")).await.expect(200).json();
    let number: usize = busy["policy_name"].as_str().unwrap().strip_prefix("number ").unwrap().parse().unwrap();
    assert!(number <= written);
    assert_eq!(busy["validators"], policy("busy", number)["validators"], "one state, not two halves");
    admin.get(&format!("{POLICIES}/later")).await.expect(404);
    let (id, secret) = (client["client_id"].as_str().unwrap(), client["client_secret"].as_str().unwrap());
    let kept = Caller::new(&process.url).with_credentials("default", "default", id, secret);
    assert!(kept.token().await.is_some(), "its secret opens with the same master key");
}

#[tokio::test(flavor = "multi_thread")]
async fn works_without_a_server_and_speaks_to_people() {
    let folder = tempfile::tempdir().unwrap();
    let first = stopped_with_backup(folder.path()).await;
    let file = folder.path().join("second.redb");
    let output = ended(&mut on(&folder.path().join("data"), "backup", &file));
    assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("entries") && said.contains(file.to_str().unwrap()), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");

    let restored = folder.path().join("restored");
    let output = ended(&mut on(&restored, "restore", &first));
    assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
    assert!(String::from_utf8(output.stdout).unwrap().contains("entries restored into"));
    let process = Process::serve(&restored);
    process.token_of("default", "admin", "admin").get(&format!("{POLICIES}/kept")).await.expect(200);
}

/// A relative file is relative to who asks, not to the server.
#[tokio::test(flavor = "multi_thread")]
async fn a_relative_file_lands_where_the_command_runs() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let _process = Process::serve(&data);
    let output = ended(on(&data, "backup", Path::new("here.redb")).current_dir(folder.path()));
    assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
    assert!(folder.path().join("here.redb").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_exists_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let file = stopped_with_backup(folder.path()).await;
    let data = folder.path().join("data");
    let before = fs::read(&file).unwrap();
    let said = refused(on(&data, "backup", &file));
    assert!(said.to_lowercase().contains("exist"), "{said}");
    assert!(fs::read(&file).unwrap() == before, "the old backup is as it was");
    let store = fs::read(data.join(STORE_FILE)).unwrap();
    let said = refused(on(&data, "restore", &file));
    assert!(said.contains(STORE_FILE) && said.contains("empty folder"), "{said}");
    assert!(fs::read(data.join(STORE_FILE)).unwrap() == store, "the store is as it was");

    let process = Process::serve(&data);
    let said = refused(on(&data, "backup", &file));
    assert!(said.to_lowercase().contains("exist"), "the server's refusal: {said}");
    refused(on(&data, "backup", Path::new("/nowhere/at/all/backup.redb")));
    assert!(process.terminate().success());
    let said = refused(on(&folder.path().join("empty"), "backup", &folder.path().join("x.redb")));
    assert!(said.contains("there is no store"), "{said}");
    assert!(!folder.path().join("empty").exists() && !folder.path().join("x.redb").exists());
}

/// Restores a file that must be refused, and looks that nothing is left behind.
fn refused_restore(folder: &Path, file: &Path) -> String {
    let target = folder.join("target");
    let before = fs::read(file).ok();
    let said = refused(on(&target, "restore", file));
    assert!(!target.join(STORE_FILE).exists());
    assert_eq!(fs::read_dir(&target).map_or(0, Iterator::count), 0, "nothing is left behind");
    assert!(fs::read(file).ok() == before, "the file is as it was");
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_backup_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let good = fs::read(stopped_with_backup(folder.path()).await).unwrap();
    let file = folder.path().join("bad.redb");
    refused_restore(folder.path(), &folder.path().join("missing.redb"));
    let mut flipped = good.clone();
    // Data begins behind the header, and the first pages of a small file are in use.
    let place = flipped.windows(4).position(|found| found == b"kept").unwrap();
    flipped[place] ^= 0x20;
    let bad: [(&str, Vec<u8>); 5] = [
        ("empty", Vec::new()),
        ("text", b"this is no backup, whatever its name says".repeat(500)),
        ("half", good[..good.len() / 2].to_vec()),
        ("head only", good[..512].to_vec()),
        ("one bit", flipped),
    ];
    for (what, bytes) in bad {
        fs::write(&file, bytes).unwrap();
        let said = refused_restore(folder.path(), &file);
        assert!(!said.contains("panicked"), "{what}: {said}");
        assert!(said.contains("damaged") || said.contains("cannot be used"), "{what}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_later_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = stopped_with_backup(folder.path()).await;
    let meta = redb::TableDefinition::<&[u8], &[u8]>::new("meta");
    let database = redb::Database::open(&file).unwrap();
    let write = database.begin_write().unwrap();
    {
        let mut table = write.open_table(meta).unwrap();
        let is_format = |key: &[u8]| key.windows(6).any(|part| part == b"format");
        let mut entries = table.iter().unwrap().map(|entry| entry.unwrap());
        let found = entries.find(|(key, _)| is_format(key.value())).expect("the format is filed here");
        let (key, mut value) = (found.0.value().to_vec(), found.1.value().to_vec());
        drop((found, entries));
        assert_eq!(value.last(), Some(&2), "the number is last");
        *value.last_mut().unwrap() = 99;
        table.insert(key.as_slice(), value.as_slice()).unwrap();
    }
    write.commit().unwrap();
    drop(database);
    let said = refused_restore(folder.path(), &file);
    assert!(said.contains("format 99"), "{said}");
    // A server refuses such a store as well, and does not touch it.
    let data = folder.path().join("later");
    fs::create_dir(&data).unwrap();
    fs::copy(&file, data.join(STORE_FILE)).unwrap();
    let said = refused(command(&["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()]));
    assert!(said.contains("format 99"), "{said}");
}
