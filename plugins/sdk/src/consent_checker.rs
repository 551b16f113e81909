//! The world `consent-checker`: says whether the consents that a request needs are given.

use serde::de::DeserializeOwned;

use crate::{Input, Outcome, Problem, configure};

/// What wit-bindgen makes of wit/v1.
#[doc(hidden)]
#[allow(missing_docs, unreachable_pub, unused_qualifications, clippy::all, reason = "generated code")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/v1",
        world: "consent-checker",
        pub_export_macro: true,
        export_macro_name: "export_bindings",
        default_bindings_module: "portcullis_sdk::consent_checker::bindings",
        runtime_path: "::wit_bindgen::rt",
    });
}

use bindings::portcullis::policy::types::{About, ConfProblem, Verdict};

/// A consent checker. Its value is one conf, read and checked.
/// [`export_consent_checker!`](crate::export_consent_checker) makes it a component whose version is that of its package.
pub trait ConsentChecker: Sized + 'static {
    /// The name policies use, such as `required-consents`.
    const NAME: &'static str;
    /// One or two sentences for the author of a policy.
    const HELP: &'static str;
    /// JSON Schema (2020-12) of one conf. The host holds every conf against it first.
    const SCHEMA: &'static str;
    /// The conf as it is read.
    type Conf: DeserializeOwned;

    /// Checks a conf and keeps what calls need. Runs once in the life of a policy, so the work belongs here.
    fn configure(conf: Self::Conf) -> Result<Self, Problem>;

    /// Checks one input. Nothing written here survives the call.
    fn check(&self, input: &Input<'_>) -> Outcome;
}

/// Makes a [`ConsentChecker`] a component: `export_consent_checker!(MyConsentChecker);`
#[macro_export]
macro_rules! export_consent_checker {
    ($checker:ty) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            use $crate::consent_checker::{adapter, bindings};

            #[global_allocator]
            static HEAP: $crate::Heap = $crate::Heap::new();

            std::thread_local! {
                static CONFIGURED: std::cell::RefCell<Vec<$checker>> = const { std::cell::RefCell::new(Vec::new()) };
            }

            struct Component;

            impl bindings::Guest for Component {
                fn describe() -> bindings::About {
                    adapter::describe::<$checker>(env!("CARGO_PKG_VERSION"))
                }

                fn configure(confs: Vec<String>) -> Result<(), Vec<bindings::ConfProblem>> {
                    let configured = adapter::configure::<$checker>(&confs)?;
                    CONFIGURED.with(|slot| slot.replace(configured));
                    Ok(())
                }

                fn check(input: String) -> Vec<bindings::Verdict> {
                    CONFIGURED.with(|slot| adapter::check(&slot.borrow(), &input))
                }
            }

    bindings::export_bindings!(Component with_types_in bindings);
        };
    };
}

/// Between the interface and the trait. Called by [`export_consent_checker!`](crate::export_consent_checker) only.
#[doc(hidden)]
#[allow(missing_docs, reason = "not for authors")]
pub mod adapter {
    use super::{About, ConfProblem, ConsentChecker, Input, Outcome, Verdict, configure};

    pub fn describe<C: ConsentChecker>(version: &str) -> About {
        About {
            name: C::NAME.to_owned(),
            version: version.to_owned(),
            help: C::HELP.to_owned(),
            conf_schema: C::SCHEMA.to_owned(),
        }
    }

    pub fn configure<C: ConsentChecker>(confs: &[String]) -> Result<Vec<C>, Vec<ConfProblem>> {
        configure::all(confs, C::configure).map_err(|problems| problems.into_iter().map(problem).collect())
    }

    pub fn check<C: ConsentChecker>(checkers: &[C], input: &str) -> Vec<Verdict> {
        match Input::read(input) {
            Ok(input) => {
                let verdicts = checkers.iter().map(|checker| verdict(checker.check(&input))).collect();
                // The instance ends with this call, and its memory with it.
                std::mem::forget(input);
                verdicts
            }
            Err(_) => checkers.iter().map(|_| verdict(Outcome::bad_input())).collect(),
        }
    }

    fn verdict(outcome: Outcome) -> Verdict {
        match outcome {
            Outcome::Allow => {
                Verdict { allow: true, code: String::new(), message: String::new(), details: String::new() }
            }
            Outcome::AllowWith { output } => {
                Verdict { allow: true, code: String::new(), message: String::new(), details: output }
            }
            Outcome::Deny { code, message, details } => {
                Verdict { allow: false, code: code.into_owned(), message, details }
            }
        }
    }

    fn problem((index, problem): (u32, crate::Problem)) -> ConfProblem {
        ConfProblem { index, path: problem.path, message: problem.message }
    }
}
