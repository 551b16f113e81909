//! The validator `false`: denies everything. It shuts a place, such as the registration of clients by developers.

use portcullis_sdk::{Input, Outcome, Validator, component, conf};

/// Denies everything. It takes no configuration.
#[conf]
pub struct False {}

#[component]
impl Validator for False {
    const NAME: &'static str = "false";

    fn validate(&self, _: &Input<'_>) -> Outcome {
        Outcome::deny("always_denied", "this policy allows nothing")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn denies() {
        assert_eq!(False {}.validate(&Input::read("{}").unwrap()).code(), "always_denied");
        assert_eq!(portcullis_sdk::testing::schema_faults(False::SCHEMA), [""; 0]);
    }
}
