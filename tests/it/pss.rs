//! RSA keys of a server that sign with PS256 (RFC 7518 §3.5): chosen where a key is made, told wherever keys and algorithms are told,
//! and no key that signs in two ways.

use aws_lc_rs::signature::{RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents};
use data_encoding::BASE64URL_NOPAD;
use portcullis::{
    crypto::{Algorithm, SigningKey},
    domain::key_ring,
};
use serde_json::{Value, json};

use crate::support::{
    Caller, TestServer,
    made::{make_server, wrong_members},
    tills::{CALLBACK, Shop, redeem},
};

const SERVERS: &str = "/api/admin/default/servers";

fn part(token: &str, place: usize) -> Vec<u8> {
    BASE64URL_NOPAD.decode(token.split('.').nth(place).unwrap().as_bytes()).unwrap()
}

/// What signs a token, as its header says.
fn algorithm(token: &Value) -> String {
    let header: Value = serde_json::from_slice(&part(token.as_str().unwrap(), 0)).unwrap();
    header["alg"].as_str().unwrap().to_owned()
}

/// Whether a token is signed with RSASSA-PSS by a key that is told as a JWK, without any code of the host.
fn is_signed(token: &Value, jwk: &Value) -> bool {
    let token = token.as_str().unwrap();
    let member = |name: &str| BASE64URL_NOPAD.decode(jwk[name].as_str().unwrap().as_bytes()).unwrap();
    let (signed, _) = token.rsplit_once('.').unwrap();
    let key = RsaPublicKeyComponents { n: member("n"), e: member("e") };
    key.verify(&RSA_PSS_2048_8192_SHA256, signed.as_bytes(), &part(token, 2)).is_ok()
}

async fn signing_keys(admin: &Caller, id: &str) -> Vec<(Value, Value, Value)> {
    let listed = admin.get(&format!("{SERVERS}/{id}/keys")).await.expect(200).json();
    let one = |key: &Value| (key["key_type"].clone(), key["signing_alg"].clone(), key["jwk"]["alg"].clone());
    listed["keys"].as_array().unwrap().iter().map(one).collect()
}

fn told(key_type: &str, algorithm: &str) -> (Value, Value, Value) {
    (json!(key_type), json!(algorithm), json!(algorithm))
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_such_a_server_signs_is_signed_with_ps256() {
    let shop = Shop::open(json!({
        "key_type": "rsa", "signing_alg": "PS256", "enable_dynamic_client_registration": true,
        "open_dynamic_client_registration": true,
    }))
    .await;
    let anybody = shop.server.anonymous();
    let document = anybody.get("/default/shop/.well-known/openid-configuration").await.expect(200).json();
    assert_eq!(document["id_token_signing_alg_values_supported"], json!(["PS256"]));
    assert_eq!(document["userinfo_signing_alg_values_supported"], json!(["PS256", "none"]));
    let keys = anybody.get("/default/shop/.well-known/jwks.json").await.expect(200).json();
    let key = keys["keys"].as_array().unwrap().iter().find(|key| key["use"] == "sig").unwrap().clone();
    assert_eq!((&key["kty"], &key["alg"]), (&json!("RSA"), &json!("PS256")));

    let tokens =
        shop.ask(&redeem(&shop.code(&shop.grant(&["openid"], None).await, None).await)).await.expect(200).json();
    for token in ["access_token", "id_token"] {
        assert_eq!(algorithm(&tokens[token]), "PS256");
        assert!(is_signed(&tokens[token], &key), "{token}");
    }
    assert!(shop.is_good(&tokens["access_token"]).await, "and taken by ourselves");
    let userinfo = Caller::new(&shop.server.url).with_token(tokens["access_token"].as_str().unwrap());
    userinfo.get("/default/shop/userinfo").await.expect(200);

    // Clients may ask for what it signs with, and for nothing else.
    let client = |algorithm: &str| json!({ "client_name": "App", "redirect_uris": [CALLBACK], "id_token_signed_response_alg": algorithm, "userinfo_signed_response_alg": algorithm });
    let made = anybody.post("/default/shop/oauth2/register", &client("PS256")).await.expect(201).json();
    assert_eq!(
        (&made["id_token_signed_response_alg"], &made["userinfo_signed_response_alg"]),
        (&json!("PS256"), &json!("PS256"))
    );
    let refused = anybody.post("/default/shop/oauth2/register", &client("RS256")).await.expect(400).json();
    assert_eq!(refused["error"], "invalid_client_metadata");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_key_may_sign_otherwise() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    let keys = format!("{SERVERS}/shop/keys");
    for (body, wrong) in [
        (json!({ "key_type": "ecdsa", "signing_alg": "PS256" }), "/signing_alg"),
        (json!({ "key_type": "rsa", "signing_alg": "ES256" }), "/signing_alg"),
        (json!({ "signing_alg": "HS256" }), "/signing_alg"),
        (json!({ "signing_alg": "none" }), "/signing_alg"),
        (json!({ "key_type": "pss" }), "/key_type"),
    ] {
        assert_eq!(wrong_members(&admin.post(&keys, &body).await.expect(422)), [wrong], "{body}");
        let mut whole = body.clone();
        whole["name"] = json!("New");
        assert_eq!(wrong_members(&admin.post(SERVERS, &whole).await.expect(422)), [wrong], "{whole}");
    }
    assert_eq!(signing_keys(&admin, "shop").await, [told("ecdsa", "ES256")]);
    admin.post(&keys, &json!({ "signing_alg": "PS256" })).await.expect(201);
    assert_eq!(signing_keys(&admin, "shop").await, [told("ecdsa", "ES256"), told("rsa", "PS256")]);
    admin.post(&format!("{keys}/rotate"), &json!({})).await.expect(200);
    // Like the present one, unless something else is said.
    admin.post(&keys, &json!({})).await.expect(201);
    assert_eq!(
        signing_keys(&admin, "shop").await,
        [told("rsa", "PS256"), told("rsa", "PS256"), told("ecdsa", "ES256")]
    );
    let kids: Vec<Value> = admin.get(&keys).await.expect(200).json()["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["kid"].clone())
        .collect();
    assert_ne!(kids[0], kids[1], "another key, not the same one once more");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_signs_in_two_ways() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let key = SigningKey::generate(Algorithm::Ps256).unwrap().private_jwk().unwrap();
    let made = make_server(&admin, "shop", json!({ "jwks": { "keys": [key] }, "key_type": "ecdsa" })).await;
    assert_eq!(signing_keys(&admin, "shop").await, [told("rsa", "PS256")]);
    let otherwise = |algorithm: &str| {
        let mut key = key.clone();
        key["alg"] = json!(algorithm);
        key["kid"] = json!("another name");
        key
    };
    let path = format!("{SERVERS}/shop");
    for keys in [json!([otherwise("RS256")]), json!([otherwise("PS256"), otherwise("RS256")])] {
        let answer = admin.put(&path, &json!({ "name": "Shop", "jwks": { "keys": keys } })).await.expect(422);
        assert!(wrong_members(&answer)[0].starts_with("/jwks/keys/"), "{}", answer.text());
    }
    let other = SigningKey::generate(Algorithm::Es256).unwrap().private_jwk().unwrap();
    let retired = json!({ "name": "Shop", "jwks": { "keys": [other, otherwise("RS256")] } });
    assert_eq!(wrong_members(&admin.put(&path, &retired).await.expect(422)), ["/jwks/keys/1/alg"]);
    assert_eq!(signing_keys(&admin, "shop").await, [told("rsa", "PS256")], "nothing has changed");

    // What is exported comes back as what it was.
    let exported = key_ring::private_jwks(&server.app.domain, "default", "shop").unwrap();
    assert_eq!(exported["keys"][0]["alg"], "PS256");
    admin.delete(&path).await.expect(204);
    let again = make_server(&admin, "shop", json!({ "jwks": exported, "secret": made["secret"] })).await;
    assert_eq!(again["jwks"], made["jwks"]);
    assert_eq!(signing_keys(&admin, "shop").await, [told("rsa", "PS256")]);
}
