//! Refresh tokens: each good once and exchanged for the next, a theft when seen twice, and never longer than their grant.

use http::Method;
use serde_json::{Value, json};

use crate::support::{
    made::{ADMIN, attribute, make_policy},
    person::Person,
    tills::{PASSWORD, Shop, claims, redeem, refresh, refused},
};

#[tokio::test(flavor = "multi_thread")]
async fn every_use_gives_the_next_one() {
    let shop = Shop::open(json!({})).await;
    let first = shop.tokens(&["openid", "buy"]).await;
    let second = shop.ask(&refresh(&first["refresh_token"])).await.expect(200).json();
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    assert_eq!(second["scope"], "openid buy");
    assert_eq!(claims(&second["id_token"])["sub"], "ada");
    let third = shop.ask(&refresh(&second["refresh_token"])).await.expect(200).json();
    for token in [&first, &second, &third].map(|tokens| &tokens["access_token"]) {
        assert!(shop.is_good(token).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_use_is_a_theft_and_ends_everything() {
    let shop = Shop::open(json!({})).await;
    let first = shop.tokens(&["openid"]).await;
    let second = shop.ask(&refresh(&first["refresh_token"])).await.expect(200).json();
    let reason = refused(shop.ask(&refresh(&first["refresh_token"])).await, "invalid_grant");
    assert!(reason.contains("used before"), "{reason}");
    for token in [&first["access_token"], &second["access_token"], &second["refresh_token"]] {
        assert!(!shop.is_good(token).await);
    }
    refused(shop.ask(&refresh(&second["refresh_token"])).await, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_at_once_exactly_one_wins() {
    let shop = Shop::open(json!({})).await;
    let first = shop.tokens(&["buy"]).await;
    let won = shop.ask_at_once(&refresh(&first["refresh_token"]), 50).await;
    assert_eq!(won.len(), 1);
    assert!(!shop.is_good(&won[0]["access_token"]).await, "the others were thieves");
    refused(shop.ask(&refresh(&won[0]["refresh_token"])).await, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_client_can_neither_use_one_nor_spoil_it() {
    let shop = Shop::open(json!({})).await;
    let tokens = shop.tokens(&["openid"]).await;
    let foreign = refused(shop.ask_as_scale(&refresh(&tokens["refresh_token"])).await, "invalid_grant");
    assert_eq!(foreign, refused(shop.ask(&refresh(&json!("pc_refresh_x"))).await, "invalid_grant"));
    let next = shop.ask(&refresh(&tokens["refresh_token"])).await.expect(200).json();
    refused(shop.ask_as_scale(&refresh(&tokens["refresh_token"])).await, "invalid_grant");
    assert!(shop.is_good(&next["access_token"]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn scope_narrows_this_access_token_and_not_the_next() {
    let shop = Shop::open(json!({})).await;
    let first = shop.tokens(&["openid", "buy"]).await;
    let with = |tokens: &Value, scope: &str| format!("{}&scope={scope}", refresh(&tokens["refresh_token"]));
    refused(shop.ask(&with(&first, "openid+sell")).await, "invalid_scope");
    let narrow = shop.ask(&with(&first, "buy")).await.expect(200).json();
    assert_eq!(narrow["scope"], "buy");
    assert_eq!(claims(&narrow["access_token"])["scp"], json!(["buy"]));
    assert!(narrow.get("id_token").is_none());
    let whole = shop.ask(&refresh(&narrow["refresh_token"])).await.expect(200).json();
    assert_eq!(whole["scope"], "openid buy");
}

#[tokio::test(flavor = "multi_thread")]
async fn they_end_with_the_grant_however_often_they_are_used() {
    let shop = Shop::open(json!({})).await;
    let mut tokens = shop.tokens(&["buy"]).await;
    // The grant is for a day.
    for _ in 0..3 {
        shop.server.world.advance_seconds(8 * 3600 - 1);
        tokens = shop.ask(&refresh(&tokens["refresh_token"])).await.expect(200).json();
    }
    assert_eq!(tokens["expires_in"], 3, "no access token outlives its grant");
    shop.server.world.advance_seconds(3);
    refused(shop.ask(&refresh(&tokens["refresh_token"])).await, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn unused_they_end_earlier() {
    let shop = Shop::open(json!({ "refresh_token_idle_ttl": "1h0m0s" })).await;
    let mut tokens = shop.tokens(&["buy"]).await;
    for _ in 0..3 {
        shop.server.world.advance_seconds(3599);
        tokens = shop.ask(&refresh(&tokens["refresh_token"])).await.expect(200).json();
    }
    shop.server.world.advance_seconds(3600);
    refused(shop.ask(&refresh(&tokens["refresh_token"])).await, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_ends_them_unless_they_are_for_offline_use() {
    let shop = Shop::open(json!({})).await;
    let person = Person::new(&shop.server, "shop", "ada");
    let (_, session) = person.logs_in(shop.domain(), "Firefox").await;
    let tokens = async |scopes: &[&str]| {
        let code = shop.code(&shop.grant(scopes, Some(&session)).await, None).await;
        shop.ask(&redeem(&code)).await.expect(200).json()
    };
    let (bound, offline) = (tokens(&["openid"]).await, tokens(&["openid", "offline_access"]).await);
    shop.change_till(json!({ "scopes": ["openid", "buy", "sell", "offline_access", "manage_sessions"] })).await;
    let caller = person.bearer(shop.domain(), &shop.grant(&["manage_sessions"], None).await).await;
    let path = format!("/default/shop/sessions/{session}");
    caller.send(Method::DELETE, &path, None, bytes::Bytes::new()).await.expect(204);
    refused(shop.ask(&refresh(&bound["refresh_token"])).await, "invalid_grant");
    assert!(!shop.is_good(&bound["access_token"]).await);
    shop.ask(&refresh(&offline["refresh_token"])).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_client_or_server_of_the_same_name_revives_none() {
    let shop = Shop::open(json!({})).await;
    let tokens = shop.tokens(&["openid"]).await;
    shop.make_till_again().await;
    refused(shop.ask(&refresh(&tokens["refresh_token"])).await, "invalid_grant");
    let tokens = shop.tokens(&["openid"]).await;
    shop.make_server_again().await;
    refused(shop.ask(&refresh(&tokens["refresh_token"])).await, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_is_asked_again_and_spends_nothing_when_it_says_no() {
    let shop = Shop::open(json!({})).await;
    let first = shop.tokens(&["openid", "buy"]).await;
    make_policy(&shop.admin, "only-bob", json!([attribute("sub", "equals", json!("bob"))])).await;
    let server = format!("{ADMIN}/servers/shop");
    let mut members = shop.admin.get(&server).await.expect(200).json();
    members["user_policy_id"] = json!("only-bob");
    shop.admin.put(&server, &members).await.expect(200);
    let reason = refused(shop.ask(&refresh(&first["refresh_token"])).await, "invalid_grant");
    assert!(reason.contains("policy"), "{reason}");
    members["user_policy_id"] = Value::Null;
    shop.admin.put(&server, &members).await.expect(200);
    shop.ask(&refresh(&first["refresh_token"])).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_the_server_knows_no_more_gets_nothing_more() {
    let shop = Shop::open(json!({})).await;
    let path = format!("{ADMIN}/servers/shop/authentications");
    let staff = async |disabled: bool, users: Value| {
        let method = json!({
            "id": "staff", "name": "Staff", "method": "static", "disabled": disabled, "static": { "users": users },
        });
        shop.admin.put(&path, &json!({ "methods": [method] })).await.expect(200);
    };
    let ada = |password: &str| json!({ "username": "ada", "password": password, "authentication_context": {} });
    let bob = json!({ "username": "bob", "password": PASSWORD, "authentication_context": {} });
    for (what, disabled, users) in [
        ("the person is removed", false, json!([bob])),
        ("the method is off", true, json!([ada(PASSWORD), bob])),
        ("the password is another", false, json!([ada("another long password"), bob])),
    ] {
        staff(false, json!([ada(PASSWORD), bob])).await;
        let by_password =
            format!("grant_type=password&username=ada&scope=openid&password={}", PASSWORD.replace(' ', "+"));
        let first = shop.ask(&by_password).await.expect(200).json();
        let next = shop.ask(&refresh(&first["refresh_token"])).await.expect(200).json();
        let code = shop.code(&shop.grant(&["openid"], None).await, None).await;
        assert!(shop.is_good(&next["refresh_token"]).await);
        staff(disabled, users).await;
        assert!(!shop.is_good(&next["refresh_token"]).await, "{what}");
        refused(shop.ask(&refresh(&next["refresh_token"])).await, "invalid_grant");
        if !what.contains("password") {
            refused(shop.ask(&redeem(&code)).await, "invalid_grant");
        }
    }
    shop.admin.put(&path, &json!({ "methods": [] })).await.expect(200);
}
