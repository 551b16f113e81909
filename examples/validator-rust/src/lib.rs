//! The validator `minimum-age`: lets through who is old enough.

use portcullis_sdk::{Input, Json, Outcome, Validator, component, conf};

/// Requires an age in the authentication context.
#[conf]
pub struct MinimumAge {
    /// The age, in years.
    #[conf(min = 1)]
    years: u8,
}

#[component]
impl Validator for MinimumAge {
    fn validate(&self, input: &Input<'_>) -> Outcome {
        match input.authn_ctx().get("age").and_then(Json::as_integer) {
            Some(age) if age >= self.years.into() => Outcome::Allow,
            Some(_) => Outcome::deny("too_young", "the age is below the policy's limit"),
            None => Outcome::deny("missing", "the age is missing"),
        }
    }
}

#[cfg(test)]
mod tests {
    use portcullis_sdk::testing::{input, json, refused, schema_faults, validate};

    use super::*;

    #[test]
    fn who_is_old_enough_passes() {
        let at =
            |age: i32| validate::<MinimumAge>(json!({ "years": 18 }), &input().authn_ctx("age", age)).code().to_owned();
        assert_eq!([at(17), at(18), at(99)], ["too_young", "", ""]);
        assert_eq!(validate::<MinimumAge>(json!({ "years": 18 }), &input()).code(), "missing");
    }

    #[test]
    fn the_conf_is_strict() {
        assert_eq!(refused(json!({ "years": "18" }), MinimumAge::configure).path, "/years");
        assert_eq!(schema_faults(MinimumAge::SCHEMA), [""; 0]);
    }
}
