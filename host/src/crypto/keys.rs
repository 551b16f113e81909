//! Private keys that sign tokens.
//!
//! Called by `domain`, which makes, seals and rotates them, and by `jws`. Must not know tokens or servers. The random
//! bytes of key generation and of ECDSA come from aws-lc itself (see `world`).

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
        RsaEncoding, RsaKeyPair,
    },
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use std::fmt;
use zeroize::Zeroizing;

mod algorithm;
mod private;

pub use super::verifying::{VerifyingKey, thumbprint};
pub use algorithm::{Algorithm, KeyType};
pub(super) use private::rsa_pair;

/// A private key with its public half. Signing needs no lock.
pub struct SigningKey {
    pair: Pair,
    kid: String,
    thumbprint: String,
    public: Value,
    verifier: VerifyingKey,
}

/// A pair of keys, with the one algorithm that it signs with.
enum Pair {
    Rs256(RsaKeyPair),
    Ps256(RsaKeyPair),
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
}

impl SigningKey {
    /// Makes a new key that signs with `algorithm`, or as keys of a kind do. Blocks: RSA takes a good part of a second.
    pub fn generate(algorithm: impl Into<Algorithm>) -> Result<SigningKey, KeyError> {
        let pair = match algorithm.into() {
            Algorithm::Rs256 => RsaKeyPair::generate(KeySize::Rsa2048).map(Pair::Rs256),
            Algorithm::Ps256 => RsaKeyPair::generate(KeySize::Rsa2048).map(Pair::Ps256),
            Algorithm::Es256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map(Pair::Es256),
            Algorithm::EdDsa => Ed25519KeyPair::generate().map(Pair::EdDsa),
        };
        SigningKey::from_pair(pair.map_err(|_| KeyError::Generation)?)
    }

    /// Reads a key back from its unencrypted PKCS#8 form, which does not say what it signs with. Fails when it is not a valid key
    /// for that.
    pub fn from_pkcs8(algorithm: impl Into<Algorithm>, pkcs8: &[u8]) -> Result<SigningKey, KeyError> {
        let pair = match algorithm.into() {
            Algorithm::Rs256 => RsaKeyPair::from_pkcs8(pkcs8).map(Pair::Rs256),
            Algorithm::Ps256 => RsaKeyPair::from_pkcs8(pkcs8).map(Pair::Ps256),
            Algorithm::Es256 => EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map(Pair::Es256),
            Algorithm::EdDsa => Ed25519KeyPair::from_pkcs8(pkcs8).map(Pair::EdDsa),
        };
        SigningKey::from_pair(pair.map_err(|_| KeyError::Pkcs8)?)
    }

    fn from_pair(pair: Pair) -> Result<SigningKey, KeyError> {
        let mut public = pair.public_members()?;
        let thumbprint = thumbprint(&public)?;
        if let Value::Object(members) = &mut public {
            members.insert("kid".to_owned(), Value::from(thumbprint.as_str()));
            members.insert("alg".to_owned(), Value::from(pair.algorithm().name()));
            members.insert("use".to_owned(), Value::from("sig"));
        }
        let verifier = VerifyingKey::from_jwk(&public)?;
        Ok(SigningKey { pair, kid: thumbprint.clone(), thumbprint, public, verifier })
    }

    /// The same key under another name, which its tokens and its public half carry.
    pub fn named(mut self, kid: &str) -> Result<SigningKey, KeyError> {
        if let Value::Object(members) = &mut self.public {
            members.insert("kid".to_owned(), Value::from(kid));
        }
        self.verifier = VerifyingKey::from_jwk(&self.public)?;
        kid.clone_into(&mut self.kid);
        Ok(self)
    }

    /// The unencrypted PKCS#8 form, to be sealed at once.
    pub fn pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let bytes = match &self.pair {
            Pair::Rs256(pair) | Pair::Ps256(pair) => {
                AsDer::<Pkcs8V1Der<'_>>::as_der(pair).map(|der| der.as_ref().to_vec())
            }
            Pair::Es256(pair) => pair.to_pkcs8v1().map(|document| document.as_ref().to_vec()),
            Pair::EdDsa(pair) => pair.to_pkcs8v1().map(|document| document.as_ref().to_vec()),
        };
        bytes.map(Zeroizing::new).map_err(|_| KeyError::Pkcs8)
    }

    /// The name of the key: its thumbprint, so it needs no register and never repeats, unless it was given another.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// What tells the key from every other one, whatever its name (RFC 7638).
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// What kind of key it is.
    pub fn kind(&self) -> KeyType {
        self.algorithm().kind()
    }

    /// The one algorithm that it signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.pair.algorithm()
    }

    /// The public half as a JSON Web Key with `kid`, `alg` and `use`.
    pub fn public_jwk(&self) -> Value {
        self.public.clone()
    }

    /// The signature over `message` in its JWS form: for ES256 r and s of 32 bytes each.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signature = match &self.pair {
            Pair::Rs256(pair) => rsa_signature(pair, &RSA_PKCS1_SHA256, message),
            Pair::Ps256(pair) => rsa_signature(pair, &RSA_PSS_SHA256, message),
            Pair::Es256(pair) => pair.sign(&SystemRandom::new(), message).map(|signature| signature.as_ref().to_vec()),
            Pair::EdDsa(pair) => pair.try_sign(message).map(|signature| signature.as_ref().to_vec()),
        };
        signature.map_err(|_| KeyError::Signing)
    }

    /// The public half, ready to check signatures.
    pub fn verifier(&self) -> VerifyingKey {
        self.verifier.clone()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigningKey({}, {})", self.algorithm().name(), self.kid)
    }
}

/// A salt is as long as the digest (RFC 7518 §3.5).
fn rsa_signature(
    pair: &RsaKeyPair,
    encoding: &'static dyn RsaEncoding,
    message: &[u8],
) -> Result<Vec<u8>, aws_lc_rs::error::Unspecified> {
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(encoding, &SystemRandom::new(), message, &mut signature).map(|()| signature)
}

impl Pair {
    fn algorithm(&self) -> Algorithm {
        match self {
            Pair::Rs256(_) => Algorithm::Rs256,
            Pair::Ps256(_) => Algorithm::Ps256,
            Pair::Es256(_) => Algorithm::Es256,
            Pair::EdDsa(_) => Algorithm::EdDsa,
        }
    }

    /// The members of a JSON Web Key that make up the key itself.
    fn public_members(&self) -> Result<Value, KeyError> {
        let encode = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        Ok(match self {
            Pair::Rs256(pair) | Pair::Ps256(pair) => {
                let (n, e) = (pair.public_key().modulus(), pair.public_key().exponent());
                let (n, e) = (n.big_endian_without_leading_zero(), e.big_endian_without_leading_zero());
                json!({ "kty": "RSA", "n": encode(n), "e": encode(e) })
            }
            Pair::Es256(pair) => {
                // One byte for the form, then both coordinates.
                let point = pair.public_key().as_ref().get(1..).ok_or(KeyError::Jwk("x"))?;
                let (x, y) = point.split_at_checked(32).ok_or(KeyError::Jwk("x"))?;
                json!({ "kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y) })
            }
            Pair::EdDsa(pair) => json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key().as_ref()) }),
        })
    }
}

/// Why a key cannot be made, read or used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyError {
    /// The library made no key.
    Generation,
    /// Not a valid private key of this kind in PKCS#8 form.
    Pkcs8,
    /// The library made no signature.
    Signing,
    /// The claims to be signed do not become JSON.
    Claims,
    /// This member of a JSON Web Key is missing or not acceptable.
    Jwk(&'static str),
}

impl fmt::Display for KeyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyError::Generation => formatter.write_str("no signing key could be made"),
            KeyError::Pkcs8 => formatter.write_str("not a private key of this kind in PKCS#8 form"),
            KeyError::Signing => formatter.write_str("the key made no signature"),
            KeyError::Claims => formatter.write_str("the claims cannot be written as JSON"),
            KeyError::Jwk(member) => write!(formatter, "JSON Web Key: {member} is missing or not supported"),
        }
    }
}

impl std::error::Error for KeyError {}

#[cfg(test)]
mod tests;
