//! Exchanges are decided by a policy where the server has one; people's own policies have their say as well, and whatever goes wrong
//! is a no.

use serde_json::json;

use super::{acting, ask_as_crane, crane, exchange, own_token, set, shop};
use crate::{
    log::logged,
    support::{
        guests,
        made::{ADMIN, make_policy, no, yes},
        tills::{Shop, claims, refused},
    },
};

async fn decide_by(shop: &Shop, policy: &str) {
    set(shop, "/servers/shop", json!({ "security": { "exchange_policy_id": policy } })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_decides_who_exchanges_what() {
    let shop = shop().await;
    let secret = crane(&shop).await;
    let field = |field: &str, value: &str| json!({ "field": field, "comparator": "equals", "value": value });
    let fields = [
        field("action.name", "exchange_token"),
        field("resource.id", "crane"),
        field("subject.type", "user"),
        field("context.subject_token.client_id", "till"),
        field("context.requested_token.act.client_id", "crane"),
    ];
    let cranes = json!([{ "name": "attributes", "conf": { "fields": fields } }]);
    make_policy(&shop.admin, "cranes", cranes).await;
    decide_by(&shop, "cranes").await;
    let tokens = shop.tokens(&["openid", "buy"]).await;
    let actor = ask_as_crane(&shop, &secret, "grant_type=client_credentials").await.expect(200).json();
    let form = acting(&tokens["access_token"], &actor["access_token"]);
    let got = ask_as_crane(&shop, &secret, &format!("{form}&scope=buy")).await.expect(200).json();
    assert_eq!(claims(&got["access_token"])["act"], json!({ "sub": "crane", "client_id": "crane" }));
    let decided = logged(&shop.admin, "&policy_id=cranes", 1).await;
    let input = &decided[0]["input"];
    assert_eq!((&decided[0]["caller"], &decided[0]["result"]), (&json!("default/shop/crane"), &json!("allow")));
    assert_eq!(input["subject"], json!({ "type": "user", "id": "ada" }));
    assert_eq!(input["authn_ctx"]["sub"], "ada");
    let asked = &input["context"]["requested_token"];
    assert_eq!((&asked["scopes"], &asked["client_id"]), (&json!(["buy"]), &json!("crane")));
    assert_eq!(input["context"]["subject_token"]["scopes"], json!(["openid", "buy"]));
    assert!(!decided[0].to_string().contains("eyJ"), "no token is written down");
    // With a policy nobody has a right to exchange what is theirs.
    let why = refused(shop.ask(&exchange(&tokens["access_token"], "access_token", "")).await, "unauthorized_client");
    assert_eq!(why, "a policy of the authorization server says no");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_cannot_answer_says_no_and_one_in_use_stays() {
    let shop = shop().await;
    shop.server.sandbox.install("steady", guests::component("trap")).unwrap();
    make_policy(&shop.admin, "broken", json!([{ "name": "steady" }])).await;
    decide_by(&shop, "broken").await;
    let tokens = shop.tokens(&["openid", "buy"]).await;
    refused(shop.ask(&exchange(&tokens["access_token"], "access_token", "")).await, "unauthorized_client");
    shop.admin.delete(&format!("{ADMIN}/policies/broken")).await.expect(400);
    set(&shop, "/servers/shop", json!({ "security": {} })).await;
    shop.ask(&exchange(&tokens["access_token"], "access_token", "")).await.expect(200);
    shop.admin.delete(&format!("{ADMIN}/policies/broken")).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn peoples_and_machines_own_policies_have_a_say() {
    let shop = shop().await;
    make_policy(&shop.admin, "deny", json!([no()])).await;
    make_policy(&shop.admin, "anything", json!([yes()])).await;
    decide_by(&shop, "anything").await;
    let (tokens, machine) = (shop.tokens(&["openid", "buy"]).await, own_token(&shop, false).await);
    let of_ada = exchange(&tokens["access_token"], "access_token", "");
    let of_till = exchange(&machine, "access_token", "");
    set(&shop, "/servers/shop", json!({ "user_policy_id": "deny" })).await;
    refused(shop.ask(&of_ada).await, "invalid_grant");
    shop.ask(&of_till).await.expect(200);
    let security = json!({ "exchange_policy_id": "anything", "client_policy_id": "deny" });
    set(&shop, "/servers/shop", json!({ "user_policy_id": "anything", "security": security })).await;
    shop.ask(&of_ada).await.expect(200);
    refused(shop.ask(&of_till).await, "unauthorized_client");
}
