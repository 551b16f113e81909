//! The control socket over a real file: commands, permissions, and what is not a command.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use tokio::sync::oneshot;

use super::*;

struct Echo;

impl Control for Echo {
    async fn command(&self, name: &str, arguments: Value) -> Result<Value, String> {
        match name {
            "echo" => Ok(arguments),
            "panic" => panic!("as asked"),
            _ => Err(format!("no command {name}")),
        }
    }
}

/// A path in a folder of its own.
fn socket() -> PathBuf {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("portcullis-control-{}-{number}", std::process::id())).join("control.sock")
}

async fn ask(path: &Path, name: &'static str, arguments: Value) -> Result<Option<Value>, ControlError> {
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || ask_control(&path, name, arguments)).await.unwrap()
}

#[tokio::test]
async fn commands_are_answered_and_the_file_goes_at_the_end() {
    let path = socket();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(listen(&path).unwrap().serve(Arc::new(Echo), async { drop(stopped.await) }));
    assert_eq!(ask(&path, "echo", json!({"a": [1]})).await.unwrap(), Some(json!({"a": [1]})));
    let refused = ask(&path, "nope", Value::Null).await;
    assert!(matches!(refused, Err(ControlError::Refused(reason)) if reason == "no command nope"));
    let panicked = ask(&path, "panic", Value::Null).await;
    assert!(matches!(panicked, Err(ControlError::Refused(reason)) if reason == "internal error"));
    assert_eq!(ask(&path, "echo", json!("alive")).await.unwrap(), Some(json!("alive")));
    stop.send(()).unwrap();
    server.await.unwrap();
    assert!(!path.exists());
    assert_eq!(ask(&path, "echo", Value::Null).await.unwrap(), None);
    fs::remove_dir(path.parent().unwrap()).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn only_the_owner_may_open_it_and_stale_files_are_replaced() {
    let path = socket();
    let folder = path.parent().unwrap();
    fs::create_dir(folder).unwrap();
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    // A start that was killed while it made the socket.
    fs::create_dir(folder.join(CLOSED)).unwrap();
    drop(std::os::unix::net::UnixListener::bind(folder.join(CLOSED).join("s")).unwrap());
    let listening = listen(&path).unwrap();
    assert_eq!(mode(&path), 0o600);
    assert!(matches!(listen(&path), Err(ControlError::Taken(_))));
    drop(listening);
    fs::remove_dir(folder).expect("nothing is left in it");
}

#[tokio::test]
async fn only_a_folder_that_is_made_gets_other_rights() {
    let path = socket();
    let folder = path.parent().unwrap();
    drop(listen(&path).unwrap());
    assert_eq!(mode(folder), 0o700);
    fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
    let listening = listen(&path).unwrap();
    assert_eq!((mode(folder), mode(&path)), (0o755, 0o600));
    drop(listening);
    fs::remove_dir(folder).unwrap();
}

#[tokio::test]
async fn what_is_not_a_command_is_an_error() {
    for line in [b"{}\n".as_slice(), b"nonsense\n", b"{\"name\":1}\n", b"{\"name\":\"echo\",\"more\":1}\n"] {
        assert!(matches!(execute(line, &Echo).await, Outcome::Error(_)));
    }
}

#[tokio::test]
async fn a_client_that_says_nothing_does_not_hold_up_the_end() {
    let path = socket();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(listen(&path).unwrap().serve(Arc::new(Echo), async { drop(stopped.await) }));
    let mut silent = tokio::net::UnixStream::connect(&path).await.unwrap();
    silent.write_all(b"{\"name\":\"echo\"}\n").await.unwrap();
    assert_eq!(silent.read_u8().await.unwrap(), b'{');
    stop.send(()).unwrap();
    server.await.unwrap();
    let mut rest = Vec::new();
    silent.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest, b"\"ok\":null}\n");
    fs::remove_dir(path.parent().unwrap()).unwrap();
}
