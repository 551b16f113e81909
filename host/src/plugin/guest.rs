//! One installed component: its bytes, its digest, and what was learnt about it so far. Everything is done lazily.
//!
//! Kept by `registry`. Loading compiles, so it happens on the blocking threads, once per component.

use std::{
    borrow::Cow,
    io::Read,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use data_encoding::HEXLOWER;
use tokio::sync::OnceCell;
use wasmtime::component::{Component, InstancePre};

use super::{
    PluginError,
    artefact::{Folder, Machine},
    bindings::{checker::ConsentCheckerPre, mapper::ClaimMapperPre, validator::ValidatorPre},
    describe::Described,
    engine::Engines,
    key::{self, Key},
    state::State,
};
use crate::decision::{ComponentId, ComponentKind as Kind, Library};

/// The imports a component may have.
const OURS: &str = "portcullis:policy/";
/// Their major version, as it begins after the `@`.
const MAJOR: &str = "1.";

/// An installed component.
pub(super) struct Guest {
    /// Its name.
    pub(super) name: Arc<str>,
    source: Source,
    identity: OnceLock<Result<Identity, PluginError>>,
    loaded: OnceCell<Arc<Loaded>>,
    /// Why it can never be loaded, once that is known.
    hopeless: OnceLock<PluginError>,
    /// What `describe` answered.
    pub(super) described: OnceCell<Arc<Described>>,
    /// The component prepared for snapshots, or why it cannot be.
    pub(super) instrumented: OnceLock<Result<Component, String>>,
    /// Why no configuration of this component can be snapshotted, once that is known.
    pub(super) not_snapshotted: OnceLock<String>,
    /// When it was last asked, for the registry of uploaded ones.
    pub(super) used: AtomicU64,
    /// Set when the registry has let go of it.
    pub(super) retired: AtomicBool,
    told: AtomicBool,
}

enum Source {
    Plain(Vec<u8>),
    Packed(&'static [u8]),
    Library(Arc<dyn Library>, String),
}

/// Which bytes a guest consists of.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    /// Name and digest, as decisions record them.
    pub(super) id: ComponentId,
    /// The digest.
    pub(super) key: Key,
}

/// A component that can be instantiated without a snapshot.
pub(super) enum Loaded {
    Validator(ValidatorPre<State>),
    ClaimMapper(ClaimMapperPre<State>),
    ConsentChecker(ConsentCheckerPre<State>),
}

impl Loaded {
    /// The interfaces of the host that it asks for.
    pub(super) fn imports(&self) -> Vec<String> {
        let pre = match self {
            Loaded::Validator(pre) => pre.instance_pre(),
            Loaded::ClaimMapper(pre) => pre.instance_pre(),
            Loaded::ConsentChecker(pre) => pre.instance_pre(),
        };
        let component = pre.component();
        component.component_type().imports(component.engine()).map(|(name, _)| name.to_owned()).collect()
    }

    /// Which world it implements.
    pub(super) fn kind(&self) -> Kind {
        match self {
            Loaded::Validator(_) => Kind::Validator,
            Loaded::ClaimMapper(_) => Kind::ClaimMapper,
            Loaded::ConsentChecker(_) => Kind::ConsentChecker,
        }
    }
}

impl Guest {
    /// A guest of these bytes.
    pub(super) fn plain(name: &str, wasm: Vec<u8>) -> Guest {
        Guest::new(name, Source::Plain(wasm))
    }

    /// A guest whose bytes are unpacked when they are needed.
    pub(super) fn packed(name: &str, zst: &'static [u8]) -> Guest {
        Guest::new(name, Source::Packed(zst))
    }

    /// A guest whose bytes are in a library, under `key`, and are fetched whenever they are needed. Policies know it as
    /// `pinned`, decisions record it as `name`.
    pub(super) fn uploaded(pinned: &str, name: &str, key: Key, library: Arc<dyn Library>) -> Guest {
        let digest = HEXLOWER.encode(&key);
        let id = ComponentId { name: name.to_owned(), digest: digest.clone() };
        let identity = OnceLock::from(Ok(Identity { id, key }));
        Guest { identity, ..Guest::new(pinned, Source::Library(library, digest)) }
    }

    fn new(name: &str, source: Source) -> Guest {
        Guest {
            name: name.into(),
            source,
            identity: OnceLock::new(),
            loaded: OnceCell::new(),
            hopeless: OnceLock::new(),
            described: OnceCell::new(),
            instrumented: OnceLock::new(),
            not_snapshotted: OnceLock::new(),
            used: AtomicU64::new(0),
            retired: AtomicBool::new(false),
            told: AtomicBool::new(false),
        }
    }

    /// The component's bytes. Packed ones are unpacked anew, which is cheaper than keeping them in memory.
    pub(super) fn wasm(&self) -> Result<Cow<'_, [u8]>, PluginError> {
        match &self.source {
            Source::Plain(wasm) => Ok(Cow::Borrowed(wasm)),
            Source::Packed(packed) => unpack(packed).map(Cow::Owned),
            Source::Library(library, digest) => self.fetch(library.as_ref(), digest).map(Cow::Owned),
        }
    }

    /// The bytes from the library, which must be those that the name promises.
    fn fetch(&self, library: &dyn Library, digest: &str) -> Result<Vec<u8>, PluginError> {
        let wasm = library.wasm(digest).map_err(PluginError::Library)?;
        let wasm = wasm.ok_or_else(|| PluginError::Unknown(self.name.to_string()))?;
        match HEXLOWER.encode(&key::component(&wasm)) == digest {
            true => Ok(wasm),
            false => Err(PluginError::Damaged("its bytes have another digest".to_owned())),
        }
    }

    /// Which component this is. Unpacks and digests at the first call.
    pub(super) fn identity(&self) -> Result<&Identity, PluginError> {
        self.identity.get_or_init(|| self.identify()).as_ref().map_err(Clone::clone)
    }

    fn identify(&self) -> Result<Identity, PluginError> {
        let key = key::component(&self.wasm()?);
        let id = ComponentId { name: self.name.to_string(), digest: HEXLOWER.encode(&key) };
        Ok(Identity { id, key })
    }

    /// The component ready to be instantiated. Compiles at the first call, unless an artefact is there.
    pub(super) async fn loaded(
        self: &Arc<Guest>,
        engines: &Arc<Engines>,
        folder: &Arc<Folder>,
    ) -> Result<Arc<Loaded>, PluginError> {
        let load = async {
            let (guest, theirs, kept) = (self.clone(), engines.clone(), folder.clone());
            let found = tokio::task::spawn_blocking(move || guest.fetched(&theirs, &kept)).await;
            if let Some(found) = found.unwrap_or(Err(PluginError::Stopped))? {
                return Ok(found);
            }
            let lane = if matches!(self.source, Source::Plain(_)) { &engines.strangers } else { &engines.turns };
            let turn = lane.clone().acquire_owned().await.map_err(|_| PluginError::Stopped)?;
            let (guest, engines, folder) = (self.clone(), engines.clone(), folder.clone());
            let work = move || {
                // The turn goes along: who asked may leave, and the next one finds what was made meanwhile.
                let _turn = turn;
                guest.load(&engines, &folder)
            };
            // A panic inside the compiler is a fault of this component's, not of the server.
            tokio::task::spawn_blocking(work).await.unwrap_or(Err(PluginError::Stopped))
        };
        if let Some(fault) = self.hopeless.get() {
            return Err(fault.clone());
        }
        let loaded = self.loaded.get_or_try_init(|| load).await.cloned();
        if let Err(fault) = &loaded {
            self.note(fault);
        }
        loaded
    }

    /// Remembers why it cannot be loaded, unless that may pass, and tells it once.
    fn note(&self, fault: &PluginError) {
        if !fault.passes() {
            // Set once; whoever came to the same end at the same time has nothing to add.
            let _ = self.hopeless.set(fault.clone());
        }
        if matches!(self.source, Source::Library(..)) && !self.told.swap(true, Relaxed) {
            tracing::error!(component = &*self.name, %fault, "an uploaded component cannot be loaded, its rules deny");
        }
    }

    /// The component, when it was compiled before.
    fn fetched(&self, engines: &Engines, folder: &Folder) -> Result<Option<Arc<Loaded>>, PluginError> {
        let key = key::plain(&self.identity()?.key);
        let found = folder.read(&key).and_then(|machine| machine.load(&engines.run).ok());
        found.map(|component| world(engines, &component).map(Arc::new)).transpose()
    }

    fn load(&self, engines: &Engines, folder: &Folder) -> Result<Arc<Loaded>, PluginError> {
        let key = key::plain(&self.identity()?.key);
        if let Some(found) = self.fetched(engines, folder)? {
            return Ok(found);
        }
        let machine = Machine::compile(&engines.run, &self.wasm()?).map_err(unusable)?;
        let component = machine.load(&engines.run).map_err(unusable)?;
        let world = world(engines, &component)?;
        if let Err(error) = folder.write(&key, &machine) {
            tracing::warn!(component = &*self.name, %error, "the compiled component could not be kept");
        }
        Ok(Arc::new(world))
    }

    /// Why this component cannot be loaded, when that is known.
    pub(super) fn fault(&self) -> Option<PluginError> {
        let identity = self.identity.get().and_then(|identity| identity.as_ref().err());
        identity.or(self.hopeless.get()).cloned()
    }
}

/// What can be said about bytes without compiling them.
pub(super) fn look(wasm: &[u8], limit: usize) -> Result<(), PluginError> {
    if wasm.len() > limit {
        return Err(PluginError::TooLarge { bytes: wasm.len(), limit });
    }
    // Magic number, version, layer (core module 0, component 1): the component model's binary format.
    match wasm.get(..8) {
        Some([0, b'a', b's', b'm', _, _, 1, 0]) => Ok(()),
        Some([0, b'a', b's', b'm', ..]) => Err(PluginError::CoreModule),
        _ => Err(PluginError::NotWasm),
    }
}

fn unpack(packed: &[u8]) -> Result<Vec<u8>, PluginError> {
    let damaged = |error: &dyn std::fmt::Display| PluginError::Damaged(error.to_string());
    let mut decoder = ruzstd::decoding::StreamingDecoder::new(packed).map_err(|error| damaged(&error))?;
    let mut wasm = Vec::new();
    decoder.read_to_end(&mut wasm).map_err(|error| damaged(&error))?;
    Ok(wasm)
}

/// What a compiled component is, ready to be instantiated: the component itself, or a snapshot of it.
pub(super) fn world(engines: &Engines, component: &Component) -> Result<Loaded, PluginError> {
    let ty = component.component_type();
    if let Some((foreign, _)) = ty.imports(&engines.run).find(|(name, _)| !is_ours(name)) {
        return Err(PluginError::ForeignImport(foreign.to_owned()));
    }
    let pre = engines.run_linker.instantiate_pre(component).map_err(unusable)?;
    let has = |name: &str| ty.get_export(&engines.run, name).is_some();
    kind(has).ok_or(PluginError::NoKnownWorld).and_then(|kind| typed(kind, pre))
}

fn kind(has: impl Fn(&str) -> bool) -> Option<Kind> {
    if !has("describe") || !has("configure") {
        return None;
    }
    let worlds =
        [("validate", Kind::Validator), ("map", Kind::ClaimMapper), ("check", Kind::ConsentChecker)].into_iter();
    worlds.filter(|(name, _)| has(name)).map(|(_, kind)| kind).next()
}

fn typed(kind: Kind, pre: InstancePre<State>) -> Result<Loaded, PluginError> {
    match kind {
        Kind::Validator => ValidatorPre::new(pre).map(Loaded::Validator),
        Kind::ClaimMapper => ClaimMapperPre::new(pre).map(Loaded::ClaimMapper),
        Kind::ConsentChecker => ConsentCheckerPre::new(pre).map(Loaded::ConsentChecker),
    }
    .map_err(unusable)
}

fn is_ours(import: &str) -> bool {
    let rest = import.strip_prefix(OURS);
    rest.and_then(|rest| rest.split_once('@')).is_some_and(|(_, version)| version.starts_with(MAJOR))
}

fn unusable(error: wasmtime::Error) -> PluginError {
    PluginError::Unusable(format!("{error:#}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_apart_by_their_head() {
        assert_eq!(look(b"\0asm\x0d\0\x01\0", 100), Ok(()));
        assert_eq!(look(b"\0asm\x01\0\0\0", 100), Err(PluginError::CoreModule));
        assert_eq!(look(b"(component)", 100), Err(PluginError::NotWasm));
        assert_eq!(look(b"\0asm\x0d\0\x01\0", 7), Err(PluginError::TooLarge { bytes: 8, limit: 7 }));
    }

    #[test]
    fn only_the_first_version_of_our_package_may_be_imported() {
        assert!(is_ours("portcullis:policy/host@1.0.0"));
        assert!(is_ours("portcullis:policy/types@1.3.0"));
        for foreign in ["portcullis:policy/host@2.0.0", "portcullis:policy/host", "wasi:clocks/wall-clock@0.2.0", "log"]
        {
            assert!(!is_ours(foreign), "{foreign}");
        }
    }

    #[test]
    fn damaged_packs_are_errors() {
        assert!(matches!(Guest::packed("x", b"no zstd").identity(), Err(PluginError::Damaged(_))));
    }
}
