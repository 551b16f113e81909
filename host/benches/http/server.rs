//! A server process: started, looked at through /proc, stopped.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use crate::{bare, setup::SECRET};

/// The program that is measured.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_portcullis");
/// Linux counts processor time for user space in hundredths of a second, whatever its own clock does.
const TICK: Duration = Duration::from_millis(10);

/// A running server, killed when dropped.
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Kept open: a server that cannot print might end.
    stdout: BufReader<ChildStdout>,
}

impl Server {
    /// The real program on `folder`.
    pub(crate) fn portcullis(folder: &Path) -> Server {
        Server::configured(folder, &[])
    }

    /// The same with more variables of its configuration.
    pub(crate) fn configured(folder: &Path, variables: &[(&str, PathBuf)]) -> Server {
        let mut command = Command::new(PROGRAM);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(folder.join("data"));
        // The same name at every start, whatever the port, so that tokens stay good.
        command.env("PORTCULLIS_PUBLIC_URL", "http://127.0.0.1").env("PORTCULLIS_BOOTSTRAP_SECRET", SECRET);
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        Server::spawn(command.stderr(Stdio::null()))
    }

    /// The server to compare with, which answers `body`.
    pub(crate) fn bare(body: &str) -> Server {
        Server::myself(bare::ROLE, body)
    }

    /// This program in another role.
    pub(crate) fn myself(role: &str, argument: &str) -> Server {
        Server::spawn(Command::new(std::env::current_exe().unwrap()).args([role, argument]))
    }

    /// Starts a server and waits for its address.
    fn spawn(command: &mut Command) -> Server {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        // Owned before it is waited for, so that it ends with us, whatever it prints.
        let mut server = Server { child, address: SocketAddr::from(([127, 0, 0, 1], 0)), stdout };
        server.address = server.announced();
        server
    }

    fn announced(&mut self) -> SocketAddr {
        let mut line = String::new();
        loop {
            line.clear();
            assert_ne!(self.stdout.read_line(&mut line).unwrap(), 0, "the server ended before it listened");
            if let Some((_, address)) = line.strip_prefix("listening on ").and_then(|url| url.split_once("://")) {
                return address.trim_end().parse().unwrap();
            }
        }
    }

    /// Processor time of all its threads so far.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // The name, in parentheses, may hold anything; utime and stime are fields 14 and 15 of proc_pid_stat(5).
        let fields = stat.rsplit_once(')').unwrap().1.split_whitespace();
        let ticks: u32 = fields.skip(11).take(2).map(|field| field.parse::<u32>().unwrap()).sum();
        TICK * ticks
    }

    /// Resident memory, in bytes.
    pub(crate) fn rss(&self) -> u64 {
        self.memory("VmRSS:")
    }

    /// Resident memory that belongs to no file, in bytes.
    pub(crate) fn anonymous(&self) -> u64 {
        self.memory("RssAnon:")
    }

    fn memory(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
        kib << 10
    }

    /// SIGTERM, and waits for the orderly end.
    pub(crate) fn stop(mut self) {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        assert!(self.child.wait().unwrap().success(), "the server did not end in order");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Gone already after an orderly end. The child is waited for here only, so its number is still its own.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
