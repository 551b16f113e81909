//! The boot contract (DESIGN §8), with the real process: what scripts, service managers and operators rely on.

use std::{
    fs,
    io::Read,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use portcullis::{
    domain::user::User,
    server::STORE_FILE,
    store::{self, Options, Store},
};
use serde_json::Value;
use tokio::net::TcpStream;

use crate::support::{
    Caller, Process, SECRET, TestServer, Wire,
    process::{command, complaint, ended, run, until},
};

/// The scopes of a `system` server (DESIGN §8), sorted.
const SYSTEM_SCOPES: [&str; 10] = [
    "evaluate_decisions",
    "introspect_tokens",
    "manage_consents",
    "manage_logins",
    "manage_scope_grants",
    "push_gateway_requests",
    "read_gateway_configuration",
    "revoke_tokens",
    "view_consents",
    "write_gateway_configuration",
];

fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// `serve` on port 0 and a folder, with the tests' secret.
fn serve(folder: &Path) -> Command {
    let mut command = command(&["serve", "--listen", "127.0.0.1:0", "--data", folder.to_str().unwrap()]);
    command.env("PORTCULLIS_BOOTSTRAP_SECRET", SECRET);
    command
}

/// Runs a command that must fail with exit code 2, and answers what it complained about.
fn refused(command: &mut Command) -> String {
    let output = ended(command);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "nothing is answered");
    complaint(&output)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// The values of a member in a list, in the order of the answer.
fn members(list: &Value, name: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|item| item[name].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_server_is_ready_and_its_admin_sees_the_tenant() {
    let server = TestServer::start().await;
    server.anonymous().get("/health/ready").await.expect(200);
    let tenant = server.as_admin().get("/api/admin/default/tenant").await.expect(200).json();
    assert_eq!(tenant["id"], "default");
}

// --- the address and the settings

#[test]
fn stdout_has_the_address_and_nothing_else() {
    let folder = scratch();
    let mut child = serve(folder.path()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let mut text = Vec::new();
    while !text.ends_with(b"\n") {
        let mut byte = [0];
        stdout.read_exact(&mut byte).unwrap();
        text.push(byte[0]);
    }
    let line = String::from_utf8(text).unwrap();
    let port: u16 =
        line.strip_prefix("listening on http://127.0.0.1:").unwrap().trim_end_matches('\n').parse().unwrap();
    assert_ne!(port, 0, "the port that the system chose");
    std::net::TcpStream::connect(("127.0.0.1", port)).expect("who has read the line may connect");
    Command::new("kill").arg(child.id().to_string()).status().unwrap();
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// A configuration file that sets data, address and body limit, each to something of its own.
fn file_in(folder: &Path) -> PathBuf {
    let file = folder.join("portcullis.toml");
    let data = folder.join("from-file");
    let text = format!("listen = \"127.0.0.3:0\"\ndata = {data:?}\n[limits]\nbody_bytes = 3000\n");
    fs::write(&file, text).unwrap();
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_win_over_variables_and_variables_over_the_file() {
    let folder = scratch();
    let file = file_in(folder.path());
    let store = |name: &str| folder.path().join(name).join(STORE_FILE).exists();
    let base = || {
        let mut base = command(&["serve", "--config", file.to_str().unwrap()]);
        base.env("PORTCULLIS_BOOTSTRAP_SECRET", SECRET);
        base
    };
    let limit = |url: String| async move {
        let mut found = Vec::new();
        for bytes in [1500, 2500, 3500] {
            let body = "x".repeat(bytes).into();
            let answer = Caller::new(&url).send(http::Method::POST, "/default/admin/oauth2/token", None, body).await;
            found.push(answer.status.as_u16() == 413);
        }
        found
    };

    let process = Process::spawn(&mut base());
    assert!(process.url.starts_with("http://127.0.0.3:"), "{}", process.url);
    assert!(store("from-file"));
    assert_eq!(limit(process.url.clone()).await, [false, false, true], "the file's limit");
    process.kill();

    let variables = |command: &mut Command| {
        command.env("PORTCULLIS_LISTEN", "127.0.0.2:0").env("PORTCULLIS_DATA", folder.path().join("from-variable"));
        command.env("PORTCULLIS_LIMITS_BODY_BYTES", "2000");
    };
    let mut with_variables = base();
    variables(&mut with_variables);
    let process = Process::spawn(&mut with_variables);
    assert!(process.url.starts_with("http://127.0.0.2:"), "{}", process.url);
    assert!(store("from-variable"));
    assert_eq!(limit(process.url.clone()).await, [false, true, true], "the variable's limit");
    process.kill();

    let mut with_flags = base();
    variables(&mut with_flags);
    with_flags.args(["--listen", "127.0.0.1:0", "--data", folder.path().join("from-flag").to_str().unwrap()]);
    let process = Process::spawn(&mut with_flags);
    assert!(process.url.starts_with("http://127.0.0.1:"), "{}", process.url);
    assert!(store("from-flag"));
    process.kill();
}

#[test]
fn a_variable_may_name_the_file() {
    let folder = scratch();
    let file = file_in(folder.path());
    let process =
        Process::spawn(command(&["serve"]).env("PORTCULLIS_CONFIG", &file).env("PORTCULLIS_BOOTSTRAP_SECRET", SECRET));
    assert!(process.url.starts_with("http://127.0.0.3:"), "{}", process.url);
    assert!(folder.path().join("from-file").join(STORE_FILE).exists());
}

/// Files that are refused, and what the complaint must name.
const BAD_FILES: [(&str, &[&str]); 9] = [
    ("listne = \"127.0.0.1:0\"", &["unknown setting listne", "bad.toml"]),
    ("[limits]\nbody_byte = 1", &["unknown setting limits.body_byte", "bad.toml"]),
    ("[limit]\nbody_bytes = 1", &["unknown setting limit.body_bytes", "bad.toml"]),
    ("listen = \"nowhere\"", &["listen", "bad.toml", "127.0.0.1:8080"]),
    ("[limits]\nbody_bytes = 0", &["limits.body_bytes", "bad.toml", "from 1 to"]),
    ("[limits]\nbody_bytes = \"many\"", &["limits.body_bytes", "bad.toml", "whole number"]),
    ("[log]\nformat = \"xml\"", &["log.format", "bad.toml", "text, json"]),
    ("[tls]\ncertificate = \"a.pem\"", &["tls", "bad.toml", "key"]),
    ("listen = ", &["bad.toml", "line 1", "TOML"]),
];

#[test]
fn a_file_that_is_wrong_is_refused_with_the_key() {
    let folder = scratch();
    let (file, data) = (folder.path().join("bad.toml"), folder.path().join("data"));
    for (text, named) in BAD_FILES {
        fs::write(&file, text).unwrap();
        for verb in [["serve"].as_slice(), &["config", "check"]] {
            let place = ["--config", file.to_str().unwrap(), "--data", data.to_str().unwrap()];
            let said = refused(&mut command(&[verb, &place].concat()));
            for word in named {
                assert!(said.contains(word), "{word:?} is not in {said:?}");
            }
        }
    }
    assert!(!data.exists(), "nothing was made");
    let said = refused(&mut command(&["config", "check", "--config", "/nowhere/at/all.toml"]));
    assert!(said.contains("/nowhere/at/all.toml"), "{said}");
}

/// Variables that are refused, and what the complaint must name.
const BAD_VARIABLES: [(&str, &str, &[&str]); 7] = [
    ("PORTCULLIS_LISTNE", "127.0.0.1:0", &["PORTCULLIS_LISTNE", "unknown setting"]),
    ("PORTCULLIS_BOOTSTRAP", SECRET, &["PORTCULLIS_BOOTSTRAP", "unknown setting"]),
    ("PORTCULLIS_LISTEN", "8080", &["listen", "PORTCULLIS_LISTEN"]),
    ("PORTCULLIS_DEMO", "yes", &["demo", "PORTCULLIS_DEMO", "true or false"]),
    ("PORTCULLIS_WORKERS", "0", &["workers", "PORTCULLIS_WORKERS", "from 1 to 1024"]),
    (
        "PORTCULLIS_SANDBOX_PAGEMAP_SCAN",
        "maybe",
        &["sandbox.pagemap_scan", "PORTCULLIS_SANDBOX_PAGEMAP_SCAN", "auto, off"],
    ),
    ("PORTCULLIS_PUBLIC_URL", "https://a.example/", &["public_url", "PORTCULLIS_PUBLIC_URL"]),
];

#[test]
fn a_variable_that_is_wrong_is_refused_with_its_name() {
    let folder = scratch();
    let data = folder.path().join("data");
    for (name, value, named) in BAD_VARIABLES {
        for verb in [["serve"].as_slice(), &["config", "check"]] {
            let said = refused(command(&[verb, &["--data", data.to_str().unwrap()]].concat()).env(name, value));
            for word in named {
                assert!(said.contains(word), "{word:?} is not in {said:?}");
            }
            assert!(!said.contains(SECRET), "a misspelt variable may hold a secret: {said}");
        }
    }
    assert!(!data.exists(), "nothing was made");
}

#[test]
fn a_flag_that_is_wrong_is_refused() {
    let said = refused(&mut command(&["serve", "--listen", "nowhere"]));
    assert!(said.contains("--listen") && said.contains("nowhere"), "{said}");
    let said = refused(&mut command(&["serve", "--port", "1"]));
    assert!(said.contains("--port"), "{said}");
}

#[test]
fn the_printed_defaults_are_a_good_file_and_the_example() {
    let printed = run(&["config", "defaults"]);
    assert_eq!(printed.status.code(), Some(0));
    let text = String::from_utf8(printed.stdout).unwrap();
    let example = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/portcullis.toml")).unwrap();
    assert_eq!(text.trim_end(), example.trim_end());
    let folder = scratch();
    let file = folder.path().join("defaults.toml");
    fs::write(&file, &text).unwrap();
    let checked = run(&["config", "check", "--config", file.to_str().unwrap()]);
    assert_eq!(checked.status.code(), Some(0), "{}", complaint(&checked));
    assert_eq!(checked.stdout, b"the configuration is good\n");
    assert_eq!(complaint(&checked), "");
}

#[test]
fn what_is_allowed_but_unwise_is_said() {
    let folder = scratch();
    let mut check = command(&["config", "check", "--data", folder.path().to_str().unwrap()]);
    let checked = ended(check.env("PORTCULLIS_LISTEN", "0.0.0.0:0").env("PORTCULLIS_DECISIONS_ENABLED", "false"));
    assert_eq!(checked.status.code(), Some(0));
    let said = complaint(&checked);
    assert!(said.contains("plain HTTP") && said.contains("leave no record"), "{said}");
}

// --- the secret

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_made_and_printed_once() {
    let folder = scratch();
    let start = || Process::spawn(serve(folder.path()).env_remove("PORTCULLIS_BOOTSTRAP_SECRET"));
    let first = start();
    assert_eq!(first.printed.len(), 2, "{:?}", first.printed.len());
    let secret = first.printed[0].strip_prefix("bootstrap secret (shown once): ").unwrap().to_owned();
    assert!(secret.len() >= 32, "{} characters", secret.len());
    for url in [first.url.clone()] {
        let admin = Caller::new(&url).with_credentials("default", "admin", "admin", &secret);
        admin.get("/api/admin/default/tenant").await.expect(200);
    }
    assert!(first.terminate().success());
    let second = start();
    assert_eq!(second.printed.len(), 1, "the second start prints its address only");
    let setup = Caller::new(&second.url).with_credentials("system", "system", "setup", &secret);
    assert!(setup.token().await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_of_a_later_start_changes_nothing() {
    let folder = scratch();
    assert!(Process::serve(folder.path()).terminate().success());
    let again = Process::spawn(
        serve(folder.path()).env("PORTCULLIS_BOOTSTRAP_SECRET", "another secret, long enough for a first start"),
    );
    assert_eq!(again.printed.len(), 1);
    again.token_of("default", "admin", "admin").get("/api/admin/default/tenant").await.expect(200);
}

#[test]
fn a_short_secret_is_refused_and_the_next_start_is_the_first() {
    let folder = scratch();
    let short = "x".repeat(31);
    let said = refused(serve(folder.path()).env("PORTCULLIS_BOOTSTRAP_SECRET", &short));
    assert!(said.contains("PORTCULLIS_BOOTSTRAP_SECRET") && said.contains("32"), "{said}");
    assert!(!said.contains(&short), "{said}");
    let next = Process::spawn(serve(folder.path()).env_remove("PORTCULLIS_BOOTSTRAP_SECRET"));
    assert_eq!(next.printed.len(), 2, "nothing was there, so a secret is made");
}

#[test]
fn a_secret_that_is_too_long_is_refused_in_words() {
    let folder = scratch();
    let said = refused(serve(folder.path()).env("PORTCULLIS_BOOTSTRAP_SECRET", "x".repeat(1025)));
    assert!(said.contains("PORTCULLIS_BOOTSTRAP_SECRET: must have at most 1024 bytes"), "{said}");
}

#[test]
#[ignore = "defect: the store and the key file are made before the secret is checked"]
fn a_short_secret_leaves_no_files() {
    let folder = scratch();
    let data = folder.path().join("data");
    refused(serve(&data).env("PORTCULLIS_BOOTSTRAP_SECRET", "short").env_remove("PORTCULLIS_MASTER_KEY"));
    let left: Vec<_> = fs::read_dir(&data).into_iter().flatten().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.is_empty(), "{left:?}");
}

// --- what the first start makes

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_makes_exactly_what_it_says() {
    let folder = scratch();
    let process = Process::serve(folder.path());
    let admin = process.token_of("default", "admin", "admin");
    let servers = admin.get("/api/admin/default/servers").await.expect(200).json();
    assert_eq!(members(&servers["servers"], "id"), ["admin", "default", "developer", "system"]);
    for (server, clients) in
        [("admin", vec!["admin"]), ("default", vec![]), ("developer", vec![]), ("system", vec!["system"])]
    {
        let found = admin.get(&format!("/api/admin/default/servers/{server}/clients")).await.expect(200).json();
        assert_eq!(members(&found["clients"], "client_id"), clients, "{server}");
    }
    let policies = admin.get("/api/admin/default/policies").await.expect(200).json();
    assert_eq!(members(&policies["policies"], "id"), ["allow", "block", "nist-aal-1", "nist-aal-2", "nist-aal-3"]);
    let attributes = admin.get("/api/admin/default/tenant").await.expect(200).json();
    let attributes = members(&attributes["authentication_context_settings"]["attributes"], "name");
    assert!(
        ["scp", "groups", "sub", "amr"].iter().all(|name| attributes.iter().any(|known| known == name)),
        "{attributes:?}"
    );
    assert!(process.terminate().success());

    let users = store::verify(&folder.path().join(STORE_FILE)).unwrap().tables;
    assert_eq!(users.iter().find(|(table, _)| *table == "user").unwrap().1, 1, "one person");
    let credentials = users.iter().find(|(table, _)| *table == "credential").unwrap().1;
    assert_eq!(credentials, 3, "three clients");
    let options = Options { path: folder.path().join(STORE_FILE), cache_items: 1, redb_cache_bytes: 1 << 20 };
    let store = Store::open(&options).unwrap();
    let user = store.record::<User>(&["default", "admin", "admin"]).unwrap().unwrap();
    assert!(user.password.starts_with("$argon2id$"), "a password is not kept as it is");
}

/// The scopes of a token, as the token endpoint says.
async fn scopes(url: &str, tenant: &str, server: &str, client: &str) -> Vec<String> {
    let form = format!("grant_type=client_credentials&client_id={client}&client_secret={}", SECRET.replace(' ', "+"));
    let path = format!("/{tenant}/{server}/oauth2/token");
    let form_type = Some("application/x-www-form-urlencoded");
    let answer = Caller::new(url).send(http::Method::POST, &path, form_type, form.into()).await.expect(200).json();
    let mut scopes: Vec<String> = answer["scope"].as_str().unwrap().split(' ').map(str::to_owned).collect();
    scopes.sort_unstable();
    scopes
}

#[tokio::test(flavor = "multi_thread")]
async fn machine_tokens_have_the_scopes_of_a_system_server() {
    let folder = scratch();
    let process = Process::serve(folder.path());
    assert_eq!(scopes(&process.url, "default", "system", "system").await, SYSTEM_SCOPES);
    assert_eq!(scopes(&process.url, "system", "system", "setup").await, SYSTEM_SCOPES);
    let client =
        process.token_of("default", "admin", "admin").get("/api/admin/default/clients/system").await.expect(200);
    assert_eq!(client.json()["scopes"], serde_json::json!(SYSTEM_SCOPES));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_tenant_comes_only_when_asked_for_at_the_first_start() {
    let (plain, sample) = (scratch(), scratch());
    let token = |url: String| async move {
        let basic = data_encoding::BASE64.encode(format!("admin:{SECRET}").as_bytes());
        let caller = Caller::new(&url).with_header("authorization", &format!("Basic {basic}"));
        let form = Some("application/x-www-form-urlencoded");
        let body = "grant_type=client_credentials".into();
        caller.send(http::Method::POST, "/demo/admin/oauth2/token", form, body).await
    };
    let process = Process::serve(plain.path());
    token(process.url.clone()).await.expect(404);
    assert!(process.terminate().success());
    let process = Process::spawn(serve(plain.path()).arg("--demo"));
    token(process.url.clone()).await.expect(404);
    process.kill();
    let process = Process::spawn(serve(sample.path()).arg("--demo"));
    token(process.url.clone()).await.expect(200);
    let tenant = process.token_of("demo", "admin", "admin").get("/api/admin/demo/tenant").await.expect(200).json();
    assert!(tenant["name"].as_str().unwrap().contains("not for production"), "{tenant}");
}

// --- keys, files and folders

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
}

#[test]
fn a_folder_that_was_open_to_others_is_closed() {
    let data = scratch();
    fs::set_permissions(data.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let _process = Process::serve(data.path());
    assert_eq!(mode(data.path()), 0o700);
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

// --- the end

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_finishes_a_running_request_and_takes_no_new_ones() {
    let folder = scratch();
    let process = Process::serve(folder.path());
    let form = format!("grant_type=client_credentials&client_id=admin&client_secret={}", SECRET.replace(' ', "+"));
    let mut running = Wire::to(&process.url).await;
    let length = form.len();
    let head = format!(
        "POST /default/admin/oauth2/token HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: {length}\r\n\
         content-type: application/x-www-form-urlencoded\r\n\r\n"
    );
    running.send(head).await;
    assert_eq!(running.head().await.unwrap().status, 100, "the server waits for the body");
    process.signal("TERM");
    let address = process.url.trim_start_matches("http://").to_owned();
    while TcpStream::connect(&address).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    running.send(form).await;
    let reply = running.reply().await.expect("the request that ran is answered");
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert!(reply.json()["access_token"].is_string());
    running.closed().await;
    assert_eq!(process.wait().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_ends_idle_connections_at_once() {
    let folder = scratch();
    // Every patience is longer than the test may take, so only an orderly end is quick.
    let mut start = serve(folder.path());
    for limit in ["DRAIN", "IDLE", "HEADER"] {
        start.env(format!("PORTCULLIS_LIMITS_{limit}_SECONDS"), "86400");
    }
    let process = Process::spawn(&mut start);
    let mut idle = Vec::new();
    for _ in 0..5 {
        let mut wire = Wire::to(&process.url).await;
        assert_eq!(wire.ask("GET /health/live", &[]).await.status, 200);
        idle.push(wire);
    }
    idle.push(Wire::to(&process.url).await); // says nothing at all
    assert_eq!(process.terminate().code(), Some(0));
    for mut wire in idle {
        wire.closed().await;
    }
}

/// Who waits for the address may stop the server right after it, and ask it through its socket.
#[test]
#[ignore = "defect: signals are handled and the control socket is there only some time after the address was printed"]
fn what_the_address_promises_is_there_when_it_is_printed() {
    for _ in 0..5 {
        let folder = scratch();
        let process = Process::spawn(&mut serve(folder.path()));
        assert!(folder.path().join("control.sock").exists());
        assert!(Command::new("kill").arg(process.id().to_string()).status().unwrap().success());
        assert_eq!(process.wait().code(), Some(0));
    }
}

#[test]
fn sigint_is_an_orderly_end_as_well() {
    let folder = scratch();
    let process = Process::serve(folder.path());
    process.signal("INT");
    assert_eq!(process.wait().code(), Some(0));
}
