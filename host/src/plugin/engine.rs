//! The two engines: one runs guests in pooled slots, one configures instances for snapshots.
//!
//! Made once by `Sandbox::start`. Both share the settings that decide what a guest can do and see.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use aws_lc_rs::digest::{Context, SHA256};
use tokio::sync::Semaphore;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig,
    component::{HasSelf, Linker},
};

use super::{
    Limits, Mode, PluginError,
    bindings::{host, http, key_value},
    state::{CORE_INSTANCES, MEMORIES, State, TABLES},
};

/// What of a slot stays in memory between two calls when the kernel tells which pages were written, in bytes. More than
/// this makes a slot slow for good after one greedy guest; without the kernel's help any of it costs on every call.
const KEEP_RESIDENT: usize = 256 << 10;
/// Slots dropped by one system call when the kernel does not help.
const DECOMMIT_BATCH: usize = 16;
/// The host's description of one component or core instance, in bytes.
const INSTANCE_BYTES: usize = 1 << 20;

/// The engines with what the host offers to guests.
pub(super) struct Engines {
    /// Runs guests.
    pub(super) run: Engine,
    /// The host's functions for `run`.
    pub(super) run_linker: Linker<State>,
    /// Configures instances that are then snapshotted.
    pub(super) build: Engine,
    /// The host's functions for `build`.
    pub(super) build_linker: Linker<State>,
    /// How slots are cleaned.
    pub(super) mode: Mode,
    /// Whose turn it is to compile a component that policies name.
    pub(super) turns: Arc<Semaphore>,
    /// Whose turn it is to compile bytes that nobody has looked at yet: they may take long, and nobody else shall wait for them.
    pub(super) strangers: Arc<Semaphore>,
    /// Names everything that compiled code for `run` depends on: version, settings, processor.
    pub(super) compatibility: [u8; 32],
}

impl Engines {
    /// Starts both engines.
    pub(super) fn start(limits: &Limits) -> Result<Engines, PluginError> {
        let (run, mode) = running(limits).map_err(engine_error)?;
        let build = Engine::new(&common()).map_err(engine_error)?;
        Ok(Engines {
            run_linker: linker(&run).map_err(engine_error)?,
            build_linker: linker(&build).map_err(engine_error)?,
            compatibility: compatibility(&run),
            turns: Arc::new(Semaphore::new(limits.compile_threads.max(1))),
            strangers: Arc::new(Semaphore::new(1)),
            run,
            build,
            mode,
        })
    }
}

fn engine_error(error: wasmtime::Error) -> PluginError {
    PluginError::Engine(format!("{error:#}"))
}

fn running(limits: &Limits) -> wasmtime::Result<(Engine, Mode)> {
    let mode = Mode::probe(limits.pagemap_scan);
    if !mode.pagemap_scan {
        return Ok((Engine::new(&pooled(limits, false))?, mode));
    }
    match Engine::new(&pooled(limits, true)) {
        Ok(engine) => Ok((engine, mode)),
        // A container may forbid the call that the kernel has.
        Err(refusal) => {
            let reason = format!("the kernel refuses the scan: {refusal}");
            Ok((Engine::new(&pooled(limits, false))?, Mode::plain(&reason)))
        }
    }
}

fn common() -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .concurrency_support(false)
        .gc_support(false)
        .wasm_memory64(false)
        // The same bytes shall answer the same on every processor.
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true);
    config
}

fn pooled(limits: &Limits, pagemap_scan: bool) -> Config {
    let slots = limits.slots;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(slots)
        // Only a count: every slot may hold the largest component, or a few of them would crowd out all others.
        .total_core_instances(slots.saturating_mul(CORE_INSTANCES))
        .total_memories(slots)
        .total_tables(slots.saturating_mul(4).saturating_add(TABLES))
        .total_stacks(slots)
        .max_core_instances_per_component(CORE_INSTANCES)
        .max_tables_per_component(TABLES)
        .max_memories_per_component(MEMORIES)
        .max_memory_size(limits.memory_bytes)
        .table_elements(limits.table_elements)
        .max_core_instance_size(INSTANCE_BYTES)
        .max_component_instance_size(INSTANCE_BYTES);
    if pagemap_scan {
        pool.pagemap_scan(Enabled::Yes).linear_memory_keep_resident(KEEP_RESIDENT).table_keep_resident(KEEP_RESIDENT);
    } else {
        pool.decommit_batch_size(DECOMMIT_BATCH);
    }
    let mut config = common();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    host::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
    // Always there, so that a component is the same for everybody; what they answer is up to the tenant's grants.
    http::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
    key_value::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
    Ok(linker)
}

fn compatibility(engine: &Engine) -> [u8; 32] {
    let mut hasher = Sha256Hasher(Context::new(&SHA256));
    engine.precompile_compatibility_hash().hash(&mut hasher);
    super::key::bytes(hasher.0)
}

/// Feeds a `Hash` into SHA-256, so that the name of an artefact means the same in the next process.
struct Sha256Hasher(Context);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest = self.0.clone().finish();
        digest.as_ref().iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
    }
}
