//! The validator `false`: denies everything. It shuts a place, such as the registration of clients by developers.

use portcullis_sdk::{Input, Outcome, Problem, Validator, export_validator};

/// Denies.
pub struct False;

/// No conf.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

impl Validator for False {
    const NAME: &'static str = "false";
    const HELP: &'static str = "Denies everything. It takes no configuration.";
    const SCHEMA: &'static str = include_str!("../schema.json");
    type Conf = Nothing;

    fn configure(_: Nothing) -> Result<False, Problem> {
        Ok(False)
    }

    fn validate(&self, _: &Input<'_>) -> Outcome {
        Outcome::deny("always_denied", "this policy allows nothing")
    }
}

export_validator!(False);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn denies() {
        assert_eq!(False.validate(&Input::read("{}").unwrap()).code(), "always_denied");
        assert_eq!(portcullis_sdk::testing::schema_faults(False::SCHEMA), [""; 0]);
    }
}
