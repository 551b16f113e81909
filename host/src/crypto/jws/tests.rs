//! Tokens: the examples of RFC 7515, and everything a forger might send.

use super::*;
use crate::crypto::keys::{Algorithm, KeyType};
use serde_json::json;

/// The claims of all examples in RFC 7515, appendix A, with the line breaks they were signed with.
const RFC_CLAIMS: &str =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

fn rfc_claims() -> Map<String, Value> {
    let claims = json!({ "iss": "joe", "exp": 1_300_819_380, "http://example.com/is_root": true });
    claims.as_object().unwrap().clone()
}

fn b64(text: impl AsRef<[u8]>) -> String {
    BASE64URL_NOPAD.encode(text.as_ref())
}

/// A token with any header and claims, signed correctly by `key` all the same.
fn forge(key: &SigningKey, header: &str, claims: &str) -> String {
    let signed = format!("{}.{}", b64(header), b64(claims));
    let signature = key.sign(signed.as_bytes()).unwrap();
    format!("{signed}.{}", b64(signature))
}

fn key() -> SigningKey {
    SigningKey::generate(KeyType::Eddsa).unwrap()
}

#[test]
fn rfc7515_appendix_a2_rs256() {
    let n = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SF\
             d2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo\
             7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkM\
             Ls91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    let signature = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujG\
                     bds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K\
                     0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6\
                     LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    let key = VerifyingKey::from_jwk(&json!({ "kty": "RSA", "n": n, "e": "AQAB" })).unwrap();
    let token = format!("{}.{RFC_CLAIMS}.{signature}", b64(r#"{"alg":"RS256"}"#));
    assert_eq!(verify(&token, &key).unwrap(), rfc_claims());
}

#[test]
fn rfc7515_appendix_a3_es256() {
    let (x, y) = ("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
    let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    let key = VerifyingKey::from_jwk(&json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y })).unwrap();
    let token = format!("{}.{RFC_CLAIMS}.{signature}", b64(r#"{"alg":"ES256"}"#));
    assert_eq!(verify(&token, &key).unwrap(), rfc_claims());
    let zeros = format!("{}.{RFC_CLAIMS}.{}", b64(r#"{"alg":"ES256"}"#), b64([0; 64]));
    assert_eq!(verify(&zeros, &key), Err(JwsError::Signature));
}

#[test]
fn round_trip() {
    for kind in Algorithm::ALL {
        let key = SigningKey::generate(kind).unwrap();
        let token = sign(&key, "at+jwt", &rfc_claims()).unwrap();
        let (alg, kid, typ) =
            (key.algorithm().name().to_owned(), Some(key.kid().to_owned()), Some("at+jwt".to_owned()));
        assert_eq!(decode_header(&token).unwrap(), Header { alg, kid, typ });
        assert_eq!(verify(&token, &key.verifier()).unwrap(), rfc_claims());
        assert_eq!(peek_claims(&token).unwrap(), rfc_claims());
    }
}

#[test]
fn claims_that_are_no_json_are_an_error() {
    let unwritable = std::collections::HashMap::from([((1, 2), 3)]);
    assert_eq!(sign(&key(), "JWT", &unwritable), Err(KeyError::Claims));
}

#[test]
fn any_changed_character_is_noticed() {
    let key = key();
    let token = sign(&key, "JWT", &json!({ "sub": "someone" })).unwrap();
    for (position, old) in token.bytes().enumerate() {
        let new = if old == b'A' { 'B' } else { 'A' };
        let changed = format!("{}{new}{}", &token[..position], &token[position + 1..]);
        assert!(verify(&changed, &key.verifier()).is_err(), "character {position}");
        assert!(verify(&token[..position], &key.verifier()).is_err(), "cut at {position}");
    }
}

#[test]
fn another_key_is_noticed() {
    let token = sign(&key(), "JWT", &json!({})).unwrap();
    assert_eq!(verify(&token, &key().verifier()), Err(JwsError::Signature));
}

#[test]
fn the_header_cannot_choose_the_algorithm() {
    let key = key();
    for alg in ["RS256", "ES256", "HS256", "eddsa", "EdDSA ", ""] {
        let token = forge(&key, &json!({ "alg": alg }).to_string(), "{}");
        assert_eq!(verify(&token, &key.verifier()), Err(JwsError::Algorithm), "{alg:?}");
    }
}

/// The old attack: HMAC with the public key, which everybody has, as the secret.
#[test]
fn a_public_key_is_no_shared_secret() {
    use aws_lc_rs::hmac;
    let key = SigningKey::generate(KeyType::Rsa).unwrap();
    let public = key.public_jwk().to_string();
    let signed = format!("{}.{}", b64(r#"{"alg":"HS256"}"#), b64("{}"));
    let code = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, public.as_bytes()), signed.as_bytes());
    assert_eq!(verify(&format!("{signed}.{}", b64(code)), &key.verifier()), Err(JwsError::Algorithm));
}

#[test]
fn unsigned_tokens_are_refused_everywhere() {
    for alg in ["none", "None", "NONE", "nOnE"] {
        for signature in ["", "AAAA"] {
            let token = format!("{}.{}.{signature}", b64(json!({ "alg": alg }).to_string()), b64("{}"));
            assert_eq!(decode_header(&token), Err(JwsError::Unsigned), "{token}");
            assert_eq!(peek_claims(&token), Err(JwsError::Unsigned), "{token}");
            assert_eq!(verify(&token, &key().verifier()), Err(JwsError::Unsigned), "{token}");
        }
    }
}

#[test]
fn an_empty_signature_is_wrong() {
    let token = format!("{}.{}.", b64(r#"{"alg":"EdDSA"}"#), b64("{}"));
    assert_eq!(verify(&token, &key().verifier()), Err(JwsError::Signature));
}

#[test]
fn extensions_are_refused() {
    let key = key();
    for crit in [json!(["b64"]), json!([]), json!(null), json!("exp")] {
        let header = json!({ "alg": "EdDSA", "b64": false, "crit": crit }).to_string();
        let token = forge(&key, &header, "{}");
        assert_eq!(decode_header(&token), Err(JwsError::Critical), "{header}");
        assert_eq!(verify(&token, &key.verifier()), Err(JwsError::Critical), "{header}");
    }
}

#[test]
fn tokens_of_another_shape_are_refused() {
    for token in ["", ".", "a", "a.b", "a.b.c.d", "a.b.c.d.e", "....", "{\"payload\":\"\"}"] {
        assert_eq!(decode_header(token), Err(JwsError::Shape), "{token:?}");
        assert_eq!(peek_claims(token), Err(JwsError::Shape), "{token:?}");
        assert_eq!(verify(token, &key().verifier()), Err(JwsError::Shape), "{token:?}");
    }
}

#[test]
fn malformed_headers_are_refused() {
    let headers = [
        "",
        "null",
        "7",
        "[]",
        "\"EdDSA\"",
        r#"["EdDSA"]"#,
        "{}",
        "{",
        r#"{"alg":7}"#,
        r#"{"alg":null}"#,
        r#"{"alg":"EdDSA","kid":7}"#,
        r#"{"alg":"EdDSA","typ":["JWT"]}"#,
        r#"{"alg":"EdDSA"} x"#,
    ];
    let key = key();
    for header in headers {
        let token = forge(&key, header, "{}");
        assert_eq!(decode_header(&token), Err(JwsError::Header), "{header}");
        assert_eq!(verify(&token, &key.verifier()), Err(JwsError::Header), "{header}");
    }
    let deep = forge(&key, &format!(r#"{{"alg":"EdDSA","x":{}"#, "[".repeat(5000)), "{}");
    assert_eq!(decode_header(&deep), Err(JwsError::Header));
}

#[test]
fn malformed_claims_are_refused_even_when_signed() {
    let key = key();
    for claims in ["", "null", "7", "[]", "\"text\"", "{", "{} {}", "{'a':1}"] {
        let token = forge(&key, r#"{"alg":"EdDSA"}"#, claims);
        assert_eq!(verify(&token, &key.verifier()), Err(JwsError::Claims), "{claims}");
        assert_eq!(peek_claims(&token), Err(JwsError::Claims), "{claims}");
    }
    let signed = format!("{}.{}", b64(r#"{"alg":"EdDSA"}"#), b64([0xff, 0xfe]));
    assert_eq!(peek_claims(&format!("{signed}.AAAA")), Err(JwsError::Claims));
}

#[test]
fn only_plain_base64url_counts() {
    let key = key();
    let token = sign(&key, "JWT", &json!({ "sub": "??>>" })).unwrap();
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    let verify = |token: String| verify(&token, &key.verifier());
    for (before, after) in [("", "="), ("", "=="), (" ", ""), ("", "\n"), ("", "+"), ("", "é")] {
        let spoil = |part: &str| format!("{before}{part}{after}");
        assert_eq!(verify(format!("{}.{claims}.{signature}", spoil(header))), Err(JwsError::Header));
        assert_eq!(verify(format!("{header}.{}.{signature}", spoil(claims))), Err(JwsError::Signature));
        assert_eq!(verify(format!("{header}.{claims}.{}", spoil(signature))), Err(JwsError::Signature));
    }
    // The last character of 64 bytes has four unused bits: setting one of them must not make a second valid token.
    let last = BASE64URL_NOPAD.specification().symbols.find(&signature[85..]).unwrap();
    let twin = &BASE64URL_NOPAD.specification().symbols[last + 1..last + 2];
    assert_eq!(verify(format!("{header}.{claims}.{}{twin}", &signature[..85])), Err(JwsError::Signature));
}

#[test]
fn the_size_is_bounded() {
    let key = key();
    let token = |length: usize| sign(&key, "JWT", &json!({ "x": "y".repeat(length) })).unwrap();
    let fitting = token(12_000);
    assert!(fitting.len() <= MOST_BYTES);
    assert!(verify(&fitting, &key.verifier()).is_ok());
    let long = token(12_300);
    assert!(long.len() > MOST_BYTES);
    assert_eq!(decode_header(&long), Err(JwsError::TooLong));
    assert_eq!(peek_claims(&long), Err(JwsError::TooLong));
    assert_eq!(verify(&long, &key.verifier()), Err(JwsError::TooLong));
}
