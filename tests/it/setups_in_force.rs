//! What setups say where tokens are issued: how long they live, who is asked for scopes on which way, and who logs in anew.

use portcullis::crypto::jws;
use serde_json::{Value, json};

use crate::support::{
    made::{ADMIN, ask_token, bearer_of, make_client},
    storefront::{AID, BACK, PASSWORD, Storefront, web},
};

/// Changes members of the shop as a setup, or of something in it.
async fn say(shop: &Storefront, path: &str, group: Option<&str>, more: Value) {
    let path = format!("/setups/{AID}{path}");
    let mut body = shop.admin.get(&path).await.expect(200).json();
    body.as_object_mut().unwrap().remove("valid_from");
    let group = match group {
        Some(group) => &mut body[group],
        None => &mut body,
    };
    group.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    shop.admin.put(&path, &body).await.expect(200);
}

/// The name that setups have for a client.
async fn entity(shop: &Storefront, client: &str) -> String {
    let path = format!("/setups/{AID}/client-id-translator?oAuthClientId={client}");
    shop.admin.post(&path, &json!({})).await.expect(200).json()["clientId"].as_str().unwrap().to_owned()
}

fn lives(token: &Value) -> i64 {
    let claims = jws::peek_claims(token.as_str().unwrap()).unwrap();
    claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_live_as_long_as_the_client_says_or_else_its_setup() {
    let shop = Storefront::open().await;
    let defaults = json!({ "access_token_ttl": 600, "id_token_ttl": 500, "refresh_token_ttl": 4000 });
    say(&shop, "", Some("client_defaults"), defaults).await;
    let mut browser = shop.browser_of("bob").await;
    let usual = shop.redeem(&browser.open(&shop.request("")).await).await;
    assert_eq!((usual["expires_in"].as_i64(), lives(&usual["id_token"])), (Some(600), 500));
    let client = entity(&shop, "web").await;
    say(&shop, &format!("/clients/{client}"), None, json!({ "access_token_ttl": 60, "id_token_ttl": 50 })).await;
    let own = shop.redeem(&browser.open(&shop.request("")).await).await;
    assert_eq!((own["expires_in"].as_i64(), lives(&own["id_token"])), (Some(60), 50));
    let machine = bearer_of(&shop.server, &make_client(&shop.admin, AID, "till", &[]).await);
    assert_eq!(lives(&json!(machine.token().await.unwrap())), 600);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_nobody_is_asked_for_is_granted_without_a_page() {
    let shop = Storefront::open().await;
    let policies = json!({ "scope_policy_authorization_code_flow": "consent_not_required" });
    say(&shop, "", Some("resource_server_defaults"), policies).await;
    let back = shop.browser().login(&shop.request(""), "ann", PASSWORD).await;
    assert!(back.url.starts_with(BACK), "{}", back.url);
    assert_eq!(shop.redeem(&back).await["scope"], "openid orders profile");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_people_are_asked_for_each_time_is_asked_for_each_time() {
    let shop = Storefront::open().await;
    let mut browser = shop.browser_of("ann").await;
    assert!(browser.open(&shop.request("")).await.url.starts_with(BACK), "the answer is remembered");
    let policies = json!({ "scope_policy_authorization_code_flow": "consent_required" });
    say(&shop, "", Some("resource_server_defaults"), policies).await;
    for _ in 0..2 {
        let page = browser.open(&shop.request("")).await.expect(200);
        assert!(page.has_form("/consent"), "{}", page.text());
        assert!(browser.send(&page, "/consent", &[]).await.url.starts_with(BACK));
    }
    let nobody = browser.open(&shop.request("&prompt=none")).await;
    assert_eq!(nobody.parameter("error").as_deref(), Some("consent_required"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_is_not_to_be_had_on_a_way_is_left_out_there() {
    let shop = Storefront::open().await;
    let orders = json!({ "name": "Orders", "scopes": [{ "name": "bills", "policy_refresh_token": "not_allowed" }, { "name": "secrets", "policy_authorization_code_flow": "not_allowed" }] });
    shop.admin.post(&format!("/setups/{AID}/resource-servers"), &orders).await.expect(201);
    let client = entity(&shop, "web").await;
    let scopes = json!({ "scopes": ["openid", "profile", "orders", "bills", "secrets"] });
    say(&shop, &format!("/clients/{client}"), None, scopes).await;
    let request =
        shop.request("").replace("scope=openid%20profile%20orders", "scope=openid%20orders%20bills%20secrets");
    let mut browser = shop.browser();
    let page = browser.login(&request, "ann", PASSWORD).await.expect(200);
    assert!(page.text().contains("value=\"bills\"") && !page.text().contains("value=\"secrets\""), "{}", page.text());
    let tokens = shop.redeem(&browser.send(&page, "/consent", &[]).await).await;
    assert_eq!(tokens["scope"], "bills openid orders");
    let form = format!("grant_type=refresh_token&refresh_token={}", tokens["refresh_token"].as_str().unwrap());
    let again = ask_token(&shop.server, AID, "web", shop.secret(), &form).await.expect(200).json();
    assert_eq!(again["scope"], "openid orders");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_must_log_in_anew_is_not_let_in_by_a_session() {
    let shop = Storefront::open().await;
    let mut browser = shop.browser_of("ann").await;
    assert!(browser.open(&shop.request("")).await.url.starts_with(BACK));
    say(&shop, "", Some("client_defaults"), json!({ "force_reauthentication": true })).await;
    let page = browser.open(&shop.request("")).await.expect(200);
    assert!(page.has_form("/password"), "{}", page.text());
    let nobody = browser.open(&shop.request("&prompt=none")).await;
    assert_eq!(nobody.parameter("error").as_deref(), Some("login_required"));
    let back = browser.login(&shop.request(""), "ann", PASSWORD).await;
    assert!(back.url.starts_with(BACK), "{}", back.url);
    let client = entity(&shop, "web").await;
    say(&shop, &format!("/clients/{client}"), None, json!({ "force_reauthentication": false })).await;
    assert!(browser.open(&shop.request("")).await.url.starts_with(BACK), "the client says otherwise");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_is_not_to_be_had_any_more_is_left_out_of_codes_and_passwords() {
    let grants = ["authorization_code", "refresh_token", "password"];
    let shop = Storefront::open().await;
    shop.change(json!({ "grant_types": grants })).await;
    shop.admin.put(&format!("{ADMIN}/clients/web"), &web(json!({ "grant_types": grants }))).await.expect(200);
    let bills = json!({ "name": "Bills", "scopes": [{ "name": "bills" }] });
    let made = shop.admin.post(&format!("/setups/{AID}/resource-servers"), &bills).await.expect(201).json();
    let (_, id) = made.as_object().unwrap().iter().next().unwrap();
    let resource = format!("/resource-servers/{}", id.as_str().unwrap());
    let client = entity(&shop, "web").await;
    say(&shop, &format!("/clients/{client}"), None, json!({ "scopes": ["openid", "orders", "bills"] })).await;
    let request = shop.request("").replace("scope=openid%20profile%20orders", "scope=openid%20orders%20bills");
    let mut browser = shop.browser();
    let page = browser.login(&request, "ann", PASSWORD).await.expect(200);
    let back = browser.send(&page, "/consent", &[]).await;
    let form = format!("grant_type=password&username=ann&scope=openid+bills&password={}", PASSWORD.replace(' ', "+"));
    let tokens = ask_token(&shop.server, AID, "web", shop.secret(), &form).await.expect(200).json();
    assert_eq!(tokens["scope"], "bills openid");

    for flow in ["policy_implicit_flow", "policy_authorization_code_flow"] {
        let scopes = json!({ "scopes": [{ "name": "bills", flow: "not_allowed" }] });
        say(&shop, &resource, None, scopes).await;
        let tokens = ask_token(&shop.server, AID, "web", shop.secret(), &form).await.expect(200).json();
        assert_eq!(tokens["scope"], "openid", "{flow}");
    }
    assert_eq!(shop.redeem(&back).await["scope"], "openid orders", "the code is older");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_uri_that_was_taken_away_gets_no_answer() {
    let shop = Storefront::open().await;
    let mut browser = shop.browser();
    let page = browser.login(&shop.request(""), "ann", PASSWORD).await.expect(200);
    assert!(page.has_form("/consent"), "{}", page.text());
    let client = entity(&shop, "web").await;
    let path = format!("/clients/{client}");
    say(&shop, &path, None, json!({ "redirect_uris": ["https://web.example/other"] })).await;
    let refused = browser.send(&page, "/consent", &[]).await;
    assert!(
        refused.answer.status == 400 && !refused.url.starts_with(BACK),
        "{} {}",
        refused.answer.status,
        refused.url
    );
    // Nor does what is wrong go there.
    let no = browser.send(&page, "/refuse", &[]).await;
    assert!(no.answer.status == 400 && !no.url.starts_with(BACK), "{} {}", no.answer.status, no.url);
    say(&shop, &path, None, json!({ "redirect_uris": [BACK] })).await;
    let back = shop.browser().login(&shop.request(""), "bob", PASSWORD).await;
    assert!(back.has_form("/consent"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_agreed_to_is_no_later_scope_of_the_same_name() {
    let shop = Storefront::open().await;
    let client = entity(&shop, "web").await;
    let path = format!("/setups/{AID}/resource-servers");
    let make = async |name: &str| {
        let body = json!({ "name": name, "scopes": [{ "name": "hr" }] });
        let made = shop.admin.post(&path, &body).await.expect(201).json();
        let scopes = json!({ "scopes": ["openid", "orders", "hr"] });
        say(&shop, &format!("/clients/{client}"), None, scopes).await;
        let (_, id) = made.as_object().unwrap().iter().next().unwrap();
        format!("{path}/{}", id.as_str().unwrap())
    };
    let ask = |scopes: &str| shop.request("").replace("scope=openid%20profile%20orders", scopes);
    let (all, others) = (ask("scope=openid%20orders%20hr"), ask("scope=openid%20orders"));
    let one = make("One").await;
    let mut browser = shop.browser();
    let page = browser.login(&all, "ann", PASSWORD).await.expect(200);
    browser.send(&page, "/consent", &[]).await;
    assert!(browser.open(&format!("{all}&prompt=none")).await.parameter("code").is_some(), "it is remembered");

    shop.server.world.advance_seconds(2);
    shop.admin.delete(&one).await.expect(204);
    make("Payroll").await;
    // Being let in for the others does not make it remembered again.
    assert!(browser.open(&others).await.parameter("code").is_some());
    let nobody = browser.open(&format!("{all}&prompt=none")).await;
    assert_eq!(nobody.parameter("error").as_deref(), Some("consent_required"));
    let page = browser.open(&all).await.expect(200);
    assert!(page.text().contains("value=\"hr\"") && !page.text().contains("value=\"orders\""), "{}", page.text());
    browser.send(&page, "/consent", &[]).await;
    assert!(browser.open(&format!("{all}&prompt=none")).await.parameter("code").is_some());
}
