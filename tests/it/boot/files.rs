//! The data folder: who may read it, which key opens it, and who else is in it.

use super::*;

#[test]
fn the_folder_and_everything_in_it_belong_to_one_user() {
    let folder = scratch();
    let data = folder.path().join("deep").join("data");
    let mut start = serve(&data);
    start.env_remove("PORTCULLIS_MASTER_KEY");
    let process = Process::spawn(&mut start);
    until("the control socket is there", || data.join("control.sock").exists());
    assert_eq!(mode(&data), 0o700);
    for file in ["master.key", STORE_FILE, "control.sock"] {
        assert_eq!(mode(&data.join(file)), 0o600, "{file}");
    }
    assert!(process.terminate().success());
    assert!(!data.join("control.sock").exists(), "the socket goes with its server");

    let key = data.join("master.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    let said = refused(&mut start);
    assert!(said.contains("master.key") && said.contains("chmod 600"), "{said}");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(Process::spawn(&mut start).terminate().success());
    fs::write(&key, "not a key").unwrap();
    assert!(refused(&mut start).contains("master.key"));
    fs::remove_file(&key).unwrap();
    assert!(refused(&mut start).contains("master.key"), "a store gets no new key");
    assert!(!key.exists());
}

/// Whoever made a folder decides on its rights; the server only says what it thinks of them.
#[test]
fn a_folder_that_is_open_to_others_stays_as_it_is_and_is_warned_of() {
    let data = scratch();
    fs::set_permissions(data.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let mut child = serve(data.path()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("the server listens", || data.path().join("control.sock").exists());
    child.kill().unwrap();
    let said = complaint(&child.wait_with_output().unwrap());
    assert_eq!(mode(data.path()), 0o755);
    assert!(said.contains("chmod 700"), "{said}");
    for file in [STORE_FILE, "control.sock"] {
        assert_eq!(mode(&data.path().join(file)), 0o600, "{file}");
    }
}

#[test]
fn another_master_key_is_refused() {
    let folder = scratch();
    assert!(Process::serve(folder.path()).terminate().success());
    let other = "ff".repeat(32);
    let said = refused(serve(folder.path()).env("PORTCULLIS_MASTER_KEY", &other));
    assert!(said.contains("another master key"), "{said}");
    let said = refused(serve(folder.path()).env("PORTCULLIS_MASTER_KEY", "too short"));
    assert!(said.contains("PORTCULLIS_MASTER_KEY") && said.contains("32 bytes"), "{said}");
    assert!(Process::serve(folder.path()).terminate().success(), "the right key still opens it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_on_the_same_folder_is_refused_and_harms_nothing() {
    let folder = scratch();
    let process = Process::serve(folder.path());
    let said = refused(&mut serve(folder.path()));
    assert!(said.contains("in use by another process"), "{said}");
    process.token_of("default", "admin", "admin").get("/api/admin/default/tenant").await.expect(200);
    assert!(folder.path().join("control.sock").exists());
}

#[test]
fn an_address_that_is_taken_is_refused() {
    let folder = scratch();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = folder.path().to_str().unwrap();
    let said =
        refused(command(&["serve", "--listen", &address, "--data", data]).env("PORTCULLIS_BOOTSTRAP_SECRET", SECRET));
    assert!(said.contains(&address), "{said}");
}
