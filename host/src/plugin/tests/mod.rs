//! Tests of the sandbox with real components, written as text in tests/hostile.

mod frozen;
mod hostile;
mod images;
mod saving;
mod worlds;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;

use super::{ArtefactMac, Limits, Sandbox, Settings};
use crate::{
    decision::{Answer, Asked, Code, NoLibrary, Rule, RuleSet, Validators},
    world::World,
};

/// A folder that is removed with its owner.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new() -> Scratch {
        let name = format!("portcullis-plugin-{}", HEXLOWER.encode(&World::system().bytes::<8>()));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Scratch(path)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// An HMAC with a key that everybody knows.
pub(super) struct TestMac;

impl TestMac {
    fn joined(parts: &[&[u8]]) -> Vec<u8> {
        parts.iter().flat_map(|part| [&(part.len() as u64).to_be_bytes(), *part].concat()).collect()
    }

    fn key() -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, b"test")
    }
}

impl ArtefactMac for TestMac {
    fn sign(&self, parts: &[&[u8]]) -> [u8; 32] {
        hmac::sign(&TestMac::key(), &TestMac::joined(parts)).as_ref().try_into().unwrap()
    }

    fn verify(&self, parts: &[&[u8]], mac: &[u8]) -> bool {
        hmac::verify(&TestMac::key(), &TestMac::joined(parts), mac).is_ok()
    }
}

/// A file of tests/hostile.
fn file(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/hostile");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

/// The component made of the frame and the functions of `guest`.
fn framed(guest: &str) -> Vec<u8> {
    let mut functions = guest.to_owned();
    for default in file("defaults.wat").split("\n;;\n") {
        let name = default.split_once("(func ").unwrap().1.split_once(' ').unwrap().0;
        if !guest.contains(&format!("(func {name} ")) {
            functions.push('\n');
            functions.push_str(default);
        }
    }
    wat::parse_str(file("frame.wat").replace(";; GUEST\n", &functions)).unwrap()
}

/// The component of a file that goes into the frame.
fn component(name: &str) -> Vec<u8> {
    framed(&file(&format!("{name}.wat")))
}

/// The component of a file that is whole.
fn whole(name: &str) -> Vec<u8> {
    wat::parse_str(file(&format!("{name}.wat"))).unwrap()
}

/// A guest that allows everything.
fn friendly() -> Vec<u8> {
    framed("")
}

fn start_in(scratch: &Scratch, limits: Limits) -> Sandbox {
    let artefacts = scratch.path().to_owned();
    Sandbox::start(Settings { limits, artefacts, mac: Arc::new(TestMac), workers: 2, library: Arc::new(NoLibrary) })
        .unwrap()
}

/// Limits under which a test does not fail because the machine is busy.
fn patient() -> Limits {
    Limits { deadline: Duration::from_secs(20), configure_deadline: Duration::from_secs(20), ..Limits::default() }
}

/// The same, where each call configures its instance.
fn without_images() -> Limits {
    Limits { images: 0, ..patient() }
}

fn pass() -> Answer {
    Answer::Pass { output: String::new() }
}

fn rules(rules: &[(&str, &str)]) -> RuleSet {
    RuleSet::new(rules.iter().map(|(validator, conf)| Rule::plain(validator, *conf)).collect())
}

/// How long a test waits for work in the background before it fails.
const BACKGROUND: Duration = Duration::from_secs(120);

/// Waits until `builds` images were built or given up.
async fn built(sandbox: &Sandbox, builds: u64) {
    let wait = async {
        loop {
            let report = sandbox.report();
            if report.builds + report.failed_builds >= builds {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(BACKGROUND, wait).await.expect("the images are built")
}

/// Asks until the answer comes from an image.
async fn warm(sandbox: &Sandbox, rules: &RuleSet) -> Asked {
    let wait = async {
        loop {
            let asked = sandbox.ask(rules, "{}").await;
            if !asked.usage.cold {
                return asked;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(BACKGROUND, wait).await.expect("the image is built")
}

fn denied() -> Answer {
    Answer::Fail { code: "denied".to_owned(), message: "no".to_owned(), details: r#"{"why":1}"#.to_owned() }
}

fn error(code: Code) -> Answer {
    Answer::Error(code)
}
