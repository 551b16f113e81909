//! The real program as a process: for what only a process shows (boot contract, signals, kill -9, the command line).

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
};

use super::{Caller, MASTER_KEY, SECRET};

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_portcullis-under-test");

/// A running `portcullis serve`.
pub struct Process {
    child: Child,
    /// Where it listens.
    pub url: String,
    /// What it printed on stdout up to its address.
    pub printed: Vec<String>,
}

/// A command of the program with nothing of this process's environment but what the tests set.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).env_clear().env("PORTCULLIS_MASTER_KEY", MASTER_KEY).env("PORTCULLIS_LOG_LEVEL", "warn");
    command
}

/// Runs a command of the program to its end.
pub fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

impl Process {
    /// Starts `serve` on a folder and waits for its address.
    pub fn serve(folder: &Path) -> Process {
        Process::spawn(command(&["serve", "--listen", "127.0.0.1:0", "--data", folder.to_str().unwrap()]).env("PORTCULLIS_BOOTSTRAP_SECRET", SECRET))
    }

    /// Starts a `serve` command and waits for its address.
    pub fn spawn(command: &mut Command) -> Process {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut printed = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            printed.push(line.clone());
            if let Some(url) = line.strip_prefix("listening on ") {
                return Process { child, url: url.to_owned(), printed };
            }
        }
        panic!("the server ended before it listened: {:?}, {printed:?}", child.wait());
    }

    /// A caller of this server.
    pub fn token_of(&self, tenant: &str, server: &str, client: &str) -> Caller {
        Caller::new(&self.url).with_credentials(tenant, server, client, SECRET)
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL, and wait.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and wait for the end.
    pub fn terminate(mut self) -> ExitStatus {
        self.signal("TERM");
        self.child.wait().unwrap()
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for the end.
    pub fn wait(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Already gone in most tests; a failed test must not leave a server behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
