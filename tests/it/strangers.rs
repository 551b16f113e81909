//! Clients that nobody here has approved: their answers go to addresses of their own choice only with somebody who is logged in,
//! or by a click, so that a link to this server is no link to them.

use serde_json::{Value, json};

use crate::support::{
    Browser, Page,
    made::{ADMIN, bearer_of, make_client},
    storefront::{AID, PASSWORD, Storefront, is_calm},
};

const EVIL: &str = "https://evil.example/phish";
const LOGOUT: &str = "/default/shop/oauth2/logout";

/// A server with a client that has registered itself, and its id.
async fn open() -> (Storefront, String) {
    let shop = Storefront::open().await;
    let open = json!({ "enable_dynamic_client_registration": true, "open_dynamic_client_registration": true });
    shop.change(open).await;
    let body = json!({ "client_name": "Evil", "redirect_uris": [EVIL], "post_logout_redirect_uris": [EVIL], "scope": "openid" });
    let path = format!("/default/{AID}/oauth2/register");
    let made = shop.server.anonymous().post(&path, &body).await.expect(201).json();
    let id = made["client_id"].as_str().unwrap().to_owned();
    (shop, id)
}

fn request(id: &str, more: &str) -> String {
    format!(
        "/default/{AID}/oauth2/authorize?client_id={id}&redirect_uri=https%3A%2F%2Fevil.example%2Fphish&state=s{more}"
    )
}

/// Requests that are answered at once when nobody is logged in, with the errors.
const AT_ONCE: [(&str, &str); 4] = [
    ("&response_type=code&scope=bogus", "invalid_scope"),
    ("&response_type=bogus", "unsupported_response_type"),
    ("&response_type=code&scope=openid&prompt=none", "login_required"),
    ("&response_type=code&scope=openid&request=x", "invalid_request_object"),
];

/// Fails the test unless a page has only a link with this error.
#[track_caller]
fn offers(page: Page, error: &str) {
    let page = page.expect(200);
    is_calm(&page);
    let text = page.text();
    assert!(text.contains(&format!("<code>{EVIL}</code>")), "{text}");
    assert!(text.contains(&format!("href=\"{EVIL}?error={error}&amp;")) && text.contains("state=s"), "{text}");
}

async fn set(shop: &Storefront, id: &str, member: &str, value: Value) {
    let path = format!("{ADMIN}/clients/{id}");
    let mut body = shop.admin.get(&path).await.expect(200).json();
    body[member] = value;
    shop.admin.put(&path, &body).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_to_a_stranger_without_a_click() {
    let (shop, id) = open().await;
    for (more, error) in AT_ONCE {
        offers(shop.browser().open(&request(&id, more)).await, error);
    }
    let posted = shop.browser().open(&request(&id, "&response_type=code&scope=bogus&response_mode=form_post")).await;
    is_calm(&posted);
    let form = posted.form("/phish");
    assert_eq!((form.action.as_str(), form.value("error")), (EVIL, Some("invalid_scope")));
    assert!(!posted.text().contains("self-posting"), "{}", posted.text());
    // A cookie that is nobody's session is nobody.
    let mut liar = shop.browser_of("ann").await;
    let names: Vec<String> = liar.cookies.keys().filter(|name| name.contains("pc-s-")).cloned().collect();
    for name in names {
        liar.cookies.insert(name, "pc_s_nobody".to_owned());
    }
    offers(liar.open(&request(&id, AT_ONCE[0].0)).await, AT_ONCE[0].1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_logged_in_goes_on_as_the_protocol_says() {
    let (shop, id) = open().await;
    let mut browser = shop.browser_of("ann").await;
    for (more, error) in AT_ONCE {
        let error = if error == "login_required" { "consent_required" } else { error };
        let page = browser.open(&request(&id, more)).await;
        assert_eq!((page.url.split('?').next(), page.parameter("error").as_deref()), (Some(EVIL), Some(error)));
    }
    // Whoever logs in for it has seen this server before they get there.
    let page = shop.browser().login(&request(&id, "&response_type=code&scope=openid"), "bob", PASSWORD).await;
    assert!(page.has_form("/consent"), "{}", page.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_administrators_and_trusted_ones_are_answered_at_once() {
    let (shop, id) = open().await;
    let page = shop.browser().open(&shop.request("&prompt=none")).await;
    assert_eq!(page.parameter("error").as_deref(), Some("login_required"));
    set(&shop, &id, "trusted", json!(true)).await;
    let page = shop.browser().open(&request(&id, AT_ONCE[0].0)).await;
    assert!(page.url.starts_with(EVIL), "{}", page.url);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_registers_with_a_token_is_vouched_for_until_they_change() {
    let (shop, _) = open().await;
    let registrar = make_client(&shop.admin, AID, "registrar", &["dcr_register"]).await;
    let registrar = bearer_of(&shop.server, &registrar);
    let body = json!({ "client_name": "Partner", "redirect_uris": [EVIL], "scope": "openid" });
    let made = registrar.post(&format!("/default/{AID}/oauth2/register"), &body).await.expect(201).json();
    let id = made["client_id"].as_str().unwrap();
    for (more, error) in AT_ONCE {
        let page = shop.browser().open(&request(id, more)).await;
        assert_eq!((page.url.split('?').next(), page.parameter("error").as_deref()), (Some(EVIL), Some(error)));
    }
    let path = made["registration_client_uri"].as_str().unwrap().strip_prefix(&shop.server.url).unwrap();
    let itself = shop.server.anonymous().with_token(made["registration_access_token"].as_str().unwrap());
    itself.put(path, &body).await.expect(200);
    offers(shop.browser().open(&request(id, AT_ONCE[0].0)).await, AT_ONCE[0].1);
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_leads_to_a_stranger_by_a_click_or_with_somebody_who_was_logged_in() {
    let (shop, id) = open().await;
    let url = format!("{LOGOUT}?client_id={id}&post_logout_redirect_uri=https%3A%2F%2Fevil.example%2Fphish&state=s");
    let page = shop.browser().open(&url).await.expect(200);
    is_calm(&page);
    assert!(page.text().contains(&format!("href=\"{EVIL}?state=s\"")), "{}", page.text());
    let mut browser: Browser = shop.browser_of("ann").await;
    let asked = browser.open(&url).await.expect(200);
    assert_eq!(browser.send(&asked, "/logout", &[]).await.url, format!("{EVIL}?state=s"));
    // Of a client that administrators have made, the way back is as short as ever.
    let url = format!("{LOGOUT}?client_id=web&post_logout_redirect_uri=https%3A%2F%2Fweb.example%2Fbye");
    assert_eq!(shop.browser().open(&url).await.url, "https://web.example/bye");
}
