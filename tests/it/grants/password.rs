//! Names and passwords at the token endpoint: where server and client allow it, for people whose passwords are kept here.

use serde_json::json;

use crate::support::{
    made::{ADMIN, make_policy, no},
    tills::{PASSWORD, Shop, claims, refresh, refused},
};

fn form(username: &str, password: &str) -> String {
    format!("grant_type=password&username={username}&password={}", password.replace(' ', "+"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_gets_tokens_that_can_be_refreshed() {
    let shop = Shop::open(json!({})).await;
    let tokens = shop.ask(&format!("{}&scope=openid+buy", form("ada", PASSWORD))).await.expect(200).json();
    assert_eq!(tokens["scope"], "buy openid");
    let said = claims(&tokens["id_token"]);
    assert_eq!((&said["sub"], &said["amr"]), (&json!("ada"), &json!(["pwd"])));
    assert!(said.get("sid").is_none(), "no browser has a session");
    assert!(claims(&tokens["access_token"])["gid"].is_string());
    let next = shop.ask(&refresh(&tokens["refresh_token"])).await.expect(200).json();
    assert!(shop.is_good(&next["access_token"]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_name_are_told_alike() {
    let shop = Shop::open(json!({})).await;
    let wrong = refused(shop.ask(&form("ada", "wrong")).await, "invalid_grant");
    assert_eq!(wrong, refused(shop.ask(&form("nobody", PASSWORD)).await, "invalid_grant"));
    refused(shop.ask(&format!("{}&scope=admin", form("ada", PASSWORD))).await, "invalid_scope");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_whose_hash_came_from_elsewhere_keeps_the_password() {
    // "password" at 64 MiB: a vector of the argon2 reference implementation.
    const REFERENCE: &str = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let shop = Shop::open(json!({})).await;
    let moved = json!({
        "id": "moved", "name": "Moved", "method": "static",
        "static": { "users": [{ "username": "eva", "hashed_password": REFERENCE }] },
    });
    shop.admin.put(&format!("{ADMIN}/servers/shop/authentications"), &json!({ "methods": [moved] })).await.expect(200);
    shop.ask(&form("eva", "password")).await.expect(200);
    refused(shop.ask(&form("eva", "Password")).await, "invalid_grant");
    refused(shop.ask(&form("nobody", "password")).await, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_slowed_down_for_one_account_only() {
    let shop = Shop::open(json!({})).await;
    for _ in 0..5 {
        refused(shop.ask(&form("ada", "guess")).await, "invalid_grant");
    }
    for password in ["guess", PASSWORD] {
        shop.ask(&form("ada", password)).await.expect(400);
    }
    shop.ask(&form("bob", PASSWORD)).await.expect(200);
    shop.server.world.advance_seconds(3600);
    shop.ask(&form("ada", PASSWORD)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_is_off_lets_nobody_in() {
    let shop = Shop::open(json!({})).await;
    let path = format!("{ADMIN}/servers/shop/authentications");
    let off = json!({
        "id": "staff", "name": "Staff", "method": "static", "disabled": true,
        "static": { "users": [{ "username": "ada", "password": PASSWORD, "authentication_context": {} }] },
    });
    shop.admin.put(&path, &json!({ "methods": [off] })).await.expect(200);
    refused(shop.ask(&form("ada", PASSWORD)).await, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_of_the_server_has_a_say() {
    let shop = Shop::open(json!({})).await;
    make_policy(&shop.admin, "closed", json!([no()])).await;
    let server = format!("{ADMIN}/servers/shop");
    let mut members = shop.admin.get(&server).await.expect(200).json();
    members["user_policy_id"] = json!("closed");
    shop.admin.put(&server, &members).await.expect(200);
    let reason = refused(shop.ask(&form("ada", PASSWORD)).await, "invalid_grant");
    assert!(reason.contains("policy"), "{reason}");
}
