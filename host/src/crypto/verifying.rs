//! Public keys: from a JSON Web Key (RFC 7517, 7518, 8037) to something that checks signatures.
//!
//! Called by `keys` for our own keys and, through it, by whoever checks a token or a client's assertion. Must not know
//! tokens or where a key was fetched from.

use super::{digest::sha256, keys::KeyError};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA256, RsaParameters, RsaPublicKeyComponents, VerificationAlgorithm,
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value};
use std::{fmt, ops::RangeInclusive};

/// Smaller keys are broken, larger ones only cost the checker time.
const RSA_BITS: RangeInclusive<usize> = 2048..=8192;

/// A public key with the one algorithm it is used with. Cheap enough to clone.
#[derive(Clone)]
pub struct VerifyingKey {
    kid: Option<String>,
    algorithm: &'static str,
    key: ParsedPublicKey,
}

impl VerifyingKey {
    /// Reads a JSON Web Key: RSA from 2048 bit (RS256, or PS256 when it says so), EC on P-256 (ES256) or P-384 (ES384), OKP
    /// with Ed25519 (EdDSA).
    ///
    /// Fails with the member that is missing or not acceptable. `alg` and `use`, when present, must fit.
    pub fn from_jwk(jwk: &Value) -> Result<VerifyingKey, KeyError> {
        let (algorithm, key) = match text(jwk, "kty")? {
            "RSA" if jwk.get("alg").is_some_and(|alg| alg == "PS256") => {
                ("PS256", rsa(jwk, &RSA_PSS_2048_8192_SHA256)?)
            }
            "RSA" => ("RS256", rsa(jwk, &RSA_PKCS1_2048_8192_SHA256)?),
            "EC" => elliptic(jwk)?,
            "OKP" => ("EdDSA", edwards(jwk)?),
            _ => return Err(KeyError::Jwk("kty")),
        };
        fits(jwk, "alg", algorithm)?;
        fits(jwk, "use", "sig")?;
        let kid = jwk.get("kid").map(|_| text(jwk, "kid")).transpose()?;
        Ok(VerifyingKey { kid: kid.map(str::to_owned), algorithm, key })
    }

    /// Reads a JSON Web Key for one algorithm: one that names none is good for every algorithm of its kind (RFC 7517 §4.4).
    pub fn for_algorithm(jwk: &Value, algorithm: &str) -> Result<VerifyingKey, KeyError> {
        let mut jwk = jwk.clone();
        if let Value::Object(members) = &mut jwk {
            members.entry("alg").or_insert_with(|| Value::from(algorithm));
        }
        let key = VerifyingKey::from_jwk(&jwk)?;
        if key.algorithm == algorithm { Ok(key) } else { Err(KeyError::Jwk("alg")) }
    }

    /// The name of the key, as its owner chose it.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The JWS algorithm (RFC 7518, RFC 8037).
    pub fn algorithm(&self) -> &'static str {
        self.algorithm
    }

    /// Whether `signature`, in its JWS form, is this key's over `message`.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(message, signature).is_ok()
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "VerifyingKey({}, {:?})", self.algorithm, self.kid)
    }
}

/// The thumbprint of a JSON Web Key (RFC 7638) with SHA-256, as base64url. Members that are not part of the key itself
/// do not matter.
pub fn thumbprint(jwk: &Value) -> Result<String, KeyError> {
    let members: &[&'static str] = match text(jwk, "kty")? {
        "RSA" => &["e", "kty", "n"],
        "EC" => &["crv", "kty", "x", "y"],
        "OKP" => &["crv", "kty", "x"],
        _ => return Err(KeyError::Jwk("kty")),
    };
    let mut canonical = Map::new();
    for member in members {
        canonical.insert((*member).to_owned(), Value::from(text(jwk, member)?));
    }
    Ok(BASE64URL_NOPAD.encode(&sha256(Value::Object(canonical).to_string().as_bytes())))
}

fn rsa(jwk: &Value, parameters: &'static RsaParameters) -> Result<ParsedPublicKey, KeyError> {
    let (n, e) = (octets(jwk, "n")?, octets(jwk, "e")?);
    if !acceptable_modulus(&n) {
        return Err(KeyError::Jwk("n"));
    }
    if !acceptable_exponent(&e) {
        return Err(KeyError::Jwk("e"));
    }
    let components = RsaPublicKeyComponents { n, e };
    components.to_parsed_public_key(parameters).map_err(|_| KeyError::Jwk("n"))
}

/// The library checks the size only when a signature is verified; a key that can never verify is refused here.
pub(super) fn acceptable_modulus(n: &[u8]) -> bool {
    let first_bits = n.first().map_or(0, |byte| byte.leading_zeros() as usize);
    let odd = n.last().is_some_and(|byte| byte % 2 == 1);
    first_bits < 8 && odd && RSA_BITS.contains(&(n.len() * 8).saturating_sub(first_bits))
}

/// Odd and above 1, of at most 32 bits. With 1 as exponent, anybody could sign.
pub(super) fn acceptable_exponent(e: &[u8]) -> bool {
    let value = e.iter().fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
    e.len() <= 4 && e.first() != Some(&0) && value >= 3 && value % 2 == 1
}

fn elliptic(jwk: &Value) -> Result<(&'static str, ParsedPublicKey), KeyError> {
    let (name, algorithm, length): (_, &'static dyn VerificationAlgorithm, _) = match text(jwk, "crv")? {
        "P-256" => ("ES256", &ECDSA_P256_SHA256_FIXED, 32),
        "P-384" => ("ES384", &ECDSA_P384_SHA384_FIXED, 48),
        _ => return Err(KeyError::Jwk("crv")),
    };
    let (x, y) = (octets_of(jwk, "x", length)?, octets_of(jwk, "y", length)?);
    // The uncompressed point of SEC 1. The library refuses a point that is not on the curve.
    let point = [&[4], x.as_slice(), &y].concat();
    Ok((name, ParsedPublicKey::new(algorithm, point).map_err(|_| KeyError::Jwk("x"))?))
}

fn edwards(jwk: &Value) -> Result<ParsedPublicKey, KeyError> {
    if text(jwk, "crv")? != "Ed25519" {
        return Err(KeyError::Jwk("crv"));
    }
    ParsedPublicKey::new(&ED25519, octets_of(jwk, "x", 32)?).map_err(|_| KeyError::Jwk("x"))
}

pub(super) fn text<'jwk>(jwk: &'jwk Value, member: &'static str) -> Result<&'jwk str, KeyError> {
    jwk.get(member).and_then(Value::as_str).ok_or(KeyError::Jwk(member))
}

pub(super) fn fits(jwk: &Value, member: &'static str, expected: &str) -> Result<(), KeyError> {
    match jwk.get(member) {
        Some(value) if value != expected => Err(KeyError::Jwk(member)),
        _ => Ok(()),
    }
}

pub(super) fn octets(jwk: &Value, member: &'static str) -> Result<Vec<u8>, KeyError> {
    BASE64URL_NOPAD.decode(text(jwk, member)?.as_bytes()).map_err(|_| KeyError::Jwk(member))
}

pub(super) fn octets_of(jwk: &Value, member: &'static str, length: usize) -> Result<Vec<u8>, KeyError> {
    let octets = octets(jwk, member)?;
    if octets.len() == length { Ok(octets) } else { Err(KeyError::Jwk(member)) }
}
