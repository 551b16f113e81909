//! Which guests there are: the members of this workspace that build a module of their own.

use std::path::PathBuf;
use std::process::Command;

use serde::Deserialize;

use crate::Result;

/// The repository and its guests.
pub(crate) struct Workspace {
    /// The folder that has `plugins` and `wit`.
    pub(crate) root: PathBuf,
    /// In order of their names.
    pub(crate) guests: Vec<Guest>,
}

/// One guest.
pub(crate) struct Guest {
    /// The name of its folder, which is the component's name.
    pub(crate) name: String,
    pub(crate) version: String,
    /// The file name of its core module.
    pub(crate) module: String,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_root: PathBuf,
}

#[derive(Deserialize)]
struct Package {
    version: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    crate_types: Vec<String>,
}

/// Asks cargo.
pub(crate) fn workspace() -> Result<Workspace> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo).args(["metadata", "--no-deps", "--format-version", "1"]).output()?;
    let metadata: Metadata = serde_json::from_slice(&output.stdout)?;
    let mut guests: Vec<Guest> = metadata.packages.into_iter().filter_map(guest).collect();
    guests.sort_by(|left, right| left.name.cmp(&right.name));
    let root = metadata.workspace_root.parent().ok_or("plugins has no parent folder")?.to_owned();
    Ok(Workspace { root, guests })
}

fn guest(package: Package) -> Option<Guest> {
    let target = package.targets.into_iter().find(|target| target.crate_types.iter().any(|kind| kind == "cdylib"))?;
    let folder = package.manifest_path.parent()?.file_name()?.to_str()?.to_owned();
    Some(Guest { name: folder, version: package.version, module: format!("{}.wasm", target.name.replace('-', "_")) })
}
