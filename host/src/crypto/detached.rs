//! Signatures beside what they sign: JWS with detached payload (RFC 7515, appendix F).
//!
//! Called by `domain` for documents of ours that are kept and shown beside their signatures. Must not know what a header
//! member besides `alg`, `typ` and `kid` means. Tokens, which carry their payload, are in `jws`.

use data_encoding::BASE64URL_NOPAD;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{
    jws::JwsError,
    keys::{KeyError, SigningKey, VerifyingKey},
};

#[derive(Serialize)]
struct Header<'a, M> {
    alg: &'a str,
    typ: &'a str,
    kid: &'a str,
    #[serde(flatten)]
    more: &'a M,
}

/// Signs `payload`; `more` joins the header, so that the signature covers it as well. The answer has two dots and nothing
/// between them.
pub fn sign(key: &SigningKey, typ: &str, more: &impl Serialize, payload: &[u8]) -> Result<String, KeyError> {
    let header = Header { alg: key.algorithm().name(), typ, kid: key.kid(), more };
    let header = serde_json::to_vec(&header).map_err(|_| KeyError::Claims)?;
    let mut text = BASE64URL_NOPAD.encode(&header);
    let signature = key.sign(signed(&text, payload).as_bytes())?;
    text.push_str("..");
    BASE64URL_NOPAD.encode_append(&signature, &mut text);
    Ok(text)
}

/// A detached signature, read and not verified.
#[derive(Debug)]
pub struct Detached<'a> {
    encoded: &'a str,
    members: Map<String, Value>,
    signature: Vec<u8>,
}

impl<'a> Detached<'a> {
    /// Reads one. Refuses algorithm `none` and any `crit`, since no extension is understood here.
    pub fn read(text: &'a str) -> Result<Detached<'a>, JwsError> {
        let (encoded, signature) = text.split_once("..").ok_or(JwsError::Shape)?;
        let header = BASE64URL_NOPAD.decode(encoded.as_bytes()).map_err(|_| JwsError::Header)?;
        let members: Map<String, Value> = serde_json::from_slice(&header).map_err(|_| JwsError::Header)?;
        if members.contains_key("crit") {
            return Err(JwsError::Critical);
        }
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).map_err(|_| JwsError::Signature)?;
        Ok(Detached { encoded, members, signature })
    }

    /// The name of the key that is said to have signed.
    pub fn kid(&self) -> Option<&str> {
        self.members.get("kid")?.as_str()
    }

    /// The header as a `T`. Good for nothing before [`Detached::verify`].
    pub fn header<T: DeserializeOwned>(&self) -> Result<T, JwsError> {
        T::deserialize(Value::Object(self.members.clone())).map_err(|_| JwsError::Header)
    }

    /// Whether `key` has signed this header and `payload`. The header must name exactly the key's algorithm.
    pub fn verify(&self, payload: &[u8], key: &VerifyingKey) -> Result<(), JwsError> {
        if self.members.get("alg").and_then(Value::as_str) != Some(key.algorithm()) {
            return Err(JwsError::Algorithm);
        }
        match key.verify(signed(self.encoded, payload).as_bytes(), &self.signature) {
            true => Ok(()),
            false => Err(JwsError::Signature),
        }
    }
}

/// The JWS with its payload in its place (RFC 7515 §7.1), as any library can verify it.
pub fn attach(text: &str, payload: &[u8]) -> Option<String> {
    let (header, signature) = text.split_once("..")?;
    Some(format!("{}.{signature}", signed(header, payload)))
}

fn signed(header: &str, payload: &[u8]) -> String {
    let mut text = format!("{header}.");
    BASE64URL_NOPAD.encode_append(payload, &mut text);
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::crypto::{jws, keys::KeyType};

    #[test]
    fn covers_the_payload_and_the_whole_header() {
        let payload = br#"{"a":1}"#;
        for kind in [KeyType::Ecdsa, KeyType::Eddsa] {
            let key = SigningKey::generate(kind).unwrap();
            let text = sign(&key, "event", &json!({ "seq": 7 }), payload).unwrap();
            let detached = Detached::read(&text).unwrap();
            assert_eq!((detached.kid(), detached.members["seq"].as_u64()), (Some(key.kid()), Some(7)));
            assert_eq!(detached.verify(payload, &key.verifier()), Ok(()));
            assert_eq!(detached.verify(br#"{"a":2}"#, &key.verifier()), Err(JwsError::Signature));
            let other = SigningKey::generate(kind).unwrap();
            assert_eq!(detached.verify(payload, &other.verifier()), Err(JwsError::Signature));

            let (_, signature) = text.split_once("..").unwrap();
            let header =
                json!({ "alg": key.algorithm().name(), "typ": "event", "kid": key.kid(), "seq": 8 }).to_string();
            let forged = format!("{}..{signature}", BASE64URL_NOPAD.encode(header.as_bytes()));
            assert_eq!(Detached::read(&forged).unwrap().verify(payload, &key.verifier()), Err(JwsError::Signature));
            // With the payload in its place it is a plain JWS.
            let whole = attach(&text, payload).unwrap();
            assert_eq!(jws::verify(&whole, &key.verifier()).unwrap()["a"], 1);
        }
    }

    #[test]
    fn refuses_other_algorithms_and_shapes() {
        let key = SigningKey::generate(KeyType::Ecdsa).unwrap();
        let headed = |header: Value| format!("{}..AAAA", BASE64URL_NOPAD.encode(header.to_string().as_bytes()));
        let none = headed(json!({ "alg": "none" }));
        assert_eq!(Detached::read(&none).unwrap().verify(b"", &key.verifier()), Err(JwsError::Algorithm));
        assert_eq!(Detached::read(&headed(json!({ "alg": "ES256", "crit": [] }))).err(), Some(JwsError::Critical));
        for text in ["", ".", "a.b.c", "!..AAAA", "e30..!"] {
            assert!(Detached::read(text).is_err(), "{text:?}");
        }
    }
}
