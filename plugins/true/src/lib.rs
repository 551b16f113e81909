//! The validator `true`: allows everything. It marks a place where nothing is to be checked.

use portcullis_sdk::{Input, Outcome, Validator, component, conf};

/// Allows everything. It takes no configuration.
#[conf]
pub struct True {}

#[component]
impl Validator for True {
    const NAME: &'static str = "true";

    fn validate(&self, _: &Input<'_>) -> Outcome {
        Outcome::Allow
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allows() {
        assert!(True {}.validate(&Input::read("{}").unwrap()).is_allow());
        assert_eq!(portcullis_sdk::testing::schema_faults(True::SCHEMA), [""; 0]);
    }
}
