//! The validator `cedar`: policies in Cedar.
//!
//! A conf is a set of policies with an optional schema and entities. All of it is read and checked in `configure`.

mod nesting;
mod place;
mod policy;
mod request;
mod shape;
mod value;

use portcullis_sdk::{Input, Outcome, Problem, Validator, export_validator};

pub use policy::Policy;

/// Policies in Cedar, as a conf has them.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conf {
    source: String,
    schema: Option<serde_json::Value>,
    entities: Option<serde_json::Value>,
    namespace: Option<String>,
    message: Option<String>,
}

/// Policies in Cedar, ready to be asked.
pub struct Cedar(Policy);

impl Validator for Cedar {
    const NAME: &'static str = "cedar";
    const HELP: &'static str =
        "Asks policies written in Cedar whether the subject may do the action with the resource.";
    const SCHEMA: &'static str = include_str!("../schema.json");
    type Conf = Conf;

    fn configure(conf: Conf) -> Result<Cedar, Problem> {
        Policy::compile(conf).map(Cedar)
    }

    fn validate(&self, input: &Input<'_>) -> Outcome {
        self.0.ask(input)
    }
}

export_validator!(Cedar);
