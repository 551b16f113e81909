//! Policies of machines: the server's comes before any token of a client on its own behalf, a scope's drops the scope, nothing that
//! goes wrong is a yes, and people's tokens are none of their business.

use serde_json::{Value, json};

use crate::{
    log::logged,
    support::{
        guests,
        made::{ADMIN, make_policy, no, yes},
        shop::{Shop, claims},
        tills::refused,
    },
};

async fn with_policy(shop: &Shop, policy: &str) {
    shop.set("/servers/shop", json!({ "security": { "client_policy_id": policy } })).await.expect(200);
}

fn is_till() -> Value {
    let field = |field: &str, value: Value| json!({ "field": field, "comparator": "equals", "value": value });
    let fields = [
        field("action.name", json!("issue_token")),
        field("subject.type", json!("client")),
        field("subject.id", json!("till")),
        field("resource.type", json!("client")),
        field("contexts.client.client_name", json!("Till")),
    ];
    json!([{ "name": "attributes", "conf": { "fields": fields } }])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_of_the_server_decides_about_clients_on_their_own_behalf_only() {
    let shop = Shop::start(json!({})).await;
    make_policy(&shop.admin, "deny", json!([no()])).await;
    make_policy(&shop.admin, "tills", is_till()).await;
    with_policy(&shop, "tills").await;
    shop.own_token().await.expect(200);
    let decided = logged(&shop.admin, "&policy_id=tills", 1).await;
    assert_eq!(decided[0]["caller"], "default/shop/till");
    assert_eq!(decided[0]["input"]["authn_ctx"], json!({ "sub": "till" }));
    with_policy(&shop, "deny").await;
    let why = refused(shop.own_token().await, "unauthorized_client");
    assert_eq!(why, "a policy of the authorization server says no", "what is wrong is for the log");
    shop.login("openid").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_cannot_answer_says_no_and_one_in_use_stays() {
    let shop = Shop::start(json!({})).await;
    shop.server.sandbox.install("steady", guests::component("trap")).unwrap();
    make_policy(&shop.admin, "broken", json!([{ "name": "steady" }])).await;
    with_policy(&shop, "broken").await;
    refused(shop.own_token().await, "unauthorized_client");
    shop.admin.delete(&format!("{ADMIN}/policies/broken")).await.expect(400);
    let gone = json!({ "security": { "client_policy_id": "gone" } });
    shop.set("/servers/shop", gone).await.expect(422);
    shop.set("/servers/shop", json!({ "security": {} })).await.expect(200);
    shop.own_token().await.expect(200);
    shop.admin.delete(&format!("{ADMIN}/policies/broken")).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_whose_policy_says_no_is_left_out_of_machines_tokens() {
    let shop = Shop::start(json!({})).await;
    make_policy(&shop.admin, "allow-all", json!([yes()])).await;
    make_policy(&shop.admin, "deny", json!([no()])).await;
    shop.server.sandbox.install("steady", guests::component("trap")).unwrap();
    make_policy(&shop.admin, "broken", json!([{ "name": "steady" }])).await;
    for (scope, policy) in [("openid", "allow-all"), ("email", "deny"), ("profile", "broken")] {
        let path = format!("/scopes/{}", shop.scope(scope).await);
        let changed = shop.set(&path, json!({ "client_policy_id": policy })).await.expect(200);
        assert_eq!(changed.json()["client_policy_id"], policy);
    }
    let answer = shop.own_token().await.expect(200);
    assert_eq!(claims(&answer, "access_token")["scp"], json!(["openid", "address"]));
    assert_eq!(answer.json()["scope"], "openid address", "the answer says what was left");
    let of_anna = shop.login("openid email").await.expect(200);
    assert_eq!(claims(&of_anna, "access_token")["scp"], json!(["email", "openid"]));
    shop.admin.delete(&format!("{ADMIN}/policies/deny")).await.expect(400);
}
