//! The digest of a component's sources, as plugins/README.md defines it. A test of the host computes it again.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::Result;

/// Files that go into every component, besides its own folder and what all are made of.
const FILES: [&str; 3] = ["plugins/.cargo/config.toml", "plugins/Cargo.lock", "plugins/Cargo.toml"];

/// The components that evaluate CEL.
const EXPRESSIONS: [&str; 2] = ["cel", "cel-claims"];

/// The digest of the sources of `guest`, in hex. `root` is the folder of the repository.
pub(crate) fn digest(root: &Path, guest: &str) -> Result<String> {
    let mut files: Vec<String> = FILES.map(str::to_owned).to_vec();
    for folder in [&format!("plugins/{guest}"), "plugins/fields", "plugins/sdk", "plugins/sdk-derive", "wit/v1"] {
        collect(root, folder, &mut files)?;
    }
    if EXPRESSIONS.contains(&guest) {
        collect(root, "plugins/expressions", &mut files)?;
    }
    files.sort_unstable();
    let mut hash = Sha256::new();
    for file in &files {
        let content = fs::read(root.join(file))?;
        hash.update(format!("{file}\0{}\0", content.len()));
        hash.update(content);
    }
    Ok(hex(&hash.finalize()))
}

/// SHA-256 in hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn collect(root: &Path, folder: &str, files: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(root.join(PathBuf::from(folder)))? {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|name| format!("{name:?} is not UTF-8"))?;
        let path = format!("{folder}/{name}");
        match entry.file_type()? {
            _ if name.starts_with('.') => {}
            kind if kind.is_dir() => collect(root, &path, files)?,
            _ => files.push(path),
        }
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
