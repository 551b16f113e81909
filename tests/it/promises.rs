//! What a client or a server promises and this version does not do yet: kept as it is said, and refused where it would be broken.

use serde_json::{Value, json};

use crate::support::{
    made::{ADMIN, ask_token},
    storefront::Storefront,
};

/// Asks for tokens for the client itself.
const MACHINE: &str = "grant_type=client_credentials";

/// Changes a member of the client `web`.
async fn set(shop: &Storefront, member: &str, value: Value) {
    let path = format!("{ADMIN}/clients/web");
    let mut body = shop.admin.get(&path).await.expect(200).json();
    body[member] = value;
    shop.admin.put(&path, &body).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_whose_tokens_must_be_bound_gets_none() {
    const MEMBER: &str = "tls_client_certificate_bound_access_tokens";
    let shop = Storefront::open().await;
    let mut browser = shop.browser_of("ann").await;
    let before = browser.open(&shop.request("")).await;
    set(&shop, MEMBER, json!(true)).await;
    // Whoever shows no certificate gets none, for a code as for itself.
    let answer = shop.redeem_again(&before).await.expect(400).json();
    assert_eq!(answer["error"], "invalid_request", "{answer}");
    let body = json!({
        "client_id": "till", "client_name": "Till", "authorization_server_id": "shop", MEMBER: true,
        "grant_types": ["client_credentials"], "scopes": ["orders"],
    });
    let made = shop.admin.post(&format!("{ADMIN}/clients"), &body).await.expect(201).json();
    assert_eq!(made[MEMBER], true, "it is kept as it is said");
    let secret = made["client_secret"].as_str().unwrap();
    let answer = ask_token(&shop.server, "shop", "till", secret, MACHINE).await.expect(400).json();
    assert_eq!(answer["error"], "invalid_request", "{answer}");
    // Without the promise it goes on, with the same code.
    set(&shop, MEMBER, json!(false)).await;
    shop.redeem(&before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_signs_its_requests_is_not_had_without() {
    const MEMBER: &str = "request_object_signing_alg";
    let shop = Storefront::open().await;
    let mut browser = shop.browser_of("ann").await;
    set(&shop, MEMBER, json!("ES256")).await;
    for (more, error) in [("", "invalid_request"), ("&request=e30.e30.", "invalid_request_object")] {
        let page = browser.open(&shop.request(more)).await;
        assert_eq!(page.parameter("error").as_deref(), Some(error), "{}", page.url);
        assert!(page.parameter("code").is_none());
    }
    for unsigned in [json!("none"), json!("")] {
        set(&shop, MEMBER, unsigned).await;
        assert!(browser.open(&shop.request("")).await.parameter("code").is_some());
    }
}
