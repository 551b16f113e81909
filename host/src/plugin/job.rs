//! What can be asked of a fresh instance: one struct per kind of call, each instantiates and then calls.
//!
//! Run by `call`, which owns the store and the deadline.

use std::{fmt, future::Future, marker::PhantomData};

use wasmtime::{Result, Store};

use super::{
    bindings::types::{About, ConfProblem},
    guest::Loaded,
    state::State,
    world::World,
};

/// One piece of work for a fresh instance.
pub(super) trait Job: Send {
    /// What it answers.
    type Answer: Send;
    /// Does it in `store`, which is used for nothing else before or after.
    fn run(self, store: &mut Store<State>) -> impl Future<Output = Result<Self::Answer>> + Send;
}

/// The error of a cold call whose `configure` refuses.
#[derive(Debug)]
pub(super) struct Unconfigured;

impl fmt::Display for Unconfigured {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the component refused its configuration")
    }
}

impl std::error::Error for Unconfigured {}

/// What the answer of `configure` means for a call that needs it.
pub(super) fn configured(answer: std::result::Result<(), Vec<ConfProblem>>) -> Result<()> {
    answer.map_err(|_| wasmtime::Error::new(Unconfigured))
}

/// Asks a component of the world `W`.
pub(super) struct Ask<'a, W> {
    /// The component, or a snapshot of it.
    pub(super) loaded: &'a Loaded,
    /// What to configure it with first; none when it is a snapshot, which is configured already.
    pub(super) confs: Option<&'a [String]>,
    /// What it is asked about.
    pub(super) input: &'a str,
    /// Which world.
    pub(super) world: PhantomData<W>,
}

impl<W: World> Job for Ask<'_, W> {
    type Answer = Vec<W::Said>;

    async fn run(self, store: &mut Store<State>) -> Result<Vec<W::Said>> {
        W::run(self.loaded, store, self.confs, self.input).await
    }
}

/// Asks a component of any world about itself.
pub(super) struct Describe(pub(super) std::sync::Arc<Loaded>);

impl Job for Describe {
    type Answer = About;

    async fn run(self, store: &mut Store<State>) -> Result<About> {
        match &*self.0 {
            Loaded::Validator(pre) => {
                let instance = pre.instantiate_async(&mut *store).await?;
                store.data_mut().instantiated();
                instance.call_describe(store).await
            }
            Loaded::ClaimMapper(pre) => {
                let instance = pre.instantiate_async(&mut *store).await?;
                store.data_mut().instantiated();
                instance.call_describe(store).await
            }
            Loaded::ConsentChecker(pre) => {
                let instance = pre.instantiate_async(&mut *store).await?;
                store.data_mut().instantiated();
                instance.call_describe(store).await
            }
        }
    }
}

/// Tries configurations on a component of any world.
pub(super) struct Configure {
    pub(super) loaded: std::sync::Arc<Loaded>,
    pub(super) confs: Vec<String>,
}

impl Job for Configure {
    type Answer = std::result::Result<(), Vec<ConfProblem>>;

    async fn run(self, store: &mut Store<State>) -> Result<Self::Answer> {
        match &*self.loaded {
            Loaded::Validator(pre) => {
                let instance = pre.instantiate_async(&mut *store).await?;
                store.data_mut().instantiated();
                instance.call_configure(store, &self.confs).await
            }
            Loaded::ClaimMapper(pre) => {
                let instance = pre.instantiate_async(&mut *store).await?;
                store.data_mut().instantiated();
                instance.call_configure(store, &self.confs).await
            }
            Loaded::ConsentChecker(pre) => {
                let instance = pre.instantiate_async(&mut *store).await?;
                store.data_mut().instantiated();
                instance.call_configure(store, &self.confs).await
            }
        }
    }
}
