//! The author's command line as an author types it: the real program in a folder of files, without a server.

mod components;
mod policies;
mod scaffolds;

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, ChildStdout, Command, Output, Stdio},
};

use serde_json::Value;

use crate::support::{
    process::{command, complaint, ended},
    shared_artefacts,
};

/// A command in a folder.
fn within(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = command(arguments);
    // Components that were compiled once need not be again, in whatever test.
    command.current_dir(folder).env("PORTCULLIS_CACHE", shared_artefacts().with_file_name("author"));
    command
}

/// What a command said, and how it ended.
struct Said {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Said {
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    #[track_caller]
    fn with(self, code: i32, words: &[&str]) -> Said {
        assert_eq!(self.code, code, "{self:?}");
        for word in words {
            assert!(self.stdout.contains(word) || self.stderr.contains(word), "{word:?} is not in {self:?}");
        }
        self
    }
}

impl std::fmt::Debug for Said {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "exit {}\n{}\n{}", self.code, self.stdout, self.stderr)
    }
}

fn run(folder: &Path, arguments: &[&str]) -> Said {
    said(ended(&mut within(folder, arguments)))
}

fn said(output: Output) -> Said {
    let stderr = complaint(&output);
    Said { code: output.status.code().unwrap(), stdout: String::from_utf8(output.stdout).unwrap(), stderr }
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
}

/// A command that goes on until it is stopped.
struct Watching {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Watching {
    fn start(folder: &Path, arguments: &[&str]) -> Watching {
        let mut child = within(folder, arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Watching { child, lines }
    }

    /// Reads up to a line with these words, and answers it.
    fn until(&mut self, words: &str) -> String {
        self.lines.by_ref().map(Result::unwrap).find(|line| line.contains(words)).unwrap()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
fn every_shell_gets_its_completions() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        run(folder.path(), &["completions", shell]).with(0, &["portcullis", "policy", "plugin", "watch"]);
    }
    run(folder.path(), &["completions", "csh"]).with(2, &["csh"]);
}

#[test]
fn every_command_of_authors_tells_an_example() {
    let folder = tempfile::tempdir().unwrap();
    for (noun, verbs) in [
        ("policy", &["new", "check", "test", "eval", "explain", "bench"][..]),
        ("plugin", &["new", "build", "check", "test", "bench"]),
    ] {
        for verb in verbs {
            run(folder.path(), &[noun, verb, "--help"]).with(0, &["Example: ", "--json"]);
        }
        run(folder.path(), &[noun, "--help"]).with(0, &["Exit codes: 0"]);
    }
}
