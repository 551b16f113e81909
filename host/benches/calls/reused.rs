//! The same component in an instance that is asked again and again, which the sandbox never does: what a call costs
//! without a fresh instance, and without all that the host does around it.
//!
//! wasmtime is used directly, with the settings of plugin/engine.rs that change the code it makes.

use std::{io::Read, time::Duration};

use portcullis::{bundled, world::Stopwatch};
use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store,
    component::{Component, HasSelf, Linker},
};

use bindings::{
    Validator, ValidatorPre,
    portcullis::policy::{host, types},
};

mod bindings {
    #![allow(missing_docs, unreachable_pub, unused_qualifications, clippy::all, reason = "generated code")]
    wasmtime::component::bindgen!({ world: "validator", path: "../wit/v1", exports: { default: async } });
}

/// Calls of one instance. The bundled components hardly ever give memory back, because an instance lives for one call;
/// this many need about as much memory as the pool keeps at hand.
const CALLS: u64 = 200;
/// Memory that stays mapped between two instances, so that no call waits for the kernel, in bytes.
const KEPT: usize = 4 << 20;

/// Has a log that goes nowhere.
struct Quiet;

impl types::Host for Quiet {}

impl host::Host for Quiet {
    fn log(&mut self, _: host::Level, _: String) {}
}

/// A configured component.
pub(crate) struct Reused {
    engine: Engine,
    pre: ValidatorPre<Quiet>,
    confs: Vec<String>,
}

impl Reused {
    /// Compiles a bundled component.
    pub(crate) fn new(component: &str, conf: &str) -> Reused {
        let engine = Engine::new(&config()).unwrap();
        let mut linker = Linker::new(&engine);
        host::add_to_linker::<Quiet, HasSelf<Quiet>>(&mut linker, |state| state).unwrap();
        let component = Component::new(&engine, unpacked(component)).unwrap();
        let pre = ValidatorPre::new(linker.instantiate_pre(&component).unwrap()).unwrap();
        Reused { engine, pre, confs: vec![conf.to_owned()] }
    }

    /// How long `calls` calls take, without the making of instances.
    pub(crate) async fn time(&self, input: &str, calls: u64) -> Duration {
        let (mut took, mut left) = (Duration::ZERO, calls);
        while left > 0 {
            let now = left.min(CALLS);
            took += self.time_one(input, now).await;
            left -= now;
        }
        took
    }

    async fn time_one(&self, input: &str, calls: u64) -> Duration {
        let (mut store, instance) = self.instance().await;
        let watch = Stopwatch::start();
        for _ in 0..calls {
            let verdicts = instance.call_validate(&mut store, input).await.unwrap();
            assert!(verdicts.iter().all(|verdict| verdict.allow));
        }
        watch.elapsed()
    }

    async fn instance(&self) -> (Store<Quiet>, Validator) {
        let mut store = Store::new(&self.engine, Quiet);
        // Nobody moves the epoch here; the checks for it are part of the code all the same.
        store.set_epoch_deadline(1);
        let instance = self.pre.instantiate_async(&mut store).await.unwrap();
        assert!(instance.call_configure(&mut store, &self.confs).await.unwrap().is_ok());
        (store, instance)
    }
}

fn config() -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_memories(1).max_memory_size(32 << 20).linear_memory_keep_resident(KEPT);
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .concurrency_support(false)
        .gc_support(false)
        .wasm_memory64(false)
        .cranelift_nan_canonicalization(true)
        .relaxed_simd_deterministic(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

fn unpacked(name: &str) -> Vec<u8> {
    let component = bundled::COMPONENTS.iter().find(|component| component.name == name).unwrap();
    let mut wasm = Vec::new();
    ruzstd::decoding::StreamingDecoder::new(component.wasm_zst).unwrap().read_to_end(&mut wasm).unwrap();
    wasm
}
