//! The consent checker `required-consents`: the consents every request needs, and those its scopes need.

use std::collections::BTreeMap;

use portcullis_sdk::{ConsentChecker, Input, Json, Outcome, Problem, component, conf};

/// Requires consents of every request, and further ones of requests for certain scopes.
#[conf]
pub struct RequiredConsents {
    /// Ids of the consents that every request needs.
    #[conf(default, max = 256, each(min = 1))]
    consents: Vec<String>,
    /// Ids of the consents that a request for a scope needs besides, by the scope's name.
    #[conf(default, max = 256, each(min = 1, max = 256, each(min = 1)))]
    scopes: BTreeMap<String, Vec<String>>,
}

#[component]
impl ConsentChecker for RequiredConsents {
    const NAME: &'static str = "required-consents";
    type Conf = RequiredConsents;

    fn configure(conf: RequiredConsents) -> Result<RequiredConsents, Problem> {
        if conf.consents.is_empty() && conf.scopes.is_empty() {
            return Err(Problem::new("", "name consents, or scopes that need consents"));
        }
        Ok(conf)
    }

    fn check(&self, input: &Input<'_>) -> Outcome {
        let mut needed: Vec<&str> = self.consents.iter().map(String::as_str).collect();
        if !self.scopes.is_empty() {
            let Some(scopes) = input.scopes() else {
                return Outcome::deny("missing", "the input's scopes are missing or cannot be read");
            };
            let of_scopes = scopes.iter().filter_map(|scope| self.scopes.get(*scope)).flatten();
            needed.extend(of_scopes.map(String::as_str));
        }
        if needed.is_empty() { Outcome::Allow } else { given(input, needed) }
    }
}

fn given(input: &Input<'_>, mut needed: Vec<&str>) -> Outcome {
    let Some(consents) = input.consents() else {
        return Outcome::deny("missing", "the input's consents are missing or cannot be read");
    };
    needed.sort_unstable();
    needed.dedup();
    let lacking = consents.lacking(needed);
    if lacking.is_empty() {
        return Outcome::Allow;
    }
    let ids = lacking.iter().map(|id| Json::String((*id).into())).collect();
    let details = Json::Object(vec![("consents".into(), Json::Array(ids))]);
    let message = "a consent that the request needs is not given";
    Outcome::deny("not_granted", message).with_details(&details)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(contexts: &str) -> String {
        let conf = r#"{"consents":["terms"],"scopes":{"accounts":["banking"]}}"#;
        let checker = RequiredConsents::configure(serde_json::from_str(conf).unwrap()).unwrap();
        checker.check(&Input::read(&format!(r#"{{"contexts":{contexts}}}"#)).unwrap()).code().to_owned()
    }

    #[test]
    fn scopes_need_their_consents_besides() {
        assert_eq!(code(r#"{"scopes":["openid"],"consents":["terms"]}"#), "");
        assert_eq!(code(r#"{"scopes":["accounts"],"consents":["terms"]}"#), "not_granted");
        assert_eq!(code(r#"{"scopes":{"accounts":{}},"consents":["terms"]}"#), "not_granted");
        assert_eq!(code(r#"{"scopes":["accounts"],"consents":["terms","banking"]}"#), "");
        assert_eq!(code(r#"{"scopes":["accounts"],"consents":["banking"]}"#), "not_granted");
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for contexts in [r#"{"consents":["terms"]}"#, r#"{"scopes":[1],"consents":["terms"]}"#, r#"{"scopes":[]}"#] {
            assert_eq!(code(contexts), "missing", "{contexts}");
        }
        let nothing = RequiredConsents { consents: vec![], scopes: BTreeMap::new() };
        assert!(RequiredConsents::configure(nothing).is_err());
        assert_eq!(portcullis_sdk::testing::schema_faults(RequiredConsents::SCHEMA), [""; 0]);
    }
}
