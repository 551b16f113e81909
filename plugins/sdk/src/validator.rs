//! The world `validator`: checks one request against a policy's configuration.

use serde::de::DeserializeOwned;

use crate::{Input, Outcome, Problem, configure};

/// What wit-bindgen makes of wit/v1.
#[doc(hidden)]
#[allow(missing_docs, unreachable_pub, unused_qualifications, clippy::all, reason = "generated code")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/v1",
        world: "validator",
        pub_export_macro: true,
        export_macro_name: "export_bindings",
        default_bindings_module: "portcullis_sdk::validator::bindings",
        runtime_path: "::wit_bindgen::rt",
    });
}

use bindings::portcullis::policy::types::{About, ConfProblem, Verdict};

/// A validator. Its value is one conf, read and checked; [`export_validator!`](crate::export_validator) makes it a
/// component whose version is the version of its package.
pub trait Validator: Sized + 'static {
    /// The name policies use, such as `header`.
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
    fn validate(&self, input: &Input<'_>) -> Outcome;
}

/// Makes a [`Validator`] a component: `export_validator!(MyValidator);`
#[macro_export]
macro_rules! export_validator {
    ($validator:ty) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            use $crate::validator::{adapter, bindings};

            #[global_allocator]
            static HEAP: $crate::Heap = $crate::Heap::new();

            std::thread_local! {
                static CONFIGURED: std::cell::RefCell<Vec<$validator>> = const { std::cell::RefCell::new(Vec::new()) };
            }

            struct Component;

            impl bindings::Guest for Component {
                fn describe() -> bindings::About {
                    adapter::describe::<$validator>(env!("CARGO_PKG_VERSION"))
                }

                fn configure(confs: Vec<String>) -> Result<(), Vec<bindings::ConfProblem>> {
                    let configured = adapter::configure::<$validator>(&confs)?;
                    CONFIGURED.with(|slot| slot.replace(configured));
                    Ok(())
                }

                fn validate(input: String) -> Vec<bindings::Verdict> {
                    CONFIGURED.with(|slot| adapter::validate(&slot.borrow(), &input))
                }
            }

    bindings::export_bindings!(Component with_types_in bindings);
        };
    };
}

/// Between the interface and the trait. Called by [`export_validator!`](crate::export_validator) only.
#[doc(hidden)]
#[allow(missing_docs, reason = "not for authors")]
pub mod adapter {
    use super::{About, ConfProblem, Input, Outcome, Validator, Verdict, configure};

    pub fn describe<V: Validator>(version: &str) -> About {
        About {
            name: V::NAME.to_owned(),
            version: version.to_owned(),
            help: V::HELP.to_owned(),
            conf_schema: V::SCHEMA.to_owned(),
        }
    }

    pub fn configure<V: Validator>(confs: &[String]) -> Result<Vec<V>, Vec<ConfProblem>> {
        configure::all(confs, V::configure).map_err(|problems| problems.into_iter().map(problem).collect())
    }

    pub fn validate<V: Validator>(validators: &[V], input: &str) -> Vec<Verdict> {
        match Input::read(input) {
            Ok(input) => {
                let verdicts = validators.iter().map(|validator| verdict(validator.validate(&input))).collect();
                // The instance ends with this call, and its memory with it.
                std::mem::forget(input);
                verdicts
            }
            Err(_) => validators.iter().map(|_| verdict(Outcome::bad_input())).collect(),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Passes when the input has the member.
    struct Has(String);

    impl Validator for Has {
        const NAME: &'static str = "has";
        const HELP: &'static str = "";
        const SCHEMA: &'static str = "{}";
        type Conf = String;

        fn configure(member: String) -> Result<Has, Problem> {
            if member.is_empty() { Err(Problem::new("", "name a member")) } else { Ok(Has(member)) }
        }

        fn validate(&self, input: &Input<'_>) -> Outcome {
            match input.get(&self.0) {
                Some(_) => Outcome::Allow,
                None => Outcome::deny("missing", format!("{} is missing", self.0)),
            }
        }
    }

    fn configure(confs: &[&str]) -> Result<Vec<Has>, Vec<ConfProblem>> {
        let confs: Vec<String> = confs.iter().map(|conf| (*conf).to_owned()).collect();
        adapter::configure(&confs)
    }

    #[test]
    fn every_conf_gets_its_verdict_in_order() {
        let configured = configure(&[r#""a""#, r#""b""#]).unwrap();
        let verdicts = adapter::validate(&configured, r#"{"b":1}"#);
        let told: Vec<_> = verdicts.iter().map(|verdict| (verdict.allow, verdict.code.as_str())).collect();
        assert_eq!(told, [(false, "missing"), (true, "")]);
        assert_eq!((verdicts[1].message.as_str(), verdicts[1].details.as_str()), ("", ""));
    }

    #[test]
    fn bad_input_is_a_deny_for_every_conf() {
        let configured = configure(&[r#""a""#, r#""b""#]).unwrap();
        let verdicts = adapter::validate(&configured, "[]");
        assert_eq!(verdicts.len(), 2);
        assert!(verdicts.iter().all(|verdict| !verdict.allow && verdict.code == "bad_input"));
    }

    #[test]
    fn problems_name_their_conf() {
        let problems = configure(&[r#""a""#, r#""""#, "1"]).err().unwrap();
        assert_eq!(problems.iter().map(|problem| problem.index).collect::<Vec<_>>(), [1, 2]);
    }
}
