//! The second factor: set up and proven in a login because a policy wants it, once a code, and taken away by an administrator.

use data_encoding::BASE32_NOPAD;
use portcullis::crypto::totp;
use serde_json::json;

use crate::support::{
    Page,
    made::{attribute, make_policy},
    storefront::{BACK, PASSWORD, Storefront, is_calm},
    world::START,
};

covers!("giveSecondFactor", "removeSecondFactor");

/// A shop whose policy wants a second factor.
async fn strict() -> Storefront {
    let shop = Storefront::open().await;
    let mut rule = attribute("authn_ctx.amr", "contains", json!("mfa"));
    rule["recovery"] = json!([{ "id": "second", "type": "mfa" }]);
    make_policy(&shop.admin, "strict", json!([rule])).await;
    shop.change(json!({ "user_policy_id": "strict" })).await;
    shop
}

/// The secret that a page shows.
fn secret(page: &Page) -> Vec<u8> {
    let shown = page.text().split("class=\"secret\">").nth(1).unwrap().split('<').next().unwrap().replace(' ', "");
    BASE32_NOPAD.decode(shown.as_bytes()).unwrap()
}

/// The code at so many seconds after the start.
fn code(secret: &[u8], seconds: i64) -> String {
    totp::at(secret, (START / 1_000_000 + seconds) / totp::STEP)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_set_up_and_proven_when_a_policy_wants_it() {
    let shop = strict().await;
    let mut browser = shop.browser();
    let page = browser.login(&shop.request(""), "ann", PASSWORD).await.expect(200);
    is_calm(&page);
    assert!(page.text().contains("src=\"data:image/svg+xml;base64,"), "{}", page.text());
    let secret = secret(&page);
    let before = browser.session().unwrap().1.to_owned();
    let wrong = browser.send(&page, "/second-factor", &[("code", "000000")]).await.expect(401);
    assert_eq!(self::secret(&wrong), secret, "the same secret is shown again");
    let code = code(&secret, 0);
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    let page = browser.send(&wrong, "/second-factor", &[("code", &spaced)]).await.expect(200);
    assert!(page.has_form("/consent"), "{}", page.text());
    assert_ne!(browser.session().unwrap().1, before, "a session that is worth more is a new one");
    let back = browser.send(&page, "/consent", &[]).await;
    assert!(back.url.starts_with(BACK) && back.parameter("code").is_some(), "{}", back.url);
    // The session remembers it.
    assert!(browser.open(&shop.request("")).await.parameter("code").is_some());
}

/// Without any policy: a stolen password is not enough for a client, for the account, or for a program.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_one_is_always_asked_for_it() {
    let shop = Storefront::open().await;
    let mut old = shop.browser_of("ann").await;
    let mut own = shop.browser();
    let page = own.login("/default/shop/account/second-factor", "ann", PASSWORD).await.expect(200);
    let secret = secret(&page);
    let page = own.send(&page, "/account/second-factor", &[("code", &code(&secret, 0))]).await.expect(200);
    assert!(page.url.ends_with("?done=1"), "this session has shown it: {}", page.url);

    let mut thief = shop.browser();
    for address in [shop.request(""), "/default/shop/account".to_owned()] {
        let page = thief.login(&address, "ann", PASSWORD).await.expect(200);
        assert!(page.has_form("/second-factor") && page.url.contains("/login/"), "{}", page.text());
        let page = thief.open("/default/shop/account").await.expect(200);
        assert!(page.url.contains("/login/"), "the session alone is not enough: {}", page.url);
        thief = shop.browser();
    }
    // Sessions of before.
    let back = old.open(&shop.request("&prompt=none")).await;
    assert_eq!(back.parameter("error").as_deref(), Some("interaction_required"), "{}", back.url);
    assert!(old.open("/default/shop/account").await.expect(200).has_form("/second-factor"));
    let page = old.open(&shop.request("")).await.expect(200);
    let back = old.send(&page, "/second-factor", &[("code", &code(&secret, 30))]).await;
    assert!(back.parameter("code").is_some(), "{}", back.url);
    assert!(old.open(&shop.request("&prompt=none")).await.parameter("code").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_shuts_somebody_out_does_so_for_the_account_too() {
    let shop = Storefront::open().await;
    let mut bob = shop.browser_of("bob").await;
    bob.open("/default/shop/account").await.expect(200);
    let rule = attribute("authn_ctx.sub", "equals", json!("ann"));
    make_policy(&shop.admin, "only-ann", json!([rule])).await;
    shop.change(json!({ "user_policy_id": "only-ann" })).await;
    let page = bob.open("/default/shop/account").await;
    assert!(page.answer.status.is_client_error(), "{}: {}", page.url, page.text());
    let back = bob.open(&shop.request("")).await;
    assert_eq!(back.parameter("error_description").as_deref(), Some("a policy says no"), "{}", back.url);
    shop.browser_of("ann").await.open("/default/shop/account").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_good_once_and_guessing_is_slowed_down() {
    let shop = strict().await;
    let mut browser = shop.browser();
    let page = browser.login(&shop.request(""), "ann", PASSWORD).await.expect(200);
    let secret = secret(&page);
    browser.send(&page, "/second-factor", &[("code", &code(&secret, 0))]).await.expect(200);

    let mut other = shop.browser();
    let page = other.login(&shop.request(""), "ann", PASSWORD).await.expect(200);
    is_calm(&page);
    assert!(!page.text().contains("class=\"secret\""), "nobody is shown it twice");
    let page = other.send(&page, "/second-factor", &[("code", &code(&secret, 0))]).await.expect(401);
    let page = other.send(&page, "/second-factor", &[("code", &code(&secret, 30))]).await.expect(200);
    assert!(page.has_form("/consent"), "a step ahead is fine: {}", page.text());

    let mut guesser = shop.browser();
    let mut page = guesser.login(&shop.request(""), "ann", PASSWORD).await.expect(200);
    for _ in 0..5 {
        page = guesser.send(&page, "/second-factor", &[("code", "000000")]).await.expect(401);
    }
    let page = guesser.send(&page, "/second-factor", &[("code", &code(&secret, 60))]).await.expect(429);
    assert!(page.answer.header("retry-after").is_some());
    shop.server.world.advance_seconds(60);
    let page = guesser.send(&page, "/second-factor", &[("code", &code(&secret, 60))]).await.expect(200);
    assert!(page.has_form("/consent"), "{}", page.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_has_just_logged_in_may_set_one_up() {
    let shop = Storefront::open().await;
    let mut browser = shop.browser_of("ann").await;
    let mut rule = attribute("authn_ctx.amr", "contains", json!("mfa"));
    rule["recovery"] = json!([{ "id": "second", "type": "mfa" }]);
    make_policy(&shop.admin, "strict", json!([rule])).await;
    shop.change(json!({ "user_policy_id": "strict" })).await;
    shop.server.world.advance_seconds(60);
    let page = browser.open(&shop.request("")).await.expect(200);
    assert!(page.has_form("/password") && !page.text().contains("class=\"secret\""), "{}", page.text());
    let page = browser.send(&page, "/password", &[("username", "ann"), ("password", PASSWORD)]).await.expect(200);
    assert!(page.text().contains("class=\"secret\""), "{}", page.text());
    // What was offered in one login is worth nothing in another.
    let other = browser.login(&shop.request("&prompt=login"), "ann", PASSWORD).await.expect(200);
    let ticket = page.form("/second-factor").value("ticket").unwrap().to_owned();
    let code = code(&secret(&page), 60);
    browser.send(&other, "/second-factor", &[("ticket", &ticket), ("code", &code)]).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_helps_who_has_lost_it() {
    let shop = strict().await;
    let mut browser = shop.browser();
    let page = browser.login(&shop.request(""), "ann", PASSWORD).await.expect(200);
    browser.send(&page, "/second-factor", &[("code", &code(&secret(&page), 0))]).await.expect(200);
    let path = "/api/admin/default/servers/shop/people/ann/second-factor";
    shop.server.as_other_admin().delete(path).await.expect(401);
    shop.server.as_system().delete(path).await.expect(403);
    let asked = shop.browser().login(&shop.request(""), "ann", PASSWORD).await.expect(200);
    assert!(!asked.text().contains("class=\"secret\""));
    shop.admin.delete(path).await.expect(204);
    shop.admin.delete(path).await.expect(204);
    let offered = shop.browser().login(&shop.request(""), "ann", PASSWORD).await.expect(200);
    assert!(offered.text().contains("class=\"secret\""), "{}", offered.text());
    shop.admin.delete("/api/admin/default/servers/nowhere/people/ann/second-factor").await.expect(404);
}
