//! What only setups say of servers, clients, services and scopes: the members that these nouns keep for that tongue.
//!
//! Held by the nouns under `setup`, read by `effective.rs` and the other files here. Other tongues neither show nor change
//! them. Knows no noun.

use serde::{Deserialize, Serialize};

/// A note of whoever keeps a record. A name may be there several times, once in each language.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Metadata {
    /// What it is about.
    pub name: String,
    /// What it says.
    pub value: String,
    /// Its language, empty when it has none.
    pub locale: String,
}

/// Whose a record is, and what is noted of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct About {
    /// The person or the machine that looks after it.
    pub owner: String,
    /// For people.
    pub comment: String,
    /// Notes.
    pub metadata: Vec<Metadata>,
}

/// Whether a scope is granted, and who is asked first. What is stricter is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScopePolicy {
    /// Nobody is asked.
    ConsentNotRequired,
    /// The person is asked once, and the answer is remembered.
    ConsentPersisted,
    /// The person is asked each time.
    ConsentRequired,
    /// It is not granted.
    NotAllowed,
}

impl ScopePolicy {
    /// Every policy.
    pub const ALL: [ScopePolicy; 4] = [
        ScopePolicy::ConsentRequired,
        ScopePolicy::ConsentPersisted,
        ScopePolicy::ConsentNotRequired,
        ScopePolicy::NotAllowed,
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            ScopePolicy::ConsentRequired => "consent_required",
            ScopePolicy::ConsentPersisted => "consent_persisted",
            ScopePolicy::ConsentNotRequired => "consent_not_required",
            ScopePolicy::NotAllowed => "not_allowed",
        }
    }

    /// The policy of a word.
    pub fn of_word(word: &str) -> Option<ScopePolicy> {
        ScopePolicy::ALL.into_iter().find(|policy| policy.word() == word)
    }
}

/// The policies of a scope, or of all scopes of a server that have none of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScopePolicies {
    /// In the implicit flow.
    pub implicit_flow: Option<ScopePolicy>,
    /// In the authorization code flow.
    pub authorization_code_flow: Option<ScopePolicy>,
    /// When a token is refreshed.
    pub refresh_token: Option<ScopePolicy>,
    /// Whether a person must log in anew for it.
    pub force_reauthentication: Option<bool>,
}

/// What a server keeps for setups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerMembers {
    /// Whose it is.
    pub about: About,
    /// The grants of a client that names none.
    pub client_grant_types: Vec<String>,
    /// Whether people must log in anew for every client that does not say otherwise.
    pub force_reauthentication: bool,
    /// How long a consent is remembered, in seconds; until it is taken back when none.
    pub persisted_consent_seconds: Option<i64>,
    /// The policies of its scopes.
    pub policies: ScopePolicies,
}

/// What a client keeps for setups. What is none is as its server says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientMembers {
    /// Whose it is.
    pub about: About,
    /// Who can be asked about it, as e-mail addresses (RFC 7591 §2).
    pub contacts: Vec<String>,
    /// `web` or `native` (OpenID Connect Registration §2); empty when not said.
    pub application_type: String,
    /// How its ID tokens are to be signed; empty when not said.
    pub id_token_signed_response_alg: String,
    /// How long an access token is good, in seconds.
    pub access_token_seconds: Option<i64>,
    /// How long a refresh token is good, in seconds.
    pub refresh_token_seconds: Option<i64>,
    /// How long an ID token is good, in seconds.
    pub id_token_seconds: Option<i64>,
    /// How long a consent is remembered, in seconds.
    pub persisted_consent_seconds: Option<i64>,
    /// Whether people must log in anew for it.
    pub force_reauthentication: Option<bool>,
}

/// What a service keeps for setups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceMembers {
    /// Whose it is.
    pub about: About,
    /// Where it is.
    pub uri: Option<String>,
}

/// What a scope keeps for setups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScopeMembers {
    /// Its policies; its server's where it has none.
    pub policies: ScopePolicies,
    /// Claims of its own, as text.
    pub custom_claims: Option<String>,
    /// Notes.
    pub metadata: Vec<Metadata>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_has_the_word_it_is_stored_under() {
        for policy in ScopePolicy::ALL {
            assert_eq!(ScopePolicy::of_word(policy.word()), Some(policy));
            assert_eq!(serde_json::to_value(policy).ok(), Some(policy.word().into()));
        }
        assert_eq!(ScopePolicy::of_word("consent"), None);
    }
}
