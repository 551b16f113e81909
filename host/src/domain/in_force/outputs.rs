//! What a policy that says yes hands over to the token: fewer scopes, and claims. Two members of its outputs mean something here:
//! `scopes`, a list of names, of which the token has no others; and `claims`, an object, whose members its access token has.
//!
//! Read by `policies` and `machines` from a verdict, taken over by whoever issues the token. A policy without these outputs
//! changes nothing, and one that hands over what cannot be understood says no.

use std::collections::BTreeSet;

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
    /// Claims of the access token.
    pub claims: Map<String, Value>,
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
        let is_large = all.claims.len() > MOST_CLAIMS || Value::from(all.claims.clone()).to_string().len() > MOST_BYTES;
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
        match members.remove("claims") {
            None => Ok(()),
            Some(Value::Object(claims)) => {
                self.claims.extend(claims.into_iter().filter(|(name, _)| is_sound(name)));
                Ok(())
            }
            Some(_) => Err("the output `claims` of a policy is no object".to_owned()),
        }
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
        ];
        let claims = Outputs::of(&verdict(&outputs)).unwrap().claims;
        assert_eq!(Value::Object(claims), json!({ "level": { "of": 2 } }));
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
            json!({ "claims": many }),
            json!({ "claims": { "long": "x".repeat(MOST_BYTES) } }),
        ] {
            assert!(Outputs::of(&verdict(std::slice::from_ref(&wrong))).is_err(), "{wrong}");
            let monitored = Verdict { allow: false, ..verdict(&[wrong]) }.monitored();
            assert_eq!(Outputs::of(&monitored), Ok(Outputs::default()));
        }
    }
}
