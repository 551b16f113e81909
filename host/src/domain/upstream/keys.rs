//! The public keys of a provider (RFC 7517): which one has signed a token.
//!
//! Called by `id_token`. The algorithm is always the key's own, never the token's choice (RFC 8725 §3.1).

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Trouble;
use crate::{
    crypto::{VerifyingKey, jws},
    domain::Domain,
};

/// How long keys are good without another look, in seconds.
const LAST: i64 = 3600;
/// How soon they are looked at again for a key that is not among them, in seconds.
const PAUSE: i64 = 60;
/// The most keys of a provider that are looked at.
const MOST: usize = 100;

/// The keys that are of use: others, such as those for encryption, are not kept.
pub(super) struct KeySet(Vec<VerifyingKey>);

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl KeySet {
    fn read(bytes: &[u8]) -> Result<KeySet, &'static str> {
        let Document { keys } = serde_json::from_slice(bytes).map_err(|_| "is no JWK set")?;
        if keys.len() > MOST {
            return Err("has more than 100 keys");
        }
        Ok(KeySet(keys.iter().filter_map(|key| VerifyingKey::from_jwk(key).ok()).collect()))
    }

    /// The key that a header names. Without a name, the only one that fits (OpenID Connect Core §10.1).
    fn find(&self, header: &jws::Header) -> Option<&VerifyingKey> {
        let mut fitting = self.0.iter().filter(|key| {
            let named = header.kid.as_deref().is_none_or(|kid| key.kid() == Some(kid));
            named && key.algorithm() == header.alg
        });
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Some(key),
            _ => None,
        }
    }
}

/// A token that the provider has signed: its claims, and the algorithm.
pub(super) struct Verified {
    pub(super) claims: Map<String, Value>,
    pub(super) algorithm: &'static str,
}

/// The claims of a token signed by one of the keys at `jwks_uri`. An unknown key is looked for once more: providers change
/// their keys.
pub(super) async fn verify(domain: &Domain, jwks_uri: &str, token: &str) -> Result<Verified, Trouble> {
    let header = jws::decode_header(token).map_err(|_| "its token cannot be read, or is not signed")?;
    let mut keys = get(domain, jwks_uri, LAST).await?;
    if keys.find(&header).is_none() {
        keys = get(domain, jwks_uri, PAUSE).await?;
    }
    let key = keys.find(&header).ok_or("its token is signed by none of its keys")?;
    let claims = jws::verify(token, key).map_err(|_| "the signature of its token is wrong")?;
    Ok(Verified { claims, algorithm: key.algorithm() })
}

async fn get(domain: &Domain, jwks_uri: &str, seconds: i64) -> Result<Arc<KeySet>, Trouble> {
    domain.providers.keys.get(domain, jwks_uri, seconds, KeySet::read).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::crypto::{KeyType, SigningKey};

    fn header(alg: &str, kid: Option<&str>) -> jws::Header {
        jws::Header { alg: alg.to_owned(), kid: kid.map(str::to_owned), typ: None }
    }

    #[test]
    fn a_key_is_found_by_name_and_algorithm() {
        let [one, two] =
            ["one", "two"].map(|name| SigningKey::generate(KeyType::Ecdsa).unwrap().named(name).unwrap().public_jwk());
        let encryption = json!({ "kty": "RSA", "use": "enc", "n": "AQAB", "e": "AQAB" });
        let set = KeySet::read(json!({ "keys": [encryption, one, two] }).to_string().as_bytes()).unwrap();
        let found = |alg, kid| set.find(&header(alg, kid)).and_then(|key| key.kid().map(str::to_owned));
        assert_eq!(found("ES256", Some("two")), Some("two".to_owned()));
        assert_eq!(found("HS256", Some("two")), None);
        assert_eq!(found("RS256", Some("two")), None);
        assert_eq!(found("ES256", Some("three")), None);
        assert_eq!(found("ES256", None), None, "which one is a guess");
    }

    #[test]
    fn only_a_bounded_set_is_read() {
        let many = json!({ "keys": vec![json!({}); 101] });
        assert_eq!(KeySet::read(many.to_string().as_bytes()).err(), Some("has more than 100 keys"));
        assert_eq!(KeySet::read(b"{}").err(), Some("is no JWK set"));
    }
}
