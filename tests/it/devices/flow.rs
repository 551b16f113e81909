//! The way from the code on the device to its tokens.

use serde_json::json;

use super::{Living, PAGE, text};
use crate::support::{
    made::{ADMIN, make_policy, no, post_form},
    shop::claims,
    storefront::{AID, PASSWORD, is_calm},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_person_lets_a_device_in() {
    let living = Living::room().await;
    let waiting = living.waits().await;
    assert_eq!((&waiting["expires_in"], &waiting["interval"]), (&json!(600), &json!(5)));
    let (code, page) = (text(&waiting, "user_code"), text(&waiting, "verification_uri"));
    assert_eq!(page, format!("{}{PAGE}", living.shop.server.url));
    assert_eq!(text(&waiting, "verification_uri_complete"), format!("{page}?user_code={code}"));
    assert!(code.len() == 9 && code.bytes().all(|byte| b"BCDFGHJKLMNPQRSTVWXZ-".contains(&byte)), "{code}");
    assert_eq!(living.word(&waiting).await, "authorization_pending");

    let mut browser = living.shop.browser();
    is_calm(&browser.open(PAGE).await.expect(200));
    let page = living.types(&mut browser, &code.to_lowercase().replace('-', " ")).await.expect(200);
    let page = browser.send(&page, "/password", &[("username", "ann"), ("password", PASSWORD)]).await.expect(200);
    is_calm(&page);
    for shown in ["Did you start Television yourself?", "logged in as ANN", "127.0.0.1", "See your orders"] {
        assert!(page.text().contains(shown), "{shown}: {}", page.text());
    }
    assert_eq!(living.word(&waiting).await, "slow_down", "asked twice at once, and nothing is said yet");
    let page = browser.send(&page, "/confirm", &[]).await.expect(200);
    let page = browser.send(&page, "/consent", &[]).await.expect(200);
    is_calm(&page);
    assert!(page.text().contains("Your device is connected"), "{}", page.text());

    let answer = living.polls(&waiting).await.expect(200);
    let tokens = answer.json();
    assert_eq!(tokens["scope"], "openid orders");
    assert_eq!(claims(&answer, "id_token")["sub"], "ann");
    assert_eq!(living.word(&waiting).await, "invalid_grant", "it is good once");
    let form = format!("grant_type=refresh_token&client_id=tv&refresh_token={}", text(&tokens, "refresh_token"));
    let refreshed = post_form(&living.shop.server.anonymous(), "/default/shop/oauth2/token", &form).await;
    refreshed.expect(200);

    // Ann finds the device among what has access, and the next one needs no consent but is asked about all the same.
    let page = browser.open("/default/shop/account/clients").await.expect(200);
    assert!(page.text().contains("Television"), "{}", page.text());
    let again = living.waits().await;
    let page = living.asks_ann(&mut browser, &again).await.expect(200);
    let page = browser.send(&page, "/confirm", &[]).await.expect(200);
    assert!(page.url.contains("/device/done"), "{}", page.url);
    living.polls(&again).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_says_no() {
    let living = Living::room().await;
    let waiting = living.waits().await;
    let mut browser = living.shop.browser().with_header("accept-language", "de");
    let page = living.asks_ann(&mut browser, &waiting).await.expect(200);
    assert!(page.text().contains("Haben Sie Television selbst gestartet?"), "{}", page.text());
    let page = browser.send(&page, "/refuse", &[]).await.expect(200);
    is_calm(&page);
    assert!(page.text().contains("Das Gerät ist nicht verbunden"), "{}", page.text());
    for _ in 0..2 {
        assert_eq!(living.word(&waiting).await, "access_denied");
    }
    let page = living.types(&mut browser, &text(&waiting, "user_code")).await;
    assert_eq!(page.answer.status, 404, "the code is used up");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_ends() {
    let living = Living::room().await;
    let waiting = living.waits().await;
    living.shop.server.world.advance_seconds(600);
    assert_eq!(living.word(&waiting).await, "expired_token");
    let page = living.types(&mut living.shop.browser(), &text(&waiting, "user_code")).await;
    assert_eq!(page.answer.status, 404);
    living.shop.server.world.advance_seconds(601);
    portcullis::domain::expiry::purge(&living.shop.server.app.domain).await.unwrap();
    assert_eq!(living.word(&waiting).await, "invalid_grant", "it is forgotten");

    let late = living.waits().await;
    let mut browser = living.shop.browser();
    let page = living.asks_ann(&mut browser, &late).await.expect(200);
    living.shop.server.world.advance_seconds(600);
    assert_eq!(browser.send(&page, "/confirm", &[]).await.answer.status, 404, "too late to say yes");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_often_is_told_so_and_the_device_gets_on_all_the_same() {
    let living = Living::room().await;
    let waiting = living.waits().await;
    let world = &living.shop.server.world;
    assert_eq!(living.word(&waiting).await, "authorization_pending");
    assert_eq!(living.word(&waiting).await, "slow_down");
    world.advance_seconds(5);
    assert_eq!(living.word(&waiting).await, "slow_down", "ten seconds from now on, and fifteen after this");
    world.advance_seconds(15);
    assert_eq!(living.word(&waiting).await, "authorization_pending");
    living.lets_in(&mut living.shop.browser(), &waiting).await.expect(200);
    living.polls(&waiting).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_servers_policy_is_asked_as_in_every_login() {
    let living = Living::room().await;
    make_policy(&living.shop.admin, "nobody", json!([no()])).await;
    living.shop.change(json!({ "user_policy_id": "nobody" })).await;
    let waiting = living.waits().await;
    let page = living.asks_ann(&mut living.shop.browser(), &waiting).await.expect(200);
    assert!(page.url.contains("/device/done?refused=1"), "{}", page.url);
    assert_eq!(living.word(&waiting).await, "access_denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_where_server_and_client_have_it() {
    let living = Living::room().await;
    let found = living.shop.server.anonymous().get("/default/shop/.well-known/openid-configuration").await.json();
    let endpoint = format!("{}/default/shop/oauth2/device_authorization", living.shop.server.url);
    assert_eq!(found["device_authorization_endpoint"], json!(endpoint));
    let refused = living.begins("client_id=tv&scope=openid+phone").await.expect(400).json();
    assert_eq!(refused["error"], "invalid_scope");
    let body = json!({
        "authorization_server_id": AID, "client_id": "plain", "client_name": "Plain", "grant_types": ["refresh_token"],
        "token_endpoint_auth_method": "none",
    });
    living.shop.admin.post(&format!("{ADMIN}/clients"), &body).await.expect(201);
    assert_eq!(living.begins("client_id=plain").await.expect(400).json()["error"], "unauthorized_client");
    assert_eq!(living.begins("client_id=nobody").await.expect(401).json()["error"], "invalid_client");
    assert_eq!(living.begins("client_id=web").await.expect(401).json()["error"], "invalid_client", "it has a secret");

    living.shop.change(json!({ "grant_types": ["authorization_code", "refresh_token"] })).await;
    let found = living.shop.server.anonymous().get("/default/shop/.well-known/openid-configuration").await.json();
    assert!(found.get("device_authorization_endpoint").is_none(), "{found}");
    assert_eq!(living.begins("client_id=tv").await.expect(400).json()["error"], "unsupported_grant_type");
}
