//! Policies of people's tokens: the server's comes before any token, a scope's drops the scope, and nothing that goes wrong is
//! a yes.

use portcullis::domain::{
    in_force::{
        Outputs,
        policies::{self, Judged},
    },
    server::Server,
};
use serde_json::{Value, json};

use crate::{
    log::logged,
    support::{
        guests,
        made::{ADMIN, make_policy, no, yes},
        shop::{Shop, about, anna, claims, texts},
    },
};

/// What the server's policy says about Anna.
async fn judge(shop: &Shop, amr: &[&str]) -> Judged {
    let records = shop.records();
    let (identity, scopes) = (anna(amr), texts(&["openid"]));
    policies::person(&shop.server.app.domain, about(&records, &identity, &scopes)).await.unwrap()
}

/// Which of the scopes the policies leave her.
async fn left(shop: &Shop, scopes: &[&str]) -> Vec<String> {
    let records = shop.records();
    let (identity, scopes) = (anna(&["pwd"]), texts(scopes));
    policies::scopes(&shop.server.app.domain, about(&records, &identity, &scopes)).await.unwrap()
}

fn aal2() -> Value {
    json!([{
        "name": "identity-context",
        "conf": { "fields": [{ "field": "amr", "comparator": "contains_all", "value": ["mfa", "pwd"] }] },
        "recovery": [{ "id": "second", "type": "mfa" }],
    }])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_is_only_monitored_keeps_nobody_out() {
    let shop = Shop::start(json!({})).await;
    let path = format!("{ADMIN}/policies");
    let body = |mode: &str| json!({ "id": "closed", "policy_name": "Closed", "validators": [no()], "mode": mode });
    shop.admin.post(&path, &body("monitor")).await.expect(201);
    shop.set("/servers/shop", json!({ "user_policy_id": "closed" })).await.expect(200);
    assert_eq!(judge(&shop, &["pwd"]).await, Judged::Allowed(Outputs::default()));
    shop.login("openid").await.expect(200);
    let found = logged(&shop.admin, "&policy_id=closed&result=would_deny", 2).await;
    assert_eq!(found[0]["failures"][0]["code"], "always_denied");
    shop.admin.put(&format!("{path}/closed"), &body("enforce")).await.expect(201);
    assert!(matches!(judge(&shop, &["pwd"]).await, Judged::Denied(_)));
    shop.login("openid").await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_for_and_then_enough() {
    let shop = Shop::start(json!({})).await;
    assert_eq!(judge(&shop, &["pwd"]).await, Judged::Allowed(Outputs::default()), "there is no policy yet");
    make_policy(&shop.admin, "aal2", aal2()).await;
    shop.set("/servers/shop", json!({ "user_policy_id": "aal2" })).await.expect(200);
    assert_eq!(judge(&shop, &["pwd"]).await, Judged::StepUp);
    assert_eq!(judge(&shop, &["pwd", "otp", "mfa"]).await, Judged::Allowed(Outputs::default()));
    assert!(matches!(judge(&shop, &["fed", "mfa"]).await, Judged::Denied(reasons) if reasons.len() == 1));
    // Where nobody can be asked for it there is no token.
    assert_eq!(shop.login("openid").await.expect(400).json()["error"], "invalid_grant");
    // The bundled policies ask for it as well.
    for (policy, enough) in [("nist-aal-2", ["pwd", "mfa", "otp"]), ("nist-aal-3", ["pwd", "mfa", "sc"])] {
        shop.set("/servers/shop", json!({ "user_policy_id": policy })).await.expect(200);
        assert_eq!(judge(&shop, &["pwd"]).await, Judged::StepUp, "{policy}");
        assert_eq!(judge(&shop, &enough).await, Judged::Allowed(Outputs::default()), "{policy}");
    }
    // A second factor of ours is no hardware: level 3 says no instead of asking again.
    assert!(matches!(judge(&shop, &["pwd", "otp", "mfa"]).await, Judged::Denied(_)));
    // Clients on their own behalf are no people.
    shop.own_token().await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_is_a_no() {
    let shop = Shop::start(json!({})).await;
    make_policy(&shop.admin, "deny", json!([no()])).await;
    shop.set("/servers/shop", json!({ "user_policy_id": "deny" })).await.expect(200);
    assert!(matches!(judge(&shop, &["pwd"]).await, Judged::Denied(_)));
    assert_eq!(shop.login("openid").await.expect(400).json()["error"], "invalid_grant");

    shop.server.sandbox.install("steady", guests::component("trap")).unwrap();
    make_policy(&shop.admin, "broken", json!([{ "name": "steady", "recovery": [{ "id": "", "type": "mfa" }] }])).await;
    shop.set("/servers/shop", json!({ "user_policy_id": "broken" })).await.expect(200);
    assert!(matches!(judge(&shop, &["pwd"]).await, Judged::Denied(_)), "a trap is not cured by a second factor");
    shop.server.sandbox.uninstall("steady");
    assert!(matches!(judge(&shop, &["pwd"]).await, Judged::Denied(_)));

    // A policy in use cannot be deleted; a server that names none that is there is denied all the same.
    shop.admin.delete(&format!("{ADMIN}/policies/broken")).await.expect(400);
    let (server, client) = shop.records();
    let gone = Server { user_policy: Some("gone".to_owned()), ..server.value.clone() };
    let (identity, scopes) = (anna(&["pwd"]), texts(&["openid"]));
    let asked = policies::About {
        tenant: "default",
        server: ("shop", &gone),
        client: ("till", &client.value),
        identity: &identity,
        scopes: &scopes,
        reach: policies::Reach::default(),
        request_id: "",
    };
    assert!(matches!(policies::person(&shop.server.app.domain, asked).await, Ok(Judged::Denied(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_whose_policy_says_no_is_left_out() {
    let shop = Shop::start(json!({ "email": "anna@example.com" })).await;
    make_policy(&shop.admin, "allow-all", json!([yes()])).await;
    make_policy(&shop.admin, "deny", json!([no()])).await;
    shop.server.sandbox.install("steady", guests::component("trap")).unwrap();
    make_policy(&shop.admin, "broken", json!([{ "name": "steady" }])).await;
    let all = ["openid", "email", "profile", "address"];
    assert_eq!(left(&shop, &all).await, all);
    for (scope, policy) in [("openid", "allow-all"), ("email", "deny"), ("profile", "broken")] {
        let path = format!("/scopes/{}", shop.scope(scope).await);
        shop.set(&path, json!({ "user_policy_id": policy })).await.expect(200);
    }
    assert_eq!(left(&shop, &all).await, ["openid", "address"]);
    assert_eq!(left(&shop, &["openid", "unknown"]).await, ["openid"], "a scope that is gone is not granted");
    let answer = shop.login("openid email profile address").await.expect(200);
    assert_eq!(claims(&answer, "access_token")["scp"], json!(["address", "openid"]));
    assert_eq!(claims(&answer, "id_token").get("email"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_sees_who_asks_for_what() {
    let shop = Shop::start(json!({ "department": "sales" })).await;
    let field = |field: &str, value: Value| json!({ "field": field, "comparator": "equals", "value": value });
    let sales = json!([{ "name": "identity-context", "conf": { "fields": [field("department", json!("sales"))] } }]);
    make_policy(&shop.admin, "sales", sales).await;
    shop.set("/servers/shop", json!({ "user_policy_id": "sales" })).await.expect(200);
    shop.login("openid email").await.expect(200);

    // Offered to the log while the token was made, written a moment later.
    let mut logged = Value::Null;
    for _ in 0..2000 {
        logged = shop.admin.get(&format!("{ADMIN}/decisions")).await.expect(200).json()["decisions"][0].clone();
        if !logged.is_null() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!((&logged["policy_id"], &logged["result"]), (&json!("sales"), &json!("allow")));
    assert_eq!((&logged["server_id"], &logged["caller"]), (&json!("shop"), &json!("default/shop/till")));
    let input = &logged["input"];
    assert_eq!(input["authn_ctx"]["department"], "sales");
    assert_eq!((&input["authn_ctx"]["sub"], &input["authn_ctx"]["amr"]), (&json!("anna"), &json!(["pwd"])));
    assert_eq!(input["subject"], json!({ "type": "user", "id": "anna" }));
    assert_eq!(input["resource"], json!({ "type": "client", "id": "till" }));
    assert_eq!(input["action"], json!({ "name": "issue_token" }));
    let contexts = &input["contexts"];
    assert_eq!(contexts["client"]["client_name"], "Till");
    assert!(!contexts["client"].to_string().contains("secret\":"), "{contexts}");
    assert_eq!(contexts["scopes"].as_object().unwrap().keys().collect::<Vec<_>>(), ["email", "openid"]);
    assert_eq!((&contexts["developer"], &contexts["consents"]), (&json!({}), &json!({})));
}
