//! The signing keys of an authorization server. The private halves are sealed in the store.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Domain, Failure};
use crate::{
    crypto::{
        keys::{KeyType, SigningKey},
        vault::Sealed,
    },
    store::{Record, Table},
};

/// All keys of one server, the signing one first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyRing {
    /// Never empty.
    pub keys: Vec<StoredKey>,
}

/// One key as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredKey {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// The kind.
    pub kind: KeyType,
    /// The public half as a JWK (RFC 7517), as JSON text.
    pub public_jwk: String,
    /// The private half, PKCS#8.
    pub private: Sealed,
}

impl Record for KeyRing {
    const TABLE: Table = Table::SigningKey;
}

fn context(tenant: &str, server: &str, kid: &str) -> String {
    format!("signing key {tenant}/{server}/{kid}")
}

/// A new ring with one key. RSA takes a while, so it is made off the event loop.
pub async fn generate(domain: &Domain, tenant: &str, server: &str, kind: KeyType) -> Result<KeyRing, Failure> {
    let made = tokio::task::spawn_blocking(move || SigningKey::generate(kind)).await;
    let key = made.map_err(internal)?.map_err(internal)?;
    let pkcs8 = key.pkcs8().map_err(internal)?;
    let kid = key.kid().to_owned();
    let private = domain.vault.seal(&domain.world, &context(tenant, server, &kid), &pkcs8);
    Ok(KeyRing { keys: vec![StoredKey { kid, kind, public_jwk: key.public_jwk().to_string(), private }] })
}

/// The ring of a server.
pub fn current(domain: &Domain, tenant: &str, server: &str) -> Result<Arc<KeyRing>, Failure> {
    let found = domain.store.record::<KeyRing>(&[tenant, server])?;
    found.ok_or_else(|| Failure::not_found("authorization server", server))
}

/// The key that signs new tokens.
pub fn signing(domain: &Domain, tenant: &str, server: &str) -> Result<Arc<SigningKey>, Failure> {
    let ring = current(domain, tenant, server)?;
    match ring.keys.first() {
        Some(stored) => decoded(domain, tenant, server, stored),
        None => Err(Failure::Internal { log: format!("the key ring of {tenant}/{server} is empty") }),
    }
}

/// The key `kid` of a server, for checking what it signed.
pub fn find(domain: &Domain, tenant: &str, server: &str, kid: &str) -> Result<Option<Arc<SigningKey>>, Failure> {
    let ring = match current(domain, tenant, server) {
        Err(Failure::NotFound { .. }) => return Ok(None),
        other => other?,
    };
    ring.keys.iter().find(|stored| stored.kid == kid).map(|stored| decoded(domain, tenant, server, stored)).transpose()
}

/// The public halves as a JWK set (RFC 7517 §5).
pub fn jwks(domain: &Domain, tenant: &str, server: &str) -> Result<Value, Failure> {
    let ring = current(domain, tenant, server)?;
    let keys: Result<Vec<Value>, _> = ring.keys.iter().map(|key| serde_json::from_str(&key.public_jwk)).collect();
    Ok(json!({ "keys": keys.map_err(internal)? }))
}

/// Decoding a private key costs tens of microseconds, so decoded ones are kept.
fn decoded(domain: &Domain, tenant: &str, server: &str, stored: &StoredKey) -> Result<Arc<SigningKey>, Failure> {
    let name = context(tenant, server, &stored.kid);
    if let Some(key) = domain.keys.get(&name) {
        return Ok(key);
    }
    let pkcs8 = domain.vault.open_sealed(&name, &stored.private).map_err(internal)?;
    let key = Arc::new(SigningKey::from_pkcs8(stored.kind, &pkcs8).map_err(internal)?);
    domain.keys.insert(name, Arc::clone(&key));
    Ok(key)
}

fn internal(error: impl std::fmt::Display) -> Failure {
    Failure::Internal { log: error.to_string() }
}
