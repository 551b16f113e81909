//! Whom the new token is for: what a client may name, and that tokens bound to a key stay bound.

use portcullis::domain::{
    Confirmation, client, server,
    token::{self, Order},
};
use serde_json::json;

use super::{exchange, set, shop};
use crate::support::{
    made::{ADMIN, make_policy, yes},
    tills::{Shop, claims, refused},
};

/// A service of the shop that the scope `buy` belongs to.
async fn make_service(shop: &Shop) {
    let body = json!({ "authorization_server_id": "shop", "id": "stock-1", "name": "stock" });
    shop.admin.post(&format!("{ADMIN}/services"), &body).await.expect(201);
    let listed = shop.admin.get(&format!("{ADMIN}/servers/shop/scopes")).await.expect(200).json();
    let buy = listed["scopes"].as_array().unwrap().iter().find(|scope| scope["name"] == "buy").unwrap();
    set(shop, &format!("/scopes/{}", buy["id"].as_str().unwrap()), json!({ "service_id": "stock-1" })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_for_whom_the_client_may_name() {
    let shop = shop().await;
    make_service(&shop).await;
    let tokens = shop.tokens(&["openid", "buy", "sell"]).await;
    let form = |more: &str| exchange(&tokens["access_token"], "access_token", more);
    for (named, audience) in [
        ("&audience=stock", json!(["stock"])),
        ("&audience=scale", json!(["scale"])),
        ("&audience=till", json!(["till"])),
        ("&audience=stock&audience=scale&audience=stock", json!(["stock", "scale"])),
    ] {
        let got = shop.ask(&form(&format!("{named}&scope=buy"))).await.expect(200).json();
        assert_eq!(claims(&got["access_token"])["aud"], audience, "{named}");
        assert!(shop.is_good(&got["access_token"]).await);
    }
    for refused_name in ["&audience=nobody", "&audience=stock-1", "&audience=stock&audience=admin", "&audience=Stock"] {
        refused(shop.ask(&form(refused_name)).await, "invalid_target");
    }
    // A service is for those who have one of its scopes.
    refused(shop.ask(&form("&audience=stock&scope=sell")).await, "invalid_target");
    refused(shop.ask(&form(&"&audience=stock".repeat(9))).await, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_client_is_named_where_a_policy_decides() {
    let shop = shop().await;
    super::crane(&shop).await;
    let tokens = shop.tokens(&["openid", "buy"]).await;
    let form = exchange(&tokens["access_token"], "access_token", "&scope=buy&audience=crane");
    refused(shop.ask(&form).await, "invalid_target");
    make_policy(&shop.admin, "anything", json!([yes()])).await;
    set(&shop, "/servers/shop", json!({ "security": { "exchange_policy_id": "anything" } })).await;
    let got = shop.ask(&form).await.expect(200).json();
    assert_eq!(claims(&got["access_token"])["aud"], json!(["crane"]));
    refused(shop.ask(&form.replace("crane", "admin")).await, "invalid_target");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_token_never_becomes_one_for_whoever_finds_it() {
    let shop = shop().await;
    let domain = shop.domain();
    let (server, till) =
        (server::current(domain, "default", "shop").unwrap(), client::current(domain, "default", "till").unwrap());
    let bound = Confirmation { jkt: Some("the key".to_owned()), x5t_s256: None };
    let order = Order {
        tenant: "default",
        server: ("shop", &server.value),
        client: ("till", &till.value),
        grant: None,
        application: None,
        scopes: &["buy".to_owned()],
        audience: &[],
        details: &[],
        claims: None,
        confirmation: Some(&bound),
        exchanged: None,
    };
    let token = token::mint(domain, &order).await.unwrap().issued.access_token;
    let form = exchange(&json!(token.expose()), "access_token", "");
    for answer in [shop.ask(&form).await, shop.ask_as_scale(&form).await] {
        let why = refused(answer, "invalid_request");
        assert!(why.contains("bound to a key"), "{why}");
    }
}
