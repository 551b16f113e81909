//! Who has logged in, and how: what a session, a grant and the tokens made from it know about a person.
//!
//! Made by the ways to log in; handed on by `login`, `session` and `grant`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

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
