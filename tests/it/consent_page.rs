//! The consent page: what it shows, and what the person's yes is worth.

use serde_json::{Value, json};

use crate::support::{
    made::ADMIN,
    people::{consent, events, held, make_consent},
    storefront::{BACK, PASSWORD, Storefront, is_calm, web},
};

covers!("giveConsent");

#[tokio::test(flavor = "multi_thread")]
async fn the_page_says_what_for() {
    let privacy = json!({ "scopes": { "orders": {
        "purpose": "To show them to you", "pii_categories": [{ "name": "Purchases" }],
    } } });
    let shop = Storefront::with(|_| {}, json!({ "privacy": privacy })).await;
    let page = shop.browser().login(&shop.request(""), "ann", PASSWORD).await.expect(200);
    is_calm(&page);
    let text = page.text();
    for shown in [
        "You are logged in as ANN.",
        "See your orders",
        "What you have bought and when.",
        "Purpose: To show them to you",
        "Data: Purchases",
        "href=\"https://web.example/policy\"",
        "href=\"https://web.example/\"",
    ] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_ticked_is_not_granted() {
    let shop = Storefront::open().await;
    let mut browser = shop.browser();
    let page = browser.login(&shop.request(""), "ann", PASSWORD).await.expect(200);
    let mut form = page.form("/consent");
    form.fields.retain(|(name, value)| (name.as_str(), value.as_str()) != ("scope", "orders"));
    // What was not shown cannot be said yes to.
    form.fields.push(("scope".to_owned(), "email".to_owned()));
    let back = browser.post(&form).await;
    assert!(back.url.starts_with(BACK), "{}", back.url);
    assert_eq!(shop.redeem(&back).await["scope"], "openid profile");
    let again = browser.open(&shop.request("")).await.expect(200);
    assert!(
        again.text().contains("See your orders") && !again.text().contains("value=\"profile\""),
        "{}",
        again.text()
    );
}

/// Makes the scope `orders` need the consent `terms`.
async fn orders_need(shop: &Storefront, terms: Value) {
    make_consent(&shop.admin, "terms", terms).await;
    let action = json!({ "id": "buy", "name": "Buy", "consents": [{ "id": "terms", "required": true }] });
    shop.admin.post(&format!("{ADMIN}/actions"), &action).await.expect(201);
    let scope = json!({
        "authorization_server_id": "shop", "name": "orders", "display_name": "See your orders", "consent_action_id": "buy",
    });
    shop.admin.put(&format!("{ADMIN}/scopes/orders"), &scope).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_is_given_in_the_version_that_was_shown_and_in_no_other() {
    let shop = Storefront::open().await;
    orders_need(&shop, json!({ "description": "Harmless." })).await;
    let mut browser = shop.browser().with_header("accept-language", "de");
    let page = browser.login(&shop.request(""), "ann", PASSWORD).await.expect(200);
    let changed = consent("terms", json!({ "description": "We sell your soul." }));
    shop.admin.put(&format!("{ADMIN}/consents/terms"), &changed).await.expect(201);

    let again = browser.send(&page, "/consent", &[("consent", "terms:1")]).await.expect(200);
    is_calm(&again);
    let text = again.text();
    assert!(text.contains("We sell your soul.") && text.contains("value=\"terms:2\""), "{text}");
    assert!(text.contains("Auf dieser Seite hat sich etwas geändert") && text.contains("role=\"alert\""), "{text}");
    assert!(events(&shop.admin, "").await.is_empty(), "nothing was granted");
    assert!(text.contains("name=\"scope\" value=\"orders\""), "no scope either: {text}");
    for no_version in ["terms", "terms:", "terms:new"] {
        browser.send(&again, "/consent", &[("consent", no_version)]).await.expect(400);
    }

    let back = browser.send(&again, "/consent", &[("consent", "terms:2")]).await;
    assert!(back.url.starts_with(BACK) && back.parameter("code").is_some(), "{}", back.url);
    let events = events(&shop.admin, "").await;
    assert_eq!(events.len(), 1);
    assert_eq!(held(&shop.server.as_system(), "ann", "").await[0]["grant_version"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_is_granted_as_it_was_described_and_not_otherwise() {
    let shop = Storefront::open().await;
    let mut browser = shop.browser();
    let page = browser.login(&shop.request(""), "ann", PASSWORD).await.expect(200);
    let scope = json!({
        "authorization_server_id": "shop", "name": "orders", "display_name": "See your orders",
        "description": "Delete everything.",
    });
    shop.admin.put(&format!("{ADMIN}/scopes/orders"), &scope).await.expect(200);
    let again = browser.send(&page, "/consent", &[]).await.expect(200);
    is_calm(&again);
    let text = again.text();
    assert!(text.contains("Delete everything.") && text.contains("Something on this page has changed"), "{text}");
    let forged = browser.post(&again.form("/consent").without("shown")).await.expect(200);
    assert!(forged.has_form("/consent"), "whoever does not say to what says nothing: {}", forged.text());

    // What the client says of itself counts as well.
    shop.admin.put(&format!("{ADMIN}/clients/web"), &web(json!({ "client_name": "Your Bank" }))).await.expect(200);
    let again = browser.post(&again.form("/consent")).await.expect(200);
    assert!(again.text().contains("Your Bank") && again.text().contains("role=\"alert\""), "{}", again.text());
    let back = browser.post(&again.form("/consent")).await;
    assert_eq!(shop.redeem(&back).await["scope"], "openid orders profile");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_tells_what_was_allowed_already() {
    let shop = Storefront::open().await;
    orders_need(&shop, json!({})).await;
    let mut browser = shop.browser();
    let page = browser.login(&shop.request(""), "ann", PASSWORD).await.expect(200);
    assert!(!page.text().contains("already allowed"), "{}", page.text());
    let mut form = page.form("/consent");
    form.fields.retain(|(name, value)| (name.as_str(), value.as_str()) != ("scope", "profile"));
    let second = browser.post(&form).await.expect(200);
    is_calm(&second);
    let text = second.text();
    assert!(text.contains("See your orders <span class=\"tag\">already allowed</span>"), "{text}");
    assert!(!text.contains("Profile") && !text.contains("Who you are"), "only what was allowed: {text}");
    assert_eq!(second.form("/consent").value("scope"), None, "it is not asked for again");
    let back = browser.send(&second, "/consent", &[("consent", "terms:1")]).await;
    assert_eq!(shop.redeem(&back).await["scope"], "openid orders");
    // What was allowed in an earlier login is told as well.
    let next = browser.open(&shop.request("")).await.expect(200).text();
    assert!(next.contains("value=\"profile\"") && next.contains("already allowed"), "{next}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_required_consent_is_asked_for_until_it_is_given() {
    let shop = Storefront::open().await;
    let terms = json!({
        "description": "What we do with your data.",
        "internal_services": [{ "name": "Delivery", "purposes": [{ "name": "Sending parcels", "primary": true }] }],
        "third_party_services": [{ "name": "Post Office", "purposes": [] }],
    });
    orders_need(&shop, terms).await;
    let mut browser = shop.browser();
    let page = browser.login(&shop.request(""), "ann", PASSWORD).await.expect(200);
    is_calm(&page);
    for shown in ["What we do with your data.", "Used by Delivery: Sending parcels", "Shared with Post Office"] {
        assert!(page.text().contains(shown), "{shown}: {}", page.text());
    }
    assert_eq!(page.form("/consent").value("consent"), None, "nothing is agreed to in advance");
    let page = browser.send(&page, "/consent", &[]).await.expect(200);
    assert!(page.text().contains("value=\"terms:1\""), "asked again: {}", page.text());
    assert!(events(&shop.admin, "").await.is_empty());
    let back = browser.send(&page, "/consent", &[("consent", "terms:1")]).await;
    assert!(back.url.starts_with(BACK) && back.parameter("code").is_some(), "{}", back.url);
    assert!(!events(&shop.admin, "").await.is_empty(), "the ledger knows");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_from_somewhere_else_is_none() {
    let shop = Storefront::open().await;
    let mut browser = shop.browser();
    let page = browser.login(&shop.request(""), "ann", PASSWORD).await.expect(200);
    let form = page.form("/consent");
    let foreign = shop.browser().login(&shop.request(""), "bob", PASSWORD).await.form("/consent");
    for forged in [form.clone().without("csrf"), form.clone().with(&[("csrf", foreign.value("csrf").unwrap())])] {
        is_calm(&browser.post(&forged).await.expect(403));
    }
    browser.clone().with_header("sec-fetch-site", "cross-site").post(&form).await.expect(403);
    let mut refusal = page.form("/refuse").without("csrf");
    refusal.action = page.form("/refuse").action;
    browser.post(&refusal).await.expect(403);
    assert!(browser.open(&page.url).await.expect(200).has_form("/consent"), "nothing was said");
    assert!(browser.post(&form).await.url.starts_with(BACK));
}
