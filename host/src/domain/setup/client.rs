//! The clients of a setup: the same operations as on setups, within one.
//!
//! A client has two names: its OAuth id, which is its id everywhere else, and an entity id, which is made from that and is
//! the one this tongue uses in paths.

mod change;
mod shape;
mod show;

use super::members::Metadata;
use crate::{
    crypto::digest::sha256_hex,
    domain::{
        Failure,
        client::{AuthMethod, Client},
    },
    store::{Index, View, index, timeline},
    world::Micros,
};

pub use change::{create, delete, replace, unschedule};
pub(super) use change::{delete_guarded, replace_guarded, unschedule_guarded};
pub use show::{list, secret, show, snapshot, snapshots, translate};

/// What a failure calls a client of a setup.
pub const CLIENT: &str = "client";
/// What a failure calls a client that is not in force now.
pub const CURRENT_CLIENT: &str = "current client";

/// Characters of an entity id.
const ENTITY_ID: usize = 32;

/// Whether a client can keep a secret (RFC 6749 §2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Confidentiality {
    /// It cannot: it proves itself by nothing.
    Public,
    /// It can.
    #[default]
    Confidential,
}

/// A client of a setup. In what is asked, what is empty or none is as the setup says; in what is answered, grants and
/// response types are those that hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetupClient {
    /// The OAuth client id. One is made for a new client that has none; it never changes.
    pub client_id: String,
    /// For people.
    pub name: String,
    /// The developer who looks after it, if there is one. When empty in what is asked, it stays as it is.
    pub owner: String,
    /// For people.
    pub comment: String,
    /// Notes.
    pub metadata: Vec<Metadata>,
    /// Whether it can keep a secret.
    pub confidentiality: Confidentiality,
    /// How it proves itself. Fits to the confidentiality where none is asked.
    pub token_endpoint_auth_method: Option<AuthMethod>,
    /// Where the authorization endpoint may send its answer.
    pub redirect_uris: Vec<String>,
    /// The grants it may use.
    pub grant_types: Vec<String>,
    /// What it may ask the authorization endpoint for.
    pub response_types: Vec<String>,
    /// The scopes it may ask for.
    pub scopes: Vec<String>,
    /// Who can be asked about it.
    pub contacts: Vec<String>,
    /// `web` or `native`.
    pub application_type: Option<String>,
    /// Its public keys, a JWK set as JSON text.
    pub jwks: Option<String>,
    /// How its ID tokens are to be signed.
    pub id_token_signed_response_alg: Option<String>,
    /// Whether people must log in anew for it.
    pub force_reauthentication: Option<bool>,
    /// How long an access token is good, in seconds.
    pub access_token_ttl: Option<i64>,
    /// How long a refresh token is good, in seconds.
    pub refresh_token_ttl: Option<i64>,
    /// How long an ID token is good, in seconds.
    pub id_token_ttl: Option<i64>,
    /// How long a consent is remembered, in seconds.
    pub persisted_consent_ttl: Option<i64>,
}

/// The entity id of a client: made from its OAuth id, so that every client of every tongue has one.
pub fn entity_id(tenant: &str, client_id: &str) -> String {
    let mut hex = sha256_hex(format!("{tenant}\0{client_id}").as_bytes());
    hex.truncate(ENTITY_ID);
    hex
}

/// Whether a client can keep a secret.
pub fn confidentiality(client: &Client) -> Confidentiality {
    match client.auth_method {
        AuthMethod::None => Confidentiality::Public,
        _ => Confidentiality::Confidential,
    }
}

/// The OAuth id of the client of a setup that has this entity id, whether it has gone or is yet to begin.
fn of_entity(view: &impl View, tenant: &str, setup: &str, entity: &str) -> Result<String, Failure> {
    for id in index::ids(view, Index::ClientEntities, &[tenant, entity])? {
        let last = timeline::current::<Client>(view, tenant, &id, Micros::MAX)?;
        if last.is_some_and(|state| state.value.server == setup) {
            return Ok(id);
        }
    }
    Err(Failure::not_found(CLIENT, entity))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_id_is_like_an_id_made_here_and_differs_by_tenant() {
        let id = entity_id("acme", "shop");
        assert_eq!(id.len(), ENTITY_ID);
        assert!(id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
        assert_ne!(id, entity_id("default", "shop"));
        assert_ne!(entity_id("a", "bc"), entity_id("ab", "c"));
    }
}
