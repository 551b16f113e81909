//! What can be asked of a fresh instance: one struct per call, each instantiates and then calls.
//!
//! Run by `call`, which owns the store and the deadline.

use std::{fmt, future::Future};

use wasmtime::{Result, Store};

use super::{
    bindings::{
        checker::ConsentCheckerPre,
        mapper::ClaimMapperPre,
        types::{self, About, ConfProblem, Verdict},
        validator::ValidatorPre,
    },
    guest::Loaded,
    state::State,
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

fn configured(answer: std::result::Result<(), Vec<ConfProblem>>) -> Result<()> {
    answer.map_err(|_| wasmtime::Error::new(Unconfigured))
}

/// Asks a snapshot, which is configured already.
pub(super) struct Warm<'a> {
    pub(super) pre: &'a ValidatorPre<State>,
    pub(super) input: &'a str,
}

impl Job for Warm<'_> {
    type Answer = Vec<Verdict>;

    async fn run(self, store: &mut Store<State>) -> Result<Vec<Verdict>> {
        let validator = self.pre.instantiate_async(&mut *store).await?;
        store.data_mut().instantiated();
        validator.call_validate(store, self.input).await
    }
}

/// Configures a validator, then asks it.
pub(super) struct Cold<'a> {
    pub(super) pre: &'a ValidatorPre<State>,
    pub(super) confs: &'a [String],
    pub(super) input: &'a str,
}

impl Job for Cold<'_> {
    type Answer = Vec<Verdict>;

    async fn run(self, store: &mut Store<State>) -> Result<Vec<Verdict>> {
        let validator = self.pre.instantiate_async(&mut *store).await?;
        store.data_mut().instantiated();
        configured(validator.call_configure(&mut *store, self.confs).await?)?;
        validator.call_validate(store, self.input).await
    }
}

/// Configures a claim mapper, then asks it.
pub(super) struct Map<'a> {
    pub(super) pre: &'a ClaimMapperPre<State>,
    pub(super) confs: &'a [String],
    pub(super) input: &'a str,
}

impl Job for Map<'_> {
    type Answer = Vec<std::result::Result<Vec<types::Claim>, String>>;

    async fn run(self, store: &mut Store<State>) -> Result<Self::Answer> {
        let mapper = self.pre.instantiate_async(&mut *store).await?;
        store.data_mut().instantiated();
        configured(mapper.call_configure(&mut *store, self.confs).await?)?;
        mapper.call_map(store, self.input).await
    }
}

/// Configures a consent checker, then asks it.
pub(super) struct Check<'a> {
    pub(super) pre: &'a ConsentCheckerPre<State>,
    pub(super) confs: &'a [String],
    pub(super) input: &'a str,
}

impl Job for Check<'_> {
    type Answer = Vec<Verdict>;

    async fn run(self, store: &mut Store<State>) -> Result<Vec<Verdict>> {
        let checker = self.pre.instantiate_async(&mut *store).await?;
        store.data_mut().instantiated();
        configured(checker.call_configure(&mut *store, self.confs).await?)?;
        checker.call_check(store, self.input).await
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
