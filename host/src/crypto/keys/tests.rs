//! Keys: published vectors, round trips, and every JSON Web Key that must be refused.

use super::*;

const KINDS: [Algorithm; 4] = Algorithm::ALL;

/// The example key of RFC 7638, section 3.1.
fn rfc7638_key() -> Value {
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiF\
             V4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9\
             c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1\
             jF44-csFCur-kEgU8awapJzKnqDKgw";
    json!({ "kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29" })
}

/// The public key of RFC 7515, appendix A.3.
fn p256_key() -> Value {
    let (x, y) = ("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
    json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y })
}

/// The public key of RFC 8037, appendix A.2.
fn ed25519_key() -> Value {
    json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" })
}

/// The private key of RFC 8037, appendix A.1, in the PKCS#8 form of RFC 8410.
fn rfc8037_private_key() -> SigningKey {
    let seed = BASE64URL_NOPAD.decode(b"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
    let frame = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    SigningKey::from_pkcs8(KeyType::Eddsa, &[&frame[..], &seed].concat()).unwrap()
}

fn refusal(jwk: &Value) -> KeyError {
    VerifyingKey::from_jwk(jwk).expect_err(&jwk.to_string())
}

fn with(mut jwk: Value, member: &str, value: Value) -> Value {
    jwk[member] = value;
    jwk
}

#[test]
fn rfc7638_thumbprint() {
    assert_eq!(thumbprint(&rfc7638_key()).unwrap(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

#[test]
fn rfc8037_thumbprint_and_signature() {
    let key = rfc8037_private_key();
    assert_eq!(key.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    assert_eq!(key.public_jwk()["x"], ed25519_key()["x"]);
    let message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    let published = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    let signature = key.sign(message).unwrap();
    assert_eq!(BASE64URL_NOPAD.encode(&signature), published);
    assert!(VerifyingKey::from_jwk(&ed25519_key()).unwrap().verify(message, &signature));
}

#[test]
fn signatures_verify_and_changes_are_noticed() {
    for kind in KINDS {
        let key = SigningKey::generate(kind).unwrap();
        let mut signature = key.sign(b"message").unwrap();
        assert_eq!(signature.len(), if kind.kind() == KeyType::Rsa { 256 } else { 64 }, "{kind:?}");
        let public = VerifyingKey::from_jwk(&key.public_jwk()).unwrap();
        assert!(public.verify(b"message", &signature), "{kind:?}");
        assert!(!public.verify(b"messagf", &signature), "{kind:?}");
        assert!(!public.verify(b"message", &signature[1..]), "{kind:?}");
        assert!(!public.verify(b"message", b""), "{kind:?}");
        signature[20] ^= 1;
        assert!(!public.verify(b"message", &signature), "{kind:?}");
        let other = SigningKey::generate(kind).unwrap();
        assert!(!public.verify(b"message", &other.sign(b"message").unwrap()), "{kind:?}");
    }
}

#[test]
fn keys_survive_pkcs8() {
    for kind in KINDS {
        let key = SigningKey::generate(kind).unwrap();
        let again = SigningKey::from_pkcs8(kind, &key.pkcs8().unwrap()).unwrap();
        assert_eq!((again.kid(), again.kind(), again.algorithm()), (key.kid(), kind.kind(), kind));
        assert_eq!(again.public_jwk(), key.public_jwk());
        assert!(key.verifier().verify(b"message", &again.sign(b"message").unwrap()), "{kind:?}");
    }
}

#[test]
fn pkcs8_of_another_kind_or_damaged_is_refused() {
    let stored = KINDS.map(|kind| (kind, SigningKey::generate(kind).unwrap().pkcs8().unwrap()));
    for (kind, bytes) in &stored {
        for other in KINDS.into_iter().filter(|other| other.kind() != kind.kind()) {
            assert_eq!(SigningKey::from_pkcs8(other, bytes).unwrap_err(), KeyError::Pkcs8, "{kind:?} as {other:?}");
        }
        assert_eq!(SigningKey::from_pkcs8(*kind, &bytes[..bytes.len() - 1]).unwrap_err(), KeyError::Pkcs8);
        assert_eq!(SigningKey::from_pkcs8(*kind, b"").unwrap_err(), KeyError::Pkcs8);
    }
}

#[test]
fn public_jwk_has_only_public_members() {
    let members = |kind: Algorithm| {
        let jwk = SigningKey::generate(kind).unwrap().public_jwk();
        let mut names: Vec<String> = jwk.as_object().unwrap().keys().cloned().collect();
        assert_eq!((jwk["use"].as_str(), jwk["alg"].as_str()), (Some("sig"), Some(kind.name())));
        assert_eq!(jwk["kid"], thumbprint(&jwk).unwrap());
        names.sort();
        names.join(" ")
    };
    assert_eq!(members(Algorithm::Rs256), "alg e kid kty n use");
    assert_eq!(members(Algorithm::Ps256), "alg e kid kty n use");
    assert_eq!(members(Algorithm::Es256), "alg crv kid kty use x y");
    assert_eq!(members(Algorithm::EdDsa), "alg crv kid kty use x");
}

/// RFC 7518 §3.5: a salt as long as the digest, so that no two signatures are the same.
#[test]
fn an_rsa_key_signs_in_one_way_only() {
    let key = SigningKey::generate(Algorithm::Ps256).unwrap();
    let other = SigningKey::from_pkcs8(Algorithm::Rs256, &key.pkcs8().unwrap()).unwrap();
    assert_eq!(
        (key.thumbprint(), key.kind()),
        (other.thumbprint(), KeyType::Rsa),
        "the same key, as if it signed otherwise"
    );
    let (pss, plain) = (key.sign(b"message").unwrap(), other.sign(b"message").unwrap());
    assert!(key.verifier().verify(b"message", &pss) && other.verifier().verify(b"message", &plain));
    assert!(!key.verifier().verify(b"message", &plain) && !other.verifier().verify(b"message", &pss));
    assert_ne!(key.sign(b"message").unwrap(), pss);
    assert_eq!(other.sign(b"message").unwrap(), plain);
}

#[test]
fn debug_shows_only_the_name() {
    let key = rfc8037_private_key();
    assert_eq!(format!("{key:?}"), "SigningKey(EdDSA, kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k)");
    let shared: &(dyn Send + Sync) = &key;
    let _ = shared;
}

#[test]
fn accepted_keys_and_their_algorithms() {
    let read = |jwk: &Value| VerifyingKey::from_jwk(jwk).unwrap();
    assert_eq!((read(&rfc7638_key()).algorithm(), read(&rfc7638_key()).kid()), ("RS256", Some("2011-04-29")));
    assert_eq!((read(&p256_key()).algorithm(), read(&p256_key()).kid()), ("ES256", None));
    assert_eq!(read(&ed25519_key()).algorithm(), "EdDSA");
}

/// P-384 is only ever a client's key, so its signature comes from the library directly.
#[test]
fn p384_keys_verify() {
    use aws_lc_rs::signature::ECDSA_P384_SHA384_FIXED_SIGNING;
    let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
    let (x, y) = pair.public_key().as_ref()[1..].split_at(48);
    let (x, y) = (BASE64URL_NOPAD.encode(x), BASE64URL_NOPAD.encode(y));
    let key = VerifyingKey::from_jwk(&json!({ "kty": "EC", "crv": "P-384", "x": x, "y": y })).unwrap();
    let signature = pair.sign(&SystemRandom::new(), b"message").unwrap();
    assert_eq!(key.algorithm(), "ES384");
    assert!(key.verify(b"message", signature.as_ref()));
    assert!(!key.verify(b"messagf", signature.as_ref()));
}

#[test]
fn unsuitable_rsa_keys_are_refused() {
    let modulus = BASE64URL_NOPAD.decode(rfc7638_key()["n"].as_str().unwrap().as_bytes()).unwrap();
    let n = |bytes: &[u8]| with(rfc7638_key(), "n", Value::from(BASE64URL_NOPAD.encode(bytes)));
    let e = |bytes: &[u8]| with(rfc7638_key(), "e", Value::from(BASE64URL_NOPAD.encode(bytes)));
    let mut short_by_a_bit = modulus.clone();
    short_by_a_bit[0] &= 0x7f;
    let mut even = modulus.clone();
    even[255] &= 0xfe;
    for bytes in [&[][..], &modulus[..128], &[&[0], &modulus[..]].concat(), &short_by_a_bit, &even, &[0xff; 1025]] {
        assert_eq!(refusal(&n(bytes)), KeyError::Jwk("n"), "{} bytes", bytes.len());
    }
    for bytes in [&[][..], &[0], &[1], &[2], &[0, 3], &[1, 0, 0], &[1, 0, 0, 0, 1], &[0xff; 40]] {
        assert_eq!(refusal(&e(bytes)), KeyError::Jwk("e"), "{bytes:?}");
    }
    assert!(VerifyingKey::from_jwk(&e(&[3])).is_ok());
}

#[test]
fn points_that_are_none_are_refused() {
    let off_curve = with(p256_key(), "x", p256_key()["y"].clone());
    assert_eq!(refusal(&off_curve), KeyError::Jwk("x"));
    let zero = Value::from(BASE64URL_NOPAD.encode(&[0; 32]));
    assert_eq!(refusal(&with(with(p256_key(), "x", zero.clone()), "y", zero)), KeyError::Jwk("x"));
    let short = Value::from(BASE64URL_NOPAD.encode(&[1; 31]));
    assert_eq!(refusal(&with(p256_key(), "y", short.clone())), KeyError::Jwk("y"));
    assert_eq!(refusal(&with(ed25519_key(), "x", short)), KeyError::Jwk("x"));
    assert_eq!(refusal(&with(p256_key(), "crv", "P-384".into())), KeyError::Jwk("x"));
}

#[test]
fn missing_and_foreign_members_are_refused() {
    for jwk in [rfc7638_key(), p256_key(), ed25519_key()] {
        for member in ["kty", "n", "e", "crv", "x", "y"].into_iter().filter(|member| jwk.get(member).is_some()) {
            for value in [Value::Null, json!(7), json!("?"), json!([]), json!("AA==")] {
                assert_eq!(refusal(&with(jwk.clone(), member, value)), KeyError::Jwk(member), "{jwk}");
            }
        }
        for (member, value) in [("alg", "HS256"), ("alg", "none"), ("use", "enc")] {
            assert_eq!(refusal(&with(jwk.clone(), member, value.into())), KeyError::Jwk(member), "{jwk}");
        }
        assert_eq!(refusal(&with(jwk.clone(), "kid", json!(7))), KeyError::Jwk("kid"));
    }
    for jwk in [json!(null), json!([]), json!("RSA"), json!({}), json!({ "kty": "oct", "k": "AAAA" })] {
        assert_eq!(refusal(&jwk), KeyError::Jwk("kty"));
        assert_eq!(thumbprint(&jwk), Err(KeyError::Jwk("kty")));
    }
    for curve in ["P-521", "secp256k1", "X25519", "Ed448"] {
        assert_eq!(refusal(&with(p256_key(), "crv", curve.into())), KeyError::Jwk("crv"));
        assert_eq!(refusal(&with(ed25519_key(), "crv", curve.into())), KeyError::Jwk("crv"));
    }
}

#[test]
fn a_key_that_moves_derives_the_same() {
    for kind in KINDS {
        let key = SigningKey::generate(kind).unwrap();
        let moved = SigningKey::from_private_jwk(&key.private_jwk().unwrap()).unwrap().named("another name").unwrap();
        let code = |key: &SigningKey, label: &str| key.mac_key(label).unwrap().sign(&[b"ann"]);
        assert_eq!(code(&key, "names"), code(&moved, "names"), "{kind:?}");
        assert_ne!(code(&key, "names"), code(&key, "others"), "{kind:?}");
        assert_ne!(code(&key, "names"), code(&SigningKey::generate(kind).unwrap(), "names"), "{kind:?}");
    }
}
