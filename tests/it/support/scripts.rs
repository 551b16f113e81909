//! Runs the scripts of `tests/interop` with what they need from npm, PyPI and crates.io, as their lock files say.
//!
//! What is fetched lies under `target`, named by the lock file's digest, and is fetched once. Without the tools a test is
//! skipped, loudly; in CI that is a failure, since `.ci/run` installs them.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Mutex, PoisonError},
};

use data_encoding::HEXLOWER;
use portcullis::crypto::digest;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::Command,
};

use super::TestWorld;

/// Where the scripts are.
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/interop");

/// Two tests must not fetch the same at the same time.
static FETCHING: Mutex<()> = Mutex::new(());

/// A script that is ready to run.
pub struct Script {
    command: Command,
    /// Where its copy lies, as long as it runs.
    copy: Option<TempDir>,
}

impl Script {
    /// A script for Node.js, none when it cannot be run here.
    pub fn node(name: &str) -> Option<Script> {
        let packages = npm_packages(Path::new(SCRIPTS))?;
        // Modules are looked for above the script that names them, so a copy of the scripts goes below.
        let copy = TempDir::new_in(&packages).unwrap();
        copy_scripts(copy.path());
        let mut command = Command::new("node");
        command.arg(copy.path().join(name));
        Some(Script { command, copy: Some(copy) })
    }

    /// A script for Python, none when it cannot be run here.
    pub fn python(name: &str) -> Option<Script> {
        let packages = pip_packages(Path::new(SCRIPTS))?;
        let copy = tempfile::tempdir().unwrap();
        copy_scripts(copy.path());
        let mut command = Command::new("python3");
        command.arg(copy.path().join(name)).env("PYTHONPATH", packages).env("PYTHONDONTWRITEBYTECODE", "1");
        Some(Script { command, copy: Some(copy) })
    }

    /// A program of a workspace of its own below the scripts, none when it cannot be built here.
    pub fn rust(name: &str) -> Option<Script> {
        let _one_at_a_time = FETCHING.lock().unwrap_or_else(PoisonError::into_inner);
        let target = above().join("cargo");
        // By name: the program of one toolchain would leave it to a package's own folder which rustc is meant.
        let mut cargo = std::process::Command::new("cargo");
        cargo.args(["build", "--quiet", "--locked"]).arg("--target-dir").arg(&target);
        // Not the settings of the build that this test is part of.
        cargo.current_dir(Path::new(SCRIPTS).join(name)).env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
        match cargo.status() {
            Ok(status) if status.success() => {
                let command = Command::new(target.join("debug").join(format!("portcullis-{name}")));
                Some(Script { command, copy: None })
            }
            failed => skipped(&format!("cargo cannot build tests/interop/{name} ({failed:?})")),
        }
    }

    /// The same script with a variable in its environment.
    pub fn with(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Script {
        self.command.env(name, value);
        self
    }

    /// Runs it to its end and fails the test unless it succeeds.
    ///
    /// A line `@advance SECONDS` moves the clock of `world`; the script then reads what time it is, in seconds since 1970.
    pub async fn run(self, world: Option<TestWorld>) {
        let Script { mut command, copy } = self;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut input = child.stdin.take().unwrap();
        while let Some(line) = lines.next_line().await.unwrap() {
            match (line.strip_prefix("@advance "), &world) {
                (Some(seconds), Some(world)) => {
                    world.advance_seconds(seconds.parse().unwrap());
                    let now = world.world().now_seconds();
                    input.write_all(format!("{now}\n").as_bytes()).await.unwrap();
                }
                _ => println!("{line}"),
            }
        }
        let status = child.wait().await.unwrap();
        drop(copy);
        assert!(status.success(), "{status}; its steps are above");
    }
}

/// What the `package-lock.json` of a folder names; none when it cannot be had here.
pub fn npm_packages(of: &Path) -> Option<PathBuf> {
    fetched("npm", of, &["package.json", "package-lock.json"], |folder| {
        let mut npm = std::process::Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(folder);
        npm
    })
}

/// What the `requirements.txt` of a folder names; none when it cannot be had here.
pub fn pip_packages(of: &Path) -> Option<PathBuf> {
    fetched("pip", of, &["requirements.txt"], |folder| {
        let mut pip = std::process::Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--no-deps"]);
        pip.args(["--disable-pip-version-check", "--root-user-action=ignore"]);
        pip.args(["--target", ".", "--requirement", "requirements.txt"]).current_dir(folder);
        pip
    })
}

/// The folder with what a lock file names; none when it cannot be had here.
fn fetched(tool: &str, of: &Path, files: &[&str], fetch: impl Fn(&Path) -> std::process::Command) -> Option<PathBuf> {
    let _one_at_a_time = FETCHING.lock().unwrap_or_else(PoisonError::into_inner);
    let contents: Vec<Vec<u8>> = files.iter().map(|file| fs::read(of.join(file)).unwrap()).collect();
    let name = HEXLOWER.encode(&digest::sha256(&contents.concat())[..8]);
    let above = above();
    let folder = above.join(format!("{tool}-{name}"));
    if folder.exists() {
        return Some(folder);
    }
    fs::create_dir_all(&above).unwrap();
    let fresh = TempDir::new_in(&above).unwrap();
    files.iter().zip(&contents).for_each(|(file, content)| fs::write(fresh.path().join(file), content).unwrap());
    match fetch(fresh.path()).stdout(Stdio::null()).status() {
        Ok(status) if status.success() => {
            // Whole or not at all; another process may have been faster.
            let _ = fs::rename(fresh.path(), &folder);
            Some(folder)
        }
        failed => skipped(&format!("{tool} cannot fetch what {} needs ({failed:?})", of.display())),
    }
}

/// Where all of it lies.
fn above() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("interop")
}

/// Whether a program can be started; says so when it cannot.
pub fn installed(program: &str) -> bool {
    let found = std::process::Command::new(program).arg("--version").stdout(Stdio::null()).status();
    found.is_ok_and(|status| status.success()) || skipped::<()>(&format!("{program} is not installed")).is_some()
}

/// Says that a test is skipped; in CI it fails.
pub fn skipped<T>(why: &str) -> Option<T> {
    assert!(env::var_os("CI").is_none(), "{why}");
    eprintln!("SKIPPED: {why}, so what was made by others was NOT tried");
    None
}

fn copy_scripts(folder: &Path) {
    for entry in fs::read_dir(SCRIPTS).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
        fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
}

/// Where the pictures are.
pub fn screenshots() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../screenshots");
    fs::create_dir_all(&folder).unwrap();
    folder.canonicalize().unwrap()
}
