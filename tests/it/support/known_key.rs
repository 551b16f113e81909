//! A signing key that the tests know: an authorization server that is given it issues tokens that tests can imitate, such
//! as one for a person.

use aws_lc_rs::{
    encoding::{AsBigEndian, EcPrivateKeyBin},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

/// A P-256 key.
pub struct KnownKey(EcdsaKeyPair);

impl KnownKey {
    /// A new one.
    pub fn new() -> KnownKey {
        KnownKey(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    /// The key with its private half, as createAuthorizationServer takes it in `jwks`.
    pub fn jwks(&self) -> Value {
        let point = self.0.public_key().as_ref();
        let private: EcPrivateKeyBin<'_> = self.0.private_key().as_be_bytes().unwrap();
        let text = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        let (x, y, d) = (text(&point[1..33]), text(&point[33..65]), text(private.as_ref()));
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": x, "y": y, "d": d }] })
    }

    /// A token like `token`, which this key signed, with other claims.
    pub fn imitate(&self, token: &str, change: impl FnOnce(&mut Value)) -> String {
        let mut parts = token.split('.');
        let (header, claims) = (parts.next().unwrap(), parts.next().unwrap());
        let mut claims: Value = serde_json::from_slice(&BASE64URL_NOPAD.decode(claims.as_bytes()).unwrap()).unwrap();
        change(&mut claims);
        let signed = format!("{header}.{}", BASE64URL_NOPAD.encode(claims.to_string().as_bytes()));
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", BASE64URL_NOPAD.encode(signature.as_ref()))
    }
}
