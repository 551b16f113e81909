//! The world `claim-mapper`: makes claims for a token.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

use crate::{Input, Json, Problem, configure};

/// What wit-bindgen makes of wit/v1.
#[doc(hidden)]
#[allow(missing_docs, unreachable_pub, unused_qualifications, clippy::all, reason = "generated code")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/v1",
        world: "claim-mapper",
        pub_export_macro: true,
        export_macro_name: "export_bindings",
        default_bindings_module: "portcullis_sdk::claim_mapper::bindings",
        runtime_path: "::wit_bindgen::rt",
    });
}

use bindings::portcullis::policy::types::{About, Claim as Made, ConfProblem};

/// One claim of a token.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim<'i> {
    /// Its name in the token.
    pub name: String,
    /// Its value.
    pub value: Cow<'i, Json<'i>>,
}

impl<'i> Claim<'i> {
    /// A claim with a value of the input or of the conf.
    pub fn new(name: impl Into<String>, value: &'i Json<'i>) -> Claim<'i> {
        Claim { name: name.into(), value: Cow::Borrowed(value) }
    }

    /// A claim with a text that was made for it.
    pub fn text(name: impl Into<String>, text: impl Into<Cow<'i, str>>) -> Claim<'i> {
        Claim { name: name.into(), value: Cow::Owned(Json::String(text.into())) }
    }
}

/// A claim mapper. Its value is one conf, read and checked.
/// [`export_claim_mapper!`](crate::export_claim_mapper) makes it a component whose version is the version of its package.
pub trait ClaimMapper: Sized + 'static {
    /// The name policies use, such as `path`.
    const NAME: &'static str;
    /// One or two sentences for the author of a policy.
    const HELP: &'static str;
    /// JSON Schema (2020-12) of one conf. The host holds every conf against it first.
    const SCHEMA: &'static str;
    /// The conf as it is read.
    type Conf: DeserializeOwned;

    /// Checks a conf and keeps what calls need. Runs once in the life of a policy, so the work belongs here.
    fn configure(conf: Self::Conf) -> Result<Self, Problem>;

    /// Makes claims out of one input, or says why there are none. Nothing written here survives the call.
    fn map<'i>(&'i self, input: &'i Input<'i>) -> Result<Vec<Claim<'i>>, String>;
}

/// Makes a [`ClaimMapper`] a component: `export_claim_mapper!(MyClaimMapper);`
#[macro_export]
macro_rules! export_claim_mapper {
    ($mapper:ty) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            use $crate::claim_mapper::{adapter, bindings};

            #[global_allocator]
            static HEAP: $crate::Heap = $crate::Heap::new();

            std::thread_local! {
                static CONFIGURED: std::cell::RefCell<Vec<$mapper>> = const { std::cell::RefCell::new(Vec::new()) };
            }

            struct Component;

            impl bindings::Guest for Component {
                fn describe() -> bindings::About {
                    adapter::describe::<$mapper>(env!("CARGO_PKG_VERSION"))
                }

                fn configure(confs: Vec<String>) -> Result<(), Vec<bindings::ConfProblem>> {
                    let configured = adapter::configure::<$mapper>(&confs)?;
                    CONFIGURED.with(|slot| slot.replace(configured));
                    Ok(())
                }

                fn map(input: String) -> Vec<Result<Vec<bindings::Claim>, String>> {
                    CONFIGURED.with(|slot| adapter::map(&slot.borrow(), &input))
                }
            }

    bindings::export_bindings!(Component with_types_in bindings);
        };
    };
}

/// Between the interface and the trait. Called by [`export_claim_mapper!`](crate::export_claim_mapper) only.
#[doc(hidden)]
#[allow(missing_docs, reason = "not for authors")]
pub mod adapter {
    use super::{About, Claim, ClaimMapper, ConfProblem, Input, Made, configure};

    pub fn describe<M: ClaimMapper>(version: &str) -> About {
        About {
            name: M::NAME.to_owned(),
            version: version.to_owned(),
            help: M::HELP.to_owned(),
            conf_schema: M::SCHEMA.to_owned(),
        }
    }

    pub fn configure<M: ClaimMapper>(confs: &[String]) -> Result<Vec<M>, Vec<ConfProblem>> {
        configure::all(confs, M::configure).map_err(|problems| problems.into_iter().map(problem).collect())
    }

    pub fn map<M: ClaimMapper>(mappers: &[M], input: &str) -> Vec<Result<Vec<Made>, String>> {
        match Input::read(input) {
            Ok(input) => {
                let claims = |mapper: &M| mapper.map(&input).map(|claims| claims.into_iter().map(claim).collect());
                mappers.iter().map(claims).collect()
            }
            Err(_) => mappers.iter().map(|_| Err("the input is not a JSON object".to_owned())).collect(),
        }
    }

    fn claim(claim: Claim<'_>) -> Made {
        Made { name: claim.name, value: serde_json::to_string(&claim.value).unwrap_or_default() }
    }

    fn problem((index, problem): (u32, crate::Problem)) -> ConfProblem {
        ConfProblem { index, path: problem.path, message: problem.message }
    }
}
