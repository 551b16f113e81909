//! Codes and refresh tokens that are bound to a key (RFC 9449 §5, §10): whoever finds one has not the key.

use serde_json::json;

use super::{TOKEN, code_for, refused};
use crate::support::{
    Caller, TestServer,
    browser::Browser,
    holder::{Holder, ask_with},
    made::{basic, post_form},
    tills::{CALLBACK, Shop, claims, redeem, refresh},
};

/// A shop whose client `till` proves nothing but its name.
async fn public() -> (Shop, Caller) {
    let shop = Shop::open(json!({})).await;
    shop.change_till(json!({
        "token_endpoint_auth_method": "none", "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
    }))
    .await;
    let nobody = shop.server.anonymous();
    (shop, nobody)
}

fn of_till(form: &str) -> String {
    format!("{form}&client_id=till")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_refresh_token_of_a_public_client_is_bound_to_its_key() {
    let (shop, nobody) = public().await;
    let (holder, thief) = (Holder::new("ES256"), Holder::new("ES256"));
    let code = shop.code(&shop.grant(&["openid", "buy"], None).await, None).await;
    let first = holder.ask(&shop.server, &nobody, TOKEN, &of_till(&redeem(&code))).await.expect(200).json();
    let form = of_till(&refresh(&first["refresh_token"]));
    refused(thief.ask(&shop.server, &nobody, TOKEN, &form).await, "invalid_grant");
    refused(post_form(&nobody, TOKEN, &form).await, "invalid_grant");
    // They have spoilt nothing: it is still good for its own key, and so is the next one.
    let second = holder.ask(&shop.server, &nobody, TOKEN, &form).await.expect(200).json();
    assert_eq!(second["token_type"], "DPoP");
    assert_eq!(claims(&second["access_token"])["cnf"]["jkt"], json!(holder.thumbprint()));
    let form = of_till(&refresh(&second["refresh_token"]));
    refused(thief.ask(&shop.server, &nobody, TOKEN, &form).await, "invalid_grant");
    holder.ask(&shop.server, &nobody, TOKEN, &form).await.expect(200);
}

/// A thief who binds what they have stolen to a key of their own is no less a thief.
#[tokio::test(flavor = "multi_thread")]
async fn an_unbound_token_that_somebody_else_has_bound_is_a_theft_when_it_comes_back() {
    let (shop, nobody) = public().await;
    let (owner, thief) = (Holder::new("ES256"), Holder::new("ES256"));
    for proves in [false, true] {
        let code = shop.code(&shop.grant(&["openid"], None).await, None).await;
        let first = post_form(&nobody, TOKEN, &of_till(&redeem(&code))).await.expect(200).json();
        let stolen = of_till(&refresh(&first["refresh_token"]));
        let bound = thief.ask(&shop.server, &nobody, TOKEN, &stolen).await.expect(200).json();
        let again = match proves {
            true => owner.ask(&shop.server, &nobody, TOKEN, &stolen).await,
            false => post_form(&nobody, TOKEN, &stolen).await,
        };
        let reason = refused(again, "invalid_grant").text();
        assert!(reason.contains("used before"), "{reason}");
        let form = of_till(&refresh(&bound["refresh_token"]));
        refused(thief.ask(&shop.server, &nobody, TOKEN, &form).await, "invalid_grant");
    }
}

/// Whoever finds a bound one that was used, and has not its key, ends nothing with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_bound_token_that_was_used_is_a_theft_for_its_own_key_only() {
    let (shop, nobody) = public().await;
    let (holder, finder) = (Holder::new("ES256"), Holder::new("ES256"));
    let code = shop.code(&shop.grant(&["openid"], None).await, None).await;
    let first = holder.ask(&shop.server, &nobody, TOKEN, &of_till(&redeem(&code))).await.expect(200).json();
    let used = of_till(&refresh(&first["refresh_token"]));
    let second = holder.ask(&shop.server, &nobody, TOKEN, &used).await.expect(200).json();
    for answer in [finder.ask(&shop.server, &nobody, TOKEN, &used).await, post_form(&nobody, TOKEN, &used).await] {
        let reason = refused(answer, "invalid_grant").text();
        assert!(reason.contains("another key"), "{reason}");
    }
    let form = of_till(&refresh(&second["refresh_token"]));
    holder.ask(&shop.server, &nobody, TOKEN, &form).await.expect(200);
    let reason = refused(holder.ask(&shop.server, &nobody, TOKEN, &used).await, "invalid_grant").text();
    assert!(reason.contains("used before"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_with_a_secret_may_change_its_key() {
    let shop = Shop::open(json!({})).await;
    let till = shop.server.anonymous().with_header("authorization", &basic("till", &shop.till));
    let (old, new) = (Holder::new("ES256"), Holder::new("EdDSA"));
    let code = shop.code(&shop.grant(&["buy"], None).await, None).await;
    let first = old.ask(&shop.server, &till, TOKEN, &redeem(&code)).await.expect(200).json();
    let second = new.ask(&shop.server, &till, TOKEN, &refresh(&first["refresh_token"])).await.expect(200).json();
    assert_eq!(claims(&second["access_token"])["cnf"]["jkt"], json!(new.thumbprint()));
    let third = shop.ask(&refresh(&second["refresh_token"])).await.expect(200).json();
    assert_eq!(third["token_type"], "bearer");
}

/// The code that ada's browser brings back, for a request with these parameters more.
async fn code(server: &TestServer, more: &str) -> String {
    let request = format!("response_type=code&client_id=till&redirect_uri={CALLBACK}&scope=openid{more}");
    code_for(server, &request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_bound_to_the_key_that_its_request_names() {
    let shop = Shop::open(json!({})).await;
    let till = shop.server.anonymous().with_header("authorization", &basic("till", &shop.till));
    let (holder, thief) = (Holder::new("ES256"), Holder::new("ES256"));
    let form = redeem(&code(&shop.server, &format!("&dpop_jkt={}", holder.thumbprint())).await);
    refused(thief.ask(&shop.server, &till, TOKEN, &form).await, "invalid_grant");
    refused(post_form(&till, TOKEN, &form).await, "invalid_grant");
    let proof = holder.proof(&shop.server, "POST", TOKEN);
    ask_with(&till, TOKEN, &form, &proof).await.expect(200);

    let mut browser = Browser::new(&shop.server.url);
    let request = format!(
        "/default/shop/oauth2/authorize?response_type=code&client_id=till&redirect_uri={CALLBACK}&scope=openid&dpop_jkt=short"
    );
    let page = browser.open(&request).await;
    assert_eq!(page.parameter("error").as_deref(), Some("invalid_request"), "{}", page.url);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_unbound_token_travels_through_the_browser_where_tokens_are_bound() {
    let grants = json!(["authorization_code", "refresh_token", "client_credentials", "password", "implicit"]);
    let shop = Shop::open(json!({ "grant_types": grants })).await;
    let request = format!(
        "/default/shop/oauth2/authorize?response_type=token&client_id=till&redirect_uri={CALLBACK}&scope=buy&prompt=none"
    );
    let till = |security: serde_json::Value| json!({ "grant_types": ["implicit"], "response_types": ["token"], "security": security });
    shop.change_till(till(json!({ "dpop_bound_access_tokens": true }))).await;
    let page = Browser::new(&shop.server.url).open(&request).await;
    assert_eq!(page.parameter("error").as_deref(), Some("invalid_request"), "{}", page.url);
    shop.change_till(till(json!({}))).await;
    let page = Browser::new(&shop.server.url).open(&request).await;
    assert_eq!(page.parameter("error").as_deref(), Some("login_required"), "{}", page.url);
}
