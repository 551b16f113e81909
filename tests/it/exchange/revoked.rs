//! What is given back takes along what it was exchanged for (RFC 7009, RFC 8693): signed tokens and opaque ones, also over several
//! exchanges, and nothing else.

use serde_json::{Value, json};

use super::{exchange, own_token, set, shop, subjects::is_active};
use crate::support::{
    made::{basic, post_form},
    tills::{Shop, claims, refresh, refused},
};

/// Gives an access token back, as the client that it was issued to.
async fn give_back(shop: &Shop, (id, secret): (&str, &str), token: &Value) {
    let caller = shop.server.anonymous().with_header("authorization", &basic(id, secret));
    let form = format!("token={}", token.as_str().unwrap());
    post_form(&caller, "/default/shop/oauth2/revoke", &form).await.expect(200);
}

/// What `scale` gets for a token.
async fn exchanged(shop: &Shop, token: &Value) -> Value {
    shop.ask_as_scale(&exchange(token, "access_token", "")).await.expect(200).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_takes_along_all_that_it_was_exchanged_for() {
    for form in ["jwt", "opaque"] {
        let shop = shop().await;
        for client in ["till", "scale"] {
            set(&shop, &format!("/clients/{client}"), json!({ "access_token_strategy": form })).await;
        }
        let tokens = shop.tokens(&["openid", "buy", "offline_access"]).await;
        let first = exchanged(&shop, &tokens["access_token"]).await;
        let second = exchanged(&shop, &first["access_token"]).await;
        // Another token of the same grant, and one that is exchanged for that.
        let beside = shop.ask(&refresh(&tokens["refresh_token"])).await.expect(200).json();
        let besides = exchanged(&shop, &beside["access_token"]).await;
        for good in [&tokens, &first, &second, &beside, &besides] {
            assert!(is_active(&shop, good).await, "{form}");
        }
        give_back(&shop, ("till", &shop.till), &tokens["access_token"]).await;
        for gone in [&tokens, &first, &second] {
            assert!(!is_active(&shop, gone).await, "{form}");
        }
        let why = shop.ask_as_scale(&exchange(&second["access_token"], "access_token", "")).await;
        refused(why, "invalid_request");
        assert!(is_active(&shop, &beside).await && is_active(&shop, &besides).await, "{form}: it is nothing to these");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_in_the_middle_takes_along_what_came_of_it_and_nothing_before() {
    let shop = shop().await;
    let tokens = shop.tokens(&["openid", "buy"]).await;
    let first = exchanged(&shop, &tokens["access_token"]).await;
    let second = exchanged(&shop, &first["access_token"]).await;
    let jti = |answer: &Value| claims(&answer["access_token"])["jti"].clone();
    assert_eq!(claims(&second["access_token"])["exchanged_from"], json!([jti(&tokens), jti(&first)]));
    assert!(claims(&tokens["access_token"]).get("exchanged_from").is_none());
    give_back(&shop, ("scale", &shop.scale), &first["access_token"]).await;
    assert!(is_active(&shop, &tokens).await);
    assert!(!is_active(&shop, &first).await && !is_active(&shop, &second).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machines_token_takes_along_what_others_have_made_of_it() {
    let shop = shop().await;
    let token = own_token(&shop, false).await;
    let got = exchanged(&shop, &token).await;
    assert!(is_active(&shop, &got).await);
    give_back(&shop, ("till", &shop.till), &token).await;
    assert!(!is_active(&shop, &got).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_comes_from_so_many_and_no_more() {
    let shop = shop().await;
    let mut token = shop.tokens(&["openid", "buy"]).await["access_token"].clone();
    for _ in 0..8 {
        token = exchanged(&shop, &token).await["access_token"].clone();
    }
    let why = refused(shop.ask_as_scale(&exchange(&token, "access_token", "")).await, "invalid_request");
    assert!(why.contains("comes from 8 others already"), "{why}");
}
