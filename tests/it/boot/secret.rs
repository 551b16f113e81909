//! The bootstrap secret: given, made, shown once, or too short.

use std::io::{BufRead, BufReader};

use super::*;

/// What stands before a secret that was made.
const SHOWN: &str = "bootstrap secret (shown once, void if a later start shows another): ";

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_made_and_printed_once() {
    let folder = scratch();
    let start = || Process::spawn(serve(folder.path()).env_remove("PORTCULLIS_BOOTSTRAP_SECRET"));
    let first = start();
    assert_eq!(first.printed.len(), 2, "{:?}", first.printed.len());
    let secret = first.printed[0].strip_prefix(SHOWN).unwrap().to_owned();
    assert!(secret.len() >= 32, "{} characters", secret.len());
    let admin = Caller::new(&first.url).with_credentials("default", "admin", "admin", &secret);
    admin.get("/api/admin/default/tenant").await.expect(200);
    assert!(first.terminate().success());
    let second = start();
    assert_eq!(second.printed.len(), 1, "the second start prints its address only");
    let setup = Caller::new(&second.url).with_credentials("system", "system", "setup", &secret);
    assert!(setup.token().await.is_some());
}

/// The last secret that was shown is the one that is good, also when a start was killed right after showing one.
#[tokio::test(flavor = "multi_thread")]
async fn no_kill_loses_the_secret() {
    for round in 0..4 {
        let folder = scratch();
        let start = || {
            let mut start = serve(folder.path());
            start.env_remove("PORTCULLIS_BOOTSTRAP_SECRET");
            start
        };
        let mut child = start().stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        std::thread::sleep(Duration::from_millis(3 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        let next = Process::spawn(&mut start());
        let shown = next.printed[0].strip_prefix(SHOWN).or(line.trim_end().strip_prefix(SHOWN)).unwrap();
        let admin = Caller::new(&next.url).with_credentials("default", "admin", "admin", shown);
        admin.get("/api/admin/default/tenant").await.expect(200);
    }
}

#[test]
fn a_secret_that_nobody_can_have_seen_is_not_made_valid() {
    let folder = scratch();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut first = serve(folder.path());
    let ended = first.env_remove("PORTCULLIS_BOOTSTRAP_SECRET").stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    let ended = ended.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
    assert!(complaint(&ended).contains("cannot be shown"), "{}", complaint(&ended));
    let next = Process::spawn(serve(folder.path()).env_remove("PORTCULLIS_BOOTSTRAP_SECRET"));
    assert_eq!(next.printed.len(), 2, "nothing was there, so a secret is made");
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
fn a_short_secret_leaves_no_files() {
    let folder = scratch();
    let data = folder.path().join("data");
    refused(serve(&data).env("PORTCULLIS_BOOTSTRAP_SECRET", "short").env_remove("PORTCULLIS_MASTER_KEY"));
    let left: Vec<_> = fs::read_dir(&data).into_iter().flatten().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.is_empty(), "{left:?}");
}
