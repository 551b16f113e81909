//! The consent checker `guardian-consent`: a child needs the consent of a guardian besides.

use portcullis_sdk::{ConsentChecker, Input, Json, Outcome, component, conf};

/// Requires consents of everybody, and a guardian's of whoever is too young to give them alone.
#[conf]
pub struct GuardianConsent {
    /// Ids of the consents that everybody gives.
    #[conf(min = 1, each(min = 1))]
    consents: Vec<String>,
    /// The id of the consent that a guardian gives.
    #[conf(min = 1)]
    guardian: String,
    /// The age from which nobody else is needed, in years.
    #[conf(min = 1)]
    adult_at: u8,
}

#[component]
impl ConsentChecker for GuardianConsent {
    fn check(&self, input: &Input<'_>) -> Outcome {
        let Some(given) = input.consents() else {
            return Outcome::deny("missing", "the consents are missing or cannot be read");
        };
        let age = input.authn_ctx().get("age").and_then(Json::as_integer);
        // Whose age is not known may be a child.
        let is_adult = age.is_some_and(|age| age >= self.adult_at.into());
        let guardian = Some(self.guardian.as_str()).filter(|_| !is_adult);
        let lacking = given.lacking(self.consents.iter().map(String::as_str).chain(guardian));
        if lacking.is_empty() {
            return Outcome::Allow;
        }
        Outcome::deny("not_granted", "a consent that the request needs is not given").with_details(&lacking)
    }
}

#[cfg(test)]
mod tests {
    use portcullis_sdk::testing::{check, input, json, refused, schema_faults};

    use super::*;

    fn conf() -> portcullis_sdk::testing::Value {
        json!({ "consents": ["terms"], "guardian": "guardian", "adult_at": 16 })
    }

    #[test]
    fn adults_consent_alone() {
        let asked = input().consent("terms", true);
        assert!(check::<GuardianConsent>(conf(), &asked.clone().authn_ctx("age", 16)).is_allow());
        for child in [asked.clone(), asked.clone().authn_ctx("age", 15), asked.authn_ctx("age", "99")] {
            assert_eq!(check::<GuardianConsent>(conf(), &child).code(), "not_granted", "{child}");
            assert!(check::<GuardianConsent>(conf(), &child.consent("guardian", true)).is_allow());
        }
    }

    #[test]
    fn nothing_is_taken_for_given() {
        assert_eq!(check::<GuardianConsent>(conf(), &input()).code(), "missing");
        let taken_back = input().authn_ctx("age", 40).consent("terms", false);
        assert_eq!(check::<GuardianConsent>(conf(), &taken_back).code(), "not_granted");
        assert_eq!(refused(json!({ "consents": ["a"], "guardian": "b" }), GuardianConsent::configure).path, "");
        assert_eq!(schema_faults(GuardianConsent::SCHEMA), [""; 0]);
    }
}
