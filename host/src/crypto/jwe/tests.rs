//! Encrypted tokens: the published examples, every algorithm there and back, and everything that must stay shut.

use aws_lc_rs::agreement::{ECDH_P256, ParsedPublicKey, PrivateKey, UnparsedPublicKey};
use serde_json::json;

use super::*;

/// The key of RFC 7516, appendix A.1.
fn rsa_key() -> Value {
    json!({
        "kty": "RSA", "e": "AQAB",
        "n": "oahUIoWw0K0usKNuOR6H4wkf4oBUXHTxRvgb48E-BVvxkeDNjbC4he8rUWcJoZmds2h7M70imEVhRU5djINXtqllXI4DFqcI1DgjT9Lew\
              ND8MW2Krf3Spsk_ZkoFnilakGygTwpZ3uesH-PFABNIUYpOiN15dsQRkgr0vEhxN92i2asbOenSZeyaxziK72UwxrrKoExv6kc5twXTq4\
              h-QChLOln0_mtUZwfsRaMStPs6mS6XrgxnxbWhojf663tuEQueGC-FCMfra36C9knDFGzKsNa7LZK2djYgyD3JR_MB_4NUJW_TqOQtwHY\
              bxevoJArm-L5StowjzGy-_bq6Gw",
        "d": "kLdtIj6GbDks_ApCSTYQtelcNttlKiOyPzMrXHeI-yk1F7-kpDxY4-WY5NWV5KntaEeXS1j82E375xxhWMHXyvjYecPT9fpwR_M9gV8n9\
              Hrh2anTpTD93Dt62ypW3yDsJzBnTnrYu1iwWRgBKrEYY46qAZIrA2xAwnm2X7uGR1hghkqDp0Vqj3kbSCz1XyfCs6_LehBwtxHIyh8Rip\
              y40p24moOAbgxVw3rxT_vlt3UVe4WO3JkJOzlpUf-KTVI2Ptgm-dARxTEtE-id-4OJr0h-K-VFs3VSndVTIznSxfyrj8ILL6MG_Uv8YAu\
              7VILSB3lOW085-4qE3DzgrTjgyQ",
        "p": "1r52Xk46c-LsfB5P442p7atdPUrxQSy4mti_tZI3Mgf2EuFVbUoDBvaRQ-SWxkbkmoEzL7JXroSBjSrK3YIQgYdMgyAEPTPjXv_hI2_1e\
              TSPVZfzL0lffNn03IXqWF5MDFuoUYE0hzb2vhrlN_rKrbfDIwUbTrjjgieRbwC6Cl0",
        "q": "wLb35x7hmQWZsWJmB_vle87ihgZ19S8lBEROLIsZG4ayZVe9Hi9gDVCOBmUDdaDYVTSNx_8Fyw1YYa9XGrGnDew00J28cRUoeBB_jKI1o\
              ma0Orv1T9aXIWxKwd4gvxFImOWr3QRL9KEBRzk2RatUBnmDZJTIAfwTs0g68UZHvtc",
        "dp": "ZK-YwE7diUh0qR1tR7w8WHtolDx3MZ_OTowiFvgfeQ3SiresXjm9gZ5KLhMXvo-uz-KUJWDxS5pFQ_M0evdo1dKiRTjVw_x4NyqyXPM\
               5nULPkcpU827rnpZzAJKpdhWAgqrXGKAECQH0Xt4taznjnd_zVpAmZZq60WPMBMfKcuE",
        "dq": "Dq0gfgJ1DdFGXiLvQEZnuKEN0UUmsJBxkjydc3j4ZYdBiMRAy86x0vHCjywcMlYYg4yoC4YZa9hNVcsjqA3FeiL19rk8g6Qn29Tt0cj\
               8qqyFpz9vNDBUfCAiJVeESOjJDZPYHdHY8v1b-o-Z2X5tvLx-TCekf7oxyeKDUqKWjis",
        "qi": "VIMpMYbPf47dT1w_zDUXfPimsSegnMOA1zTaX7aGk_8urY6R8-ZW1FxU7AlWAyLWybqq6t16VFd7hQd0y6flUK4SlOydB61gwanOsXG\
               OAOv82cHq0E3eL4HrtZkUuKvnPrMnsUUFlfUdybVzxyjz9JF_XyaY14ardLSjf4L_FNY",
    })
}

/// RFC 7516, appendix A.1.
const EXAMPLE: &str = "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckCL9kiMT03JGeipsE\
     dY3mx_etLbbWSrFr05kLzcSr4qKAq7YN7e9jwQRb23nfa6c9d-StnImGyFDbSv04uVuxIp5Zms1gNxKKK2Da14B8S4rzVRltdYwam_lDp5XnZAYpQdb\
     76FdIKLaVmqgfwX7XWRxv2322i-vDxRfqNzo_tETKzpVLzfiwQyeyPGLBIO56YJ7eObdv0je81860ppamavo35UgoRdbYaBcoh9QcfylQr66oc6vFWX\
     RcZ_ZT2LawVCWTIy3brGPi6UklfCpIMfIjf7iGdXKHzg.48V1_ALb6US04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EF\
     ShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A.XFBoMYUZodetZdvTiFvSkQ";

/// The keys of RFC 7518, appendix C.
fn alice_and_bob() -> (Value, Value) {
    let alice = json!({
        "kty": "EC", "crv": "P-256", "d": "0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo",
        "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0", "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps",
    });
    let bob = json!({
        "kty": "EC", "crv": "P-256", "d": "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw",
        "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ", "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
    });
    (alice, bob)
}

fn base64url(text: &str) -> Vec<u8> {
    BASE64URL_NOPAD.decode(text.as_bytes()).unwrap()
}

fn hex(text: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap()
}

fn keys() -> [DecryptionKey; 2] {
    [rsa_key(), alice_and_bob().1].map(|jwk| DecryptionKey::from_private_jwk(&jwk).unwrap())
}

/// The token with another header: members that are null are taken out.
fn with_header(token: &str, change: &Value) -> String {
    let (header, rest) = token.split_once('.').unwrap();
    let mut header: Value = serde_json::from_slice(&base64url(header)).unwrap();
    for (member, value) in change.as_object().unwrap() {
        header[member] = value.clone();
        if value.is_null() {
            header.as_object_mut().unwrap().remove(member);
        }
    }
    format!("{}.{rest}", BASE64URL_NOPAD.encode(header.to_string().as_bytes()))
}

#[test]
fn the_example_of_rfc_7516_opens() {
    let key = DecryptionKey::from_private_jwk(&rsa_key()).unwrap();
    let plain = decrypt(EXAMPLE, &key).unwrap();
    assert_eq!(plain, b"The true sign of intelligence is not knowledge but imagination.");
}

#[test]
fn content_is_encrypted_like_in_rfc_7518() {
    let plain =
        b"A cipher system must not be required to be secret, and it must be able to fall into the hands of the \
                  enemy without inconvenience";
    let associated = b"The second principle of Auguste Kerckhoffs";
    let iv = hex("1af38c2dc2b96ffdd86694092341bc04");
    for (content, first, last, expected) in [
        (
            Content::Cbc128,
            "c80edfa32ddf39d5ef00c0b468834279",
            "4b8851ffb598f7f80074b9473c82e2db",
            "652c3fa36b0a7c5b3219fab3a30bc1c4",
        ),
        (
            Content::Cbc256,
            "4affaaadb78c31c5da4b1b590d10ffbd",
            "be2638d09dd7a4930930806d0703b1f6",
            "4dd3b4c088a7f45c216839645b2012bf2e6269a8c56a816dbc1b267761955bc5",
        ),
    ] {
        let key: Vec<u8> = (0..).take(content.key_length()).collect();
        let (text, tag) = content.seal_with(&key, associated, &iv, plain).unwrap();
        assert!(text.starts_with(&hex(first)) && text.ends_with(&hex(last)), "{content:?}");
        assert_eq!(tag, hex(expected), "{content:?}");
        assert_eq!(content.open(&key, associated, &iv, text, &tag).unwrap(), plain);
    }
}

#[test]
fn keys_are_agreed_on_like_in_rfc_7518() {
    let (alice, bob) = alice_and_bob();
    let private =
        |jwk: &Value| PrivateKey::from_private_key(&ECDH_P256, &base64url(jwk["d"].as_str().unwrap())).unwrap();
    let public = |jwk: &Value| {
        let coordinate = |member: &str| base64url(jwk[member].as_str().unwrap());
        let point = [&[4][..], &coordinate("x"), &coordinate("y")].concat();
        ParsedPublicKey::try_from(UnparsedPublicKey::new(&ECDH_P256, point)).unwrap()
    };
    let names = json!({ "apu": "QWxpY2U", "apv": "Qm9i" });
    for (own, other) in [(&alice, &bob), (&bob, &alice)] {
        let names = names.as_object().unwrap();
        let key = manage::agree(&private(own), public(other), Management::Direct, Content::Gcm128, names).unwrap();
        assert_eq!(*key, base64url("VqqN6vgjbSBcIijNcacQGg"));
    }
}

#[test]
fn every_algorithm_goes_there_and_back() {
    for key in keys() {
        for alg in key.algorithms() {
            for enc in METHODS {
                for plain in [&b""[..], b"x", &[7; 16], &[0; 5000]] {
                    let token = encrypt(&key.public_jwk(), alg, enc, Some("JWT"), plain).unwrap();
                    assert_eq!(decrypt(&token, &key).unwrap(), plain, "{alg} {enc}");
                    let header = decode_header(&token).unwrap();
                    let kid = Some(key.kid().to_owned());
                    assert_eq!(header, Header { alg: alg.into(), enc: enc.into(), kid, cty: Some("JWT".into()) });
                    assert!(is_encrypted(&token));
                }
            }
        }
    }
    let all: Vec<_> = keys().iter().flat_map(DecryptionKey::algorithms).collect();
    assert_eq!(all, ALGORITHMS);
    for curve in ["P-384", "P-521"] {
        let length = if curve == "P-384" { 48 } else { 66 };
        let mut d = vec![0; length];
        d[length - 1] = 9;
        let jwk = json!({ "kty": "EC", "crv": curve, "d": BASE64URL_NOPAD.encode(&d) });
        let key = DecryptionKey::from_private_jwk(&jwk).unwrap();
        let token = encrypt(&key.public_jwk(), "ECDH-ES+A256KW", "A256GCM", None, b"x").unwrap();
        assert_eq!(decrypt(&token, &key).unwrap(), b"x");
    }
}

#[test]
fn what_the_header_must_not_say_is_refused() {
    let key = DecryptionKey::from_private_jwk(&rsa_key()).unwrap();
    for (change, expected) in [
        (json!({ "zip": "DEF" }), JweError::Compressed),
        (json!({ "crit": ["b64"] }), JweError::Critical),
        (json!({ "crit": [] }), JweError::Critical),
        (json!({ "alg": "RSA1_5" }), JweError::Algorithm),
        (json!({ "alg": "dir" }), JweError::Algorithm),
        (json!({ "alg": "A128KW" }), JweError::Algorithm),
        (json!({ "alg": "none" }), JweError::Algorithm),
        (json!({ "alg": null }), JweError::Header),
        (json!({ "alg": 7 }), JweError::Header),
        (json!({ "enc": "A192GCM" }), JweError::Algorithm),
        (json!({ "enc": null }), JweError::Header),
        (json!({ "kid": 7 }), JweError::Header),
    ] {
        let token = with_header(EXAMPLE, &change);
        assert_eq!(decrypt(&token, &key), Err(expected), "{change}");
        assert_eq!(decode_header(&token), Err(expected), "{change}");
    }
    for token in ["", "a.b.c", "a.b.c.d", "....", "a.b.c.d.e.f"] {
        assert!(decrypt(token, &key).is_err(), "{token}");
    }
    let long = format!("{EXAMPLE}{}", "A".repeat(MOST_BYTES));
    assert_eq!(decrypt(&long, &key), Err(JweError::TooLong));
}

#[test]
fn whatever_does_not_open_is_one_error() {
    let [rsa, bob] = keys();
    let alice = DecryptionKey::from_private_jwk(&alice_and_bob().0).unwrap();
    for (key, wrong, alg) in [(&rsa, &bob, "RSA-OAEP-256"), (&bob, &alice, "ECDH-ES"), (&bob, &rsa, "ECDH-ES+A128KW")] {
        for enc in METHODS {
            let token = encrypt(&key.public_jwk(), alg, enc, None, b"something to hide").unwrap();
            assert_eq!(decrypt(&token, wrong), Err(JweError::NotOpened), "{alg} {enc} for another key");
            for place in 1..5 {
                let mut parts: Vec<&str> = token.split('.').collect();
                let original = parts[place];
                let mut changed = base64url(original);
                if let Some(byte) = changed.first_mut() {
                    *byte ^= 1;
                }
                let changed = BASE64URL_NOPAD.encode(&changed);
                let short = original.get(..original.len() / 2).unwrap_or_default();
                for other in [changed.as_str(), short, "", "!"] {
                    parts[place] = other;
                    if other != original {
                        assert_eq!(
                            decrypt(&parts.join("."), key),
                            Err(JweError::NotOpened),
                            "{alg} {enc} {place} {other}"
                        );
                    }
                }
            }
            let renamed = with_header(&token, &json!({ "cty": "JWT" }));
            assert_eq!(decrypt(&renamed, key), Err(JweError::NotOpened), "{alg} {enc}: the header is authentic too");
        }
    }
}

#[test]
fn a_shortened_tag_or_a_foreign_point_stays_shut() {
    let [_, bob] = keys();
    let token = encrypt(&bob.public_jwk(), "ECDH-ES", "A128GCM", None, b"x").unwrap();
    let (rest, tag) = token.rsplit_once('.').unwrap();
    for bytes in [0, 4, 8, 12, 15] {
        let tag = BASE64URL_NOPAD.encode(&base64url(tag)[..bytes]);
        assert_eq!(decrypt(&format!("{rest}.{tag}"), &bob), Err(JweError::NotOpened), "{bytes}");
    }
    let point = |x: &str| json!({ "epk": { "kty": "EC", "crv": "P-256", "x": x, "y": x } });
    for change in [
        point("gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0"),
        point("AAAA"),
        json!({ "epk": null }),
        json!({ "epk": { "kty": "EC", "crv": "P-384" } }),
        json!({ "apu": 7 }),
        json!({ "apv": "A".repeat(600) }),
    ] {
        assert_eq!(decrypt(&with_header(&token, &change), &bob), Err(JweError::NotOpened), "{change}");
    }
}

#[test]
fn keys_are_for_one_use_and_strong() {
    let (alice, _) = alice_and_bob();
    let with = |member: &str, value: &str| {
        let mut jwk = alice.clone();
        jwk[member] = json!(value);
        jwk
    };
    assert!(usable(&alice, "ECDH-ES").is_ok());
    for (jwk, alg) in [
        (with("use", "sig"), "ECDH-ES"),
        (with("alg", "ES256"), "ECDH-ES"),
        (with("alg", "ECDH-ES"), "ECDH-ES+A128KW"),
        (with("crv", "secp256k1"), "ECDH-ES"),
        (with("x", "AAAA"), "ECDH-ES"),
        (alice.clone(), "RSA-OAEP"),
        (alice.clone(), "RSA1_5"),
        (rsa_key(), "ECDH-ES"),
        (json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB" }), "RSA-OAEP"),
        (json!({ "kty": "oct", "k": "AAAA" }), "RSA-OAEP"),
        (json!(7), "ECDH-ES"),
    ] {
        assert!(usable(&jwk, alg).is_err(), "{jwk} {alg}");
        if jwk.get("alg").is_none() {
            assert!(encrypt(&jwk, alg, "A128GCM", None, b"x").is_err(), "{jwk} {alg}");
        }
    }
    assert_eq!(format!("{:?}", DecryptionKey::from_scalar(&[1; 32]).unwrap()).len(), 13 + 2 + 43);
    assert!(DecryptionKey::from_scalar(&[0; 32]).is_err() && DecryptionKey::from_scalar(&[255; 32]).is_err());
}
