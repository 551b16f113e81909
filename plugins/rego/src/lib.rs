//! The validator `rego`: policies in the language of Open Policy Agent.
//!
//! A conf is one module. What it says is parsed and prepared in `configure`; a call sets `input` and asks for the answer.

mod functions;
mod module;
mod place;
mod policy;
mod value;

use portcullis_sdk::{Input, Outcome, Problem, Validator, export_validator};

pub use policy::Policy;

/// A policy in Rego, as a conf has it.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conf {
    source: String,
    query: Option<String>,
    data: Option<serde_json::Value>,
    outputs: Option<Vec<String>>,
}

/// A policy in Rego, ready to be asked.
pub struct Rego(Policy);

impl Validator for Rego {
    const NAME: &'static str = "rego";
    const HELP: &'static str =
        "Asks a policy written in Rego: allow has to be true. Other rules of its package are handed over.";
    const SCHEMA: &'static str = include_str!("../schema.json");
    type Conf = Conf;

    fn configure(conf: Conf) -> Result<Rego, Problem> {
        Policy::compile(conf).map(Rego)
    }

    fn validate(&self, input: &Input<'_>) -> Outcome {
        self.0.ask(input)
    }
}

/// The engine that policies are asked in, for the cases of others.
#[doc(hidden)]
pub fn engine() -> regorus::Engine {
    policy::engine(&functions::Clock::default())
}

export_validator!(Rego);
