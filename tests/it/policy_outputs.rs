//! What policies hand over to tokens: fewer scopes and claims of their own, under the rules of all other claims, and nothing from a
//! policy that says nothing of it.

use serde_json::{Value, json};

use crate::support::{
    made::{ADMIN, make_policy},
    shop::{Shop, claims},
    storefront::{AID, Storefront},
};

/// A policy that says yes and hands this over.
fn with_outputs(outputs: Value) -> Value {
    json!([{ "name": "cel", "conf": { "source": "true", "outputs": outputs } }])
}

async fn change(shop: &Shop, id: &str, outputs: Value) {
    let body = json!({ "policy_name": id, "validators": with_outputs(outputs) });
    shop.admin.put(&format!("{ADMIN}/policies/{id}"), &body).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_narrows_scopes_and_adds_claims() {
    let shop = Shop::start(json!({ "level": 3 })).await;
    shop.claim("access_token", "colour", "level", &[]).await;
    make_policy(&shop.admin, "out", with_outputs(json!({ "limit": "7" }))).await;
    shop.set("/servers/shop", json!({ "user_policy_id": "out" })).await.expect(200);
    let plain = shop.login("openid profile email").await.expect(200);
    assert_eq!(plain.json()["scope"], "email openid profile", "other outputs mean nothing here");

    let outputs = json!({
        "scopes": "['openid', 'email', 'introspect_tokens']",
        "claims": "{'tier': {'level': authn_ctx.level}, 'colour': 'red', 'sub': 'admin', 'scope': 'all', 'aud': 'x', 'act': 'y'}",
    });
    change(&shop, "out", outputs).await;
    let answer = shop.login("openid profile email").await.expect(200);
    assert_eq!(answer.json()["scope"], "email openid", "narrowed, and never widened");
    let said = claims(&answer, "access_token");
    assert_eq!((&said["tier"], &said["colour"]), (&json!({ "level": 3 }), &json!("red")));
    assert_eq!((&said["sub"], &said["scope"]), (&json!("anna"), &json!("email openid")));
    assert!(said["aud"].is_array());
    assert!(claims(&answer, "id_token")["tier"].is_null(), "they are the access token's");
    let outputs = json!({
        "claims": "{'tier': 1}",
        "id_token_claims": "{'tier': {'level': authn_ctx.level}, 'name': 'red', 'sub': 'admin', 'nonce': 'x', 'gid': 'y', 'cgid': 'z'}",
    });
    change(&shop, "out", outputs).await;
    let answer = shop.login("openid profile email").await.expect(200);
    let said = claims(&answer, "id_token");
    assert_eq!((&said["tier"], &said["name"], &said["sub"]), (&json!({ "level": 3 }), &json!("red"), &json!("anna")));
    assert!(said["nonce"].is_null() && said["gid"] != "y" && said["cgid"].is_null(), "{said}");
    assert_eq!(claims(&answer, "access_token")["tier"], 1);
    assert!(claims(&answer, "access_token")["name"].is_null());
    // A refresh asks again, and what the policy hands over now counts.
    change(&shop, "out", json!({ "scopes": "['openid']", "claims": "{'tier': 9}" })).await;
    let again = shop.refresh(&answer.json()).await.expect(200);
    assert_eq!((&again.json()["scope"], &claims(&again, "access_token")["tier"]), (&json!("openid"), &json!(9)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_understood_lets_nobody_in() {
    let shop = Shop::start(json!({})).await;
    make_policy(&shop.admin, "out", with_outputs(json!({ "scopes": "'openid'" }))).await;
    let both = json!({ "user_policy_id": "out", "security": { "client_policy_id": "out" } });
    shop.set("/servers/shop", both).await.expect(200);
    for wrong in [
        json!({ "scopes": "'openid'" }),
        json!({ "scopes": "[1]" }),
        json!({ "claims": "['tier']" }),
        json!({ "id_token_claims": "['tier']" }),
        json!({ "claims": "{'tier': 'x'.repeat(9000)}" }),
    ] {
        let body = json!({ "policy_name": "out", "validators": with_outputs(wrong.clone()) });
        if shop.admin.put(&format!("{ADMIN}/policies/out"), &body).await.status != 201 {
            continue;
        }
        assert_eq!(shop.login("openid").await.expect(400).json()["error"], "invalid_grant", "{wrong}");
        assert_eq!(shop.own_token().await.expect(400).json()["error"], "unauthorized_client", "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_of_clients_does_the_same_for_them() {
    let shop = Shop::start(json!({})).await;
    make_policy(&shop.admin, "out", with_outputs(json!({ "scopes": "['email']", "claims": "{'site': 'north'}" })))
        .await;
    shop.set("/servers/shop", json!({ "security": { "client_policy_id": "out" } })).await.expect(200);
    let answer = shop.own_token().await.expect(200);
    assert_eq!(answer.json()["scope"], "email");
    assert_eq!(claims(&answer, "access_token")["site"], "north");
    let person = shop.login("openid email").await.expect(200);
    assert!(claims(&person, "access_token")["site"].is_null(), "that is about machines");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_brings_what_the_policy_has_handed_over() {
    let shop = Storefront::open().await;
    let outputs = json!({
        "scopes": "['openid', 'orders']", "claims": "{'tier': 1}", "id_token_claims": "{'colour': 'red'}",
    });
    make_policy(&shop.admin, "out", with_outputs(outputs)).await;
    shop.change(json!({ "user_policy_id": "out" })).await;
    let mut browser = shop.browser();
    let page = browser.login(&shop.request(""), "ann", crate::support::storefront::PASSWORD).await.expect(200);
    assert!(page.text().contains("See your orders") && !page.text().contains("value=\"profile\""), "{}", page.text());
    let back = browser.send(&page, "/consent", &[]).await;
    let tokens = shop.redeem(&back).await;
    assert_eq!(tokens["scope"], "openid orders", "at {AID}");
    assert_eq!(crate::support::tills::claims(&tokens["access_token"])["tier"], 1);
    let about = crate::support::tills::claims(&tokens["id_token"]);
    assert_eq!((&about["colour"], &about["tier"]), (&json!("red"), &Value::Null));
}
