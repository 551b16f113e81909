//! The bootstrap secret: given, made, shown once, or too short.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_made_and_printed_once() {
    let folder = scratch();
    let start = || Process::spawn(serve(folder.path()).env_remove("PORTCULLIS_BOOTSTRAP_SECRET"));
    let first = start();
    assert_eq!(first.printed.len(), 2, "{:?}", first.printed.len());
    let secret = first.printed[0].strip_prefix("bootstrap secret (shown once): ").unwrap().to_owned();
    assert!(secret.len() >= 32, "{} characters", secret.len());
    let admin = Caller::new(&first.url).with_credentials("default", "admin", "admin", &secret);
    admin.get("/api/admin/default/tenant").await.expect(200);
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
#[ignore = "defect: the store and the key file are made before the secret is checked"]
fn a_short_secret_leaves_no_files() {
    let folder = scratch();
    let data = folder.path().join("data");
    refused(serve(&data).env("PORTCULLIS_BOOTSTRAP_SECRET", "short").env_remove("PORTCULLIS_MASTER_KEY"));
    let left: Vec<_> = fs::read_dir(&data).into_iter().flatten().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.is_empty(), "{left:?}");
}
