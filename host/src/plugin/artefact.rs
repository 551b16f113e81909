//! Compiled components on disk: written once, authenticated on every load.
//!
//! A compiled artefact is native code, so whoever can write one owns the process. [`Machine`] is the only way to a
//! component, and it is made only by our own compiler or from a file that carries our MAC. This file holds the only
//! `unsafe` of the project.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::SystemTime,
};

use data_encoding::HEXLOWER;
use wasmtime::{Engine, component::Component};

use super::{PluginError, key::Key};

/// The length of a MAC, in bytes. It stands at the end of every file.
const MAC: usize = 32;
/// The extension of an artefact.
const EXTENSION: &str = "cwasm";
/// The extension of a file that is being written, or was when the process died.
const TEMPORARY: &str = "tmp";
/// Files kept in the folder. Beyond it those go that were not used for longest, to be built again when they are asked for.
const FILES: usize = 4096;

/// Signs artefacts with a key of the host's own.
pub trait ArtefactMac: Send + Sync {
    /// The MAC over `parts`, which are told apart by their lengths.
    fn sign(&self, parts: &[&[u8]]) -> [u8; MAC];
    /// Whether `mac` is the MAC over `parts`, compared in constant time.
    fn verify(&self, parts: &[&[u8]], mac: &[u8]) -> bool;
}

/// Machine code that is known to be our own compiler's.
pub(super) struct Machine(Vec<u8>);

impl Machine {
    /// Compiles `wasm` for `engine`.
    pub(super) fn compile(engine: &Engine, wasm: &[u8]) -> wasmtime::Result<Machine> {
        engine.precompile_component(wasm).map(Machine)
    }

    /// Its size in bytes.
    pub(super) fn len(&self) -> u64 {
        self.0.len() as u64
    }

    /// Makes it runnable. Fails when it was compiled for another engine.
    #[expect(unsafe_code, reason = "wasmtime cannot check machine code; Machine vouches for where it comes from")]
    pub(super) fn load(&self, engine: &Engine) -> wasmtime::Result<Component> {
        // SAFETY: the bytes were made by `Engine::precompile_component`, in this process or in one that knew the MAC's
        // key, and have been in memory of our own since they were verified.
        unsafe { Component::deserialize(engine, &self.0) }
    }
}

/// The folder of artefacts.
pub(super) struct Folder {
    path: PathBuf,
    mac: Arc<dyn ArtefactMac>,
    engine: Key,
    written: AtomicU64,
    /// Bytes kept in the folder.
    most_bytes: u64,
}

impl Folder {
    /// Opens the folder at `path` for an engine, and makes it when it is missing. It is to keep `most_bytes`.
    pub(super) fn open(
        path: PathBuf,
        mac: Arc<dyn ArtefactMac>,
        engine: Key,
        most_bytes: u64,
    ) -> Result<Folder, PluginError> {
        let refused = |error: io::Error| PluginError::Folder(format!("{}: {error}", path.display()));
        fs::create_dir_all(&path).map_err(refused)?;
        files(&path, TEMPORARY)
            .and_then(|left| left.iter().try_for_each(|left| remove(&left.path)))
            .map_err(refused)?;
        Ok(Folder { path, mac, engine, written: AtomicU64::new(0), most_bytes })
    }

    /// The artefact of `key`, when there is one and it is ours.
    pub(super) fn read(&self, key: &Key) -> Option<Machine> {
        let mut bytes = fs::read(self.file(key)).ok()?;
        let Some(end) = bytes.len().checked_sub(MAC).filter(|end| self.is_ours(key, bytes.split_at(*end))) else {
            tracing::warn!(artefact = %self.file(key).display(), "the artefact is not ours or damaged, it is made again");
            self.remove(key);
            return None;
        };
        bytes.truncate(end);
        Some(Machine(bytes))
    }

    fn is_ours(&self, key: &Key, (code, mac): (&[u8], &[u8])) -> bool {
        self.mac.verify(&[key, &self.engine, code], mac)
    }

    /// Keeps the artefact of `key`. When this returns, a crash leaves either all of it or nothing.
    pub(super) fn write(&self, key: &Key, machine: &Machine) -> io::Result<()> {
        let mac = self.mac.sign(&[key, &self.engine, &machine.0]);
        let serial = self.written.fetch_add(1, Relaxed);
        let temporary = self.path.join(format!("{}-{serial}.{TEMPORARY}", std::process::id()));
        let written = write_durably(&temporary, &machine.0, &mac).and_then(|()| fs::rename(&temporary, self.file(key)));
        if written.is_err() {
            // What is left of it is of no use; the error itself is what the caller wants to know.
            let _ = remove(&temporary);
        }
        written?;
        File::open(&self.path)?.sync_all()?;
        self.tidy(FILES, self.most_bytes)
    }

    /// Removes the artefact of `key`.
    pub(super) fn remove(&self, key: &Key) {
        if let Err(error) = remove(&self.file(key)) {
            tracing::warn!(artefact = %self.file(key).display(), %error, "the artefact cannot be removed");
        }
    }

    /// Keeps the artefacts that were used last, no more than `most` and than fit into `most_bytes`, and removes the others.
    fn tidy(&self, most: usize, most_bytes: u64) -> io::Result<()> {
        let mut files = files(&self.path, EXTENSION)?;
        files.sort_unstable_by(|one, other| other.cmp(one));
        let (mut places, mut room) = (most, most_bytes);
        for file in files {
            match (places.checked_sub(1), room.checked_sub(file.bytes)) {
                (Some(left), Some(bytes)) => (places, room) = (left, bytes),
                _ => remove(&file.path)?,
            }
        }
        Ok(())
    }

    fn file(&self, key: &Key) -> PathBuf {
        let engine = self.engine.get(..8).unwrap_or_default();
        self.path.join(format!("{}-{}.{EXTENSION}", HEXLOWER.encode(key), HEXLOWER.encode(engine)))
    }
}

/// A file of the folder. Ordered by use.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Kept {
    /// When it was written, or read since, as far as the file system takes note.
    used: SystemTime,
    path: PathBuf,
    bytes: u64,
}

/// The files of `folder` with this extension.
fn files(folder: &Path, extension: &str) -> io::Result<Vec<Kept>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == extension) {
            let known = fs::metadata(&path)?;
            let written = known.modified()?;
            let used = known.accessed().map_or(written, |read| read.max(written));
            files.push(Kept { used, path, bytes: known.len() });
        }
    }
    Ok(files)
}

/// Removes a file. That somebody else did so is just as well.
fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path).or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

fn write_durably(path: &Path, code: &[u8], mac: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(code)?;
    file.write_all(mac)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::tests::{Scratch, TestMac};

    fn folder(scratch: &Scratch, engine: Key) -> Folder {
        Folder::open(scratch.path().to_owned(), Arc::new(TestMac), engine, u64::MAX).unwrap()
    }

    #[test]
    fn only_what_we_wrote_is_read() {
        let scratch = Scratch::new();
        let ours = folder(&scratch, [1; 32]);
        let key = [7; 32];
        assert!(ours.read(&key).is_none());
        ours.write(&key, &Machine(b"code".to_vec())).unwrap();
        assert_eq!(ours.read(&key).unwrap().0, b"code");

        // The same file under another name, or for another engine, is not ours.
        fs::copy(ours.file(&key), ours.file(&[8; 32])).unwrap();
        assert!(ours.read(&[8; 32]).is_none());
        let other = folder(&scratch, [2; 32]);
        fs::copy(ours.file(&key), other.file(&key)).unwrap();
        assert!(other.read(&key).is_none());

        for damaged in [&b"codX"[..], &b""[..]] {
            let mut bytes = fs::read(ours.file(&key)).unwrap();
            bytes.splice(..damaged.len().max(1), damaged.iter().copied());
            fs::write(ours.file(&key), bytes).unwrap();
            assert!(ours.read(&key).is_none());
            assert!(!ours.file(&key).exists(), "a bad file is removed");
            ours.write(&key, &Machine(b"code".to_vec())).unwrap();
        }
    }

    #[test]
    fn the_folder_stays_small() {
        let scratch = Scratch::new();
        fs::write(scratch.path().join("1-1.tmp"), "half").unwrap();
        let folder = folder(&scratch, [1; 32]);
        for number in 0..5 {
            folder.write(&[number; 32], &Machine(vec![number])).unwrap();
        }
        folder.tidy(2, u64::MAX).unwrap();
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 2);
    }

    #[test]
    fn the_folder_keeps_within_its_bytes_what_was_used_last() {
        let scratch = Scratch::new();
        let size = (100 + MAC) as u64;
        let folder = Folder::open(scratch.path().to_owned(), Arc::new(TestMac), [1; 32], 3 * size).unwrap();
        let there = || (0..6).filter(|number| folder.file(&[*number; 32]).exists()).collect::<Vec<u8>>();
        // Written at instants of their own: those of the file system are too coarse to tell them apart.
        let write = |number: u8, when: u64| {
            folder.write(&[number; 32], &Machine(vec![number; 100])).unwrap();
            used(&folder.file(&[number; 32]), when);
        };
        for number in 0..3 {
            write(number, u64::from(number) + 10);
        }
        assert_eq!(there(), [0, 1, 2], "all of them fit");
        used(&folder.file(&[0; 32]), 20);
        write(3, 21);
        assert_eq!(there(), [0, 2, 3], "the first was used again, so the second goes");
        folder.write(&[4; 32], &Machine(vec![4; 400])).unwrap();
        assert_eq!(
            there(),
            [0, 2, 3],
            "what is larger than the folder may be does not stay, and costs no other its place"
        );
    }

    /// Sets when a file was written and read.
    fn used(path: &Path, seconds: u64) {
        let instant = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        let times = fs::FileTimes::new().set_modified(instant).set_accessed(instant);
        OpenOptions::new().write(true).open(path).unwrap().set_times(times).unwrap();
    }
}
