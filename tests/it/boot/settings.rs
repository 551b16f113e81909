//! Where the server listens and what it is set to: the printed address, flags, variables and files.

use super::*;

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
    signal(child.id(), "TERM");
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
