//! Tokens that only a client can read: encrypted ID tokens, userinfo and introspection, introspection as a JWT (RFC 9701), and
//! what is encrypted for the server.

use data_encoding::BASE64URL_NOPAD;
use portcullis::{
    crypto::{
        jwe::{self, DecryptionKey},
        jws,
        keys::VerifyingKey,
    },
    domain::encryption,
};
use serde_json::{Value, json};

use crate::support::{
    Answer, Caller,
    made::{ADMIN, basic, post_form, wrong_members},
    tills::{PASSWORD, Shop, refresh},
};

covers!("token", "userinfo", "introspect", "jwks", "updateClient");

const INTROSPECT: &str = "/default/shop/oauth2/introspect";
const MEDIA_TYPE: &str = "application/token-introspection+jwt";

/// The key of the client.
fn key() -> DecryptionKey {
    DecryptionKey::from_scalar(&[7; 32]).unwrap()
}

/// How everything of a client is encrypted.
fn all() -> Value {
    json!({
        "id_token_encrypted_response_alg": "ECDH-ES+A256KW", "id_token_encrypted_response_enc": "A256GCM",
        "userinfo_encrypted_response_alg": "ECDH-ES", "introspection_encrypted_response_alg": "ECDH-ES+A128KW",
    })
}

/// A shop whose client `till` has a key, with these members.
async fn shop(security: Value, more: Value) -> Shop {
    let shop = Shop::open(json!({})).await;
    let mut body = json!({ "jwks": { "keys": [key().public_jwk()] }, "security": security });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    shop.change_till(body).await;
    shop
}

async fn tokens(shop: &Shop) -> Value {
    let form = format!("grant_type=password&username=ada&password={}&scope=openid+buy", PASSWORD.replace(' ', "+"));
    shop.ask(&form).await.expect(200).json()
}

/// The server's key that signs.
async fn signer(shop: &Shop) -> VerifyingKey {
    let keys = shop.server.anonymous().get("/default/shop/.well-known/jwks.json").await.expect(200).json();
    VerifyingKey::from_jwk(&keys["keys"][0]).unwrap()
}

fn opened(token: &str) -> String {
    String::from_utf8(jwe::decrypt(token, &key()).unwrap()).unwrap()
}

/// The first part of a signed token.
fn head(token: &str) -> Value {
    let head = token.split('.').next().unwrap();
    serde_json::from_slice(&BASE64URL_NOPAD.decode(head.as_bytes()).unwrap()).unwrap()
}

fn till(shop: &Shop) -> Caller {
    shop.server.anonymous().with_header("authorization", &basic("till", &shop.till))
}

async fn ask(caller: &Caller, token: &str) -> Answer {
    post_form(caller, INTROSPECT, &format!("token={token}")).await.expect(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_is_signed_and_then_encrypted() {
    let shop = shop(all(), json!({})).await;
    let first = tokens(&shop).await;
    let again = shop.ask(&refresh(&first["refresh_token"])).await.expect(200).json();
    for tokens in [&first, &again] {
        let token = tokens["id_token"].as_str().unwrap();
        let header = jwe::decode_header(token).unwrap();
        assert_eq!((header.alg.as_str(), header.enc.as_str()), ("ECDH-ES+A256KW", "A256GCM"));
        assert_eq!((header.kid.as_deref(), header.cty.as_deref()), (Some(key().kid()), Some("JWT")));
        let claims = jws::verify(&opened(token), &signer(&shop).await).unwrap();
        assert_eq!((&claims["sub"], &claims["aud"]), (&json!("ada"), &json!("till")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn userinfo_is_encrypted_and_signed_when_both_are_asked_for() {
    for signing in ["", "ES256"] {
        let shop = shop(all(), json!({ "userinfo_signed_response_alg": signing })).await;
        let access = tokens(&shop).await["access_token"].as_str().unwrap().to_owned();
        let answer = shop.server.anonymous().with_token(&access).get("/default/shop/userinfo").await.expect(200);
        assert_eq!(answer.header("content-type"), Some("application/jwt"));
        let header = jwe::decode_header(&answer.text()).unwrap();
        assert_eq!((header.alg.as_str(), header.enc.as_str()), ("ECDH-ES", "A128CBC-HS256"));
        let inside = opened(&answer.text());
        if signing.is_empty() {
            assert_eq!(header.cty, None);
            assert_eq!(serde_json::from_str::<Value>(&inside).unwrap()["sub"], "ada");
        } else {
            assert_eq!(header.cty.as_deref(), Some("JWT"));
            let claims = jws::verify(&inside, &signer(&shop).await).unwrap();
            assert_eq!((&claims["sub"], &claims["aud"]), (&json!("ada"), &json!("till")));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn introspection_is_a_jwt_for_whoever_names_it() {
    let shop = Shop::open(json!({})).await;
    let access = tokens(&shop).await["access_token"].as_str().unwrap().to_owned();
    let plain = ask(&till(&shop), &access).await;
    assert_eq!(plain.header("content-type"), Some("application/json"));
    let asking = till(&shop).with_header("accept", MEDIA_TYPE);
    let key = signer(&shop).await;
    for (token, active) in [(access.as_str(), true), ("nothing", false)] {
        let answer = ask(&asking, token).await;
        assert_eq!(answer.header("content-type"), Some(MEDIA_TYPE));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(head(&answer.text())["typ"], "token-introspection+jwt");
        let claims = jws::verify(&answer.text(), &key).unwrap();
        assert_eq!(claims["iss"], json!(format!("{}/default/shop", shop.domain().public_url)));
        assert_eq!((&claims["aud"], &claims["iat"].is_i64()), (&json!("till"), &true));
        assert!(!claims.contains_key("sub") && !claims.contains_key("exp"), "it is no token itself: {claims:?}");
        match active {
            true => assert_eq!(claims["token_introspection"], plain.json()),
            false => assert_eq!(claims["token_introspection"], json!({ "active": false })),
        }
        // Whoever shows the answer as a token gets nothing for it.
        shop.server.anonymous().with_token(&answer.text()).get("/default/shop/userinfo").await.expect(401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn introspection_is_what_the_client_has_registered() {
    let signed = shop(json!({ "introspection_signed_response_alg": "ES256" }), json!({})).await;
    let access = tokens(&signed).await["access_token"].as_str().unwrap().to_owned();
    let answer = ask(&till(&signed), &access).await;
    assert_eq!(jws::verify(&answer.text(), &signer(&signed).await).unwrap()["token_introspection"]["active"], true);
    let encrypted = shop(all(), json!({})).await;
    let access = tokens(&encrypted).await["access_token"].as_str().unwrap().to_owned();
    let answer = ask(&till(&encrypted), &access).await;
    assert_eq!(jwe::decode_header(&answer.text()).unwrap().cty.as_deref(), Some("JWT"));
    let claims = jws::verify(&opened(&answer.text()), &signer(&encrypted).await).unwrap();
    assert_eq!(claims["token_introspection"]["sub"], "ada");
    // The server has no such key.
    let never = shop(json!({ "introspection_signed_response_alg": "EdDSA" }), json!({})).await;
    let access = tokens(&never).await["access_token"].as_str().unwrap().to_owned();
    let answer = post_form(&till(&never), INTROSPECT, &format!("token={access}")).await;
    assert!(answer.status.as_u16() >= 400 && !answer.text().contains("active"), "{} {}", answer.status, answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_a_key_is_not_saved() {
    let shop = shop(json!({}), json!({})).await;
    let path = format!("{ADMIN}/clients/till");
    let body = shop.admin.get(&path).await.expect(200).json();
    let alg = "/security/id_token_encrypted_response_alg";
    let enc = "/security/id_token_encrypted_response_enc";
    let signing = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    for (keys, wanted, member) in [
        (json!([]), json!("ECDH-ES"), alg),
        (json!([signing]), json!("ECDH-ES"), alg),
        (json!([key().public_jwk()]), json!("RSA-OAEP-256"), alg),
        (json!([key().public_jwk()]), json!("RSA1_5"), alg),
        (json!([key().public_jwk()]), json!("dir"), alg),
    ] {
        let mut body = body.clone();
        body["jwks"] = if keys == json!([]) { Value::Null } else { json!({ "keys": keys }) };
        body["security"] = json!({ "id_token_encrypted_response_alg": wanted });
        let answer = shop.admin.put(&path, &body).await.expect(422);
        assert_eq!(wrong_members(&answer), [member], "{wanted}");
    }
    let mut unknown = body;
    unknown["security"] = all();
    unknown["security"]["id_token_encrypted_response_enc"] = json!("A192GCM");
    assert_eq!(wrong_members(&shop.admin.put(&path, &unknown).await.expect(422)), [enc]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_given_in_clear_when_the_key_is_out_of_reach() {
    let shop = Shop::open(json!({})).await;
    let security = json!({ "id_token_encrypted_response_alg": "ECDH-ES" });
    shop.change_till(json!({ "jwks_uri": "https://localhost:1/keys", "security": security })).await;
    let form = format!("grant_type=password&username=ada&password={}&scope=openid", PASSWORD.replace(' ', "+"));
    let answer = shop.ask(&form).await.expect(502);
    assert_eq!(answer.json()["error"], "temporarily_unavailable");
    assert!(!answer.text().contains("token\":"), "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_encrypted_for_the_server_opens_there_and_nowhere_else() {
    let shop = Shop::open(json!({})).await;
    let domain = shop.domain();
    let jwks = || async { shop.server.anonymous().get("/default/shop/.well-known/jwks.json").await.expect(200).json() };
    let published = |keys: Value| {
        let keys = keys["keys"].as_array().unwrap().clone();
        let mut found = keys.into_iter().filter(|key| key["use"] == "enc");
        (found.next().unwrap(), found.next())
    };
    let (first, more) = published(jwks().await);
    assert!(more.is_none() && first.get("d").is_none(), "{first}");
    let token = jwe::encrypt(&first, "ECDH-ES", "A256GCM", None, b"a request").unwrap();
    assert_eq!(encryption::open(domain, "default", "shop", &token).unwrap().as_deref(), Some(&b"a request"[..]));
    // After a rotation the former one still opens what was on its way.
    let keys = format!("{ADMIN}/servers/shop/keys");
    shop.admin.post(&keys, &json!({ "key_type": "ecdsa" })).await.expect(201);
    shop.admin.post(&format!("{keys}/rotate"), &json!({})).await.expect(200);
    assert_ne!(published(jwks().await).0["kid"], first["kid"]);
    assert!(encryption::open(domain, "default", "shop", &token).unwrap().is_some());
    // Nobody learns from the answer what is wrong with a token.
    let parts: Vec<&str> = token.split('.').collect();
    let with = |place: usize, part: &str| {
        let mut parts = parts.clone();
        parts[place] = part;
        parts.join(".")
    };
    let header = |more: Value| {
        let mut header = head(&token);
        header.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        BASE64URL_NOPAD.encode(header.to_string().as_bytes())
    };
    let elsewhere = jwe::encrypt(&key().public_jwk(), "ECDH-ES", "A256GCM", None, b"a request").unwrap();
    for wrong in [
        with(0, &header(json!({ "zip": "DEF" }))),
        with(0, &header(json!({ "crit": ["exp"], "exp": 1 }))),
        with(0, &header(json!({ "alg": "RSA1_5" }))),
        with(0, &header(json!({ "alg": "dir" }))),
        with(0, &header(json!({ "enc": "A128GCM" }))),
        with(0, &header(json!({ "kid": "another" }))),
        with(1, "AAAA"),
        with(3, "AAAA"),
        with(4, "AAAA"),
        with(4, ""),
        elsewhere,
        "a.b.c.d.e".to_owned(),
        String::new(),
    ] {
        assert_eq!(encryption::open(domain, "default", "shop", &wrong).unwrap(), None, "{wrong}");
    }
    assert_eq!(encryption::open(domain, "default", "system", &token).unwrap(), None, "another server's key");
}
