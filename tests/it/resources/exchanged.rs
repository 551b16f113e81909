//! Exchanged tokens stay within the resources that were granted (RFC 8693, RFC 8707): no exchange leads to a resource that nobody
//! has agreed to, nor to a token for everything that the server guards.

use serde_json::{Value, json};

use super::{AID, ORDERS, PLAIN, STOCK, agree, aimed, ask, change_web, mall, own, redeem, request, texts};
use crate::support::{
    Answer,
    made::{make_policy, yes},
    storefront::Storefront,
    tills::refused,
};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// Both kinds of tokens that a client has of a person.
const KINDS: [&str; 2] = ["access_token", "id_token"];

/// A mall whose client exchanges tokens, and names somebody whom its tokens are for unless they are for certain resources.
async fn exchanging() -> Storefront {
    let shop = mall(json!({})).await;
    let grants = json!(["authorization_code", "refresh_token", "client_credentials", GRANT]);
    shop.change(json!({ "grant_types": grants })).await;
    change_web(&shop, json!({ "grant_types": grants, "audience": ["scale"] })).await;
    shop
}

/// What the client has of ann after she has said yes to these scopes at these resources.
async fn tokens(shop: &Storefront, scope: &str, resources: &[&str]) -> Value {
    let resources: Vec<(&str, &str)> = resources.iter().map(|one| ("resource", *one)).collect();
    let page = agree(&mut shop.browser(), &request(shop, scope, &resources)).await;
    redeem(shop, &page, &[]).await.expect(200).json()
}

/// Exchanges one of the tokens of an answer.
async fn exchange(shop: &Storefront, tokens: &Value, kind: &str, more: &[(&str, &str)]) -> Answer {
    let (token, kind) = (tokens[kind].as_str().unwrap(), format!("urn:ietf:params:oauth:token-type:{kind}"));
    let form = [("grant_type", GRANT), ("subject_token", token), ("subject_token_type", &kind)];
    ask(shop, &[&form, more].concat()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_exchange_leads_to_a_resource_that_is_agreed_to_by_its_name() {
    let shop = exchanging().await;
    let plain = [("resource", PLAIN)];
    for granted in [&[ORDERS][..], &[]] {
        let had = tokens(&shop, "openid orders", granted).await;
        for kind in KINDS {
            refused(exchange(&shop, &had, kind, &plain).await, "invalid_target");
            refused(exchange(&shop, &had, kind, &[("resource", ORDERS), plain[0]]).await, "invalid_target");
            exchange(&shop, &had, kind, &[("resource", ORDERS)]).await.expect(200);
        }
    }
    let machine = own(&shop, &[("resource", ORDERS)]).await.expect(200).json();
    refused(exchange(&shop, &machine, "access_token", &plain).await, "invalid_target");

    // Where she has agreed to it, it is exchanged; a token for another part of that is for that part.
    let page = agree(&mut shop.browser(), &request(&shop, "openid orders", &[("resource", ORDERS), plain[0]])).await;
    let part = redeem(&shop, &page, &[("resource", ORDERS)]).await.expect(200).json();
    refused(exchange(&shop, &part, "access_token", &plain).await, "invalid_target");
    let got = exchange(&shop, &part, "id_token", &plain).await.expect(200).json();
    assert_eq!(aimed(&shop, &got), (texts(&[PLAIN, "us"]), texts(&["openid"])));
    let got = exchange(&shop, &got, "access_token", &plain).await.expect(200).json();
    assert_eq!(aimed(&shop, &got).0, texts(&[PLAIN, "us"]));

    // A policy sees whom it is for, and decides.
    make_policy(&shop.admin, "anything", json!([yes()])).await;
    shop.change(json!({ "security": { "exchange_policy_id": "anything" } })).await;
    let got = exchange(&shop, &part, "access_token", &plain).await.expect(200).json();
    assert_eq!(aimed(&shop, &got).0, texts(&[PLAIN, "us"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_token_stands_for_the_resources_of_its_grant() {
    let shop = exchanging().await;
    let had = tokens(&shop, "openid profile orders stock", &[ORDERS]).await;
    let got = exchange(&shop, &had, "id_token", &[]).await.expect(200).json();
    assert_eq!(aimed(&shop, &got), (texts(&[ORDERS, "us"]), texts(&["openid", "orders", "profile"])));
    let issuer = format!("{}/default/{AID}", shop.server.url);
    for more in [("resource", STOCK), ("resource", issuer.as_str()), ("audience", "scale")] {
        for kind in KINDS {
            refused(exchange(&shop, &had, kind, &[more]).await, "invalid_target");
        }
    }
    refused(exchange(&shop, &had, "id_token", &[("scope", "stock")]).await, "invalid_scope");
    // Without resources in the grant it is for the server, as at the token endpoint.
    let had = tokens(&shop, "openid orders", &[]).await;
    let got = exchange(&shop, &had, "id_token", &[]).await.expect(200).json();
    assert_eq!(aimed(&shop, &got), (texts(&["us", "scale"]), texts(&["openid", "orders"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_client_names_is_no_way_out_of_a_resource() {
    let shop = exchanging().await;
    let had = tokens(&shop, "openid orders", &[ORDERS]).await;
    let machine = own(&shop, &[("resource", ORDERS)]).await.expect(200).json();
    for subject in [&had, &machine] {
        for more in [&[("audience", "scale")][..], &[("audience", "web"), ("audience", "scale")]] {
            refused(exchange(&shop, subject, "access_token", more).await, "invalid_target");
        }
    }
    // To the client itself it may be narrowed, and never becomes more again.
    let narrow = exchange(&shop, &had, "access_token", &[("audience", "web")]).await.expect(200).json();
    assert_eq!(aimed(&shop, &narrow).0, texts(&["web", "us"]));
    let again = exchange(&shop, &narrow, "access_token", &[]).await.expect(200).json();
    assert_eq!(aimed(&shop, &again).0, texts(&["web", "us"]));
    for more in [("resource", ORDERS), ("audience", "scale")] {
        refused(exchange(&shop, &narrow, "access_token", &[more]).await, "invalid_target");
    }

    // The same goes for one that was narrowed from everything: the issuer stands in it for userinfo only.
    let all = tokens(&shop, "openid orders stock", &[]).await;
    for (more, audience) in [(("audience", "scale"), "scale"), (("resource", STOCK), STOCK)] {
        let narrow = exchange(&shop, &all, "access_token", &[more]).await.expect(200).json();
        assert_eq!(aimed(&shop, &narrow).0, texts(&[audience, "us"]));
        let again = exchange(&shop, &narrow, "access_token", &[]).await.expect(200).json();
        assert_eq!(aimed(&shop, &again).0, texts(&[audience, "us"]));
        refused(exchange(&shop, &narrow, "access_token", &[("resource", ORDERS)]).await, "invalid_target");
    }
    exchange(&shop, &all, "access_token", &[("resource", ORDERS)]).await.expect(200);
}
