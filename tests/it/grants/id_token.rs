//! ID tokens: signed by the server for one client, with the nonce and the hashes of what came with them.

use data_encoding::BASE64URL_NOPAD;
use portcullis::{
    crypto::{digest, jws},
    domain::key_ring,
};
use serde_json::{Value, json};

use crate::support::{
    tills::{Shop, claims, redeem, refresh},
    world::START,
};

#[tokio::test(flavor = "multi_thread")]
async fn it_says_who_for_whom_when_and_how() {
    let shop = Shop::open(json!({ "id_token_ttl": "5m0s" })).await;
    let grant = shop.grant(&["openid"], Some("a-session")).await;
    shop.change_grant(&grant, |grant| {
        grant.nonce = Some("n-0S6_WzA2Mj".to_owned());
        grant.identity.acr = Some("silver".to_owned());
    })
    .await;
    shop.server.world.advance_seconds(60);
    let tokens = shop.ask(&redeem(&shop.code(&grant, None).await)).await.expect(200).json();
    let key = key_ring::signing(shop.domain(), "default", "shop").unwrap();
    let token = tokens["id_token"].as_str().unwrap();
    let said = Value::Object(jws::verify(token, &key.verifier()).unwrap());
    let now = START / 1_000_000 + 60;
    let hash = digest::sha256(tokens["access_token"].as_str().unwrap().as_bytes());
    for (name, value) in [
        ("iss", json!(format!("{}/default/shop", shop.domain().public_url))),
        ("sub", json!("ada")),
        ("aud", json!("till")),
        ("iat", json!(now)),
        ("exp", json!(now + 300)),
        ("auth_time", json!(now - 60)),
        ("nonce", json!("n-0S6_WzA2Mj")),
        ("acr", json!("silver")),
        ("amr", json!(["pwd"])),
        ("sid", json!("a-session")),
        ("at_hash", json!(BASE64URL_NOPAD.encode(&hash[..16]))),
    ] {
        assert_eq!(said[name], value, "{name}");
    }
    assert!(said["gid"].is_string(), "its grant, with which it ends where it is exchanged");
    for absent in ["azp", "c_hash", "scope"] {
        assert!(said.get(absent).is_none(), "{absent}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refreshed_one_has_the_first_login_and_no_nonce() {
    let shop = Shop::open(json!({})).await;
    let grant = shop.grant(&["openid"], None).await;
    shop.change_grant(&grant, |grant| grant.nonce = Some("once".to_owned())).await;
    let first = shop.ask(&redeem(&shop.code(&grant, None).await)).await.expect(200).json();
    shop.server.world.advance_seconds(100);
    let next = shop.ask(&refresh(&first["refresh_token"])).await.expect(200).json();
    let (first, next) = (claims(&first["id_token"]), claims(&next["id_token"]));
    assert_eq!(first["nonce"], "once");
    assert!(next.get("nonce").is_none());
    assert_eq!(next["auth_time"], first["auth_time"]);
    assert_eq!(next["iat"], json!(first["iat"].as_i64().unwrap() + 100));
}

#[tokio::test(flavor = "multi_thread")]
async fn hashes_go_with_the_key() {
    let shop = Shop::open(json!({ "key_type": "eddsa" })).await;
    let tokens = shop.tokens(&["openid"]).await;
    let hash = digest::sha512(tokens["access_token"].as_str().unwrap().as_bytes());
    assert_eq!(claims(&tokens["id_token"])["at_hash"], json!(BASE64URL_NOPAD.encode(&hash[..32])));
}
