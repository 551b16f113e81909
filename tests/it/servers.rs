//! Authorization servers: made with keys, scopes and bindings of their own, and gone with all of it.

use serde_json::{Value, json};

use crate::support::{
    TestServer,
    made::{ADMIN, ask_token, bearer_of, everything, make_client, make_policy, make_server, wrong_members, yes},
};

covers!(
    "listAuthorizationServers",
    "createAuthorizationServer",
    "getAuthorizationServer",
    "updateAuthorizationServer",
    "deleteAuthorizationServer",
    "jwks",
);

const SERVERS: &str = "/api/admin/default/servers";

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_makes_the_documented_servers() {
    let server = TestServer::start().await;
    for (tenant, admin) in [("default", server.as_admin()), ("demo", server.as_other_admin())] {
        let listed = admin.get(&format!("/api/admin/{tenant}/servers")).await.expect(200).json();
        let servers = listed["servers"].as_array().unwrap();
        let system: Vec<_> =
            servers.iter().map(|one| (one["id"].as_str().unwrap(), one["system"].as_bool().unwrap())).collect();
        assert_eq!(system, [("admin", true), ("default", false), ("developer", true), ("system", true)], "{tenant}");
        for one in servers {
            let id = one["id"].as_str().unwrap();
            assert_eq!(one["issuer_url"], format!("{}/{tenant}/{id}", server.url));
            assert_eq!(one["tenant_id"], tenant);
            assert_eq!((&one["decision_bindings"], &one["decisions_open"]), (&json!([]), &json!(false)), "{id}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_server_has_defaults_and_keeps_what_it_was_given() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let made = admin.post(SERVERS, &json!({ "name": "Shop" })).await.expect(201).json();
    let id = made["id"].as_str().expect("an id is made when none is given");
    assert!(id.len() >= 16, "{id}");
    assert_eq!(made["access_token_ttl"], "1h0m0s");
    assert_eq!(made["grant_types"], json!(["authorization_code", "implicit", "client_credentials", "refresh_token"]));
    assert_eq!(made["jwks"]["keys"][0]["kty"], "RSA");
    assert_eq!((&made["system"], &made["decisions_open"]), (&json!(false), &json!(false)));
    assert_eq!(admin.get(&format!("{SERVERS}/{id}")).await.expect(200).json(), made);
    assert_eq!(
        server.anonymous().get(&format!("/default/{id}/.well-known/jwks.json")).await.expect(200).json(),
        made["jwks"]
    );

    make_policy(&admin, "rule", json!([yes()])).await;
    let body = json!({
        "id": "till", "tenant_id": "default", "name": "Till", "key_type": "eddsa", "access_token_ttl": "10m",
        "grant_types": ["client_credentials"], "decisions_open": true,
        "decision_bindings": [{ "resource_type": "record", "action": "read", "policy_id": "rule" }],
    });
    let made = admin.post(SERVERS, &body).await.expect(201).json();
    for member in ["id", "tenant_id", "name", "grant_types", "decisions_open", "decision_bindings"] {
        assert_eq!(made[member], body[member], "{member}");
    }
    assert_eq!(made["access_token_ttl"], "10m0s");
    assert_eq!(made["jwks"]["keys"][0]["crv"], "Ed25519");
    let listed = admin.get(SERVERS).await.expect(200).json();
    assert!(listed["servers"].as_array().unwrap().contains(&made), "{listed}");
    server.as_other_admin().get("/api/admin/demo/servers/till").await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_replaces_the_configuration_and_keeps_the_keys() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_policy(&admin, "rule", json!([yes()])).await;
    let binding = json!([{ "resource_type": "*", "action": "*", "policy_id": "rule" }]);
    let made = make_server(&admin, "shop", json!({ "decision_bindings": binding, "decisions_open": true })).await;
    let path = format!("{SERVERS}/shop");
    // What was read can be written back as it is.
    assert_eq!(admin.put(&path, &made).await.expect(200).json(), made);

    let client = bearer_of(&server, &make_client(&admin, "shop", "till", &["openid"]).await);
    client.token().await.unwrap();
    let updated = admin
        .put(&path, &json!({ "name": "New", "access_token_ttl": "5s", "key_type": "rsa" }))
        .await
        .expect(200)
        .json();
    assert_eq!((&updated["name"], &updated["access_token_ttl"]), (&json!("New"), &json!("5s")));
    assert_eq!(
        (&updated["decision_bindings"], &updated["decisions_open"]),
        (&json!([]), &json!(false)),
        "PUT replaces"
    );
    assert_eq!(updated["jwks"], made["jwks"], "the keys stay");
    assert_eq!(admin.get(&path).await.expect(200).json(), updated);
    assert_eq!(admin.get(&format!("{ADMIN}/clients/till")).await.expect(200).json()["authorization_server_id"], "shop");

    let system =
        admin.put(&format!("{SERVERS}/system"), &json!({ "name": "System", "system": false })).await.expect(200).json();
    assert_eq!(system["system"], true, "a system server stays one");
    admin.delete(&format!("{SERVERS}/system")).await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_issues_tokens_as_long_as_it_says() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({ "access_token_ttl": "1m30s" })).await;
    let client = make_client(&admin, "shop", "till", &["openid"]).await;
    let secret = client["client_secret"].as_str().unwrap();
    let grant = "grant_type=client_credentials";
    let lasts =
        async || ask_token(&server, "shop", "till", secret, grant).await.expect(200).json()["expires_in"].clone();
    assert_eq!(lasts().await, 90);
    admin.put(&format!("{SERVERS}/shop"), &json!({ "name": "Shop", "access_token_ttl": "2h" })).await.expect(200);
    assert_eq!(lasts().await, 7200);
    // A server that no longer has the grant issues nothing.
    admin
        .put(&format!("{SERVERS}/shop"), &json!({ "name": "Shop", "grant_types": ["authorization_code"] }))
        .await
        .expect(200);
    let answer = ask_token(&server, "shop", "till", secret, grant).await.expect(400).json();
    assert_eq!(answer["error"], "unauthorized_client");
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_make_no_sense_are_refused_and_change_nothing() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_policy(&admin, "rule", json!([yes()])).await;
    make_server(&admin, "shop", json!({})).await;
    server
        .as_other_admin()
        .post("/api/admin/demo/policies", &json!({ "id": "theirs", "policy_name": "Theirs", "validators": [yes()] }))
        .await
        .expect(201);
    let before = everything(&admin, "default").await;
    let binding = |resource: Value, action: Value, policy: Value| json!({ "resource_type": resource, "action": action, "policy_id": policy });
    let good = binding(json!("*"), json!("*"), json!("rule"));
    let refused = [
        ("name", json!(null), "/name"),
        ("name", json!(" "), "/name"),
        ("tenant_id", json!("demo"), "/tenant_id"),
        ("key_type", json!("dsa"), "/key_type"),
        ("key_type", json!(""), "/key_type"),
        ("access_token_ttl", json!("soon"), "/access_token_ttl"),
        ("access_token_ttl", json!("0s"), "/access_token_ttl"),
        ("access_token_ttl", json!("-1s"), "/access_token_ttl"),
        ("access_token_ttl", json!(3600), "/access_token_ttl"),
        ("access_token_ttl", json!("99999999999999999999h"), "/access_token_ttl"),
        ("grant_types", json!(["client_credentials", "magic"]), "/grant_types/1"),
        ("grant_types", json!("client_credentials"), "/grant_types"),
        ("decisions_open", json!("yes"), "/decisions_open"),
        ("magic", json!(1), "/magic"),
        ("decision_bindings", json!({}), "/decision_bindings"),
        (
            "decision_bindings",
            json!([good, binding(json!("a"), json!("b"), json!("nothing"))]),
            "/decision_bindings/1/policy_id",
        ),
        (
            "decision_bindings",
            json!([good, binding(json!("a"), json!("b"), json!("theirs"))]),
            "/decision_bindings/1/policy_id",
        ),
        (
            "decision_bindings",
            json!([binding(json!(""), json!("b"), json!("rule"))]),
            "/decision_bindings/0/resource_type",
        ),
        ("decision_bindings", json!([binding(json!("a"), json!(""), json!("rule"))]), "/decision_bindings/0/action"),
        (
            "decision_bindings",
            json!([good, good, { "resource_type": "a", "action": "b", "policy_id": "rule", "magic": 1 }]),
            "/decision_bindings/2/magic",
        ),
        (
            "decision_bindings",
            json!([binding(json!(1), json!("b"), json!("rule"))]),
            "/decision_bindings/0/resource_type",
        ),
    ];
    let mut wrong = Vec::new();
    for (member, value, named) in refused {
        let mut body = json!({ "name": "New", "key_type": "ecdsa" });
        body[member] = value;
        for (operation, answer) in [
            ("create", admin.post(SERVERS, &body).await),
            ("update", admin.put(&format!("{SERVERS}/shop"), &body).await),
        ] {
            let members = if answer.status == 422 { wrong_members(&answer) } else { Vec::new() };
            if members != [named] {
                wrong.push(format!(
                    "{operation} {body}\n    should be refused at {named}: {} {}",
                    answer.status,
                    answer.text()
                ));
            }
        }
        assert_eq!(everything(&admin, "default").await, before, "{body} has changed something");
    }
    for id in ["", "with blank", "a/b", "..", &"x".repeat(129)] {
        let answer = admin.post(SERVERS, &json!({ "id": id, "name": "New", "key_type": "ecdsa" })).await.expect(422);
        assert_eq!(wrong_members(&answer), ["/id"], "{id:?}");
    }
    for id in ["shop", "admin", "default"] {
        admin.post(SERVERS, &json!({ "id": id, "name": "Again", "key_type": "ecdsa" })).await.expect(409);
    }
    let answer = admin.put(&format!("{SERVERS}/shop"), &json!({ "id": "other", "name": "Shop" })).await.expect(422);
    assert_eq!(wrong_members(&answer), ["/id"]);
    admin.put(&format!("{SERVERS}/nothing"), &json!({ "name": "Nothing" })).await.expect(404);
    admin.get(&format!("{SERVERS}/nothing")).await.expect(404);
    admin.delete(&format!("{SERVERS}/nothing")).await.expect(404);
    assert_eq!(everything(&admin, "default").await, before);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn system_servers_cannot_be_removed() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let before = everything(&admin, "default").await;
    for id in ["admin", "developer", "system"] {
        let answer = admin.delete(&format!("{SERVERS}/{id}")).await.expect(400);
        assert_eq!(answer.json()["status_code"], 400);
    }
    assert_eq!(everything(&admin, "default").await, before);
    admin.delete(&format!("{SERVERS}/default")).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_takes_its_clients_scopes_and_keys_with_it() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let made = make_server(&admin, "shop", json!({})).await;
    let client = make_client(&admin, "shop", "till", &["openid"]).await;
    make_client(&admin, "default", "bystander", &["openid"]).await;
    let secret = client["client_secret"].as_str().unwrap().to_owned();
    let gone = admin.delete(&format!("{SERVERS}/shop")).await.expect(204);
    assert!(gone.body.is_empty());

    admin.get(&format!("{SERVERS}/shop")).await.expect(404);
    admin.delete(&format!("{SERVERS}/shop")).await.expect(404);
    admin.get(&format!("{SERVERS}/shop/clients")).await.expect(404);
    admin.get(&format!("{ADMIN}/clients/till")).await.expect(404);
    admin.get(&format!("{ADMIN}/clients/bystander")).await.expect(200);
    server.anonymous().get("/default/shop/.well-known/jwks.json").await.expect(404);
    server.anonymous().get("/.well-known/authzen-configuration/default/shop").await.expect(404);
    let answer = ask_token(&server, "shop", "till", &secret, "grant_type=client_credentials").await;
    assert!([401, 404].contains(&answer.status.as_u16()), "{} {}", answer.status, answer.text());

    // A new server of that name starts afresh: no clients, other keys, the default scopes once.
    let again = make_server(&admin, "shop", json!({})).await;
    assert_ne!(made["jwks"], again["jwks"], "keys were kept");
    assert_eq!(admin.get(&format!("{SERVERS}/shop/clients")).await.expect(200).json(), json!({ "clients": [] }));
    ask_token(&server, "shop", "till", &secret, "grant_type=client_credentials").await.expect(401);
    make_client(&admin, "shop", "till", &["openid", "evaluate_decisions"]).await;
}
