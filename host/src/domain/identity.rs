//! Who has logged in, and how: what a session, a grant and the tokens made from it know about a person.
//!
//! Made by the ways to log in; handed on by `login`, `session` and `grant`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The longest name that pages show, in characters.
const LONGEST: usize = 100;

/// A person who has proven who they are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// The name by which tokens, consents and clients know the person.
    pub subject: String,
    /// The id of the authentication method of the server that was used.
    pub method: String,
    /// When the person has proven it, in seconds since 1970.
    pub auth_time: i64,
    /// The authentication context class (OpenID Connect Core §2, `acr`).
    pub acr: Option<String>,
    /// The methods used (RFC 8176): `pwd`, `otp`, `mfa`, `fed`.
    pub amr: Vec<String>,
    /// The authentication context that claims and policies are made from, as JSON text of an object.
    pub context: String,
    /// What the way to log in knew the person by, as a keyed hash: see `authentication::still_knows`. None where only somebody
    /// else can tell.
    #[serde(default)]
    pub proof: Option<String>,
}

impl Identity {
    /// The person as people know them: a name or an address of the authentication context (OpenID Connect Core §5.1), or the subject
    /// when there is none.
    pub fn shown(&self) -> String {
        let context: Map<String, Value> = serde_json::from_str(&self.context).unwrap_or_default();
        let text =
            |name: &&str| context.get(*name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
        let found = ["name", "preferred_username", "email"].iter().find_map(text);
        found.unwrap_or(&self.subject).chars().filter(|letter| !letter.is_control()).take(LONGEST).collect()
    }

    /// The authentication context with what is known beside it: `sub`, `amr`, `acr`, `auth_time`, `idp`.
    pub fn authn_ctx(&self) -> Map<String, Value> {
        let mut context: Map<String, Value> = serde_json::from_str(&self.context).unwrap_or_default();
        context.insert("sub".to_owned(), Value::from(self.subject.as_str()));
        context.insert("amr".to_owned(), Value::from(self.amr.clone()));
        context.insert("auth_time".to_owned(), Value::from(self.auth_time));
        context.insert("idp".to_owned(), Value::from(self.method.as_str()));
        if let Some(acr) = &self.acr {
            context.insert("acr".to_owned(), Value::from(acr.as_str()));
        }
        context
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_shown_by_name_where_there_is_one() {
        let shown = |context: &str| {
            Identity { subject: "corp:7".to_owned(), context: context.to_owned(), ..Identity::default() }.shown()
        };
        assert_eq!(shown(r#"{"email":"a@x.example","name":"Ann"}"#), "Ann");
        assert_eq!(shown(r#"{"email":"a@x.example","name":" "}"#), "a@x.example");
        assert_eq!(shown(r#"{"preferred_username":"ann","name":7}"#), "ann");
        assert_eq!((shown("{}"), shown("")), ("corp:7".to_owned(), "corp:7".to_owned()));
        assert_eq!(shown(&format!(r#"{{"name":"{}"}}"#, "x".repeat(300))).len(), LONGEST);
    }
}
