//! Making an image: configure an instance, snapshot it, compile the snapshot.
//!
//! Called by `workshop` on a blocking thread. Uses the build engine, so that no slot of the running engine is taken.

use wasmtime::{
    Store,
    component::{Component, Instance, TypedFunc},
};
use wasmtime_wizer::Wizer;

use super::{
    Limits,
    artefact::Machine,
    bindings::types::ConfProblem,
    engine::Engines,
    guest::Guest,
    snapshot::Configured,
    state::{Interrupted, State},
    ticker::Ticker,
};

/// Why there is no image. Decisions are then answered by configuring each instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NoImage {
    /// The component is made in a way that cannot be snapshotted. True for all configurations.
    Component(String),
    /// This configuration did not work out.
    Configuration(String),
    /// It did not work out this time: the machine was too busy.
    Passing(String),
}

impl NoImage {
    /// Why, in words.
    pub(super) fn reason(&self) -> &str {
        match self {
            NoImage::Component(reason) | NoImage::Configuration(reason) | NoImage::Passing(reason) => reason,
        }
    }
}

/// What a build needs.
pub(super) struct Bench<'a> {
    pub(super) engines: &'a Engines,
    pub(super) ticker: &'a Ticker,
    pub(super) limits: &'a Limits,
}

impl Bench<'_> {
    /// The compiled snapshot of `guest` configured with `confs`. Must run on a blocking thread of a tokio runtime.
    pub(super) fn build(&self, guest: &Guest, confs: &[String]) -> Result<Machine, NoImage> {
        let wasm = guest.wasm().map_err(|error| match error.passes() {
            true => NoImage::Passing(error.to_string()),
            false => NoImage::Component(error.to_string()),
        })?;
        let wizer = Wizer::new();
        let (context, instrumented) = wizer.instrument_component(&wasm).map_err(component)?;
        let component = self.instrumented(guest, &instrumented)?;
        let snapshot = tokio::runtime::Handle::current().block_on(async {
            let (mut store, instance) = self.configured(guest, &component, confs).await?;
            // Reading the memory out is our own code: neither the guest's deadline nor its output cap apply.
            store.data_mut().no_deadline();
            store.set_hostcall_fuel(usize::MAX);
            let mut configured = Configured::new(&mut store, instance);
            let snapshot = wizer.snapshot_component(&context, &mut configured).await.map_err(configuration)?;
            match configured.failure() {
                None => Ok(snapshot),
                Some(error) => Err(configuration(error)),
            }
        })?;
        Machine::compile(&self.engines.run, &snapshot).map_err(configuration)
    }

    /// Compiled once per component, whatever the number of its configurations.
    fn instrumented(&self, guest: &Guest, wasm: &[u8]) -> Result<Component, NoImage> {
        let compile = || Component::new(&self.engines.build, wasm).map_err(|error| format!("{error:#}"));
        guest.instrumented.get_or_init(compile).clone().map_err(NoImage::Component)
    }

    async fn configured(
        &self,
        guest: &Guest,
        component: &Component,
        confs: &[String],
    ) -> Result<(Store<State>, Instance), NoImage> {
        let _ticking = self.ticker.hold();
        let state = State::new(guest.name.clone(), self.limits, self.limits.configure_deadline);
        let mut store = state.store(&self.engines.build, self.limits);
        let linker = &self.engines.build_linker;
        let instance = linker.instantiate_async(&mut store, component).await.map_err(configuration)?;
        // The same function in every world.
        type Configure<'a> = TypedFunc<(&'a [String],), (Result<(), Vec<ConfProblem>>,)>;
        let configure: Configure<'_> = instance.get_typed_func(&mut store, "configure").map_err(self::component)?;
        match configure.call_async(&mut store, (confs,)).await.map_err(configuration)?.0 {
            Ok(()) => Ok((store, instance)),
            Err(_) => Err(NoImage::Configuration("the component refused its configuration".to_owned())),
        }
    }
}

fn component(error: wasmtime::Error) -> NoImage {
    NoImage::Component(format!("{error:#}"))
}

fn configuration(error: wasmtime::Error) -> NoImage {
    if error.is::<Interrupted>() {
        return NoImage::Passing(format!("{error:#}"));
    }
    NoImage::Configuration(format!("{error:#}"))
}
