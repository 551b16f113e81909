//! The whole way in a browser: from the authorization request over name, password and consent to tokens, and what ends them.

use serde_json::json;

use crate::support::{
    browser::Browser,
    tills::{CALLBACK, PASSWORD, Shop, claims, redeem, refresh, refused},
};

// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The authorization request of a client.
fn request(client: &str) -> String {
    format!(
        "/default/shop/oauth2/authorize?response_type=code&client_id={client}&redirect_uri={CALLBACK}&scope=openid+buy\
         &nonce=once&state=back&code_challenge={CHALLENGE}&code_challenge_method=S256"
    )
}

/// The code that ada's browser brings back to a client.
async fn code(shop: &Shop, browser: &mut Browser, client: &str) -> String {
    let mut page = browser.open(&request(client)).await;
    if page.url.starts_with('/') && page.has_form("/password") {
        page = browser.send(&page, "/password", &[("username", "ada"), ("password", PASSWORD)]).await;
    }
    if page.url.starts_with('/') {
        page = browser.send(&page, "/consent", &[]).await;
    }
    assert!(page.url.starts_with(&format!("{CALLBACK}?")), "{}: {}", page.url, page.text());
    assert_eq!(page.parameter("state").as_deref(), Some("back"));
    assert!(page.parameter("iss").is_some(), "{} says who answers", shop.server.url);
    page.parameter("code").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_logs_in_and_a_client_gets_tokens_once() {
    let shop = Shop::open(json!({})).await;
    let mut browser = Browser::new(&shop.server.url);
    let code = code(&shop, &mut browser, "till").await;
    let form = format!("{}&code_verifier={VERIFIER}", redeem(&code));
    refused(shop.ask(&redeem(&code)).await, "invalid_grant");
    let first = shop.ask(&form).await.expect(200).json();
    let said = claims(&first["id_token"]);
    assert_eq!((&said["sub"], &said["nonce"]), (&json!("ada"), &json!("once")));
    assert!(said["sid"].is_string(), "{said}");
    assert_eq!(first["scope"], "buy openid");
    let second = shop.ask(&refresh(&first["refresh_token"])).await.expect(200).json();
    refused(shop.ask(&form).await, "invalid_grant");
    assert!(!shop.is_good(&second["access_token"]).await, "the code was replayed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_was_made_for_another_client_is_worth_nothing() {
    let shop = Shop::open(json!({})).await;
    let mut browser = Browser::new(&shop.server.url);
    let stolen = code(&shop, &mut browser, "scale").await;
    let form = format!("{}&code_verifier={VERIFIER}", redeem(&stolen));
    refused(shop.ask(&form).await, "invalid_grant");
    shop.ask_as_scale(&form).await.expect(200);
}
