//! What is encrypted for a client so that only it can read it, and the server's own key that others encrypt for us with.
//!
//! Called by whoever makes or reads encrypted tokens (RFC 7516). A client's key is looked for in its JWK set or behind its
//! `jwks_uri`, so nothing here runs inside a transaction. The server's own key belongs to its signing key: it is derived with
//! the master key, is published while that one signs, and opens for as long as that one stands. So it changes with every
//! rotation and needs no record of its own.

use std::sync::Arc;

use serde_json::Value;

use super::{
    Domain, Failure, Problem,
    client::{Client, ClientKeys, security::Encryption},
    key_ring::{self, StoredKey},
    remote_keys,
};
use crate::crypto::{
    jwe::{self, DecryptionKey},
    keys::KeyError,
};

pub use jwe::{ALGORITHMS, METHODS};

/// The media type inside a token that was signed first (RFC 7519 §5.2).
pub const JWT: &str = "JWT";
/// How often another number is tried: one in four thousand million is no key.
const TRIES: u8 = 8;

/// The algorithms that the server's own key is good for: it is one on P-256.
pub const OWN_ALGORITHMS: [&str; 3] = ["ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"];

/// Everything that is wrong with how a client wants something encrypted, as far as that can be seen in its configuration.
/// `member` is the one of its algorithm, without what follows `encrypted_response_`.
pub(super) fn check(client: &Client, member: &str, encryption: &Encryption) -> Vec<Problem> {
    let Encryption { alg, enc } = encryption;
    let mut problems = Vec::new();
    if !METHODS.contains(&enc.as_str()) {
        let reason = format!("must be one of {}", METHODS.join(", "));
        problems.push(Problem::new(format!("{member}_encrypted_response_enc"), reason));
    }
    let member = format!("{member}_encrypted_response_alg");
    if !ALGORITHMS.contains(&alg.as_str()) {
        problems.push(Problem::new(member, format!("must be one of {}", ALGORITHMS.join(", "))));
        return problems;
    }
    let keyless = match &client.keys {
        ClientKeys::None => Some("needs `jwks` or `jwks_uri`".to_owned()),
        ClientKeys::Set(text) if take(&kept(text), alg).is_none() => {
            Some(format!("`jwks` has no key with the use `enc` for the algorithm `{alg}`"))
        }
        ClientKeys::Set(_) | ClientKeys::Uri(_) => None,
    };
    problems.extend(keyless.map(|reason| Problem::new(member, reason)));
    problems
}

/// Encrypts something for a client. Fails when it has no key for it any more, or nobody can be asked for it.
pub async fn for_client(
    domain: &Domain,
    client: &Client,
    encryption: &Encryption,
    cty: Option<&str>,
    payload: &[u8],
) -> Result<String, Failure> {
    let Encryption { alg, enc } = encryption;
    let key = recipient(domain, client, alg).await?;
    jwe::encrypt(&key, alg, enc, cty, payload)
        .map_err(|error| Failure::Elsewhere { reason: format!("nothing can be encrypted for the client: {error}") })
}

/// The public key of a client for an algorithm.
async fn recipient(domain: &Domain, client: &Client, alg: &str) -> Result<Value, Failure> {
    let found = match &client.keys {
        ClientKeys::None => None,
        ClientKeys::Set(text) => take(&kept(text), alg),
        ClientKeys::Uri(url) => remote_keys::pick(domain, url, |keys| take(keys, alg)).await,
    };
    found.ok_or_else(|| Failure::Elsewhere {
        reason: format!(
            "the client has no key with the use `enc` for the algorithm `{alg}`, or its jwks_uri does not answer"
        ),
    })
}

/// The keys of a set that was read before it was kept.
fn kept(text: &str) -> Vec<Value> {
    let set: Value = serde_json::from_str(text).unwrap_or_default();
    set.get("keys").and_then(Value::as_array).cloned().unwrap_or_default()
}

/// The key of a set that something is encrypted with: one that is for that use before one that does not say (RFC 7517 §4.2).
fn take(keys: &[Value], alg: &str) -> Option<Value> {
    let mut usable: Vec<&Value> = keys.iter().filter(|key| jwe::usable(key, alg).is_ok()).collect();
    usable.sort_by_key(|key| key.get("use").is_none());
    usable.first().map(|key| (*key).clone())
}

/// The server's own key that requests are encrypted with, for everybody.
pub fn published(domain: &Domain, tenant: &str, server: &str) -> Result<Value, Failure> {
    let ring = key_ring::current(domain, tenant, server)?;
    match ring.keys.first() {
        Some(signing) => Ok(beside(domain, tenant, server, signing)?.public_jwk()),
        None => Err(Failure::Internal { log: format!("the ring of {tenant}/{server} is empty") }),
    }
}

/// What somebody has encrypted for the server; none when it does not open, for whatever reason.
pub fn open(domain: &Domain, tenant: &str, server: &str, token: &str) -> Result<Option<Vec<u8>>, Failure> {
    let Ok(header) = jwe::decode_header(token) else { return Ok(None) };
    let ring = key_ring::current(domain, tenant, server)?;
    for signing in ring.standing(domain.world.now_seconds()) {
        let key = beside(domain, tenant, server, signing)?;
        // Whoever names no key has taken one that is published, of which there is one at a time.
        if header.kid.as_deref().is_none_or(|kid| kid == key.kid())
            && let Ok(plain) = jwe::decrypt(token, &key)
        {
            return Ok(Some(plain));
        }
    }
    Ok(None)
}

/// The decryption key that belongs to a signing key. Decoding one costs tens of microseconds, so they are kept.
fn beside(domain: &Domain, tenant: &str, server: &str, signing: &StoredKey) -> Result<Arc<DecryptionKey>, Failure> {
    let label = format!("decryption key {tenant}/{server}/{}", signing.thumbprint());
    if let Some(key) = domain.decryption_keys.get(&label) {
        return Ok(key);
    }
    let secret = domain.vault.mac_key(&label);
    let made = (0..TRIES).find_map(|round| DecryptionKey::from_scalar(&secret.sign(&[&[round]])).ok());
    let made = made.ok_or_else(|| Failure::Internal { log: KeyError::Generation.to_string() })?;
    let key = Arc::new(made);
    domain.decryption_keys.insert(label, Arc::clone(&key));
    Ok(key)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// RFC 7518, appendix C.
    fn key(usage: Option<&str>, kid: &str) -> Value {
        let (x, y) = ("weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ", "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck");
        let mut key = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": kid });
        if let Some(usage) = usage {
            key["use"] = json!(usage);
        }
        key
    }

    fn client(keys: &[Value]) -> Client {
        Client { keys: ClientKeys::Set(json!({ "keys": keys }).to_string()), ..Client::default() }
    }

    fn wrong(client: &Client, alg: &str, enc: &str) -> Vec<String> {
        let encryption = Encryption { alg: alg.to_owned(), enc: enc.to_owned() };
        check(client, "/security/id_token", &encryption).into_iter().map(|problem| problem.member).collect()
    }

    #[test]
    fn the_key_for_encryption_comes_before_one_that_says_nothing() {
        let keys = [key(Some("sig"), "a"), key(None, "b"), key(Some("enc"), "c")];
        assert_eq!(take(&keys, "ECDH-ES").unwrap()["kid"], "c");
        assert_eq!(take(&keys[..2], "ECDH-ES").unwrap()["kid"], "b");
        assert_eq!(take(&keys[..1], "ECDH-ES"), None);
        assert_eq!(take(&keys, "RSA-OAEP"), None);
    }

    #[test]
    fn a_client_needs_a_key_for_what_it_asks() {
        let none = Vec::<String>::new();
        let (alg, enc) = ("/security/id_token_encrypted_response_alg", "/security/id_token_encrypted_response_enc");
        let has = client(&[key(Some("enc"), "c")]);
        assert_eq!(wrong(&has, "ECDH-ES", "A128GCM"), none);
        assert_eq!(wrong(&has, "RSA-OAEP", "A128GCM"), [alg], "no RSA key");
        assert_eq!(wrong(&has, "RSA1_5", "A128GCM"), [alg]);
        assert_eq!(wrong(&has, "dir", "A192GCM"), [enc, alg]);
        assert_eq!(wrong(&client(&[key(Some("sig"), "a")]), "ECDH-ES", "A128GCM"), [alg]);
        assert_eq!(wrong(&Client::default(), "ECDH-ES", "A128GCM"), [alg]);
        let elsewhere = Client { keys: ClientKeys::Uri("https://a.example/jwks".to_owned()), ..Client::default() };
        assert_eq!(wrong(&elsewhere, "ECDH-ES", "A128GCM"), none, "known when it is asked for");
    }
}
