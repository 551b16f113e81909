//! The validator `true`: allows everything. It marks a place where nothing is to be checked.

use portcullis_sdk::{Input, Outcome, Problem, Validator, export_validator};

/// Allows.
pub struct True;

/// No conf.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

impl Validator for True {
    const NAME: &'static str = "true";
    const HELP: &'static str = "Allows everything. It takes no configuration.";
    const SCHEMA: &'static str = include_str!("../schema.json");
    type Conf = Nothing;

    fn configure(_: Nothing) -> Result<True, Problem> {
        Ok(True)
    }

    fn validate(&self, _: &Input<'_>) -> Outcome {
        Outcome::Allow
    }
}

export_validator!(True);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allows() {
        assert!(True.validate(&Input::read("{}").unwrap()).is_allow());
        assert_eq!(portcullis_sdk::testing::schema_faults(True::SCHEMA), [""; 0]);
    }
}
