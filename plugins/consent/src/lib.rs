//! The validator `consent`: requires consents that the user has given (`contexts.consents`).

use portcullis_sdk::{Input, Json, Outcome, Problem, Validator, component, conf};

/// Requires that the user has given all of the named consents, or with any one of them.
#[conf]
pub struct Consent {
    /// Ids of the consents that have to be given.
    #[conf(min = 1, max = 256, each(min = 1))]
    consents: Vec<String>,
    /// True when one of the consents is enough. Otherwise, and by default, all of them are needed.
    #[conf(default)]
    any: bool,
}

#[component]
impl Validator for Consent {
    const NAME: &'static str = "consent";
    type Conf = Consent;

    fn configure(conf: Consent) -> Result<Consent, Problem> {
        if conf.consents.is_empty() { Err(Problem::new("/consents", "name at least one consent")) } else { Ok(conf) }
    }

    fn validate(&self, input: &Input<'_>) -> Outcome {
        let Some(consents) = input.consents() else {
            return match input.get("contexts.consents") {
                None | Some(Json::Null) => Outcome::deny("missing", "the input has no consents"),
                Some(_) => Outcome::deny("type_mismatch", "the input's consents cannot be read"),
            };
        };
        let lacking = consents.lacking(self.consents.iter().map(String::as_str));
        let passes = lacking.is_empty() || (self.any && lacking.len() < self.consents.len());
        if passes { Outcome::Allow } else { denied(&lacking) }
    }
}

fn denied(lacking: &[&str]) -> Outcome {
    let ids = lacking.iter().map(|id| Json::String((*id).into())).collect();
    let details = Json::Object(vec![("consents".into(), Json::Array(ids))]);
    let message = "a consent that the policy asks for is not given";
    Outcome::deny("not_granted", message).with_details(&details)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(conf: &str, consents: &str) -> Outcome {
        let validator = Consent::configure(serde_json::from_str(conf).unwrap()).unwrap();
        validator.validate(&Input::read(&format!(r#"{{"contexts":{{"consents":{consents}}}}}"#)).unwrap())
    }

    #[test]
    fn all_are_needed() {
        let conf = r#"{"consents":["a","b"]}"#;
        assert!(outcome(conf, r#"["b","a","c"]"#).is_allow());
        let denied = outcome(conf, r#"[{"id":"a","granted":true}]"#);
        assert_eq!(denied.code(), "not_granted");
        assert!(matches!(denied, Outcome::Deny { details, .. } if details == r#"{"consents":["b"]}"#));
    }

    #[test]
    fn with_any_one_is_enough() {
        let conf = r#"{"consents":["a","b"],"any":true}"#;
        assert!(outcome(conf, r#"{"a":false,"b":true}"#).is_allow());
        assert_eq!(outcome(conf, r#"{"a":false}"#).code(), "not_granted");
    }

    #[test]
    fn unreadable_consents_are_not_given() {
        let conf = r#"{"consents":["a"]}"#;
        assert_eq!(outcome(conf, "null").code(), "missing");
        assert_eq!(outcome(conf, r#""a""#).code(), "type_mismatch");
        assert_eq!(outcome(conf, r#"["a",1]"#).code(), "type_mismatch");
    }

    #[test]
    fn the_conf_is_strict() {
        assert!(serde_json::from_str::<Consent>(r#"{"consents":["a"],"all":true}"#).is_err());
        assert!(Consent::configure(Consent { consents: vec![], any: true }).is_err());
        assert_eq!(portcullis_sdk::testing::schema_faults(Consent::SCHEMA), [""; 0]);
    }
}
