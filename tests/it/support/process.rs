//! The real program as a process: for what only a process shows (boot contract, signals, kill -9, the command line).

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    thread::JoinHandle,
    time::Duration,
};

use portcullis::server::CONTROL_SOCKET;

use super::{Caller, MASTER_KEY, SECRET, shared_artefacts};

const SIGTERM: u32 = 15;

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
    command.env("PORTCULLIS_SANDBOX_ARTEFACTS", shared_artefacts());
    // A busy machine must not turn an allow into a deadline.
    command.env("PORTCULLIS_SANDBOX_DEADLINE_MS", "10000");
    command
}

/// Runs a command to its end, which must come by itself: a server that starts though it should not fails the test.
pub fn ended(command: &mut Command) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Read while it runs: a pipe that is full would keep it from ending.
    let (stdout, stderr) = (whole(child.stdout.take().unwrap()), whole(child.stderr.take().unwrap()));
    let ends = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        until("the command ends", || child.try_wait().unwrap().is_some());
    }));
    if let Err(panic) = ends {
        child.kill().unwrap();
        std::panic::resume_unwind(panic);
    }
    Output { status: child.wait().unwrap(), stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
}

/// Everything that comes out of a pipe.
fn whole(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        bytes
    })
}

/// Waits for something that must happen soon; a minute without it fails the test.
pub fn until(what: &str, mut happened: impl FnMut() -> bool) {
    for _ in 0..6000 {
        if happened() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("waited in vain: {what}");
}

/// What a command wrote to stderr, as text.
pub fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs a command of the program to its end.
pub fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

impl Process {
    /// Starts `serve` on a folder and waits for its address.
    pub fn serve(folder: &Path) -> Process {
        let mut serve = command(&["serve", "--listen", "127.0.0.1:0", "--data", folder.to_str().unwrap()]);
        let process = Process::spawn(serve.env("PORTCULLIS_BOOTSTRAP_SECRET", SECRET));
        until("the control socket is there", || folder.join(CONTROL_SOCKET).exists());
        process
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
    pub fn terminate(self) -> ExitStatus {
        self.signal("TERM");
        self.wait()
    }

    /// Sends a signal by name, once the server handles it.
    pub fn signal(&self, name: &str) {
        signal(self.id(), name);
    }

    /// Waits for the end, which must come by itself.
    pub fn wait(mut self) -> ExitStatus {
        until("the server ends", || self.child.try_wait().unwrap().is_some());
        self.child.wait().unwrap()
    }
}

/// Sends a signal by name to a server, once it handles signals.
pub fn signal(process: u32, name: &str) {
    until("signals are handled", || handles_signals(process));
    let sent = Command::new("kill").args([&format!("-{name}"), &process.to_string()]).status().unwrap();
    assert!(sent.success());
}

/// True when SIGTERM no longer just ends the process (proc_pid_status(5): SigCgt).
fn handles_signals(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
    (u64::from_str_radix(caught.trim(), 16).unwrap() >> (SIGTERM - 1)) & 1 == 1
}

impl Drop for Process {
    fn drop(&mut self) {
        // Already gone in most tests; a failed test must not leave a server behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
