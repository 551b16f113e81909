//! The packer: core modules in, the components of `plugins/dist` and their manifest out. Called by `plugins/build`.
//!
//! It knows nothing of policies, and it runs no guest.

mod component;
mod guests;
mod manifest;
mod sources;

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use manifest::{Entry, Manifest};

const USAGE: &str = "portcullis-pack pack MODULES INTO COMPILER [NAME…] | compare DIST FRESH | component MODULE INTO";

/// What goes wrong here is for the person at the terminal, who reads it and nothing else does.
type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["pack", modules, into, compiler, names @ ..] => pack(Path::new(modules), Path::new(into), compiler, names),
        ["compare", dist, fresh] => compare(Path::new(dist), Path::new(fresh)),
        ["component", module, into] => single(Path::new(module), Path::new(into)),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Packs every guest of the workspace, or those that are named, and writes the manifest. What is not named stays as it is.
fn pack(modules: &Path, into: &Path, compiler: &str, names: &[&str]) -> Result<()> {
    let workspace = guests::workspace()?;
    let named = |name: &str| names.is_empty() || names.contains(&name);
    let mut components = if names.is_empty() { Vec::new() } else { Manifest::read(into)?.components };
    components.retain(|entry| !named(&entry.name));
    for guest in workspace.guests.iter().filter(|guest| named(&guest.name)) {
        let module = fs::read(modules.join(&guest.module)).map_err(|error| format!("{}: {error}", guest.module))?;
        let component = component::of(&module).map_err(|error| format!("{}: {error}", guest.name))?;
        let compressed = zstd::encode_all(component.bytes.as_slice(), 19)?;
        let entry = Entry {
            name: guest.name.clone(),
            world: component.world.to_owned(),
            version: guest.version.clone(),
            sha256: sources::sha256(&component.bytes),
            size: component.bytes.len(),
            compressed_size: compressed.len(),
            sources: sources::digest(&workspace.root, &guest.name)?,
        };
        println!(
            "{:20} {:16} {:>7} bytes, {:>6} compressed",
            entry.name, entry.world, entry.size, entry.compressed_size
        );
        fs::write(into.join(format!("{}.wasm.zst", guest.name)), compressed)?;
        components.push(entry);
    }
    components.sort_by(|left, right| left.name.cmp(&right.name));
    Manifest { compiler: compiler.to_owned(), components }.write(into)
}

/// Compares what is committed with what was just built: components, worlds, versions and sources. Bytes may differ,
/// because compilers do.
fn compare(dist: &Path, fresh: &Path) -> Result<()> {
    let (committed, built) = (Manifest::read(dist)?, Manifest::read(fresh)?);
    let old = committed.differences(&built);
    if old.is_empty() {
        return Ok(());
    }
    Err(format!("{} is older than its sources, run plugins/build: {}", dist.display(), old.join(", ")).into())
}

/// Makes one component out of one core module, for components outside of this workspace.
fn single(module: &Path, into: &Path) -> Result<()> {
    fs::write(into, component::of(&fs::read(module)?)?.bytes)?;
    Ok(())
}
