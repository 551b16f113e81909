//! The sandbox in which authors try policies and components, without a server.
//!
//! Used by the commands of `policy` and `plugin`. What it compiles is kept in the author's cache folder, signed with a key of
//! that folder, so that the second run of a test starts at once; without such a folder it goes with the command.

use std::{
    env, fs,
    future::Future,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::runtime::Runtime;

use super::{Error, runtime};
use crate::{
    bundled,
    crypto::{MacKey, Vault},
    decision::NoLibrary,
    plugin::{ArtefactMac, Limits, Sandbox, Settings},
    world::World,
};

/// How long one call may take: what it costs on a busy machine says nothing about a policy.
const PATIENCE: Duration = Duration::from_secs(10);
/// Where compiled components are kept, when it is not the usual place.
const CACHE: &str = "PORTCULLIS_CACHE";

/// A sandbox with the bundled components, and the runtime that its calls need.
pub struct Workbench {
    sandbox: Sandbox,
    runtime: Runtime,
    _scratch: Option<Scratch>,
}

impl Workbench {
    /// One that configures for every call, for what is asked once.
    pub fn cold() -> Result<Workbench, Error> {
        Workbench::start(0, true)
    }

    /// One that answers from snapshots as a server does. They are of no use to a later command.
    pub fn with_snapshots() -> Result<Workbench, Error> {
        Workbench::start(Limits::default().images, false)
    }

    fn start(images: usize, cached: bool) -> Result<Workbench, Error> {
        let world = World::system();
        let (artefacts, key, scratch) = match cache().filter(|_| cached).and_then(|folder| opened(folder, &world)) {
            Some((folder, key)) => (folder, key, None),
            None => {
                let scratch = Scratch::new(&world)?;
                (scratch.0.clone(), MacKey::of_process(&world), Some(scratch))
            }
        };
        let limits = Limits { images, deadline: PATIENCE, configure_deadline: PATIENCE, ..Limits::default() };
        let settings =
            Settings { limits, artefacts, mac: Arc::new(Mac(key)), workers: 1, library: Arc::new(NoLibrary) };
        let sandbox = Sandbox::start(settings).map_err(Error::from_display)?;
        for component in bundled::COMPONENTS {
            sandbox.install_packed(component).map_err(Error::from_display)?;
        }
        Ok(Workbench { sandbox, runtime: runtime(1)?, _scratch: scratch })
    }

    /// The sandbox.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Does `work` to its end.
    pub fn wait<F: Future>(&self, work: F) -> F::Output {
        self.runtime.block_on(work)
    }

    /// Installs components of the author's own, each `FILE` or `NAME=FILE`.
    pub fn bring(&self, components: &[String]) -> Result<(), Error> {
        components.iter().try_for_each(|component| {
            let (name, file) = named(component)?;
            let wasm = fs::read(&file).map_err(|error| Error::new(format!("{}: {error}", file.display())))?;
            let installed = self.sandbox.install(&name, wasm);
            installed.map(drop).map_err(|error| Error::new(format!("{}: {error}", file.display())))
        })
    }
}

/// The name under which policies ask for a component, and its file.
fn named(component: &str) -> Result<(String, PathBuf), Error> {
    let (name, file) = match component.split_once('=') {
        Some((name, file)) => (name.to_owned(), PathBuf::from(file)),
        None => (stem(Path::new(component)), PathBuf::from(component)),
    };
    match bundled::COMPONENTS.iter().any(|component| component.name == name) {
        true => {
            Err(Error::new(format!("{name} is the name of a component that Portcullis brings along; say NAME=FILE")))
        }
        false => Ok((name, file)),
    }
}

/// The name of a component's file without its endings.
pub fn stem(file: &Path) -> String {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.split('.').next().unwrap_or_default().to_owned()
}

/// The author's cache folder: the one that was said, or the one that the desktop's conventions name.
fn cache() -> Option<PathBuf> {
    let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let usual = || variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")));
    variable(CACHE).or_else(|| Some(usual()?.join("portcullis")))
}

/// The folder for machine code and the key that signs it. What is there and not signed with it is never run; a folder that
/// cannot be used, or whose key others can read, is not.
fn opened(folder: PathBuf, world: &World) -> Option<(PathBuf, MacKey)> {
    let vault = Vault::open(&folder, None, world).ok()?;
    Some((folder.join("components"), vault.mac_key("artefacts")))
}

struct Mac(MacKey);

impl ArtefactMac for Mac {
    fn sign(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.0.sign(parts)
    }

    fn verify(&self, parts: &[&[u8]], mac: &[u8]) -> bool {
        self.0.verify(parts, mac)
    }
}

/// A folder that goes with the command.
struct Scratch(PathBuf);

impl Scratch {
    fn new(world: &World) -> Result<Scratch, Error> {
        let random = data_encoding::HEXLOWER.encode(&world.bytes::<8>());
        let folder = env::temp_dir().join(format!("portcullis-workbench-{random}"));
        fs::create_dir_all(&folder).map_err(Error::from_display)?;
        Ok(Scratch(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A folder left behind in the temporary folder does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_are_named_by_their_file_or_as_one_says() {
        assert_eq!(named("out/minimum-age.wasm").unwrap().0, "minimum-age");
        assert_eq!(named("minimum-age.component.wasm").unwrap().0, "minimum-age");
        assert_eq!(named("mine=a/b.wasm").unwrap(), ("mine".to_owned(), PathBuf::from("a/b.wasm")));
        assert!(named("header.wasm").is_err(), "what is bundled keeps its name");
    }
}
