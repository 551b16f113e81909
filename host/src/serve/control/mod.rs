//! The control socket: how the local command line reaches a server that holds the store.
//!
//! The server [listens](listen) before it prints its address and [serves](Listening::serve) beside HTTP; the other
//! commands try [`ask_control`] first and open the store themselves when nobody listens. One JSON request a line, one JSON answer a line:
//! `{"name":"backup","arguments":{…}}` → `{"ok":…}` or `{"error":"…"}`. Whoever may open the socket file may do
//! everything, so it belongs to one user. Knows no command by name.

#[cfg(test)]
mod tests;

use std::{
    fmt,
    fs::{self, Permissions},
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::{
        fs::{DirBuilderExt, PermissionsExt},
        net::UnixStream,
    },
    path::{Path, PathBuf},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt},
    net::UnixListener,
    sync::watch,
    task::JoinSet,
    time::timeout,
};

use super::catch::caught;

/// The longest request and the longest answer. A component may travel in one, or a whole configuration.
const LONGEST: u64 = 1024 * 1024 * 1024;
/// How long a client may be silent before its connection is closed.
const SILENCE: Duration = Duration::from_secs(60);
/// How long a command may take; the client waits a little longer.
const COMMAND: Duration = Duration::from_secs(600);
/// How long running commands get when the server ends.
const LAST_COMMANDS: Duration = Duration::from_secs(10);
/// Clients at once.
const CLIENTS: usize = 16;
/// The folder beside the socket in which it is made. Short, as paths of sockets have to be.
const CLOSED: &str = ".control";

/// Executes commands of the local command line.
pub trait Control: Send + Sync + 'static {
    /// The command's result, or a sentence on why there is none.
    fn command(&self, name: &str, arguments: Value) -> impl Future<Output = Result<Value, String>> + Send;
}

/// Why the control socket cannot be used.
#[derive(Debug)]
pub enum ControlError {
    /// The system refused.
    Socket {
        /// The socket file.
        path: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// Another server answers on this socket.
    Taken(PathBuf),
    /// The server closed the connection without an answer, or the answer is too long or not JSON.
    BadAnswer,
    /// The server refused the command.
    Refused(String),
}

impl fmt::Display for ControlError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ControlError::Socket { path, error } => write!(out, "control socket {}: {error}", path.display()),
            ControlError::Taken(path) => write!(out, "another server answers on {}", path.display()),
            ControlError::BadAnswer => out.write_str("the server gave no usable answer"),
            ControlError::Refused(reason) => out.write_str(reason),
        }
    }
}

impl std::error::Error for ControlError {}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Command {
    name: String,
    #[serde(default)]
    arguments: Value,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Ok(Value),
    Error(String),
}

/// A socket that is there; who connects waits until it is served. Dropping it removes the file.
#[derive(Debug)]
pub struct Listening {
    listener: UnixListener,
    file: SocketFile,
}

/// Makes the socket at `path`, for its owner alone. Must be called inside a runtime.
///
/// # Errors
/// The socket cannot be made, or another server answers on it.
pub fn listen(path: &Path) -> Result<Listening, ControlError> {
    let failed = |error| ControlError::Socket { path: path.to_owned(), error };
    prepare_folder(path).map_err(failed)?;
    if UnixStream::connect(path).is_ok() {
        return Err(ControlError::Taken(path.to_owned()));
    }
    bind(path).map_err(failed)
}

impl Listening {
    /// Answers commands until `stop`, then removes the file.
    pub async fn serve<C: Control>(self, control: Arc<C>, stop: impl Future<Output = ()>) {
        let Listening { listener, file: _file } = self;
        let mut stop = pin!(stop);
        let mut clients = JoinSet::new();
        let (ending, ended) = watch::channel(());
        loop {
            tokio::select! {
                () = &mut stop => break,
                accepted = listener.accept(), if clients.len() < CLIENTS => match accepted {
                    Ok((stream, _)) => drop(clients.spawn(converse(stream, control.clone(), ended.clone()))),
                    Err(error) => {
                        tracing::warn!(%error, "cannot accept a control connection");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                },
                Some(_) = clients.join_next() => {}
            }
        }
        drop(ending);
        finish(clients).await;
    }
}

/// Commands that run may end.
async fn finish(mut clients: JoinSet<()>) {
    let all = async { while clients.join_next().await.is_some() {} };
    if timeout(LAST_COMMANDS, all).await.is_err() {
        tracing::warn!("control connections were cut");
    }
}

/// Removes the socket file at the end.
#[derive(Debug)]
struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The socket is made in a folder closed to others and moved to its place with its rights, so there is no moment in
/// which they could connect. It takes the place of what a server that was killed left behind.
fn bind(path: &Path) -> io::Result<Listening> {
    let closed = path.with_file_name(CLOSED);
    let inside = closed.join("s");
    absent(fs::remove_file(&inside))?;
    absent(fs::remove_dir(&closed))?;
    fs::DirBuilder::new().mode(0o700).create(&closed)?;
    let listener = UnixListener::bind(&inside)?;
    fs::set_permissions(&inside, Permissions::from_mode(0o600))?;
    fs::rename(&inside, path)?;
    let file = SocketFile(path.to_owned());
    fs::remove_dir(&closed)?;
    Ok(Listening { listener, file })
}

/// What is to be removed may be absent.
fn absent(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes a missing folder for its owner alone. The rights of one that is there are its owner's business, who is told.
fn prepare_folder(path: &Path) -> io::Result<()> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mode = fs::metadata(folder)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let folder = folder.display();
        tracing::warn!("the data folder is open to other users (mode {mode:o}): chmod 700 {folder}");
    }
    Ok(())
}

async fn converse<C: Control>(stream: tokio::net::UnixStream, control: Arc<C>, mut ended: watch::Receiver<()>) {
    let (read, mut write) = stream.into_split();
    let mut read = tokio::io::BufReader::new(read);
    loop {
        let mut line = Vec::new();
        let mut limited = (&mut read).take(LONGEST);
        let read = tokio::select! {
            read = timeout(SILENCE, limited.read_until(b'\n', &mut line)) => read,
            // Nothing is ever sent: the channel only closes when the server ends.
            _ = ended.changed() => return,
        };
        if !matches!(read, Ok(Ok(1..))) {
            return;
        }
        let whole = line.ends_with(b"\n");
        let outcome = if whole { execute(&line, &*control).await } else { Outcome::Error("too long".to_owned()) };
        if write.write_all(&line_of(&outcome)).await.is_err() || !whole {
            return;
        }
    }
}

async fn execute<C: Control>(line: &[u8], control: &C) -> Outcome {
    let command: Command = match serde_json::from_slice(line) {
        Ok(command) => command,
        Err(error) => return Outcome::Error(format!("not a command: {error}")),
    };
    let Command { name, arguments } = command;
    tracing::info!(name, "a command on the control socket");
    match timeout(COMMAND, caught(async { control.command(&name, arguments).await })).await {
        Ok(Ok(Ok(value))) => Outcome::Ok(value),
        Ok(Ok(Err(reason))) => Outcome::Error(reason),
        Ok(Err(_)) => Outcome::Error("internal error".to_owned()),
        Err(_) => Outcome::Error("the command took too long".to_owned()),
    }
}

fn line_of<T: Serialize>(value: &T) -> Vec<u8> {
    // Nothing that is sent here has a key that is not text, the only thing that JSON refuses.
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line
}

/// Sends a command to the server that listens at `path` and waits for its result; `None` when nobody listens.
///
/// # Errors
/// The socket cannot be used, the answer is unusable, or the server refused.
pub fn ask_control(path: &Path, name: &str, arguments: Value) -> Result<Option<Value>, ControlError> {
    let failed = |error| ControlError::Socket { path: path.to_owned(), error };
    let stream = match UnixStream::connect(path) {
        Ok(stream) => stream,
        Err(error) if nobody_listens(&error) => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    stream.set_read_timeout(Some(COMMAND + SILENCE)).map_err(failed)?;
    let command = Command { name: name.to_owned(), arguments };
    (&stream).write_all(&line_of(&command)).map_err(failed)?;
    let mut line = Vec::new();
    BufReader::new(&stream).take(LONGEST).read_until(b'\n', &mut line).map_err(failed)?;
    match serde_json::from_slice(&line) {
        Ok(Outcome::Ok(value)) => Ok(Some(value)),
        Ok(Outcome::Error(reason)) => Err(ControlError::Refused(reason)),
        Err(_) => Err(ControlError::BadAnswer),
    }
}

fn nobody_listens(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}
