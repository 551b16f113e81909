//! The keys that somebody gives an owner with its configuration (`jwks`): read and sealed before the transaction that saves
//! them, compared and kept within it.
//!
//! Called by the nouns that own a ring. Private keys replace the ring; public ones only say what it is, so that what was
//! read can be written back.

use serde_json::Value;

use super::{KeyRing, Owner, in_turn, rotation::MOST};
use crate::{
    crypto::keys::{Algorithm, KeyError, SigningKey},
    domain::{Domain, Failure, Problem},
    store::Write,
};

/// The member that holds the keys.
const MEMBER: &str = "/jwks";
/// The longest name of a key, in bytes.
const LONGEST_KID: usize = 256;

/// What is to become of an owner's ring.
pub(in crate::domain) struct Keys {
    asked: Asked,
    /// For an owner that has none.
    fresh: Option<KeyRing>,
}

enum Asked {
    /// Nothing is said of it.
    Nothing,
    /// It is said to be these public keys.
    Known(Vec<Value>),
    /// It becomes this.
    Ring(KeyRing),
}

/// What a JWK set says, once it is read.
enum Read {
    Nothing,
    Public(Vec<Value>),
    Private(Vec<SigningKey>),
}

impl Keys {
    /// Reads what was given. An owner that `needs` a key for an algorithm gets one if none was given.
    pub(in crate::domain) async fn prepare(
        domain: &Domain,
        owner: Owner<'_>,
        jwks: Option<Value>,
        needs: Option<Algorithm>,
    ) -> Result<Keys, Failure> {
        let read = match jwks {
            None => Ok(Read::Nothing),
            // Checking one RSA key takes milliseconds.
            jwks => in_turn(domain, move || read(jwks)).await?,
        };
        let asked = match read.map_err(Failure::Invalid)? {
            Read::Nothing => Asked::Nothing,
            Read::Public(known) => Asked::Known(known),
            Read::Private(keys) => {
                let keys = keys.iter().map(|key| owner.seal(domain, key)).collect::<Result<_, _>>()?;
                Asked::Ring(KeyRing { keys })
            }
        };
        let fresh = match (&asked, needs) {
            (Asked::Nothing, Some(algorithm)) => Some(owner.generate(domain, algorithm).await?),
            _ => None,
        };
        Ok(Keys { asked, fresh })
    }

    /// What the key that will sign does so with, if keys were given.
    pub(in crate::domain) fn algorithm(&self) -> Option<Algorithm> {
        match &self.asked {
            Asked::Ring(ring) => ring.keys.first().map(|key| key.algorithm),
            Asked::Nothing | Asked::Known(_) => None,
        }
    }

    /// Keeps what is asked, inside a transaction. Answers whether the ring changed.
    pub(in crate::domain) fn save(&self, write: &mut Write<'_>, owner: Owner<'_>) -> Result<bool, Failure> {
        let now = owner.ring_in(write)?;
        let ring = match (&self.asked, &now) {
            (Asked::Nothing, Some(_)) => return Ok(false),
            (Asked::Nothing, None) => self.fresh.as_ref().ok_or_else(|| owner.not_found())?,
            (Asked::Known(known), now) => {
                let own = now.as_ref().map(KeyRing::public).transpose()?;
                return if own.as_ref() == Some(known) { Ok(false) } else { Err(unknown()) };
            }
            (Asked::Ring(ring), Some(now)) if ring.same(now) => return Ok(false),
            (Asked::Ring(ring), Some(now)) => match ring.otherwise(now) {
                Some(place) => return Err(otherwise(place)),
                None => ring,
            },
            (Asked::Ring(ring), None) => ring,
        };
        owner.put(write, ring)?;
        Ok(true)
    }
}

fn otherwise(place: usize) -> Failure {
    let reason = "is not what this key has signed with so far: another algorithm needs another key";
    Failure::invalid(format!("{MEMBER}/keys/{place}/alg"), reason)
}

fn unknown() -> Failure {
    Failure::invalid(MEMBER, "must hold private keys, or the public ones exactly as they are shown")
}

fn read(jwks: Option<Value>) -> Result<Read, Vec<Problem>> {
    let problem = |member: &str, reason: &str| vec![Problem::new(member, reason)];
    let keys = match jwks {
        None | Some(Value::Null) => return Ok(Read::Nothing),
        Some(Value::Object(mut set)) => match set.remove("keys") {
            Some(Value::Array(keys)) => keys,
            _ => return Err(problem("/jwks/keys", "must be a list of keys")),
        },
        Some(_) => return Err(problem(MEMBER, "must be a JSON Web Key set")),
    };
    if keys.is_empty() {
        return Ok(Read::Nothing);
    }
    if keys.len() > MOST {
        return Err(problem("/jwks/keys", "must have at most 16 keys"));
    }
    match keys.iter().any(|key| key.get("d").is_some()) {
        true => read_private(&keys).map(Read::Private),
        false => Ok(Read::Public(keys)),
    }
}

fn read_private(given: &[Value]) -> Result<Vec<SigningKey>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut keys: Vec<SigningKey> = Vec::new();
    for (place, jwk) in given.iter().enumerate() {
        match one(place, jwk) {
            Err(problem) => problems.push(problem),
            Ok(key) if keys.iter().any(|other| other.kid() == key.kid() || other.thumbprint() == key.thumbprint()) => {
                problems
                    .push(Problem::new(format!("/jwks/keys/{place}"), "has the name of another key, or is the same"));
            }
            Ok(key) => keys.push(key),
        }
    }
    if problems.is_empty() { Ok(keys) } else { Err(problems) }
}

fn one(place: usize, jwk: &Value) -> Result<SigningKey, Problem> {
    let at = format!("/jwks/keys/{place}");
    let key = SigningKey::from_private_jwk(jwk).map_err(|error| match error {
        KeyError::Jwk(member) => Problem::new(format!("{at}/{member}"), "is missing, or not acceptable in this key"),
        other => Problem::new(at.clone(), other.to_string()),
    })?;
    let name = key.kid();
    match name.len() > LONGEST_KID || name.chars().any(char::is_control) {
        true => Err(Problem::new(format!("{at}/kid"), "must have at most 256 bytes and no control characters")),
        false => Ok(key),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::crypto::KeyType;

    fn key(kind: KeyType) -> Value {
        SigningKey::generate(kind).unwrap().private_jwk().unwrap()
    }

    fn refused(keys: Value) -> Vec<String> {
        let Err(problems) = read(Some(json!({ "keys": keys }))) else { panic!("{keys} was taken") };
        problems.into_iter().map(|problem| problem.member).collect()
    }

    #[test]
    fn what_says_nothing_is_nothing() {
        for jwks in [None, Some(Value::Null), Some(json!({ "keys": [] }))] {
            assert!(matches!(read(jwks), Ok(Read::Nothing)));
        }
    }

    #[test]
    fn private_keys_are_read_in_their_order() {
        let (first, second) = (key(KeyType::Ecdsa), key(KeyType::Eddsa));
        let Ok(Read::Private(keys)) = read(Some(json!({ "keys": [first, second] }))) else { panic!("not private") };
        let kids: Vec<_> = keys.iter().map(|key| json!(key.kid())).collect();
        assert_eq!(kids, [first["kid"].clone(), second["kid"].clone()]);
    }

    #[test]
    fn every_wrong_key_is_named() {
        let (good, mut public) = (key(KeyType::Ecdsa), key(KeyType::Ecdsa));
        public.as_object_mut().unwrap().remove("d");
        let mut renamed = good.clone();
        renamed["kid"] = json!("another");
        let mut long = key(KeyType::Eddsa);
        long["kid"] = json!("k".repeat(257));
        assert_eq!(
            refused(json!([good, public, 7, renamed, long])),
            ["/jwks/keys/1/d", "/jwks/keys/2/kty", "/jwks/keys/3", "/jwks/keys/4/kid"]
        );
        assert_eq!(refused(json!(vec![good.clone(); 17])), ["/jwks/keys"]);
        assert_eq!(refused(json!("none")), ["/jwks/keys"]);
        assert!(matches!(read(Some(json!([good]))), Err(problems) if problems[0].member == "/jwks"));
    }
}
