//! Whoever signs in the tests: a client with keys of its own, or one with a secret. Independent of the host's code.

use aws_lc_rs::{
    encoding::AsDer,
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
        RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaKeyPair,
    },
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

/// A key and the algorithm that it signs with.
pub struct Signer {
    /// The JWS algorithm.
    pub alg: &'static str,
    /// The name of the key.
    pub kid: String,
    key: Key,
}

enum Key {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
    Eddsa(Ed25519KeyPair),
    Secret(Vec<u8>),
}

fn b64(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

impl Signer {
    /// A new key for an algorithm.
    pub fn new(alg: &'static str, kid: &str) -> Signer {
        let key = match alg {
            "RS256" | "PS256" => Key::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()),
            "ES256" => Key::Ecdsa(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()),
            "ES384" => Key::Ecdsa(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap()),
            "EdDSA" => Key::Eddsa(Ed25519KeyPair::generate().unwrap()),
            other => panic!("no key for {other}"),
        };
        Signer { alg, kid: kid.to_owned(), key }
    }

    /// Somebody who shares these bytes.
    pub fn sharing(secret: impl Into<Vec<u8>>) -> Signer {
        Signer { alg: "HS256", kid: String::new(), key: Key::Secret(secret.into()) }
    }

    /// The public half.
    pub fn jwk(&self) -> Value {
        let mut jwk = match &self.key {
            Key::Rsa(pair) => {
                let (n, e) = (pair.public_key().modulus(), pair.public_key().exponent());
                json!({ "kty": "RSA", "n": b64(n.big_endian_without_leading_zero()), "e": b64(e.big_endian_without_leading_zero()) })
            }
            Key::Ecdsa(pair) => {
                let point = &pair.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                let curve = if self.alg == "ES256" { "P-256" } else { "P-384" };
                json!({ "kty": "EC", "crv": curve, "x": b64(x), "y": b64(y) })
            }
            Key::Eddsa(pair) => json!({ "kty": "OKP", "crv": "Ed25519", "x": b64(pair.public_key().as_ref()) }),
            Key::Secret(_) => panic!("a secret has no public half"),
        };
        jwk["kid"] = json!(self.kid);
        jwk
    }

    /// The public half of an RSA key in DER, as key confusion takes it for a secret.
    pub fn public_der(&self) -> Vec<u8> {
        match &self.key {
            Key::Rsa(pair) => pair.public_key().as_der().unwrap().as_ref().to_vec(),
            _ => panic!("only for RSA"),
        }
    }

    /// A JWT of these claims.
    pub fn sign(&self, claims: &Value) -> String {
        let mut header = json!({ "alg": self.alg, "typ": "JWT" });
        if !self.kid.is_empty() {
            header["kid"] = json!(self.kid);
        }
        self.sign_as(&header, claims)
    }

    /// A JWT with exactly this header.
    pub fn sign_as(&self, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", b64(header.to_string().as_bytes()), b64(claims.to_string().as_bytes()));
        let signature = self.signature(signed.as_bytes());
        format!("{signed}.{}", b64(&signature))
    }

    fn signature(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.key {
            Key::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                if self.alg == "PS256" {
                    pair.sign(&RSA_PSS_SHA256, &random, message, &mut signature).unwrap();
                } else {
                    pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                }
                signature
            }
            Key::Ecdsa(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Key::Eddsa(pair) => pair.sign(message).as_ref().to_vec(),
            Key::Secret(secret) => hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message).as_ref().to_vec(),
        }
    }
}
