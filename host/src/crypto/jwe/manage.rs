//! How both sides of an encrypted token come by the key of its content (RFC 7518 §4): wrapped with RSA-OAEP, or agreed on with
//! ECDH-ES, directly or to wrap it.
//!
//! Called by `jwe`. Must not know what is encrypted.

use aws_lc_rs::{
    agreement::{self, ECDH_P256, ECDH_P384, ECDH_P521, ParsedPublicKey, PrivateKey, UnparsedPublicKey},
    encoding::{AsDer, Pkcs8V1Der},
    kdf::{SskdfDigestAlgorithmId, get_sskdf_digest_algorithm, sskdf_digest},
    key_wrap::{AES_128, AES_256, AesBlockCipher, AesKek, KeyWrap},
    rand,
    rsa::{
        OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPrivateDecryptingKey, OaepPublicEncryptingKey,
        PrivateDecryptingKey, PublicEncryptingKey,
    },
    signature::RsaPublicKeyComponents,
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::{
    super::{
        keys::{self, KeyError, thumbprint},
        verifying::{acceptable_exponent, acceptable_modulus, fits, octets, octets_of, text},
    },
    ALGORITHMS, JweError,
    content::Content,
};

/// A secret key.
type Key = Zeroizing<Vec<u8>>;

/// The longest names of the parties that go into an agreement, as base64url (RFC 7518 §4.6.1.2).
const LONGEST_PARTY: usize = 512;

/// How the key of the content comes about.
#[derive(Clone, Copy)]
pub(super) enum Management {
    /// Encrypted with RSA.
    Oaep(&'static OaepAlgorithm),
    /// Agreed on.
    Direct,
    /// Wrapped with a key that is agreed on, of so many bytes, under this name.
    Wrapped(&'static AesBlockCipher, usize, &'static str),
}

impl Management {
    pub(super) fn named(alg: &str) -> Option<Management> {
        match alg {
            "RSA-OAEP-256" => Some(Management::Oaep(&OAEP_SHA256_MGF1SHA256)),
            "RSA-OAEP" => Some(Management::Oaep(&OAEP_SHA1_MGF1SHA1)),
            "ECDH-ES" => Some(Management::Direct),
            "ECDH-ES+A128KW" => Some(Management::Wrapped(&AES_128, 16, "ECDH-ES+A128KW")),
            "ECDH-ES+A256KW" => Some(Management::Wrapped(&AES_256, 32, "ECDH-ES+A256KW")),
            _ => None,
        }
    }
}

/// A curve that keys are agreed on with (RFC 7518 §6.2.1.1).
struct Curve {
    name: &'static str,
    /// Of a coordinate, in bytes.
    length: usize,
    algorithm: &'static agreement::Algorithm,
}

static CURVES: [Curve; 3] = [
    Curve { name: "P-256", length: 32, algorithm: &ECDH_P256 },
    Curve { name: "P-384", length: 48, algorithm: &ECDH_P384 },
    Curve { name: "P-521", length: 66, algorithm: &ECDH_P521 },
];

impl Curve {
    fn of(jwk: &Value) -> Result<&'static Curve, KeyError> {
        let name = text(jwk, "crv")?;
        CURVES.iter().find(|curve| curve.name == name).ok_or(KeyError::Jwk("crv"))
    }

    /// The public point of a key (SEC 1). The library refuses one that is not on the curve.
    fn point(&self, jwk: &Value) -> Result<ParsedPublicKey, KeyError> {
        let (x, y) = (octets_of(jwk, "x", self.length)?, octets_of(jwk, "y", self.length)?);
        let point = [&[4], x.as_slice(), &y].concat();
        UnparsedPublicKey::new(self.algorithm, point).try_into().map_err(|_| KeyError::Jwk("x"))
    }

    fn public(&self, key: &PrivateKey) -> Result<Value, KeyError> {
        let point = key.compute_public_key().map_err(|_| KeyError::Generation)?;
        let coordinates = point.as_ref().get(1..).ok_or(KeyError::Jwk("x"))?;
        let (x, y) = coordinates.split_at_checked(self.length).ok_or(KeyError::Jwk("x"))?;
        let encode = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        Ok(json!({ "kty": "EC", "crv": self.name, "x": encode(x), "y": encode(y) }))
    }
}

/// Whether a public JSON Web Key is good for an algorithm. One that names another use or algorithm is not.
pub fn usable(jwk: &Value, alg: &str) -> Result<(), KeyError> {
    fits(jwk, "use", "enc")?;
    fits(jwk, "alg", alg)?;
    match Management::named(alg) {
        Some(Management::Oaep(_)) => encrypting(jwk).map(drop),
        Some(_) => Curve::of(kind(jwk, "EC")?)?.point(jwk).map(drop),
        None => Err(KeyError::Jwk("alg")),
    }
}

fn kind<'jwk>(jwk: &'jwk Value, kty: &str) -> Result<&'jwk Value, KeyError> {
    if text(jwk, "kty")? == kty { Ok(jwk) } else { Err(KeyError::Jwk("kty")) }
}

fn encrypting(jwk: &Value) -> Result<OaepPublicEncryptingKey, KeyError> {
    let (n, e) = (octets(kind(jwk, "RSA")?, "n")?, octets(jwk, "e")?);
    if !acceptable_modulus(&n) {
        return Err(KeyError::Jwk("n"));
    }
    if !acceptable_exponent(&e) {
        return Err(KeyError::Jwk("e"));
    }
    let key: PublicEncryptingKey = RsaPublicKeyComponents { n, e }.try_into().map_err(|_| KeyError::Jwk("n"))?;
    OaepPublicEncryptingKey::new(key).map_err(|_| KeyError::Jwk("n"))
}

/// A private key that opens what was encrypted for it.
pub struct DecryptionKey {
    private: Private,
    public: Value,
    kid: String,
}

enum Private {
    Rsa(OaepPrivateDecryptingKey),
    Elliptic(&'static Curve, PrivateKey),
}

impl DecryptionKey {
    /// Reads a private JSON Web Key: RSA from 2048 bit with all its members, or EC. A `kid` that it brings along stays its
    /// name; without, it is the thumbprint (RFC 7638).
    pub fn from_private_jwk(jwk: &Value) -> Result<DecryptionKey, KeyError> {
        let (private, public) = if text(jwk, "kty")? == "RSA" {
            let pair = keys::rsa_pair(jwk)?;
            let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::Pkcs8)?;
            let key = PrivateDecryptingKey::from_pkcs8(der.as_ref()).map_err(|_| KeyError::Pkcs8)?;
            let key = OaepPrivateDecryptingKey::new(key).map_err(|_| KeyError::Pkcs8)?;
            (Private::Rsa(key), json!({ "kty": "RSA", "n": text(jwk, "n")?, "e": text(jwk, "e")? }))
        } else {
            let curve = Curve::of(kind(jwk, "EC")?)?;
            let d = Zeroizing::new(octets_of(jwk, "d", curve.length)?);
            let key = PrivateKey::from_private_key(curve.algorithm, &d).map_err(|_| KeyError::Jwk("d"))?;
            let public = curve.public(&key)?;
            (Private::Elliptic(curve, key), public)
        };
        DecryptionKey::named(private, public, jwk.get("kid").and_then(Value::as_str))
    }

    /// The key on P-256 whose private half is this number. Fails for those few numbers that are none.
    pub fn from_scalar(scalar: &[u8; 32]) -> Result<DecryptionKey, KeyError> {
        let [curve, ..] = &CURVES;
        let key = PrivateKey::from_private_key(curve.algorithm, scalar).map_err(|_| KeyError::Jwk("d"))?;
        let public = curve.public(&key)?;
        DecryptionKey::named(Private::Elliptic(curve, key), public, None)
    }

    fn named(private: Private, mut public: Value, kid: Option<&str>) -> Result<DecryptionKey, KeyError> {
        let kid = kid.map_or_else(|| thumbprint(&public), |kid| Ok(kid.to_owned()))?;
        if let Value::Object(members) = &mut public {
            members.insert("kid".to_owned(), Value::from(kid.as_str()));
            members.insert("use".to_owned(), Value::from("enc"));
        }
        Ok(DecryptionKey { private, public, kid })
    }

    /// The name of the key.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public half as a JSON Web Key with `kid` and `use`.
    pub fn public_jwk(&self) -> Value {
        self.public.clone()
    }

    /// The algorithms that it is good for.
    pub fn algorithms(&self) -> Vec<&'static str> {
        ALGORITHMS.into_iter().filter(|alg| usable(&self.public, alg).is_ok()).collect()
    }
}

impl std::fmt::Debug for DecryptionKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "DecryptionKey({})", self.kid)
    }
}

/// What the sender makes.
pub(super) struct Sent {
    /// The key of the content.
    pub(super) key: Key,
    /// What the recipient learns it from; empty when it is agreed on.
    pub(super) encrypted: Vec<u8>,
    /// What the header says of it.
    pub(super) members: Map<String, Value>,
}

/// A key of so many bytes that nobody knows.
#[expect(clippy::disallowed_methods, reason = "keys of contents are drawn where signatures draw theirs")]
pub(super) fn fresh(length: usize) -> Result<Key, JweError> {
    let mut key = Zeroizing::new(vec![0; length]);
    rand::fill(&mut key).map_err(|_| JweError::Encryption)?;
    Ok(key)
}

/// Comes by a key of the content for a recipient.
pub(super) fn send(recipient: &Value, management: Management, content: Content) -> Result<Sent, JweError> {
    fits(recipient, "use", "enc").map_err(|_| JweError::Key)?;
    if let Management::Oaep(algorithm) = management {
        let key = fresh(content.key_length())?;
        let public = encrypting(recipient).map_err(|_| JweError::Key)?;
        let mut encrypted = vec![0; public.ciphertext_size()];
        public.encrypt(algorithm, &key, &mut encrypted, None).map_err(|_| JweError::Encryption)?;
        return Ok(Sent { key, encrypted, members: Map::new() });
    }
    let curve = kind(recipient, "EC").and_then(Curve::of).map_err(|_| JweError::Key)?;
    let point = curve.point(recipient).map_err(|_| JweError::Key)?;
    let ephemeral = PrivateKey::generate(curve.algorithm).map_err(|_| JweError::Encryption)?;
    let epk = curve.public(&ephemeral).map_err(|_| JweError::Encryption)?;
    let members = Map::from_iter([("epk".to_owned(), epk)]);
    let agreed = agree(&ephemeral, point, management, content, &Map::new()).map_err(|_| JweError::Encryption)?;
    let Management::Wrapped(cipher, ..) = management else {
        return Ok(Sent { key: agreed, encrypted: Vec::new(), members });
    };
    let key = fresh(content.key_length())?;
    let mut encrypted = vec![0; key.len() + 8];
    let wrapping = AesKek::new(cipher, &agreed).map_err(|_| JweError::Encryption)?;
    wrapping.wrap(&key, &mut encrypted).map_err(|_| JweError::Encryption)?;
    Ok(Sent { key, encrypted, members })
}

/// Comes by the key of the content that somebody sent.
pub(super) fn receive(
    key: &DecryptionKey,
    management: Management,
    content: Content,
    members: &Map<String, Value>,
    encrypted: &[u8],
) -> Result<Key, JweError> {
    let refused = JweError::NotOpened;
    let found = match (&key.private, management) {
        (Private::Rsa(private), Management::Oaep(algorithm)) => {
            let mut plain = Zeroizing::new(vec![0; private.min_output_size()]);
            let length = private.decrypt(algorithm, encrypted, &mut plain, None).map_err(|_| refused)?.len();
            plain.truncate(length);
            plain
        }
        (Private::Elliptic(curve, private), Management::Direct | Management::Wrapped(..)) => {
            let epk = members.get("epk").ok_or(refused)?;
            if !std::ptr::eq(kind(epk, "EC").and_then(Curve::of).map_err(|_| refused)?, *curve) {
                return Err(refused);
            }
            let point = curve.point(epk).map_err(|_| refused)?;
            let agreed = agree(private, point, management, content, members)?;
            unwrapped(agreed, management, content, encrypted)?
        }
        _ => return Err(refused),
    };
    if found.len() == content.key_length() { Ok(found) } else { Err(refused) }
}

fn unwrapped(agreed: Key, management: Management, content: Content, encrypted: &[u8]) -> Result<Key, JweError> {
    let Management::Wrapped(cipher, ..) = management else {
        return if encrypted.is_empty() { Ok(agreed) } else { Err(JweError::NotOpened) };
    };
    if encrypted.len() != content.key_length() + 8 {
        return Err(JweError::NotOpened);
    }
    // The library wants room for as much as it is given.
    let mut plain = Zeroizing::new(vec![0; encrypted.len()]);
    let wrapping = AesKek::new(cipher, &agreed).map_err(|_| JweError::NotOpened)?;
    let length = wrapping.unwrap(encrypted, &mut plain).map_err(|_| JweError::NotOpened)?.len();
    plain.truncate(length);
    Ok(plain)
}

/// The key that both sides of an ECDH agreement derive (RFC 7518 §4.6.2): Concat KDF with SHA-256.
pub(super) fn agree(
    own: &PrivateKey,
    other: ParsedPublicKey,
    management: Management,
    content: Content,
    members: &Map<String, Value>,
) -> Result<Key, JweError> {
    let (name, length) = match management {
        Management::Wrapped(_, length, name) => (name, length),
        _ => (content.name(), content.key_length()),
    };
    let mut info = Vec::new();
    for part in [name.as_bytes(), &party(members, "apu")?, &party(members, "apv")?] {
        info.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        info.extend_from_slice(part);
    }
    info.extend_from_slice(&u32::try_from(length * 8).unwrap_or(u32::MAX).to_be_bytes());
    let digest = get_sskdf_digest_algorithm(SskdfDigestAlgorithmId::Sha256).ok_or(JweError::NotOpened)?;
    agreement::agree(own, other, JweError::NotOpened, |secret| {
        let mut key = Zeroizing::new(vec![0; length]);
        sskdf_digest(digest, secret, &info, &mut key).map_err(|_| JweError::NotOpened)?;
        Ok(key)
    })
}

/// What a party to an agreement is called, if the header says.
fn party(members: &Map<String, Value>, member: &str) -> Result<Vec<u8>, JweError> {
    match members.get(member) {
        None => Ok(Vec::new()),
        Some(Value::String(text)) if text.len() <= LONGEST_PARTY => {
            BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| JweError::NotOpened)
        }
        Some(_) => Err(JweError::NotOpened),
    }
}
