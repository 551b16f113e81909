//! Session management (OpenID Connect Session Management 1.0): what clients are told of the browser's state, the page that their pages
//! frame, and the cookie that its script reads. What the script makes of them is shown in a real browser at the end.

use portcullis::domain::session;
use serde_json::json;

use crate::support::{
    Browser, Page,
    holder::hash_of,
    storefront::{AID, PASSWORD, Storefront},
};

covers!("checkSession", "checkSessionScript");

const IFRAME: &str = "/default/shop/oauth2/check_session";
/// The origin of the client's redirect URI.
const ORIGIN: &str = "https://web.example";

/// A storefront whose clients can watch for logouts.
async fn open() -> Storefront {
    let shop = Storefront::open().await;
    switch_on(&shop).await;
    shop
}

async fn switch_on(shop: &Storefront) {
    shop.change(json!({ "security": { "session_management": true } })).await;
}

/// The cookie with the browser's state.
fn state(browser: &Browser) -> Option<String> {
    browser.cookies.iter().find(|(name, _)| name.contains("pc-o-")).map(|(_, value)| value.clone())
}

/// What the script of the page answers for this browser: whether a session state is of this client, origin and state (§3.2).
fn is_unchanged(browser: &Browser, told: &str, client: &str, origin: &str) -> bool {
    let (_, salt) = told.split_once('.').unwrap();
    let state = state(browser).unwrap_or_default();
    let hash = data_encoding::BASE64URL_NOPAD
        .decode(hash_of(format!("{client} {origin} {state} {salt}").as_bytes()).as_bytes())
        .unwrap();
    told == format!("{}.{salt}", data_encoding::HEXLOWER.encode(&hash))
}

/// What the client is told.
fn told(page: &Page) -> String {
    page.parameter("session_state").unwrap_or_else(|| panic!("no session_state in {}", page.url))
}

async fn discovered(shop: &Storefront) -> Option<String> {
    let path = format!("/default/{AID}/.well-known/openid-configuration");
    let document = shop.server.anonymous().get(&path).await.expect(200).json();
    document.get("check_session_iframe").map(|uri| uri.as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_off_unless_somebody_wants_it() {
    let shop = Storefront::open().await;
    assert_eq!(discovered(&shop).await, None);
    shop.server.anonymous().get(IFRAME).await.expect(404);
    let mut ann = shop.browser_of("ann").await;
    let page = ann.open(&shop.request("")).await;
    assert!(page.parameter("code").is_some() && page.parameter("session_state").is_none(), "{}", page.url);
    assert_eq!(state(&ann), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_told_the_state_of_the_browser() {
    let shop = open().await;
    assert_eq!(discovered(&shop).await, Some(format!("{}{IFRAME}", shop.server.url)));
    let mut ann = shop.browser_of("ann").await;
    let page = ann.open(&shop.request("")).await;
    let first = told(&page);
    assert!(is_unchanged(&ann, &first, "web", ORIGIN), "{first}");
    for (client, origin) in [("other", ORIGIN), ("web", "https://web.example:8443"), ("web", "https://evil.example")] {
        assert!(!is_unchanged(&ann, &first, client, origin), "{client} {origin}");
    }
    let second = told(&ann.open(&shop.request("&prompt=none")).await);
    assert!(first != second && is_unchanged(&ann, &second, "web", ORIGIN), "each answer has a salt of its own");
    // It says neither the cookie of the session nor what the client knows that by.
    let value = state(&ann).unwrap();
    let (_, session) = ann.session().unwrap();
    let tokens = shop.redeem(&page).await;
    let sid = crate::support::tills::claims(&tokens["id_token"])["sid"].as_str().unwrap().to_owned();
    assert!(!session.contains(&value) && !sid.contains(&value) && !value.contains(&sid), "{value}");
    // Without `openid` nobody is told who is logged in, nor whether somebody is.
    let page = ann.open(&shop.request("").replace("scope=openid%20profile%20orders", "scope=orders")).await;
    assert!(page.parameter("code").is_some() && page.parameter("session_state").is_none(), "{}", page.url);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_changes_with_every_login_and_logout() {
    let shop = open().await;
    let mut browser = shop.browser_of("ann").await;
    let of_ann = told(&browser.open(&shop.request("")).await);
    // Somebody else logs in in the same browser: it has changed before they come to any client.
    let page = browser.login(&shop.request("&prompt=login"), "bob", PASSWORD).await;
    assert!(!is_unchanged(&browser, &of_ann, "web", ORIGIN));
    let page = browser.send(&page, "/consent", &[]).await;
    let of_bob = told(&page);
    assert!(is_unchanged(&browser, &of_bob, "web", ORIGIN));
    // Nobody is logged in.
    let hint = shop.redeem(&page).await["id_token"].clone();
    let url = format!("/default/{AID}/oauth2/logout?id_token_hint={}", hint.as_str().unwrap());
    browser.open(&url).await.expect(200);
    assert_eq!((browser.session(), state(&browser)), (None, None));
    for told in [&of_ann, &of_bob] {
        assert!(!is_unchanged(&browser, told, "web", ORIGIN));
    }
    let refused = browser.open(&shop.request("&prompt=none")).await;
    assert_eq!(refused.parameter("error").as_deref(), Some("login_required"));
    // The same person again is another session.
    browser.login(&shop.request(""), "bob", PASSWORD).await;
    assert!(state(&browser).is_some() && !is_unchanged(&browser, &of_bob, "web", ORIGIN));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_request_sets_right_what_has_happened_elsewhere() {
    let shop = Storefront::open().await;
    let mut ann = shop.browser_of("ann").await;
    switch_on(&shop).await;
    assert_eq!(state(&ann), None, "the session is older than the switch");
    let known = told(&ann.open(&shop.request("")).await);
    assert!(is_unchanged(&ann, &known, "web", ORIGIN));
    session::end_everything(&shop.server.app.domain, "default", AID, "ann").await.unwrap();
    assert!(is_unchanged(&ann, &known, "web", ORIGIN), "a browser does not know what has happened elsewhere");
    ann.open(&shop.request("&prompt=none")).await;
    assert_eq!(state(&ann), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_this_page_is_framed_and_only_its_script_runs_there() {
    let shop = open().await;
    let answer = shop.server.anonymous().get(IFRAME).await.expect(200);
    let policy = answer.header("content-security-policy").unwrap();
    assert_eq!(policy, "default-src 'none'; script-src 'self'; base-uri 'none'; frame-ancestors *");
    let text = answer.text();
    let script = text.split("<script").nth(1).unwrap().split("</script>").next().unwrap();
    assert!(script.ends_with('>') && script.contains(" src=\"/assets/check-session.js?v="), "nothing inside: {text}");
    let ann = shop.browser_of("ann").await;
    let (name, value) = ann.cookies.iter().find(|(name, _)| name.contains("pc-o-")).unwrap();
    assert!(script.contains(&format!("data-cookie=\"{name}\"")) && !text.contains(value.as_str()), "{text}");
    let script = shop.server.anonymous().get("/assets/check-session.js").await.expect(200);
    assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
    // Every other page still cannot be framed.
    let page = shop.browser().open(&shop.request("")).await.expect(200);
    crate::support::storefront::is_calm(&page);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_is_for_script_and_for_frames_and_the_others_are_not() {
    let shop = Storefront::with(|config| config.public_url = Some("https://id.example".to_owned()), json!({})).await;
    switch_on(&shop).await;
    let mut ann = shop.browser();
    let to_us = |url: String| url.replace("https://id.example", "");
    let page = ann.open(&shop.request("")).await;
    let page = ann.open(&to_us(page.url)).await.expect(200);
    let mut form = page.form("/password").with(&[("username", "ann"), ("password", PASSWORD)]);
    form.action = to_us(form.action);
    ann.post(&form).await;
    let (states, others): (Vec<_>, Vec<_>) = ann.set_cookies.iter().partition(|line| line.contains("pc-o-"));
    assert_eq!(states.len(), 1, "{:?}", ann.set_cookies);
    let line = states[0];
    assert!(line.starts_with("__Host-pc-o-") && line.contains("; Path=/; SameSite=None; Secure; Max-Age="), "{line}");
    assert!(!line.contains("HttpOnly") && !line.contains("Domain"), "{line}");
    assert_eq!(others.len(), 2);
    assert!(others.iter().all(|line| line.contains("HttpOnly") && line.contains("SameSite=Lax")), "{others:?}");
}
