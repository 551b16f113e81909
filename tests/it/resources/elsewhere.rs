//! Resources and authorization details of clients whose people answer elsewhere: on another device (RFC 8628), or asked by the
//! client itself (CIBA). They are shown, agreed to and kept as at the authorization endpoint.

use serde_json::{Value, json};

use super::{AID, ELSEWHERE, ORDERS, PLAIN, STOCK, aimed, ask, change_web, mall, texts};
use crate::support::{
    Answer, Browser, Page,
    made::{basic, post_form},
    storefront::{PASSWORD, Storefront, is_calm},
    tills::{claims, refused},
};

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const CIBA: &str = "urn:openid:params:grant-type:ciba";

/// A mall whose client has no browser, and may ask for payments.
async fn den() -> Storefront {
    let shop = mall(json!({})).await;
    let amount = json!({ "required": ["amount"], "properties": { "amount": { "pattern": "^[0-9]+ EUR$" } } });
    shop.change(json!({
        "grant_types": ["authorization_code", "refresh_token", "client_credentials", DEVICE, CIBA],
        "security": { "authorization_details_types": { "payment": { "description": "Pay", "schema": amount }, "vault": {} } },
    }))
    .await;
    let grants = json!(["authorization_code", "refresh_token", DEVICE, CIBA]);
    change_web(&shop, json!({ "grant_types": grants, "security": { "authorization_details_types": ["payment"] } }))
        .await;
    shop
}

fn payment(amount: &str) -> String {
    json!([{ "type": "payment", "amount": amount }]).to_string()
}

/// Begins at an endpoint.
async fn begins(shop: &Storefront, endpoint: &str, pairs: &[(&str, &str)]) -> Answer {
    let caller = shop.server.anonymous().with_header("authorization", &basic("web", shop.secret()));
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    post_form(&caller, &format!("/default/{AID}/oauth2/{endpoint}"), &form).await
}

/// What a device asks for: its answer.
async fn waits(shop: &Storefront, amount: &str) -> Value {
    let details = payment(amount);
    let wish =
        [("scope", "openid orders"), ("resource", ORDERS), ("resource", PLAIN), ("authorization_details", &details)];
    begins(shop, "device_authorization", &wish).await.expect(200).json()
}

/// Ann types the code of a device and is asked whether it is hers.
async fn asks_ann(browser: &mut Browser, waiting: &Value) -> Page {
    let page = browser.open(&format!("/default/{AID}/device")).await.expect(200);
    let page = browser.send(&page, "/device", &[("user_code", waiting["user_code"].as_str().unwrap())]).await;
    match page.has_form("/password") {
        true => browser.send(&page, "/password", &[("username", "ann"), ("password", PASSWORD)]).await.expect(200),
        false => page.expect(200),
    }
}

/// The device's tokens, with more members of the form.
async fn polls(shop: &Storefront, waiting: &Value, more: &[(&str, &str)]) -> Answer {
    let code = waiting["device_code"].as_str().unwrap();
    ask(shop, &[&[("grant_type", DEVICE), ("device_code", code)], more].concat()).await
}

#[track_caller]
fn shows(page: &Page, amount: &str) {
    is_calm(page);
    for shown in ["See your orders", "Pay", &format!("amount: {amount}"), &format!("Use {PLAIN} for you")] {
        assert!(page.text().contains(shown), "{shown}: {}", page.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_gets_what_the_person_has_seen_and_no_more() {
    let shop = den().await;
    let waiting = waits(&shop, "10 EUR").await;
    let mut browser = shop.browser();
    let page = asks_ann(&mut browser, &waiting).await;
    shows(&page, "10 EUR");
    let page = browser.send(&page, "/confirm", &[]).await.expect(200);
    shows(&page, "10 EUR");
    browser.send(&page, "/consent", &[]).await.expect(200);

    refused(polls(&shop, &waiting, &[("resource", STOCK)]).await, "invalid_target");
    let more = payment("99 EUR");
    refused(polls(&shop, &waiting, &[("authorization_details", &more)]).await, "invalid_authorization_details");
    let tokens = polls(&shop, &waiting, &[]).await.expect(200).json();
    assert_eq!(aimed(&shop, &tokens), (texts(&[ORDERS, PLAIN, "us"]), texts(&["openid", "orders"])));
    let details: Value = serde_json::from_str(&payment("10 EUR")).unwrap();
    assert_eq!(tokens["authorization_details"], details);
    assert_eq!(claims(&tokens["access_token"])["authorization_details"], details);
    let narrow = super::refresh(&shop, &tokens, &[("resource", PLAIN)]).await.expect(200).json();
    assert_eq!(aimed(&shop, &narrow).0, texts(&[PLAIN, "us"]));
    refused(super::refresh(&shop, &narrow, &[("resource", STOCK)]).await, "invalid_target");

    // The same again is agreed to already, anything else is not. The question whether it is hers comes every time.
    let again = waits(&shop, "10 EUR").await;
    let page = asks_ann(&mut browser, &again).await;
    shows(&page, "10 EUR");
    let page = browser.send(&page, "/confirm", &[]).await.expect(200);
    assert!(page.url.contains("/device/done"), "{}", page.url);
    let other = waits(&shop, "99 EUR").await;
    let page = asks_ann(&mut browser, &other).await;
    let page = browser.send(&page, "/confirm", &[]).await.expect(200);
    shows(&page, "99 EUR");
    browser.send(&page, "/refuse", &[]).await.expect(200);
    refused(polls(&shop, &other, &[]).await, "access_denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_asks_a_person_elsewhere_gets_the_same() {
    let shop = den().await;
    let details = payment("10 EUR");
    let wish = [
        ("scope", "openid orders"),
        ("login_hint", "ann"),
        ("resource", ORDERS),
        ("resource", PLAIN),
        ("authorization_details", &details),
    ];
    let asked = begins(&shop, "bc-authorize", &wish).await.expect(200).json();
    let mut browser = shop.browser_of("ann").await;
    let page = browser.open(&format!("/default/{AID}/account/requests")).await.expect(200);
    let form = page.forms().into_iter().find(|form| form.action.contains("/account/requests/")).expect("a question");
    let page = browser.post(&form).await.expect(200);
    shows(&page, "10 EUR");
    let page = browser.send(&page, "/confirm", &[]).await.expect(200);
    shows(&page, "10 EUR");
    browser.send(&page, "/consent", &[]).await.expect(200);
    let poll = [("grant_type", CIBA), ("auth_req_id", asked["auth_req_id"].as_str().unwrap())];
    let tokens = ask(&shop, &poll).await.expect(200).json();
    assert_eq!(aimed(&shop, &tokens).0, texts(&[ORDERS, PLAIN, "us"]));
    let details: Value = serde_json::from_str(&details).unwrap();
    assert_eq!((&tokens["authorization_details"], tokens["id_token"].is_string()), (&details, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_asked_for_is_refused_before_anybody_is_asked() {
    let shop = den().await;
    let (weird, vault) = (payment("ten"), json!([{ "type": "vault" }]).to_string());
    for (name, value, error) in [
        ("resource", STOCK, "invalid_target"),
        ("resource", ELSEWHERE, "invalid_target"),
        ("resource", "no address", "invalid_target"),
        ("authorization_details", weird.as_str(), "invalid_authorization_details"),
        ("authorization_details", vault.as_str(), "invalid_authorization_details"),
        ("authorization_details", "not JSON", "invalid_authorization_details"),
    ] {
        let device = begins(&shop, "device_authorization", &[("scope", "orders"), (name, value)]).await;
        refused(device, error);
        let wish = [("scope", "openid orders"), ("login_hint", "ann"), (name, value)];
        refused(begins(&shop, "bc-authorize", &wish).await, error);
    }
    // A type that the client has lost meanwhile is lost to the device as well.
    let waiting = waits(&shop, "10 EUR").await;
    let mut browser = shop.browser();
    let page = asks_ann(&mut browser, &waiting).await;
    let page = browser.send(&page, "/confirm", &[]).await.expect(200);
    browser.send(&page, "/consent", &[]).await.expect(200);
    change_web(&shop, json!({ "security": {} })).await;
    let tokens = polls(&shop, &waiting, &[]).await.expect(200).json();
    assert!(tokens.get("authorization_details").is_none(), "{tokens}");
}
