//! Policies: saved, shown, replaced, removed, tested; and refused with the member that is wrong, without changing anything.

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::support::{
    Answer, Caller, TestServer,
    made::{ADMIN, attribute, everything, make_policy, make_server, no, policy, wrong_members, yes},
};

covers!(
    "listPolicies",
    "createPolicy",
    "testPolicy",
    "getPolicy",
    "updatePolicy",
    "deletePolicy",
    "getAdminTenant",
    "updateAdminTenant",
);

const POLICIES: &str = "/api/admin/default/policies";

/// Fails unless the request was refused with exactly these members named.
#[track_caller]
fn names(answer: &Answer, members: &[&str]) {
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert_eq!(wrong_members(answer), members, "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_saved_shown_replaced_and_removed() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let recovery = json!([{ "id": "second", "type": "mfa" }]);
    let validator = json!({ "name": "identity-context", "conf": { "fields": [{ "field": "amr", "comparator": "contains", "value": "mfa" }] }, "recovery": recovery });
    let body = policy("door", json!([yes(), validator]));
    let made = admin.post(POLICIES, &body).await.expect(201).json();
    let shown = json!({
        "id": "door",
        "policy_name": "Policy door",
        "tenant_id": "default",
        "validators": [{ "name": "true", "conf": {}, "recovery": [] }, validator],
    });
    assert_eq!(made, shown);
    assert_eq!(admin.get(&format!("{POLICIES}/door")).await.expect(200).json(), shown);
    let listed = admin.get(POLICIES).await.expect(200).json();
    assert!(listed["policies"].as_array().unwrap().contains(&shown), "{listed}");

    let replaced = admin
        .put(&format!("{POLICIES}/door"), &json!({ "policy_name": "New", "validators": [no()] }))
        .await
        .expect(201)
        .json();
    assert_eq!((&replaced["policy_name"], &replaced["validators"][0]["name"]), (&json!("New"), &json!("false")));
    assert_eq!(admin.get(&format!("{POLICIES}/door")).await.expect(200).json(), replaced);
    // What was read can be written back as it is.
    assert_eq!(admin.put(&format!("{POLICIES}/door"), &replaced).await.expect(201).json(), replaced);

    let gone = admin.delete(&format!("{POLICIES}/door")).await.expect(204);
    assert!(gone.body.is_empty());
    admin.get(&format!("{POLICIES}/door")).await.expect(404);
    admin.delete(&format!("{POLICIES}/door")).await.expect(404);
    admin.put(&format!("{POLICIES}/door"), &body).await.expect(404);
    // The name is free again, and the new policy is its own.
    admin.post(POLICIES, &body).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_belongs_to_its_tenant() {
    let server = TestServer::start().await;
    make_policy(&server.as_admin(), "ours", json!([yes()])).await;
    server.as_other_admin().get("/api/admin/demo/policies/ours").await.expect(404);
    let theirs = policy("ours", json!([no()]));
    server.as_other_admin().post("/api/admin/demo/policies", &theirs).await.expect(201);
    let ours = server.as_admin().get(&format!("{POLICIES}/ours")).await.expect(200).json();
    assert_eq!(ours["validators"][0]["name"], "true");
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_that_make_no_sense_are_refused_and_change_nothing() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_policy(&admin, "taken", json!([yes()])).await;
    let before = everything(&admin, "default").await;
    let field = |field: Value| json!([yes(), { "name": "attributes", "conf": { "fields": [field] } }]);
    let refused: [(Value, &[&str]); 23] = [
        (json!({}), &["/id", "/policy_name"]),
        (json!({ "id": "new" }), &["/policy_name"]),
        (json!({ "policy_name": "New" }), &["/id"]),
        (json!({ "id": "new", "policy_name": " " }), &["/policy_name"]),
        (json!({ "id": "", "policy_name": "New" }), &["/id"]),
        (json!({ "id": "a b", "policy_name": "New" }), &["/id"]),
        (json!({ "id": "a/b", "policy_name": "New" }), &["/id"]),
        (json!({ "id": "test", "policy_name": "New" }), &["/id"]),
        (json!({ "id": 1, "policy_name": "New" }), &["/id"]),
        (json!({ "id": "new", "policy_name": "New", "tenant_id": "demo" }), &["/tenant_id"]),
        (json!({ "id": "new", "policy_name": "New", "magic": 1 }), &["/magic"]),
        (json!({ "id": "new", "policy_name": "New", "validators": "true" }), &["/validators"]),
        (json!({ "id": "new", "policy_name": "New", "validators": [yes(), "true"] }), &["/validators/1"]),
        (json!({ "id": "new", "policy_name": "New", "validators": [yes(), {}] }), &["/validators/1/name"]),
        (
            json!({ "id": "new", "policy_name": "New", "validators": [{ "name": "true", "magic": 1 }] }),
            &["/validators/0/magic"],
        ),
        (
            json!({ "id": "new", "policy_name": "New", "validators": [{ "name": "true", "conf": [] }] }),
            &["/validators/0/conf"],
        ),
        (policy("new", json!([yes(), { "name": "unknown" }])), &["/validators/1/name"]),
        (
            policy("new", json!([{ "name": "unknown" }, yes(), { "name": "other" }])),
            &["/validators/0/name", "/validators/2/name"],
        ),
        (policy("new", json!([yes(), { "name": "true", "conf": { "magic": 1 } }])), &["/validators/1/conf"]),
        (policy("new", json!([yes(), { "name": "attributes", "conf": {} }])), &["/validators/1/conf"]),
        (
            policy("new", field(json!({ "field": "now", "comparator": "nearly", "value": 1 }))),
            &["/validators/1/conf/fields/0/comparator"],
        ),
        (
            policy("new", field(json!({ "field": "now", "comparator": "matches", "value": "(" }))),
            &["/validators/1/conf/fields/0/value"],
        ),
        (
            policy("new", field(json!({ "field": "now", "comparator": "in_cidr", "value": "10.0.0.1/8" }))),
            &["/validators/1/conf/fields/0/value"],
        ),
    ];
    let mut wrong = Vec::new();
    for (body, members) in refused {
        let answer = admin.post(POLICIES, &body).await;
        let named = if answer.status == 422 { wrong_members(&answer) } else { Vec::new() };
        if named != members {
            wrong.push(format!("{body}\n    should be refused at {members:?}: {} {}", answer.status, answer.text()));
        }
        assert_eq!(everything(&admin, "default").await, before, "{body} has changed something");
    }
    admin.post(POLICIES, &policy("taken", json!([no()]))).await.expect(409);
    assert_eq!(everything(&admin, "default").await, before);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replacement_is_checked_like_a_new_policy() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_policy(&admin, "door", json!([yes()])).await;
    let before = everything(&admin, "default").await;
    let put = async |body: Value| admin.put(&format!("{POLICIES}/door"), &body).await;
    names(&put(json!({ "id": "window", "policy_name": "Window" })).await, &["/id"]);
    names(&put(json!({ "tenant_id": "demo", "policy_name": "Door" })).await, &["/tenant_id"]);
    names(&put(json!({ "validators": [yes()] })).await, &["/policy_name"]);
    names(&put(policy("door", json!([yes(), { "name": "unknown" }]))).await, &["/validators/1/name"]);
    names(&put(policy("door", json!([{ "name": "true", "conf": { "magic": 1 } }]))).await, &["/validators/0/conf"]);
    for path in ["nothing", "test"] {
        let answer =
            admin.put(&format!("{POLICIES}/{path}"), &json!({ "policy_name": "New", "validators": [yes()] })).await;
        assert!([404, 405].contains(&answer.status.as_u16()), "{path}: {} {}", answer.status, answer.text());
    }
    admin.get(&format!("{POLICIES}/nothing")).await.expect(404);
    admin.delete(&format!("{POLICIES}/nothing")).await.expect(404);
    assert_eq!(everything(&admin, "default").await, before, "a refused replacement has changed something");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_has_limits() {
    let server = TestServer::with(|config| {
        config.policies.validators = 3;
        config.policies.bytes = 2000;
    })
    .await;
    let admin = server.as_admin();
    let before = everything(&admin, "default").await;
    names(&admin.post(POLICIES, &policy("many", json!([yes(), yes(), yes(), yes()]))).await, &["/validators"]);
    let large = attribute("subject.id", "equals", json!("x".repeat(2000)));
    names(&admin.post(POLICIES, &policy("large", json!([large]))).await, &["/validators"]);
    let half = attribute("subject.id", "equals", json!("x".repeat(1000)));
    names(&admin.post(POLICIES, &policy("halves", json!([half, half]))).await, &["/validators"]);
    assert_eq!(everything(&admin, "default").await, before);
    admin.post(POLICIES, &policy("fits", json!([yes(), yes(), half]))).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_policy_are_refused_and_change_nothing() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let before = everything(&admin, "default").await;
    let deep = |levels: usize| {
        format!(
            r#"{{"id":"x","policy_name":"x","validators":[{{"name":"true","conf":{{"a":{}1{}}}}}]}}"#,
            "[".repeat(levels),
            "]".repeat(levels)
        )
    };
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", vec![]),
        ("blanks", b"  ".to_vec()),
        ("truncated", br#"{"id":"x","policy_name":"x""#.to_vec()),
        ("something after it", br#"{"id":"x","policy_name":"x"} {}"#.to_vec()),
        ("not UTF-8", b"{\"id\":\"x\",\"policy_name\":\"\xff\"}".to_vec()),
        ("half a surrogate", br#"{"id":"x","policy_name":"\ud800"}"#.to_vec()),
        ("a member twice", br#"{"id":"x","id":"y","policy_name":"x"}"#.to_vec()),
        ("a comment", br#"{"id":"x",/*no*/"policy_name":"x"}"#.to_vec()),
        ("a comma too many", br#"{"id":"x","policy_name":"x",}"#.to_vec()),
        ("NaN", br#"{"id":"x","policy_name":"x","validators":[{"name":"true","conf":{"a":NaN}}]}"#.to_vec()),
        ("200 levels", deep(200).into_bytes()),
        ("100000 levels", deep(100_000).into_bytes()),
        ("a form", b"id=x&policy_name=x".to_vec()),
    ];
    for (what, body) in bodies {
        let answer = admin.send(Method::POST, POLICIES, Some("application/json"), body.into()).await;
        assert_eq!(answer.status, 400, "{what}: {}", answer.text());
        assert!(!wrong_members(&answer).is_empty(), "{what}: {}", answer.text());
    }
    let good = Bytes::from(policy("x", json!([yes()])).to_string());
    for content_type in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("application/jsonp"),
        Some("text/json"),
    ] {
        admin.send(Method::POST, POLICIES, content_type, good.clone()).await.expect(415);
    }
    assert_eq!(everything(&admin, "default").await, before);
    admin.send(Method::POST, POLICIES, Some("Application/JSON; charset=utf-8"), good).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn members_have_names_a_list_of_values_is_no_policy() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    for body in [
        json!([]),
        json!(null),
        json!(1),
        json!(["listed", "Listed", "default", [yes()]]),
        json!({ "id": "listed", "policy_name": "Listed", "validators": [["true"]] }),
    ] {
        let answer = admin.post(POLICIES, &body).await;
        assert_eq!(answer.status, 422, "{body} was taken: {}", answer.text());
    }
    let test = json!({ "policy": { "validators": [yes()] }, "input": [] });
    names(&admin.post(&format!("{POLICIES}/test"), &test).await, &["/input"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_of_a_conf_cannot_be_given_twice() {
    let server = TestServer::start().await;
    let fields = r#"{"field":"subject.id","comparator":"exists"}"#;
    let body = format!(
        r#"{{"id":"x","policy_name":"x","validators":[{{"name":"attributes","conf":{{"fields":[],"fields":[{fields}]}}}}]}}"#
    );
    let answer = server.as_admin().send(Method::POST, POLICIES, Some("application/json"), body.into()).await;
    assert_eq!(answer.status, 400, "which of the two counts is a matter of luck: {}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_language_without_an_engine_is_refused_at_the_language() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let before = everything(&admin, "default").await;
    for (body, members) in [
        (json!({ "language": "cobol", "definition": "ALLOW." }), ["/language"]),
        (json!({ "language": "cobol" }), ["/definition"]),
        (json!({ "definition": "true" }), ["/definition"]),
        (json!({ "language": "cobol", "definition": "ALLOW.", "validators": [yes()] }), ["/validators"]),
    ] {
        let mut body = body;
        body["id"] = json!("script");
        body["policy_name"] = json!("Script");
        names(&admin.post(POLICIES, &body).await, &members);
    }
    let test = json!({ "policy": { "language": "cobol", "definition": "ALLOW." } });
    names(&admin.post(&format!("{POLICIES}/test"), &test).await, &["/policy/language"]);
    assert_eq!(everything(&admin, "default").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_in_use_stays_until_the_last_binding_goes() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_policy(&admin, "rule", json!([yes()])).await;
    let binding = |resource: &str| json!({ "resource_type": resource, "action": "*", "policy_id": "rule" });
    make_server(&admin, "one", json!({ "decision_bindings": [binding("a"), binding("b")] })).await;
    make_server(&admin, "two", json!({ "decision_bindings": [binding("a")] })).await;
    let delete = async || admin.delete(&format!("{POLICIES}/rule")).await;

    let answer = delete().await.expect(400).json();
    let by = answer["details"]["used_by"].to_string();
    assert!(by.contains("one") && by.contains("two"), "the answer names who uses it: {answer}");
    admin.get(&format!("{POLICIES}/rule")).await.expect(200);

    admin
        .put(&format!("{ADMIN}/servers/one"), &json!({ "name": "One", "decision_bindings": [binding("a")] }))
        .await
        .expect(200);
    delete().await.expect(400);
    admin.put(&format!("{ADMIN}/servers/one"), &json!({ "name": "One" })).await.expect(200);
    let answer = delete().await.expect(400).json();
    assert!(!answer["details"]["used_by"].to_string().contains("one"), "{answer}");
    admin.delete(&format!("{ADMIN}/servers/two")).await.expect(204);
    delete().await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_changed_only_by_somebody_who_has_seen_it() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let made = admin.post(POLICIES, &policy("door", json!([yes()]))).await.expect(201);
    let tag = made.header("etag").unwrap().to_owned();
    let path = format!("{POLICIES}/door");
    assert_eq!(admin.get(&path).await.expect(200).header("etag"), Some(tag.as_str()));
    let same = admin.put(&path, &made.json()).await.expect(201);
    assert_eq!(same.header("etag"), Some(tag.as_str()), "nothing has changed");
    let seen = admin.clone().with_header("if-match", &tag);
    let changed = seen.put(&path, &policy("door", json!([no()]))).await.expect(201);
    assert_ne!(changed.header("etag"), Some(tag.as_str()));
    let before = everything(&admin, "default").await;
    seen.put(&path, &policy("door", json!([yes()]))).await.expect(412);
    seen.delete(&path).await.expect(412);
    assert_eq!(everything(&admin, "default").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_may_leave_out_what_says_nothing_and_is_bounded() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let bare = json!([{ "name": "true", "conf": null, "recovery": null }]);
    let made = admin.post(POLICIES, &policy("door", bare)).await.expect(201).json();
    assert_eq!(made["validators"], json!([{ "name": "true", "conf": {}, "recovery": [] }]));
    let before = everything(&admin, "default").await;
    let long = "x".repeat(4097);
    let recovering = |recovery: Value| json!([yes(), { "name": "true", "recovery": recovery }]);
    for (member, value, named) in [
        ("id", json!(null), "/id"),
        ("id", json!(""), "/id"),
        ("policy_name", json!(null), "/policy_name"),
        ("policy_name", json!("x".repeat(257)), "/policy_name"),
        ("validators", recovering(json!([{ "id": long, "type": "mfa" }])), "/validators/1/recovery/0/id"),
        ("validators", recovering(json!([{ "id": "", "type": long }])), "/validators/1/recovery/0/type"),
        ("validators", recovering(json!(vec![json!({ "id": "", "type": "mfa" }); 1001])), "/validators/1/recovery"),
    ] {
        let mut body = policy("new", json!([yes()]));
        body[member] = value;
        names(&admin.post(POLICIES, &body).await, &[named]);
    }
    assert_eq!(everything(&admin, "default").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_users_of_a_policy_some_are_named() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    // Every server closes scopes to developers with it.
    let answer = admin.delete(&format!("{POLICIES}/block")).await.expect(400).json();
    let by = answer["details"]["used_by"].as_array().unwrap();
    assert_eq!(by.len(), 21);
    assert!(by[20].as_str().unwrap().ends_with(" more"), "{answer}");
}

async fn test(caller: &Caller, tenant: &str, policy: Value, input: Value) -> Value {
    let body = json!({ "policy": policy, "input": input });
    caller.post(&format!("/api/admin/{tenant}/policies/test"), &body).await.expect(200).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_answers_every_failure_and_every_recovery_and_saves_nothing() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let before = everything(&admin, "default").await;
    let recoverable = |mut validator: Value, kind: &str| {
        validator["recovery"] = json!([{ "id": "", "type": kind }]);
        validator
    };
    let policy = json!({ "validators": [
        yes(),
        recoverable(attribute("authn_ctx.amr", "contains", json!("mfa")), "mfa"),
        recoverable(no(), "ask"),
        recoverable(no(), "ask"),
    ] });
    let denied = test(&admin, "default", policy.clone(), json!({ "authn_ctx": { "amr": ["pwd"] } })).await;
    assert_eq!((&denied["status"], &denied["result"]), (&json!(false), &json!("deny")));
    let failures: Vec<_> = denied["failures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["validator"].as_str().unwrap(), one["index"].as_u64().unwrap()))
        .collect();
    assert_eq!(failures, [("attributes", 1), ("false", 2), ("false", 3)]);
    assert_eq!(denied["failures"][0]["code"], "not_contained");
    assert!(denied["failures"][0]["details"].is_object(), "{denied}");
    assert!(!denied["failures"][0]["message"].as_str().unwrap().is_empty());
    assert_eq!(
        denied["recovery"],
        json!([{ "id": "", "type": "mfa" }, { "id": "", "type": "ask" }]),
        "in order, each once"
    );

    let allowed = test(&admin, "default", json!({ "validators": [yes()] }), json!({})).await;
    assert_eq!(allowed, json!({ "status": true, "result": "allow", "failures": [], "recovery": [] }));
    let empty = test(&admin, "default", json!({ "validators": [] }), json!({})).await;
    assert_eq!(
        (&empty["status"], &empty["failures"][0]["code"]),
        (&json!(false), &json!("empty_policy")),
        "nothing allows"
    );
    assert_eq!(everything(&admin, "default").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_is_checked_like_a_policy() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let ask = async |body: Value| admin.post(&format!("{POLICIES}/test"), &body).await;
    names(
        &ask(json!({ "policy": { "validators": [yes(), { "name": "unknown" }] } })).await,
        &["/policy/validators/1/name"],
    );
    names(
        &ask(json!({ "policy": { "validators": [{ "name": "true", "conf": { "magic": 1 } }] } })).await,
        &["/policy/validators/0/conf"],
    );
    names(&ask(json!({ "server_id": "nothing", "policy": { "validators": [yes()] } })).await, &["/server_id"]);
    names(&ask(json!({ "policy": { "validators": [yes()] }, "input": 1 })).await, &["/input"]);
    names(
        &ask(json!({ "policy": { "validators": [yes()] }, "input": { "authn_ctx": 1 } })).await,
        &["/input/authn_ctx"],
    );
    names(&ask(json!({ "policy": { "validators": [yes()], "magic": 1 } })).await, &["/policy/magic"]);
    assert_eq!(ask(json!({ "input": {} })).await.status, 422, "a test needs a policy");
    ask(json!({ "server_id": "default", "policy": { "validators": [yes()] } })).await.expect(200);
    // The clock is the server's when the input brings none.
    let now = attribute("now", "equals", json!(crate::support::world::START / 1_000_000));
    assert_eq!(ask(json!({ "policy": { "validators": [now] } })).await.expect(200).json()["result"], "allow");
    let other = attribute("now", "equals", json!(7));
    assert_eq!(
        ask(json!({ "policy": { "validators": [other] }, "input": { "now": 7 } })).await.expect(200).json()["result"],
        "allow"
    );
}

/// What the five built-in policies say about (authentication methods, assurance level): NIST SP 800-63B.
#[tokio::test(flavor = "multi_thread")]
async fn the_built_in_policies_are_in_every_tenant_and_say_what_their_names_say() {
    let server = TestServer::start().await;
    // The system tenant has no admin server, so nobody administrates its policies over HTTP.
    for (tenant, admin) in [("default", server.as_admin()), ("demo", server.as_other_admin())] {
        let listed = admin.get(&format!("/api/admin/{tenant}/policies")).await.expect(200).json();
        let ids = listed["policies"].as_array().unwrap().iter().map(|policy| policy["id"].as_str().unwrap());
        // Those of applications are shown by the tests of applications.
        let ids: Vec<&str> = ids.filter(|id| !id.starts_with("applications-")).collect();
        assert_eq!(ids, ["allow", "block", "nist-aal-1", "nist-aal-2", "nist-aal-3"], "{tenant}");
        let says = async |id: &str, input: Value| {
            let mut policy = admin.get(&format!("/api/admin/{tenant}/policies/{id}")).await.expect(200).json();
            policy.as_object_mut().unwrap().remove("tenant_id");
            test(&admin, tenant, policy, input).await["result"].as_str().unwrap().to_owned()
        };
        let methods = |amr: Value| json!({ "authn_ctx": { "sub": "ann", "amr": amr } });
        for input in [json!({}), methods(json!(["pwd"])), methods(json!(["hwk", "mfa", "pin"]))] {
            assert_eq!(says("allow", input.clone()).await, "allow", "{tenant}: allow on {input}");
            assert_eq!(says("block", input.clone()).await, "deny", "{tenant}: block on {input}");
        }
        for id in ["nist-aal-1", "nist-aal-2", "nist-aal-3"] {
            assert_eq!(says(id, json!({})).await, "deny", "{tenant}: {id} without authentication");
            assert_eq!(says(id, methods(json!([]))).await, "deny", "{tenant}: {id} with no method");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_shows_itself_and_takes_a_new_name() {
    let server = TestServer::start().await;
    let (admin, path) = (server.as_admin(), format!("{ADMIN}/tenant"));
    let tenant = admin.get(&path).await.expect(200).json();
    assert_eq!((&tenant["id"], &tenant["name"]), (&json!("default"), &json!("Default")));
    assert_eq!(tenant["url"], format!("{}/default", server.url));
    assert!(tenant["jwks"]["keys"][0]["kid"].is_string(), "{tenant}");
    let attributes = tenant["authentication_context_settings"]["attributes"].as_array().unwrap();
    assert!(attributes.iter().any(|attribute| attribute["name"] == "amr"), "{tenant}");

    // What was read can be written back; nothing is lost.
    let mut renamed = tenant.clone();
    renamed["name"] = json!("Renamed");
    assert_eq!(admin.put(&path, &renamed).await.expect(200).json(), renamed);
    assert_eq!(admin.get(&path).await.expect(200).json(), renamed);
    assert_eq!(server.as_other_admin().get("/api/admin/demo/tenant").await.expect(200).json()["id"], "demo");

    let before = everything(&admin, "default").await;
    for (body, member) in [
        (json!({ "id": "demo", "name": "X" }), "/id"),
        (json!({ "name": "" }), "/name"),
        (json!({}), "/name"),
        (json!({ "name": 1 }), "/name"),
        (json!({ "name": "X", "magic": 1 }), "/magic"),
        (
            json!({ "name": "X", "authentication_context_settings": { "attributes": [{ "name": "a" }, { "name": "" }] } }),
            "/authentication_context_settings/attributes/1/name",
        ),
    ] {
        names(&admin.put(&path, &body).await, &[member]);
    }
    assert_eq!(everything(&admin, "default").await, before);
}

/// Sends the same request many times at once and answers the statuses, sorted.
async fn at_once<F: Future<Output = Answer> + Send + 'static>(request: impl Fn(usize) -> F) -> Vec<u16> {
    let running: Vec<_> = (0..16).map(|number| tokio::spawn(request(number))).collect();
    let mut statuses = Vec::new();
    for one in running {
        statuses.push(one.await.unwrap().status.as_u16());
    }
    statuses.sort_unstable();
    statuses
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_create_or_remove_a_policy_at_once_one_succeeds() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    admin.token().await;
    let caller = admin.clone();
    let created = at_once(move |number| {
        let (caller, body) =
            (caller.clone(), json!({ "id": "race", "policy_name": format!("Number {number}"), "validators": [yes()] }));
        async move { caller.post(POLICIES, &body).await }
    });
    let created = created.await;
    assert_eq!((created[0], &created[1..]), (201, &[409; 15][..]));
    let caller = admin.clone();
    let removed = at_once(move |_| {
        let caller = caller.clone();
        async move { caller.delete(&format!("{POLICIES}/race")).await }
    });
    let removed = removed.await;
    assert_eq!((removed[0], &removed[1..]), (204, &[404; 15][..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_binding_is_left_without_its_policy_whoever_is_faster() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    for round in 0..30 {
        admin.post(POLICIES, &policy("race", json!([yes()]))).await.expect(201);
        let bound = json!({ "name": "Shop", "decision_bindings": [{ "resource_type": "*", "action": "*", "policy_id": "race" }] });
        let (path, policy_path) = (format!("{ADMIN}/servers/shop"), format!("{POLICIES}/race"));
        let (put, delete) = tokio::join!(admin.put(&path, &bound), admin.delete(&policy_path));
        let (put, delete) = (put.status.as_u16(), delete.status.as_u16());
        assert!([(200, 400), (422, 204)].contains(&(put, delete)), "round {round}: PUT {put}, DELETE {delete}");
        admin.put(&path, &json!({ "name": "Shop" })).await.expect(200);
        let left = admin.delete(&policy_path).await.status.as_u16();
        assert_eq!(left, if delete == 204 { 404 } else { 204 }, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_saved_is_there_although_the_clock_was_set_back() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    server.world.advance_seconds(100);
    make_policy(&admin, "door", json!([yes()])).await;
    server.world.advance_seconds(-50);
    admin.get(&format!("{POLICIES}/door")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_change_counts_also_when_the_clock_was_set_back() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let put = async |validator: Value| {
        admin.put(&format!("{POLICIES}/door"), &policy("door", json!([validator]))).await.expect(201)
    };
    make_policy(&admin, "door", json!([yes()])).await;
    server.world.advance_seconds(100);
    put(yes()).await;
    server.world.advance_seconds(-50);
    put(no()).await;
    for seconds in [0, 49, 1, 1000] {
        server.world.advance_seconds(seconds);
        let now = admin.get(&format!("{POLICIES}/door")).await.expect(200).json();
        assert_eq!(now["validators"][0]["name"], "false", "{seconds} seconds later an older state is back");
    }
}
