//! `MANIFEST.json`: what is in `plugins/dist`.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Result;

/// All components of a folder, in order of their names.
#[derive(Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// What they were compiled with. Another compiler makes other bytes.
    pub(crate) compiler: String,
    pub(crate) components: Vec<Entry>,
}

/// One component.
#[derive(Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) world: String,
    pub(crate) version: String,
    /// Of the component, uncompressed, in hex.
    pub(crate) sha256: String,
    /// Of the component, in bytes.
    pub(crate) size: usize,
    /// Of its file, in bytes.
    pub(crate) compressed_size: usize,
    /// The digest of its sources, see plugins/README.md.
    pub(crate) sources: String,
}

impl Manifest {
    /// Writes `MANIFEST.json`.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        Ok(fs::write(folder.join("MANIFEST.json"), text)?)
    }

    /// Reads `MANIFEST.json`.
    pub(crate) fn read(folder: &Path) -> Result<Manifest> {
        let file = folder.join("MANIFEST.json");
        let text = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(serde_json::from_slice(&text)?)
    }

    /// The names of components that only one of them has, or whose world, version or sources differ.
    pub(crate) fn differences<'m>(&'m self, other: &'m Manifest) -> Vec<&'m str> {
        let identity = |entry: &'m Entry| [&entry.name, &entry.world, &entry.version, &entry.sources];
        let lacks = |manifest: &'m Manifest, entry: &'m Entry| {
            manifest.components.iter().all(|candidate| identity(candidate) != identity(entry))
        };
        let only_here = self.components.iter().filter(|entry| lacks(other, entry));
        let only_there = other.components.iter().filter(|entry| lacks(self, entry));
        let mut names: Vec<&str> = only_here.chain(only_there).map(|entry| entry.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(entries: &[(&str, &str)]) -> Manifest {
        let entry = |(name, sources): &(&str, &str)| Entry {
            name: (*name).to_owned(),
            world: "validator".to_owned(),
            version: "1.0.0".to_owned(),
            sha256: String::new(),
            size: 0,
            compressed_size: 0,
            sources: (*sources).to_owned(),
        };
        Manifest { compiler: String::new(), components: entries.iter().map(entry).collect() }
    }

    #[test]
    fn differences_are_named_once() {
        let dist = manifest(&[("a", "1"), ("b", "1"), ("c", "1")]);
        let fresh = manifest(&[("a", "1"), ("b", "2"), ("d", "1")]);
        assert_eq!(dist.differences(&fresh), ["b", "c", "d"]);
        assert!(dist.differences(&dist).is_empty());
    }
}
