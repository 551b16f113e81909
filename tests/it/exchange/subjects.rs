//! The token that is exchanged: which ones are taken, that the new one is never more, and that it ends with the old one.

use serde_json::{Value, json};

use super::{KIND, ask_as_crane, crane, exchange, own_token, set, shop};
use crate::support::{
    made::{ADMIN, ask_token, basic, bootstrap_token, make_client, make_server, post_form},
    tills::{Shop, claims, refused},
};

/// What a new token is told.
async fn good(shop: &Shop, form: &str) -> Value {
    shop.ask(form).await.expect(200).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_gets_less_for_what_it_has() {
    let shop = shop().await;
    let tokens = shop.tokens(&["openid", "buy"]).await;
    let old = claims(&tokens["access_token"]);
    let got = good(&shop, &exchange(&tokens["access_token"], "access_token", "&scope=buy")).await;
    assert_eq!(got["issued_token_type"], format!("{KIND}access_token"));
    assert_eq!((&got["scope"], &got["token_type"]), (&json!("buy"), &json!("bearer")));
    assert!(got.get("refresh_token").is_none() && got.get("id_token").is_none());
    let new = claims(&got["access_token"]);
    for same in ["sub", "client_id", "gid", "aud", "auth_time", "amr"] {
        assert_eq!(new[same], old[same], "{same}");
    }
    assert_ne!(new["jti"], old["jti"]);
    assert!(new.get("act").is_none() && new.get("sub_since").is_none());
    assert!(shop.is_good(&got["access_token"]).await);
    let jwt = format!("&requested_token_type={KIND}jwt");
    let got = good(&shop, &exchange(&tokens["access_token"], "jwt", &jwt)).await;
    assert_eq!((&got["issued_token_type"], &got["scope"]), (&json!(format!("{KIND}jwt")), &json!("openid buy")));
}

#[tokio::test(flavor = "multi_thread")]
async fn scopes_never_grow() {
    let shop = shop().await;
    let tokens = shop.tokens(&["openid", "buy"]).await;
    let form = |more: &str| exchange(&tokens["access_token"], "access_token", more);
    refused(shop.ask(&form("&scope=buy+sell")).await, "invalid_scope");
    refused(shop.ask_as_scale(&form("&scope=sell")).await, "invalid_scope");
    set(&shop, "/clients/scale", json!({ "scopes": ["buy", "sell"] })).await;
    refused(shop.ask_as_scale(&form("&scope=openid")).await, "invalid_scope");
    let got = shop.ask_as_scale(&form("")).await.expect(200).json();
    assert_eq!(got["scope"], "buy", "what the token has and the client may have");
    // What was narrowed once stays narrow.
    let narrow = good(&shop, &form("&scope=openid")).await;
    refused(shop.ask(&exchange(&narrow["access_token"], "access_token", "&scope=buy")).await, "invalid_scope");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_it_is_for_exchange_a_token() {
    let shop = shop().await;
    let tokens = shop.tokens(&["openid", "buy"]).await;
    let form = exchange(&tokens["access_token"], "access_token", "");
    let got = shop.ask_as_scale(&form).await.expect(200).json();
    let new = claims(&got["access_token"]);
    assert_eq!((&new["sub"], &new["client_id"]), (&json!("ada"), &json!("scale")));
    let secret = crane(&shop).await;
    refused(ask_as_crane(&shop, &secret, &form).await, "unauthorized_client");
    refused(ask_as_crane(&shop, &secret, &exchange(&tokens["id_token"], "id_token", "")).await, "unauthorized_client");
    // The client must have the grant, and more than a name to prove itself with.
    set(&shop, "/clients/scale", json!({ "grant_types": ["client_credentials"], "response_types": [] })).await;
    refused(shop.ask_as_scale(&form).await, "unauthorized_client");
    let public = json!({
        "authorization_server_id": "shop", "client_id": "app", "client_name": "App", "public": true,
        "grant_types": [super::GRANT],
    });
    shop.admin.post(&format!("{ADMIN}/clients"), &public).await.expect(422);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_stands_for_what_its_client_was_let_do() {
    let shop = shop().await;
    let tokens = shop.tokens(&["openid", "buy"]).await;
    let got = good(&shop, &exchange(&tokens["id_token"], "id_token", "")).await;
    let new = claims(&got["access_token"]);
    assert_eq!((&new["sub"], &got["scope"]), (&json!("ada"), &json!("openid buy")));
    assert_eq!(new["gid"], claims(&tokens["access_token"])["gid"]);
    shop.server.world.advance_seconds(3600);
    refused(shop.ask(&exchange(&tokens["id_token"], "id_token", "")).await, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_what_it_is_said_to_be() {
    let shop = shop().await;
    let tokens = shop.tokens(&["openid", "buy"]).await;
    for (token, kind) in [
        ("id_token", "access_token"),
        ("id_token", "jwt"),
        ("access_token", "id_token"),
        ("refresh_token", "access_token"),
        ("refresh_token", "refresh_token"),
        ("access_token", "saml2"),
        ("access_token", ""),
    ] {
        refused(shop.ask(&exchange(&tokens[token], kind, "")).await, "invalid_request");
    }
    let form = exchange(&tokens["access_token"], "access_token", "");
    for wanted in ["id_token", "refresh_token", "saml1"] {
        let form = format!("{form}&requested_token_type={KIND}{wanted}");
        refused(shop.ask(&form).await, "invalid_request");
    }
    for left_out in ["subject_token", "subject_token_type"] {
        let form: Vec<&str> = form.split('&').filter(|pair| !pair.starts_with(&format!("{left_out}="))).collect();
        refused(shop.ask(&form.join("&")).await, "invalid_request");
    }
    let mut forged = tokens["access_token"].as_str().unwrap().to_owned();
    forged.truncate(forged.len() - 8);
    for bad in [forged.as_str(), "a.b.c", "pc_access_x"] {
        refused(shop.ask(&exchange(&json!(bad), "access_token", "")).await, "invalid_request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn opaque_tokens_are_exchanged_and_are_no_jwts() {
    let shop = shop().await;
    set(&shop, "/clients/till", json!({ "access_token_strategy": "opaque" })).await;
    let tokens = shop.tokens(&["openid", "buy"]).await;
    refused(shop.ask(&exchange(&tokens["access_token"], "jwt", "")).await, "invalid_request");
    let form = exchange(&tokens["access_token"], "access_token", "");
    let got = good(&shop, &form).await;
    assert!(shop.is_good(&got["access_token"]).await);
    refused(shop.ask(&format!("{form}&requested_token_type={KIND}jwt")).await, "invalid_request");
    let of_scale = shop.ask_as_scale(&form).await.expect(200).json();
    assert_eq!(claims(&of_scale["access_token"])["sub"], "ada");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_never_outlives_what_it_was_made_from() {
    let shop = shop().await;
    let tokens = shop.tokens(&["openid", "buy"]).await;
    let form = exchange(&tokens["access_token"], "access_token", "");
    shop.server.world.advance_seconds(3000);
    let got = good(&shop, &form).await;
    assert_eq!(got["expires_in"], 600);
    assert_eq!(claims(&got["access_token"])["exp"], claims(&tokens["access_token"])["exp"]);
    shop.server.world.advance_seconds(600);
    assert!(!shop.is_good(&got["access_token"]).await);
    refused(shop.ask(&form).await, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_with_its_grant_and_with_the_client_that_had_it() {
    let shop = shop().await;
    for revoked in ["refresh_token", "access_token"] {
        let tokens = shop.tokens(&["openid", "buy"]).await;
        let form = exchange(&tokens["access_token"], "access_token", "");
        let (own, foreign) = (good(&shop, &form).await, shop.ask_as_scale(&form).await.expect(200).json());
        let caller = shop.server.anonymous().with_header("authorization", &basic("till", &shop.till));
        let token = tokens[revoked].as_str().unwrap();
        post_form(&caller, "/default/shop/oauth2/revoke", &format!("token={token}")).await.expect(200);
        refused(shop.ask(&form).await, "invalid_request");
        assert!(!is_active(&shop, &own).await && !is_active(&shop, &foreign).await, "{revoked}");
    }
    let tokens = shop.tokens(&["openid", "buy"]).await;
    let form = exchange(&tokens["access_token"], "access_token", "");
    let foreign = shop.ask_as_scale(&form).await.expect(200).json();
    assert!(is_active(&shop, &foreign).await);
    shop.make_till_again().await;
    assert!(!is_active(&shop, &foreign).await, "what another client of that name was let do is nothing to it");
}

/// Whether a token is good, as `scale` sees its own and `till` its own.
pub(super) async fn is_active(shop: &Shop, tokens: &Value) -> bool {
    let mut active = false;
    for (id, secret) in [("till", &shop.till), ("scale", &shop.scale)] {
        let caller = shop.server.anonymous().with_header("authorization", &basic(id, secret));
        let form = format!("token={}", tokens["access_token"].as_str().unwrap());
        let answer = post_form(&caller, "/default/shop/oauth2/introspect", &form).await.expect(200).json();
        active |= answer["active"].as_bool().unwrap();
    }
    active
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machines_token_is_still_about_that_machine() {
    let shop = shop().await;
    let token = own_token(&shop, false).await;
    let form = exchange(&token, "access_token", "&scope=buy");
    let got = shop.ask_as_scale(&form).await.expect(200).json();
    let new = claims(&got["access_token"]);
    assert_eq!((&new["sub"], &new["client_id"], &new["scp"]), (&json!("till"), &json!("scale"), &json!(["buy"])));
    assert!(new.get("gid").is_none());
    assert!(is_active(&shop, &got).await);
    shop.make_till_again().await;
    assert!(!is_active(&shop, &got).await, "the machine it is about is another one now");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_others_are_worth_nothing_here() {
    let shop = shop().await;
    make_server(&shop.admin, "market", json!({})).await;
    let body = json!({ "authorization_server_id": "market", "name": "buy" });
    shop.admin.post(&format!("{ADMIN}/scopes"), &body).await.expect(201);
    let stall = make_client(&shop.admin, "market", "stall", &["buy"]).await;
    let secret = stall["client_secret"].as_str().unwrap();
    let answer = ask_token(&shop.server, "market", "stall", secret, "grant_type=client_credentials").await;
    let elsewhere = answer.expect(200).json()["access_token"].clone();
    let of_tenant = json!(bootstrap_token(&shop.server, "system", "system", "setup").await);
    for foreign in [elsewhere, of_tenant] {
        let why = refused(shop.ask(&exchange(&foreign, "access_token", "")).await, "invalid_request");
        assert!(why.contains("no such token of this server"), "{why}");
    }
}
