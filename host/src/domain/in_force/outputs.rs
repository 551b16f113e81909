//! What a policy that says yes hands over to the tokens: fewer scopes, and claims. Three members of its outputs mean something here:
//! `scopes`, a list of names, of which they have no others; `claims`, an object whose members the access token has; and
//! `id_token_claims`, an object whose members the ID token has. What both are to say stands in both.
//!
//! Read by `policies` and `machines` from a verdict, taken over by whoever issues the token. A policy without these outputs
//! changes nothing, and one that hands over what cannot be understood says no.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{decision::Verdict, domain::claim};

/// The most claims that policies may add to one token.
const MOST_CLAIMS: usize = 64;
/// The most bytes of all of them together, as JSON text.
const MOST_BYTES: usize = 8192;

/// What a policy hands over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outputs {
    /// The names of the only scopes that a token may have. None leaves all.
    scopes: Option<BTreeSet<String>>,
    /// The claims that it adds.
    pub claims: Added,
}

/// The claims that policies add to tokens, each under rules of all claims: none of them says what the server itself says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Map<String, Value>")]
pub struct Added {
    /// To access tokens.
    pub access_token: Map<String, Value>,
    /// To ID tokens. Userinfo does not have them: it is asked for later, when no policy is.
    pub id_token: Map<String, Value>,
}

impl From<Map<String, Value>> for Added {
    /// Grants of before there were claims of ID tokens have those of access tokens alone.
    fn from(mut kept: Map<String, Value>) -> Added {
        let is_part = |(name, value): (&String, &Value)| {
            ["access_token", "id_token"].contains(&name.as_str()) && value.is_object()
        };
        if !kept.iter().all(is_part) {
            return Added { access_token: kept, id_token: Map::new() };
        }
        let mut part = |name| match kept.remove(name) {
            Some(Value::Object(claims)) => claims,
            _ => Map::new(),
        };
        Added { access_token: part("access_token"), id_token: part("id_token") }
    }
}

impl Outputs {
    /// Those of a verdict, in the policy's order: every list of scopes counts, and of two claims of one name the later. Err says
    /// what cannot be understood.
    pub(super) fn of(verdict: &Verdict) -> Result<Outputs, String> {
        let mut all = Outputs::default();
        for output in &verdict.outputs {
            let value = serde_json::from_str(&output.value);
            match value.map_err(|_| "an output of a policy cannot be read".to_owned())? {
                Value::Object(members) => all.take(members)?,
                _ => continue,
            }
        }
        let Added { access_token, id_token } = &all.claims;
        let is_large = is_large(access_token) || is_large(id_token);
        if is_large { Err("a policy hands over more claims than a token can have".to_owned()) } else { Ok(all) }
    }

    fn take(&mut self, mut members: Map<String, Value>) -> Result<(), String> {
        if let Some(scopes) = members.remove("scopes") {
            let names = serde_json::from_value::<BTreeSet<String>>(scopes);
            let names = names.map_err(|_| "the output `scopes` of a policy is no list of names".to_owned())?;
            self.scopes = Some(match self.scopes.take() {
                Some(known) => known.intersection(&names).cloned().collect(),
                None => names,
            });
        }
        let Added { access_token, id_token } = &mut self.claims;
        for (name, claims) in [("claims", access_token), ("id_token_claims", id_token)] {
            match members.remove(name) {
                None => {}
                Some(Value::Object(more)) => claims.extend(more.into_iter().filter(|(name, _)| is_sound(name))),
                Some(_) => return Err(format!("the output `{name}` of a policy is no object")),
            }
        }
        Ok(())
    }

    /// Those of these scopes that a token may have.
    #[must_use]
    pub fn narrowed(&self, mut scopes: Vec<String>) -> Vec<String> {
        if let Some(only) = &self.scopes {
            scopes.retain(|scope| only.contains(scope));
        }
        scopes
    }
}

fn is_large(claims: &Map<String, Value>) -> bool {
    claims.len() > MOST_CLAIMS || Value::from(claims.clone()).to_string().len() > MOST_BYTES
}

/// Whether a claim may have this name: what the server itself says is nobody else's to say, as with claims that are mapped.
fn is_sound(name: &str) -> bool {
    let why = claim::reserved_member(name);
    if let Some(why) = &why {
        tracing::warn!(claim = name, why, "a claim that a policy hands over is left out of the token");
    }
    why.is_none()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::decision::Output;

    fn verdict(outputs: &[Value]) -> Verdict {
        let output = |value: &Value| Output {
            validator: "rego".to_owned(),
            index: 0,
            value: value.to_string(),
            policy: String::new(),
        };
        Verdict { allow: true, outputs: outputs.iter().map(output).collect(), ..Verdict::default() }
    }

    fn texts(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn scopes_are_narrowed_by_every_list_and_never_widened() {
        let asked = texts(&["a", "b", "c"]);
        let left = |outputs: &[Value]| Outputs::of(&verdict(outputs)).unwrap().narrowed(asked.clone());
        assert_eq!(left(&[]), asked);
        assert_eq!(left(&[json!({ "limit": 7 }), json!("scopes"), json!(["a"])]), asked);
        assert_eq!(left(&[json!({ "scopes": ["b", "a", "admin"] })]), ["a", "b"]);
        assert_eq!(left(&[json!({ "scopes": ["a", "b"] }), json!({ "scopes": ["b", "c"] })]), ["b"]);
        assert_eq!(left(&[json!({ "scopes": [] })]), Vec::<String>::new());
    }

    #[test]
    fn claims_are_added_but_for_what_the_server_says_itself() {
        let outputs = [
            json!({ "claims": { "level": 1, "sub": "admin", "scope": "all", "aud": [], "cnf": {} } }),
            json!({ "claims": { "level": { "of": 2 }, "gid": "x", "authorization_details": [] } }),
            json!({ "id_token_claims": { "tier": "gold", "sub": "admin", "nonce": "n", "at_hash": "h", "cgid": "x" } }),
        ];
        let Added { access_token, id_token } = Outputs::of(&verdict(&outputs)).unwrap().claims;
        assert_eq!(Value::Object(access_token), json!({ "level": { "of": 2 } }));
        assert_eq!(Value::Object(id_token), json!({ "tier": "gold" }));
    }

    #[test]
    fn what_was_kept_when_all_claims_were_the_access_tokens_is_theirs() {
        let map = |value: Value| value.as_object().cloned().unwrap();
        for before in [json!({ "tier": 1 }), json!({ "access_token": 1 }), json!({ "tier": 1, "id_token": {} })] {
            let added = serde_json::from_value::<Added>(before.clone()).unwrap();
            assert_eq!((Value::Object(added.access_token), added.id_token), (before, Map::new()));
        }
        let both = Added { access_token: map(json!({ "tier": 1 })), id_token: map(json!({ "level": 2 })) };
        for added in [both, Added::default()] {
            assert_eq!(serde_json::from_value::<Added>(json!(added)).unwrap(), added);
            let kept = rmp_serde::to_vec_named(&added).unwrap();
            assert_eq!(rmp_serde::from_slice::<Added>(&kept).unwrap(), added);
        }
    }

    #[test]
    fn what_cannot_be_understood_is_an_error() {
        let many: Map<String, Value> = (0..65).map(|number| (format!("c{number}"), json!(1))).collect();
        for wrong in [
            json!({ "scopes": "a b" }),
            json!({ "scopes": { "a": true } }),
            json!({ "scopes": [1] }),
            json!({ "scopes": null }),
            json!({ "claims": ["level"] }),
            json!({ "claims": null }),
            json!({ "id_token_claims": ["level"] }),
            json!({ "id_token_claims": many }),
            json!({ "claims": many }),
            json!({ "claims": { "long": "x".repeat(MOST_BYTES) } }),
        ] {
            assert!(Outputs::of(&verdict(std::slice::from_ref(&wrong))).is_err(), "{wrong}");
            let monitored = Verdict { allow: false, ..verdict(&[wrong]) }.monitored();
            assert_eq!(Outputs::of(&monitored), Ok(Outputs::default()));
        }
    }

    /// A component may write what its own language takes for JSON, and we cannot read.
    #[test]
    fn what_cannot_be_read_is_an_error_and_not_passed_over() {
        let deep = format!(r#"{{"scopes":[],"x":{}{}}}"#, "[".repeat(200), "]".repeat(200));
        for text in [r#"{"scopes":[],"x":1e999}"#, &deep, "{", ""] {
            let mut read = verdict(&[json!({})]);
            text.clone_into(&mut read.outputs[0].value);
            assert!(Outputs::of(&read).is_err(), "{text}");
        }
    }
}
