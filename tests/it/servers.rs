//! Authorization servers: made with keys, scopes and bindings of their own, and gone with all of it.

use http::Method;
use serde_json::{Value, json};

use crate::support::{
    Answer, Caller, TestServer,
    made::{ADMIN, ask_token, bearer_of, everything, make_client, make_policy, make_server, wrong_members, yes},
};

covers!(
    "listAuthorizationServers",
    "createAuthorizationServer",
    "getAuthorizationServer",
    "updateAuthorizationServer",
    "deleteAuthorizationServer",
    "listDashboards",
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
    for (member, value) in [
        ("authorization_code_ttl", json!("10m0s")),
        ("access_token_ttl", json!("1h0m0s")),
        ("id_token_ttl", json!("1h0m0s")),
        ("refresh_token_ttl", json!("720h0m0s")),
        ("cookie_max_age", json!("1h0m0s")),
        ("profiles", json!([])),
        ("enforce_pkce", json!(false)),
        ("enable_dynamic_client_registration", json!(false)),
        ("rotated_secrets", json!([])),
        ("authentications", json!({ "methods": [] })),
    ] {
        assert_eq!(made[member], value, "{member}");
    }
    for absent in ["key_type", "logo_uri", "user_policy_id", "developer_policy_id"] {
        assert_eq!(made.get(absent), None, "{absent}");
    }
    assert_eq!(made["grant_types"], json!(["authorization_code", "implicit", "client_credentials", "refresh_token"]));
    assert_eq!(made["jwks"]["keys"][0]["kty"], "RSA");
    assert_eq!((&made["system"], &made["decisions_open"]), (&json!(false), &json!(false)));
    assert_eq!(admin.get(&format!("{SERVERS}/{id}")).await.expect(200).json(), made);
    let published = server.anonymous().get(&format!("/default/{id}/.well-known/jwks.json")).await.expect(200).json();
    assert_eq!(published["keys"][0], made["jwks"]["keys"][0]);
    assert_eq!((&published["keys"][1]["use"], published["keys"].as_array().unwrap().len()), (&json!("enc"), 2));

    make_policy(&admin, "rule", json!([yes()])).await;
    let body = json!({
        "id": "till", "tenant_id": "default", "name": "Till", "key_type": "eddsa", "access_token_ttl": "10m",
        "grant_types": ["client_credentials"], "decisions_open": true, "logo_uri": "https://example.com/till.png",
        "authorization_code_ttl": "59s", "id_token_ttl": "2h0m0s", "refresh_token_ttl": "24h0m0s",
        "cookie_max_age": "30m0s", "profiles": [], "enforce_pkce": true,
        "enable_dynamic_client_registration": true, "user_policy_id": "rule", "developer_policy_id": "rule",
        "secret": "a secret of the till, long enough", "rotated_secrets": ["an earlier secret, long enough too"],
        "decision_bindings": [{ "resource_type": "record", "action": "read", "policy_id": "rule" }],
    });
    let made = admin.post(SERVERS, &body).await.expect(201).json();
    for (member, value) in body.as_object().unwrap() {
        if !["key_type", "access_token_ttl"].contains(&member.as_str()) {
            assert_eq!(&made[member], value, "{member}");
        }
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
    assert_eq!(answer["error"], "unsupported_grant_type");
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
        ("access_token_ttl", json!("720h0m1s"), "/access_token_ttl"),
        ("authorization_code_ttl", json!("24h0m1s"), "/authorization_code_ttl"),
        ("id_token_ttl", json!("0s"), "/id_token_ttl"),
        ("refresh_token_ttl", json!("87601h"), "/refresh_token_ttl"),
        ("cookie_max_age", json!("forever"), "/cookie_max_age"),
        ("logo_uri", json!("javascript:alert(1)"), "/logo_uri"),
        ("profiles", json!(["fapi"]), "/profiles/0"),
        ("profiles", json!(["fapi_rw", "fapi_rw"]), "/profiles/1"),
        ("enforce_pkce", json!("yes"), "/enforce_pkce"),
        ("enable_dynamic_client_registration", json!(1), "/enable_dynamic_client_registration"),
        ("user_policy_id", json!("nothing"), "/user_policy_id"),
        ("user_policy_id", json!("a/b"), "/user_policy_id"),
        ("developer_policy_id", json!("theirs"), "/developer_policy_id"),
        ("grant_types", json!(["implicit", "implicit"]), "/grant_types/1"),
        ("secret", json!("x".repeat(31)), "/secret"),
        ("secret", json!("x".repeat(1025)), "/secret"),
        ("secret", json!(5), "/secret"),
        ("rotated_secrets", json!(["y".repeat(32), "short"]), "/rotated_secrets/1"),
        ("rotated_secrets", json!(vec!["y".repeat(32); 11]), "/rotated_secrets"),
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
    for id in ["with blank", "a/b", "..", &"x".repeat(97), &"x".repeat(129)] {
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
    admin.get(&format!("{SERVERS}/nothing/dashboards")).await.expect(404);
    let many =
        json!({ "name": "", "secret": "short", "id_token_ttl": "soon", "profiles": ["magic"], "key_type": "dsa" });
    let mut members = wrong_members(&admin.post(SERVERS, &many).await.expect(422));
    members.sort_unstable();
    assert_eq!(members, ["/id_token_ttl", "/key_type", "/name", "/profiles/0", "/secret"], "all at once");
    let json = Some("application/json");
    admin.send(Method::POST, SERVERS, json, "{".into()).await.expect(400);
    admin.send(Method::PUT, &format!("{SERVERS}/shop"), json, "{}x".into()).await.expect(400);
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
    // They keep the grant by which the tenant's own machines get their tokens.
    for id in ["admin", "developer", "system"] {
        let body = json!({ "name": id, "grant_types": ["authorization_code"] });
        let answer = admin.put(&format!("{SERVERS}/{id}"), &body).await.expect(422);
        assert_eq!(wrong_members(&answer), ["/grant_types"], "{id}");
    }
    assert_eq!(everything(&admin, "default").await, before);
    let less = json!({ "name": "default", "grant_types": ["authorization_code"] });
    admin.put(&format!("{SERVERS}/default"), &less).await.expect(200);
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

/// How many answers had each status.
fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_nothing_keeps_its_tag_and_a_tag_guards_a_change() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let path = format!("{SERVERS}/shop");
    let made = admin.post(SERVERS, &json!({ "id": "shop", "name": "Shop", "key_type": "ecdsa" })).await.expect(201);
    let first = made.header("etag").expect("a tag").to_owned();
    assert_eq!(admin.get(&path).await.expect(200).header("etag"), Some(first.as_str()));
    for body in [made.json(), json!({ "name": "Shop" })] {
        let again = admin.put(&path, &body).await.expect(200);
        assert_eq!((again.header("etag"), again.json()), (Some(first.as_str()), made.json()), "nothing has changed");
    }

    let guarded = admin.clone().with_header("if-match", &first);
    let second = guarded.put(&path, &json!({ "name": "Other" })).await.expect(200).header("etag").unwrap().to_owned();
    assert_ne!(first, second);
    guarded.put(&path, &json!({ "name": "Third" })).await.expect(412);
    guarded.put(&format!("{path}/authentications"), &json!({ "methods": [] })).await.expect(412);
    guarded.delete(&path).await.expect(412);
    assert_eq!(admin.get(&path).await.expect(200).json()["name"], "Other");

    // Of many who have seen the same, one may change it, and a change of secrets alone is one.
    let guarded = admin.clone().with_header("if-match", &second);
    let change = |number: usize| {
        let (guarded, path) = (guarded.clone(), path.clone());
        tokio::spawn(
            async move { guarded.put(&path, &json!({ "name": "Other", "secret": format!("{number:032}") })).await },
        )
    };
    let mut answers = Vec::new();
    for task in (0..8).map(change).collect::<Vec<_>>() {
        answers.push(task.await.unwrap());
    }
    assert_eq!((count(&answers, 200), count(&answers, 412)), (1, 7));
    let won = answers.iter().find(|answer| answer.status == 200).unwrap().json();
    assert_eq!(admin.get(&path).await.expect(200).json(), won);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_a_server_uses_stays() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    for id in ["users", "developers"] {
        make_policy(&admin, id, json!([yes()])).await;
    }
    make_server(&admin, "shop", json!({ "user_policy_id": "users", "developer_policy_id": "developers" })).await;
    for id in ["users", "developers"] {
        let answer = admin.delete(&format!("{ADMIN}/policies/{id}")).await.expect(400).json();
        assert_eq!(answer["details"]["used_by"], json!(["authorization server `shop`"]));
    }
    admin.put(&format!("{SERVERS}/shop"), &json!({ "name": "Shop", "user_policy_id": "users" })).await.expect(200);
    admin.delete(&format!("{ADMIN}/policies/developers")).await.expect(204);
    admin.delete(&format!("{SERVERS}/shop")).await.expect(204);
    admin.delete(&format!("{ADMIN}/policies/users")).await.expect(204);
}

async fn dashboards(caller: &Caller, server: &str) -> Value {
    caller.get(&format!("{SERVERS}/{server}/dashboards")).await.expect(200).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn dashboards_lead_to_what_is_built_in() {
    let server = TestServer::start().await;
    let found = dashboards(&server.as_admin(), "default").await;
    assert_eq!(found["enabled"], true);
    let links = found.as_object().unwrap().iter().filter(|(name, _)| name.ends_with("_url"));
    let links: Vec<&str> = links.map(|(_, link)| link.as_str().unwrap()).collect();
    assert_eq!(links.len(), 4);
    for link in links {
        let path = link.strip_prefix(&server.url).expect("a link to this server");
        server.anonymous().get(path).await.expect(200);
    }
}
