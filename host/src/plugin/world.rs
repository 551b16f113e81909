//! The worlds in which components are asked again and again: how an instance of each is asked, and what its answers mean.
//!
//! Used by `ask` and `job`. Everything else about a question is the same in all of them.

use std::future::Future;

use serde::de::IgnoredAny;
use wasmtime::{Result, Store, format_err};

use super::{
    Kind,
    bindings::types::{Claim as Made, Verdict},
    guest::Loaded,
    job::configured,
    state::State,
};
use crate::decision::{Answer, Claim, Code, Mapped, Unmapped};

/// One of the worlds.
pub(super) trait World: Send + Sync + 'static {
    /// Its components.
    const KIND: Kind;
    /// What an instance says about one configuration.
    type Said: Send;
    /// What that means.
    type Answer: Clone + Send;

    /// Asks a fresh instance, which is configured with `confs` first unless it is a snapshot.
    fn run(
        loaded: &Loaded,
        store: &mut Store<State>,
        confs: Option<&[String]>,
        input: &str,
    ) -> impl Future<Output = Result<Vec<Self::Said>>> + Send;

    /// What `said` means; nothing when it makes no sense.
    fn meaning(said: Self::Said) -> Option<Self::Answer>;

    /// The answer when there is none.
    fn fault(code: Code) -> Self::Answer;
}

/// Makes a fresh instance, configures it when no snapshot has done so, and asks. The bindings of the worlds are types of their
/// own with the same methods, so this cannot be a function.
macro_rules! ask {
    ($pre:ident, $store:ident, $confs:ident, $input:ident, $call:ident) => {{
        let instance = $pre.instantiate_async(&mut *$store).await?;
        $store.data_mut().instantiated();
        if let Some(confs) = $confs {
            configured(instance.call_configure(&mut *$store, confs).await?)?;
        }
        $store.data_mut().called();
        instance.$call($store, $input).await
    }};
}

/// World `validator`.
pub(super) struct Validating;
/// World `claim-mapper`.
pub(super) struct Mapping;
/// World `consent-checker`.
pub(super) struct Checking;

impl World for Validating {
    const KIND: Kind = Kind::Validator;
    type Said = Verdict;
    type Answer = Answer;

    async fn run(
        loaded: &Loaded,
        store: &mut Store<State>,
        confs: Option<&[String]>,
        input: &str,
    ) -> Result<Vec<Verdict>> {
        let Loaded::Validator(pre) = loaded else { return Err(format_err!("this is no validator")) };
        ask!(pre, store, confs, input, call_validate)
    }

    fn meaning(said: Verdict) -> Option<Answer> {
        verdict(said)
    }

    fn fault(code: Code) -> Answer {
        Answer::Error(code)
    }
}

impl World for Mapping {
    const KIND: Kind = Kind::ClaimMapper;
    type Said = std::result::Result<Vec<Made>, String>;
    type Answer = Mapped;

    async fn run(
        loaded: &Loaded,
        store: &mut Store<State>,
        confs: Option<&[String]>,
        input: &str,
    ) -> Result<Vec<Self::Said>> {
        let Loaded::ClaimMapper(pre) = loaded else { return Err(format_err!("this is no claim mapper")) };
        ask!(pre, store, confs, input, call_map)
    }

    fn meaning(said: Self::Said) -> Option<Mapped> {
        match said {
            Ok(claims) if claims.iter().all(|claim| is_json(&claim.value)) => {
                Some(Ok(claims.into_iter().map(|Made { name, value }| Claim { name, value }).collect()))
            }
            Ok(_) => None,
            Err(why) => Some(Err(Unmapped::Refused(why))),
        }
    }

    fn fault(code: Code) -> Mapped {
        Err(Unmapped::Fault(code))
    }
}

impl World for Checking {
    const KIND: Kind = Kind::ConsentChecker;
    type Said = Verdict;
    type Answer = Answer;

    async fn run(
        loaded: &Loaded,
        store: &mut Store<State>,
        confs: Option<&[String]>,
        input: &str,
    ) -> Result<Vec<Verdict>> {
        let Loaded::ConsentChecker(pre) = loaded else { return Err(format_err!("this is no consent checker")) };
        ask!(pre, store, confs, input, call_check)
    }

    fn meaning(said: Verdict) -> Option<Answer> {
        verdict(said)
    }

    fn fault(code: Code) -> Answer {
        Answer::Error(code)
    }
}

/// What a verdict means. Details are JSON, and a refusal needs a word.
fn verdict(Verdict { allow, code, message, details }: Verdict) -> Option<Answer> {
    if !details.is_empty() && !is_json(&details) {
        return None;
    }
    match allow {
        true => Some(Answer::Pass { output: details }),
        false => (!code.is_empty()).then_some(Answer::Fail { code, message, details }),
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}
