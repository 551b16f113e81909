//! The code that a person chooses, and clients have to know before they may ask (CIBA `user_code`).

use serde_json::json;

use super::{Branch, PAGE};
use crate::support::{
    Browser,
    made::ADMIN,
    storefront::{PASSWORD, Storefront, is_calm},
};

const CODE_PAGE: &str = "/default/shop/account/request-code";

async fn branch() -> Branch {
    let more = json!({ "security": { "backchannel_user_code_parameter": true } });
    Branch::at(Storefront::open().await, more).await
}

/// Sets a code on the page; answers the status that the form came to.
async fn sets(browser: &mut Browser, code: &str) -> u16 {
    let page = browser.open(CODE_PAGE).await.expect(200);
    browser.send(&page, "/account/request-code", &[("code", code)]).await.answer.status.as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_has_to_know_the_code() {
    let branch = branch().await;
    assert_eq!(branch.word("scope=openid&login_hint=ann").await, "missing_user_code");
    assert_eq!(branch.word("scope=openid&login_hint=ann&user_code=123456").await, "invalid_user_code", "none is set");
    let mut ann = branch.shop.browser_of("ann").await;
    let page = ann.open(CODE_PAGE).await.expect(200);
    is_calm(&page);
    assert!(page.text().contains("You have set no code yet"), "{}", page.text());
    for unfit in ["12345", "", "     1     ", &"x".repeat(65)] {
        assert_eq!(sets(&mut ann, unfit).await, 422, "{unfit}");
    }
    assert_eq!(sets(&mut ann, "let me in").await, 200);
    assert!(ann.open(CODE_PAGE).await.text().contains("You have set a code."));
    assert_eq!(branch.word("scope=openid&login_hint=ann&user_code=let+me+out").await, "invalid_user_code");
    assert_eq!(branch.word("scope=openid&login_hint=bob&user_code=let+me+in").await, "invalid_user_code", "another's");
    assert_eq!(branch.word("scope=openid&login_hint=nobody&user_code=let+me+in").await, "unknown_user_id");
    branch.begins("scope=openid&login_hint=ann&user_code=let+me+in").await.expect(200);
    assert!(ann.open(PAGE).await.expect(200).text().contains("The Bank"));

    // Changed, and removed.
    assert_eq!(sets(&mut ann, "another one").await, 200);
    assert_eq!(branch.word("scope=openid&login_hint=ann&user_code=let+me+in").await, "invalid_user_code");
    let page = ann.open(CODE_PAGE).await.expect(200);
    ann.send(&page, "/account/request-code/remove", &[]).await.expect(200);
    assert_eq!(branch.word("scope=openid&login_hint=ann&user_code=another+one").await, "invalid_user_code");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_has_just_logged_in_sets_a_code_on_its_own_page() {
    let branch = branch().await;
    let mut ann = branch.shop.browser_of("ann").await;
    let form = ann.open(CODE_PAGE).await.expect(200).form("/account/request-code").with(&[("code", "123456")]);
    assert_eq!(ann.post(&form.clone().without("csrf")).await.answer.status, 403);
    let mut elsewhere = ann.clone().with_header("sec-fetch-site", "cross-site");
    assert_eq!(elsewhere.post(&form).await.answer.status, 403);
    branch.shop.server.world.advance_seconds(16 * 60);
    let page = ann.post(&form).await;
    assert!(page.url.contains("/login/"), "the login is too long ago: {}", page.url);
    assert!(ann.open(CODE_PAGE).await.url.contains("/login/"));
    assert_eq!(
        branch.word("scope=openid&login_hint=ann&user_code=123456").await,
        "invalid_user_code",
        "nothing was set"
    );
    let page = branch.shop.browser().login(CODE_PAGE, "ann", PASSWORD).await.expect(200);
    assert!(page.url.ends_with("/account/request-code"), "{}", page.url);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_goes_with_everything_else_of_the_person() {
    let branch = branch().await;
    let mut ann = branch.shop.browser_of("ann").await;
    assert_eq!(sets(&mut ann, "let me in").await, 200);
    branch.begins("scope=openid&login_hint=ann&user_code=let+me+in").await.expect(200);
    let path = format!("{ADMIN}/servers/shop/people/ann/sessions");
    branch.shop.server.as_admin().delete(&path).await.expect(204);
    assert_eq!(branch.word("scope=openid&login_hint=ann&user_code=let+me+in").await, "invalid_user_code");
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_not_guessed() {
    let branch = branch().await;
    let mut ann = branch.shop.browser_of("ann").await;
    assert_eq!(sets(&mut ann, "let me in").await, 200);
    for guess in 0..5 {
        let form = format!("scope=openid&login_hint=ann&user_code=guess{guess}");
        assert_eq!(branch.word(&form).await, "invalid_user_code");
    }
    let refused = branch.begins("scope=openid&login_hint=ann&user_code=let+me+in").await.expect(429);
    assert!(refused.header("retry-after").is_some(), "also the right one has to wait");
    assert_eq!(branch.word("scope=openid&login_hint=bob&user_code=guess").await, "invalid_user_code", "another person");
    branch.shop.server.world.advance_seconds(3600);
    branch.begins("scope=openid&login_hint=ann&user_code=let+me+in").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_has_not_registered_it_sends_no_code() {
    let branch = Branch::open().await;
    assert_eq!(branch.word("scope=openid&login_hint=ann&user_code=123456").await, "invalid_request");
    let mut ann = branch.shop.browser_of("ann").await;
    assert_eq!(sets(&mut ann, "let me in").await, 200);
    branch.begins("scope=openid&login_hint=ann").await.expect(200);
}
