//! The history of configuration records, and going back, over REST and on the command line.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{
    Caller, Process, TestServer,
    made::{ADMIN, make_client, make_policy, make_server, no, policy, yes},
    process::{command, complaint, ended},
};

covers!("showHistory", "rollBack");

/// The states of a record.
async fn states(admin: &Caller, kind: &str, id: &str) -> Vec<Value> {
    let history = admin.get(&format!("{ADMIN}/history/{kind}/{id}")).await.expect(200).json();
    assert_eq!((&history["kind"], &history["id"]), (&json!(kind), &json!(id)));
    history["states"].as_array().unwrap().clone()
}

/// Goes back, and answers the version that this has made.
async fn back(admin: &Caller, kind: &str, id: &str, version: u64) -> u64 {
    let path = format!("{ADMIN}/history/{kind}/{id}/rollback");
    admin.post(&path, &json!({ "version": version })).await.expect(200).json()["version"].as_u64().unwrap()
}

fn change<'a>(state: &'a Value, member: &str) -> &'a Value {
    let changes = state["changes"].as_array().unwrap();
    changes.iter().find(|change| change["member"] == member).unwrap_or_else(|| panic!("no {member} in {state}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_state_is_told_with_its_author_its_tongue_and_what_it_changed() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_policy(&admin, "hours", json!([yes()])).await;
    server.world.advance_seconds(60);
    admin.put(&format!("{ADMIN}/policies/hours"), &policy("hours", json!([no()]))).await.expect(201);
    server.world.advance_seconds(60);
    admin.delete(&format!("{ADMIN}/policies/hours")).await.expect(204);
    let states = states(&admin, "policies", "hours").await;
    assert_eq!(states.len(), 3);
    for (place, (deleted, current)) in [(false, false), (false, false), (true, true)].into_iter().enumerate() {
        let state = &states[place];
        assert_eq!(state["version"], json!(place + 1));
        assert_eq!((&state["author"], &state["tongue"]), (&json!("default/admin/admin"), &json!("acp")));
        assert_eq!((&state["deleted"], &state["current"]), (&json!(deleted), &json!(current)));
        assert_eq!(state["valid_from"], state["recorded_at"]);
    }
    assert_eq!(change(&states[0], "name")["after"], json!("Policy hours"));
    let rules = change(&states[1], "rules");
    assert!(rules["before"] != rules["after"]);
    assert_eq!(states[1]["changes"].as_array().unwrap().len(), 1, "the name is the same");
    assert_eq!(states[2]["changes"], json!([]));
    let built_in = &self::states(&admin, "policies", "block").await[0];
    assert_eq!((&built_in["author"], &built_in["tongue"]), (&json!("first start"), &json!("")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_state_is_told_apart() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    let mut later = admin.get("/setups/shop").await.expect(200).json();
    later["name"] = json!("Later");
    later["valid_from"] = json!("2999-01-01T00:00:00Z");
    admin.put("/setups/shop", &later).await.expect(200);
    let states = states(&admin, "setups", "shop").await;
    let marks = |state: &Value| (state["current"] == true, state["scheduled"] == true);
    assert_eq!(marks(states.last().unwrap()), (false, true));
    assert_eq!(marks(&states[states.len() - 2]), (true, false));
    assert_eq!(change(states.last().unwrap(), "name")["after"], json!("Later"));
    admin.get(&format!("{ADMIN}/history/resource-servers/shop")).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_has_no_history() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    for path in ["policies/nothing", "secrets/admin", "Policies/block"] {
        admin.get(&format!("{ADMIN}/history/{path}")).await.expect(404);
        admin.post(&format!("{ADMIN}/history/{path}/rollback"), &json!({ "version": 1 })).await.expect(404);
    }
    let path = format!("{ADMIN}/history/policies/block/rollback");
    for body in [json!({}), json!({ "version": "1" }), json!({ "version": 99 }), json!({ "version": 1, "more": 1 })] {
        admin.post(&path, &body).await.expect(422);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn histories_tell_no_secret() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let users = json!({ "users": [{ "username": "ann", "password": "tell nobody 1", "authentication_context": {} }] });
    let methods = json!({ "methods": [{ "id": "people", "name": "People", "method": "static", "static": users }] });
    make_server(&admin, "shop", json!({ "authentications": methods, "secret": "a secret of the server, long enough" }))
        .await;
    let client = make_client(&admin, "shop", "till", &[]).await;
    let mut told = String::new();
    for (kind, id) in [("servers", "shop"), ("clients", "till"), ("servers", "admin")] {
        told += &admin.get(&format!("{ADMIN}/history/{kind}/{id}")).await.expect(200).text();
    }
    for secret in ["tell nobody", "$argon2", "a secret of the server", client["client_secret"].as_str().unwrap()] {
        assert!(!told.contains(secret), "{secret} is told");
    }
    let states = states(&admin, "servers", "shop").await;
    let methods = change(&states[0], "authentications");
    assert_eq!(methods.as_object().unwrap().len(), 1, "that it changed is told, not how: {methods}");
}

/// A record of each kind: its path, its kind, how it is made, how it is changed.
fn things() -> [(&'static str, &'static str, &'static str, Value, Value); 7] {
    let of_shop = |body: Value| {
        let mut body = body;
        body["authorization_server_id"] = json!("shop");
        body
    };
    [
        ("policies", "policies", "p", policy("p", json!([yes()])), policy("p", json!([no()]))),
        ("scopes", "scopes", "s", of_shop(json!({ "id": "s", "name": "one" })), of_shop(json!({ "name": "two" }))),
        ("services", "services", "v", of_shop(json!({ "id": "v", "name": "One" })), json!({ "name": "Two" })),
        (
            "claims",
            "claims",
            "c",
            of_shop(json!({ "id": "c", "name": "one", "mapping": "one", "type": "id_token", "scopes": ["openid"] })),
            of_shop(json!({ "name": "two", "mapping": "one", "type": "id_token", "scopes": ["openid"] })),
        ),
        (
            "clients",
            "clients",
            "t",
            of_shop(json!({ "client_id": "t", "client_name": "One", "grant_types": ["client_credentials"] })),
            of_shop(json!({ "client_name": "Two", "grant_types": ["client_credentials"] })),
        ),
        (
            "consents",
            "consents",
            "n",
            json!({ "id": "n", "name": "One", "update_existing_grants": "implicitAll" }),
            json!({ "name": "Two", "update_existing_grants": "implicitAll" }),
        ),
        (
            "actions",
            "actions",
            "a",
            json!({ "id": "a", "name": "One", "consents": [] }),
            json!({ "id": "a", "name": "Two", "consents": [] }),
        ),
    ]
}

/// A record as it is listed; none when it is not there.
async fn shown(admin: &Caller, collection: &str, id: &str) -> Option<Value> {
    let everywhere = ["consents", "actions", "policies"].contains(&collection);
    let path = if everywhere { format!("{ADMIN}/{collection}") } else { format!("{ADMIN}/servers/shop/{collection}") };
    let listed = admin.get(&path).await.expect(200).json();
    let listed =
        listed.as_object().unwrap().values().find_map(Value::as_array).unwrap_or_else(|| panic!("{listed}")).clone();
    let is = |record: &&Value| record["id"] == id || record["client_id"] == id;
    listed.iter().find(is).cloned().map(comparable)
}

/// What goes on counting: a consent's words are agreed to by version, and a client that comes back is another one.
fn comparable(mut record: Value) -> Value {
    for counted in ["version", "valid_from", "client_secret", "client_id_issued_at"] {
        record.as_object_mut().unwrap().remove(counted);
    }
    record
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_record_goes_back_and_comes_back() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    for (collection, kind, id, made, changed) in things() {
        let path = format!("{ADMIN}/{collection}/{id}");
        admin.post(&format!("{ADMIN}/{collection}"), &made).await.expect(201);
        let first = shown(&admin, collection, id).await;
        assert!(admin.put(&path, &changed).await.status.is_success());
        assert!(first != shown(&admin, collection, id).await, "{kind}: nothing was changed");
        assert_eq!(back(&admin, kind, id, 1).await, 3, "{kind}");
        assert_eq!(shown(&admin, collection, id).await, first, "{kind}");
        admin.delete(&path).await.expect(204);
        assert_eq!(shown(&admin, collection, id).await, None);
        let deleted = states(&admin, kind, id).await.len();
        let refused = json!({ "version": deleted });
        admin.post(&format!("{ADMIN}/history/{kind}/{id}/rollback"), &refused).await.expect(422);
        back(&admin, kind, id, 1).await;
        assert_eq!(shown(&admin, collection, id).await, first, "{kind} comes back");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_goes_back_with_its_ways_to_log_in_and_keeps_its_keys() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_policy(&admin, "hours", json!([yes()])).await;
    make_server(&admin, "shop", json!({ "user_policy_id": "hours", "access_token_ttl": "10m" })).await;
    let first = admin.get(&format!("{ADMIN}/servers/shop")).await.expect(200).json();
    let keys = server.anonymous().get("/default/shop/.well-known/jwks.json").await.expect(200).json();
    let version = states(&admin, "servers", "shop").await.len() as u64;
    admin
        .put(&format!("{ADMIN}/servers/shop"), &json!({ "name": "Other", "access_token_ttl": "20m" }))
        .await
        .expect(200);
    back(&admin, "servers", "shop", version).await;
    assert_eq!(admin.get(&format!("{ADMIN}/servers/shop")).await.expect(200).json(), first);
    assert_eq!(server.anonymous().get("/default/shop/.well-known/jwks.json").await.expect(200).json(), keys);
    admin.delete(&format!("{ADMIN}/policies/hours")).await.expect(400);
    admin.put(&format!("{ADMIN}/servers/shop"), &json!({ "name": "Other" })).await.expect(200);
    admin.delete(&format!("{ADMIN}/policies/hours")).await.expect(204);
    let path = format!("{ADMIN}/history/servers/shop/rollback");
    let refused = admin.post(&path, &json!({ "version": version })).await.expect(422).text();
    assert!(refused.contains("hours"), "the policy it refers to has gone: {refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn going_back_needs_the_state_that_the_caller_has_seen() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_policy(&admin, "p", json!([yes()])).await;
    admin.put(&format!("{ADMIN}/policies/p"), &policy("p", json!([no()]))).await.expect(201);
    let path = format!("{ADMIN}/history/policies/p/rollback");
    let stale = admin.clone().with_header("if-match", "\"1\"");
    stale.post(&path, &json!({ "version": 1 })).await.expect(412);
    let fresh = admin.clone().with_header("if-match", "\"2\"");
    let answer = fresh.post(&path, &json!({ "version": 1 })).await.expect(200);
    assert_eq!(answer.headers["etag"], "\"3\"");
}

/// Runs a command on a folder and answers what it printed as JSON.
fn said(data: &Path, arguments: &[&str]) -> Value {
    let mut command = command(arguments);
    let output = ended(command.arg("--data").arg(data).arg("--json"));
    assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_tells_and_goes_back_with_and_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let process = Process::serve(&data);
    let admin = process.token_of("default", "admin", "admin");
    make_policy(&admin, "p", json!([yes()])).await;
    admin.put(&format!("{ADMIN}/policies/p"), &policy("p", json!([no()]))).await.expect(201);
    assert_eq!(said(&data, &["rollback", "policies", "p", "1"]), json!({ "version": 3 }));
    let shown = admin.get(&format!("{ADMIN}/history/policies/p")).await.expect(200).json();
    assert_eq!(said(&data, &["history", "policies", "p"]), shown);
    assert_eq!(shown["states"][2]["author"], "the command line");
    assert_eq!(shown["states"][2]["tongue"], "cli");
    assert!(process.terminate().success());
    assert_eq!(said(&data, &["rollback", "policies", "p", "2", "--tenant", "default"]), json!({ "version": 4 }));
    let output = ended(command(&["history", "policies", "p"]).arg("--data").arg(&data));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("default/admin/admin  in acp") && text.contains("the command line  in cli"), "{text}");
    assert!(text.contains("rules: "), "{text}");
    let refused = ended(command(&["history", "policies", "nothing"]).arg("--data").arg(&data));
    assert_eq!(refused.status.code(), Some(2));
    assert!(complaint(&refused).contains("nothing"), "{}", complaint(&refused));
}
