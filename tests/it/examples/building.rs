//! Builds the examples with their own tools, each once for one state of its sources, and runs their native tests with it.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, PoisonError},
};

use data_encoding::HEXLOWER;
use portcullis::{crypto::digest, plugin::Surface};
use tempfile::TempDir;

use crate::support::scripts::{npm_packages, pip_packages, skipped};

/// The repository.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
/// What examples in Rust are made of besides themselves.
const OF_RUST: [&str; 6] =
    ["plugins/sdk", "plugins/sdk-derive", "plugins/fields", "plugins/pack", "plugins/.cargo", "wit/v1"];

/// Builds share target folders and processors.
static BUILDING: Mutex<()> = Mutex::new(());

/// A component that was built.
pub struct Example {
    /// Its folder in `examples`.
    pub folder: PathBuf,
    /// The component.
    pub component: Vec<u8>,
}

impl Example {
    /// An example in Rust, none when it cannot be built here.
    pub fn rust(name: &str) -> Option<Example> {
        let folder = folder(name);
        built(name, &OF_RUST, |into| {
            let plugins = Path::new(ROOT).join("plugins");
            let manifest = folder.join("Cargo.toml");
            let mut tests = Command::new("cargo");
            tests.args(["test", "--quiet", "--locked", "--manifest-path"]).arg(manifest);
            tests.arg("--target-dir").arg(plugins.join("target")).current_dir(&plugins);
            let mut build = Command::new(plugins.join("build"));
            build.arg("--crate").arg(&folder).arg(into);
            succeeds(tests)?;
            succeeds(build)
        })
    }

    /// An example in JavaScript, none when it cannot be built here.
    pub fn javascript(name: &str) -> Option<Example> {
        built(name, &["wit/v1"], |into| {
            let copy = TempDir::new_in(npm_packages(&folder(name))?).unwrap();
            copied(&folder(name), copy.path());
            let mut tests = Command::new("node");
            tests.arg("--test").current_dir(&copy);
            let mut build = Command::new("node");
            build.arg("build.mjs").arg(into).arg(wit()).current_dir(&copy);
            succeeds(tests)?;
            succeeds(build)
        })
    }

    /// An example in Python, none when it cannot be built here.
    pub fn python(name: &str) -> Option<Example> {
        built(name, &["wit/v1"], |into| {
            let packages = pip_packages(&folder(name))?;
            let copy = tempfile::tempdir().unwrap();
            copied(&folder(name), copy.path());
            let tool = |arguments: &[&OsStr]| {
                let mut tool = Command::new(packages.join("bin/componentize-py"));
                tool.arg("--wit-path").arg(wit()).args(["--world", "validator"]).args(arguments);
                tool.env("PYTHONPATH", &packages).current_dir(&copy);
                tool
            };
            succeeds(tool(&["bindings".as_ref(), "bindings".as_ref()]))?;
            let mut tests = Command::new("python3");
            tests.args(["-m", "unittest", "--quiet"]).env("PYTHONPATH", "bindings").current_dir(&copy);
            succeeds(tests)?;
            fs::remove_dir_all(copy.path().join("bindings")).unwrap();
            succeeds(tool(&[
                "componentize".as_ref(),
                "--stub-wasi".as_ref(),
                "app".as_ref(),
                "-o".as_ref(),
                into.as_ref(),
            ]))
        })
    }

    /// What it imports.
    pub fn imports(&self) -> Vec<String> {
        Surface::read(&self.component).unwrap().imports
    }
}

/// The component of `name` as its sources are now, from the last build of just these or from a new one.
fn built(name: &str, besides: &[&str], build: impl FnOnce(&Path) -> Option<()>) -> Option<Example> {
    let _one_at_a_time = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut sources = Vec::new();
    collect(&folder(name), &mut sources);
    besides.iter().for_each(|path| collect(&Path::new(ROOT).join(path), &mut sources));
    let of = HEXLOWER.encode(&digest::sha256(&sources)[..8]);
    let above = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("examples");
    let file = above.join(format!("{name}-{of}.wasm"));
    if !file.exists() {
        fs::create_dir_all(&above).unwrap();
        let fresh = TempDir::new_in(&above).unwrap();
        let into = fresh.path().join("component.wasm");
        build(&into)?;
        // Whole or not at all.
        fs::rename(into, &file).unwrap();
    }
    Some(Example { folder: folder(name), component: fs::read(file).unwrap() })
}

/// All files below a folder, names and contents, in the order of their names. What tools leave behind does not count.
fn collect(path: &Path, into: &mut Vec<u8>) {
    if path.is_file() {
        into.extend(path.file_name().unwrap().as_encoded_bytes());
        into.extend(digest::sha256(&fs::read(path).unwrap()));
        return;
    }
    let mut below: Vec<_> =
        fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).filter(|path| is_source(path)).collect();
    below.sort();
    below.iter().for_each(|path| collect(path, into));
}

fn is_source(path: &Path) -> bool {
    let name = path.file_name().and_then(OsStr::to_str).unwrap();
    !["node_modules", "target", "bindings", "__pycache__"].contains(&name) && !name.ends_with(".wasm")
}

fn copied(from: &Path, to: &Path) {
    for path in fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()).filter(|path| is_source(path)) {
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

/// Runs it to its end: nothing when there is no such tool, or when it cannot do its work here.
fn succeeds(mut command: Command) -> Option<()> {
    // Not the settings of the build that this test is part of.
    command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS").env_remove("CARGO_TARGET_DIR");
    command.env("PYTHONDONTWRITEBYTECODE", "1").stdout(Stdio::null());
    match command.status() {
        Ok(status) if status.success() => Some(()),
        failed => skipped(&format!("{command:?} did not work ({failed:?})")),
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(ROOT).canonicalize().unwrap().join("examples").join(name)
}

fn wit() -> PathBuf {
    Path::new(ROOT).canonicalize().unwrap().join("wit/v1")
}
