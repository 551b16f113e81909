//! Private keys as JSON Web Keys (RFC 7517, 7518, 8037): read where somebody brings keys along, written where they go
//! into an export.
//!
//! Called by `domain` through [`SigningKey`]. Must not know whose keys they are. The library checks that both halves of a
//! key belong together; here they are only unwrapped.

use aws_lc_rs::{
    encoding::{AsBigEndian, Curve25519SeedBin, EcPrivateKeyBin},
    hkdf::{HKDF_SHA256, Salt},
    rsa::{KeyPairComponents, PublicKeyComponents},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RsaKeyPair},
};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{
    super::{
        mac::MacKey,
        verifying::{octets, octets_of, text},
    },
    Algorithm, KeyError, Pair, SigningKey, VerifyingKey,
};

/// The largest modulus that signs for us, in bytes: with a larger one, every token would keep a core busy.
const MOST_RSA_BYTES: usize = 512;

/// The private members of an RSA key (RFC 7518 §6.3.2), as they follow the public ones in PKCS#1.
const RSA_PRIVATE: [&str; 6] = ["d", "p", "q", "dp", "dq", "qi"];

impl SigningKey {
    /// Reads a private JSON Web Key: RSA of 2048 to 4096 bit with all its members, which signs with PS256 when its `alg` says so,
    /// EC on P-256, or OKP with Ed25519. A `kid` that it brings along stays its name. Blocks: RSA takes milliseconds.
    ///
    /// Fails with the member that is missing or not acceptable; `d` is also named when it does not fit the public half.
    pub fn from_private_jwk(jwk: &Value) -> Result<SigningKey, KeyError> {
        // The public half, `alg` and `use`.
        let public = VerifyingKey::from_jwk(jwk)?;
        let pair = match text(jwk, "kty")? {
            "RSA" if public.algorithm() == Algorithm::Ps256.name() => Pair::Ps256(rsa_pair(jwk)?),
            "RSA" => Pair::Rs256(rsa_pair(jwk)?),
            "EC" => Pair::Es256(elliptic(jwk)?),
            _ => Pair::EdDsa(edwards(jwk)?),
        };
        let key = SigningKey::from_pair(pair)?;
        match public.kid() {
            Some(kid) if !kid.is_empty() => key.named(kid),
            _ => Ok(key),
        }
    }

    /// An authentication key that whoever has the private half can make again, of its own for each `label`.
    pub fn mac_key(&self, label: &str) -> Result<MacKey, KeyError> {
        let private =
            Zeroizing::new(self.private_jwk()?.get("d").and_then(Value::as_str).unwrap_or_default().to_owned());
        let root = Salt::new(HKDF_SHA256, b"portcullis signing key").extract(private.as_bytes());
        let mut key = Zeroizing::new([0; 32]);
        let derived = root.expand(&[label.as_bytes()], HKDF_SHA256).and_then(|okm| okm.fill(key.as_mut_slice()));
        derived.map_err(|_| KeyError::Generation)?;
        Ok(MacKey::new(&key))
    }

    /// Both halves as a JSON Web Key, with `kid`, `alg` and `use`. Whoever has it signs like us.
    pub fn private_jwk(&self) -> Result<Value, KeyError> {
        let mut jwk = self.public_jwk();
        let Value::Object(members) = &mut jwk else { return Err(KeyError::Pkcs8) };
        match &self.pair {
            Pair::Rs256(_) | Pair::Ps256(_) => insert_rsa(members, &self.pkcs8()?)?,
            Pair::Es256(pair) => {
                let d: EcPrivateKeyBin<'_> = pair.private_key().as_be_bytes().map_err(|_| KeyError::Pkcs8)?;
                insert(members, "d", d.as_ref());
            }
            Pair::EdDsa(pair) => {
                let seed = pair.seed().map_err(|_| KeyError::Pkcs8)?;
                let d: Curve25519SeedBin<'_> = seed.as_be_bytes().map_err(|_| KeyError::Pkcs8)?;
                insert(members, "d", d.as_ref());
            }
        }
        Ok(jwk)
    }
}

fn insert(members: &mut Map<String, Value>, name: &str, octets: &[u8]) {
    members.insert(name.to_owned(), Value::from(BASE64URL_NOPAD.encode(octets)));
}

/// Both halves of an RSA key, which must belong together.
pub(in crate::crypto) fn rsa_pair(jwk: &Value) -> Result<RsaKeyPair, KeyError> {
    let n = octets(jwk, "n")?;
    if n.len() > MOST_RSA_BYTES {
        return Err(KeyError::Jwk("n"));
    }
    if jwk.get("oth").is_some() {
        return Err(KeyError::Jwk("oth"));
    }
    let private = |member| match octets(jwk, member) {
        Ok(found) if found.len() <= n.len() => Ok(Zeroizing::new(found)),
        _ => Err(KeyError::Jwk(member)),
    };
    let [d, p, q, dp, dq, qi] = RSA_PRIVATE.map(private);
    let (d, p, q, dp, dq, qi) = (d?, p?, q?, dp?, dq?, qi?);
    let public_key = PublicKeyComponents { n: n.clone(), e: octets(jwk, "e")? };
    let components = KeyPairComponents { public_key, d, p, q, dP: dp, dQ: dq, qInv: qi };
    RsaKeyPair::from_components(&components).map_err(|_| KeyError::Jwk("d"))
}

fn elliptic(jwk: &Value) -> Result<EcdsaKeyPair, KeyError> {
    if text(jwk, "crv")? != "P-256" {
        return Err(KeyError::Jwk("crv"));
    }
    let d = Zeroizing::new(octets_of(jwk, "d", 32)?);
    let (x, y) = (octets_of(jwk, "x", 32)?, octets_of(jwk, "y", 32)?);
    let point = [&[4], x.as_slice(), &y].concat();
    let pair = EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P256_SHA256_FIXED_SIGNING, &d, &point);
    pair.map_err(|_| KeyError::Jwk("d"))
}

fn edwards(jwk: &Value) -> Result<Ed25519KeyPair, KeyError> {
    let seed = Zeroizing::new(octets_of(jwk, "d", 32)?);
    Ed25519KeyPair::from_seed_and_public_key(&seed, &octets_of(jwk, "x", 32)?).map_err(|_| KeyError::Jwk("d"))
}

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const SEQUENCE: u8 = 0x30;

/// The library gives the private members of an RSA key out inside PKCS#8 (RFC 5208 §5) only: an algorithm and, as an
/// octet string, the integers of RFC 8017 §A.1.2.
fn insert_rsa(members: &mut Map<String, Value>, pkcs8: &[u8]) -> Result<(), KeyError> {
    let mut integers = rsa_private_key(pkcs8).ok_or(KeyError::Pkcs8)?;
    // The version, and the public members.
    let _: [Option<&[u8]>; 3] = std::array::from_fn(|_| integers.take(INTEGER));
    for name in RSA_PRIVATE {
        let integer = integers.take(INTEGER).ok_or(KeyError::Pkcs8)?;
        // DER puts a zero in front of what would be negative; a JSON Web Key does not.
        insert(members, name, integer.strip_prefix(&[0]).unwrap_or(integer));
    }
    Ok(())
}

fn rsa_private_key(pkcs8: &[u8]) -> Option<Der<'_>> {
    let mut document = Der(Der(pkcs8).take(SEQUENCE)?);
    document.take(INTEGER)?;
    document.take(SEQUENCE)?;
    Der(document.take(OCTET_STRING)?).take(SEQUENCE).map(Der)
}

/// A row of DER values (X.690).
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The content of the next value, which must have this tag.
    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, rest) = self.0.split_first()?;
        let (first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(*first), rest),
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (bytes.iter().fold(0_usize, |length, byte| (length << 8) | usize::from(*byte)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        (*found == tag).then_some(content)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::KeyType, *};

    const KINDS: [Algorithm; 4] = Algorithm::ALL;

    fn private(kind: impl Into<Algorithm>) -> Value {
        SigningKey::generate(kind).unwrap().private_jwk().unwrap()
    }

    fn refusal(jwk: &Value) -> KeyError {
        SigningKey::from_private_jwk(jwk).expect_err(&jwk.to_string())
    }

    fn with(jwk: &Value, member: &str, value: impl Into<Value>) -> Value {
        let mut jwk = jwk.clone();
        jwk[member] = value.into();
        jwk
    }

    #[test]
    fn keys_survive_their_private_form() {
        for kind in KINDS {
            let key = SigningKey::generate(kind).unwrap();
            let jwk = key.private_jwk().unwrap();
            let again = SigningKey::from_private_jwk(&jwk).unwrap();
            assert_eq!(again.private_jwk().unwrap(), jwk, "{kind:?}");
            assert_eq!((again.algorithm(), again.public_jwk()), (kind, key.public_jwk()));
            assert!(key.verifier().verify(b"message", &again.sign(b"message").unwrap()), "{kind:?}");
        }
    }

    #[test]
    fn a_published_key_is_read() {
        // RFC 7515, appendix A.3, and RFC 8037, appendix A.1.
        let (x, y) = ("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
        let d = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI";
        let key = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "d": d });
        assert_eq!(SigningKey::from_private_jwk(&key).unwrap().private_jwk().unwrap()["d"], d);
        let (x, d) = ("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
        let key = SigningKey::from_private_jwk(&json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "d": d })).unwrap();
        assert_eq!(key.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn a_name_that_is_brought_along_stays() {
        for kind in KINDS {
            let jwk = private(kind);
            let key = SigningKey::from_private_jwk(&with(&jwk, "kid", "2026-a")).unwrap();
            assert_eq!((key.kid(), key.public_jwk()["kid"].as_str()), ("2026-a", Some("2026-a")));
            assert_eq!(key.verifier().kid(), Some("2026-a"));
            assert_eq!(key.thumbprint(), jwk["kid"], "the thumbprint does not depend on the name");
            let unnamed = SigningKey::from_private_jwk(&with(&jwk, "kid", "")).unwrap();
            assert_eq!(unnamed.kid(), unnamed.thumbprint());
        }
    }

    #[test]
    fn half_keys_and_halves_of_others_are_refused() {
        for kind in KINDS {
            let (jwk, other) = (private(kind), private(kind));
            let public = SigningKey::from_private_jwk(&jwk).unwrap().public_jwk();
            assert_eq!(refusal(&public), KeyError::Jwk("d"), "{kind:?}: public only");
            assert_eq!(refusal(&with(&jwk, "d", other["d"].clone())), KeyError::Jwk("d"), "{kind:?}: another's half");
            assert_eq!(refusal(&with(&jwk, "d", "AA")), KeyError::Jwk("d"), "{kind:?}");
            assert_eq!(refusal(&with(&jwk, "d", 7)), KeyError::Jwk("d"), "{kind:?}");
            assert_eq!(refusal(&with(&jwk, "kid", 7)), KeyError::Jwk("kid"), "{kind:?}");
            assert_eq!(refusal(&with(&jwk, "alg", "HS256")), KeyError::Jwk("alg"), "{kind:?}");
            assert_eq!(refusal(&with(&jwk, "use", "enc")), KeyError::Jwk("use"), "{kind:?}");
            assert_eq!(refusal(&with(&jwk, "kty", "oct")), KeyError::Jwk("kty"), "{kind:?}");
        }
    }

    #[test]
    fn an_rsa_key_is_whole_and_neither_weak_nor_huge() {
        let jwk = private(KeyType::Rsa);
        for member in ["p", "q", "dp", "dq", "qi"] {
            let mut without = jwk.clone();
            without.as_object_mut().unwrap().remove(member);
            assert_eq!(refusal(&without), KeyError::Jwk(member));
            let other = private(KeyType::Rsa);
            assert_eq!(refusal(&with(&jwk, member, other[member].clone())), KeyError::Jwk("d"), "{member} of another");
        }
        assert_eq!(refusal(&with(&jwk, "oth", json!([]))), KeyError::Jwk("oth"));
        for bytes in [128, 513] {
            let modulus = BASE64URL_NOPAD.encode(&vec![0xff; bytes]);
            assert_eq!(refusal(&with(&jwk, "n", modulus)), KeyError::Jwk("n"), "{bytes} bytes");
        }
    }

    #[test]
    fn other_curves_do_not_sign_here() {
        let p384 = EcdsaKeyPair::generate(&aws_lc_rs::signature::ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
        let point = aws_lc_rs::signature::KeyPair::public_key(&p384).as_ref()[1..].to_vec();
        let d: EcPrivateKeyBin<'_> = p384.private_key().as_be_bytes().unwrap();
        let [x, y, d] = [&point[..48], &point[48..], d.as_ref()].map(|octets| BASE64URL_NOPAD.encode(octets));
        assert_eq!(refusal(&json!({ "kty": "EC", "crv": "P-384", "x": x, "y": y, "d": d })), KeyError::Jwk("crv"));
        let eddsa = private(KeyType::Eddsa);
        assert_eq!(refusal(&with(&eddsa, "crv", "X25519")), KeyError::Jwk("crv"));
    }

    #[test]
    fn der_is_read_within_its_bounds() {
        assert_eq!(Der(&[2, 1, 7, 9]).take(INTEGER), Some(&[7][..]));
        let long = [&[4, 0x81, 200][..], &[5; 200]].concat();
        assert_eq!(Der(&long).take(OCTET_STRING).map(<[u8]>::len), Some(200));
        for wrong in [&[][..], &[2], &[2, 2, 1], &[2, 0x80, 1], &[2, 0x85, 0, 0, 0, 0, 1, 1], &[2, 0x84, 255, 255]] {
            assert_eq!(Der(wrong).take(INTEGER), None, "{wrong:?}");
        }
    }
}
