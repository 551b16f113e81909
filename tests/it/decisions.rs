//! Decisions (OpenID AuthZEN Authorization API 1.0): who may ask, which policy decides, what is answered.

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::support::{
    Answer, Caller, TestServer,
    made::{ADMIN, attribute, bearer_of, make_client, make_policy, make_server, no, yes},
    world::START,
};

covers!("evaluate", "evaluateMany", "authzenConfiguration");

pub const ONE: &str = "/default/shop/access/v1/evaluation";
pub const MANY: &str = "/default/shop/access/v1/evaluations";

/// A server whose authorization server `shop` has these bindings, as (resource type, action, policy).
pub async fn shop(bindings: &[(&str, &str, &str)]) -> TestServer {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_policy(&admin, "yes", json!([yes()])).await;
    make_policy(&admin, "no", json!([no()])).await;
    make_policy(&admin, "admin", json!([attribute("subject.properties.role", "equals", json!("admin"))])).await;
    let mut second_factor = attribute("authn_ctx.amr", "contains", json!("mfa"));
    second_factor["recovery"] = json!([{ "id": "second", "type": "mfa" }]);
    make_policy(&admin, "step-up", json!([yes(), second_factor])).await;
    bind(&server, bindings).await;
    server
}

/// (Re)makes the server `shop` with these bindings.
async fn bind(server: &TestServer, bindings: &[(&str, &str, &str)]) {
    let line = |(resource_type, action, policy_id): &(&str, &str, &str)| json!({ "resource_type": resource_type, "action": action, "policy_id": policy_id });
    let bindings: Vec<Value> = bindings.iter().map(line).collect();
    make_server(&server.as_admin(), "shop", json!({ "decision_bindings": bindings })).await;
}

/// An evaluation request.
pub fn question(subject: &str, action: &str, resource_type: &str, resource: &str) -> Value {
    json!({
        "subject": { "type": "user", "id": subject },
        "action": { "name": action },
        "resource": { "type": resource_type, "id": resource },
    })
}

/// Asks and answers the decision.
async fn decide(caller: &Caller, body: &Value) -> bool {
    caller.post(ONE, body).await.expect(200).json()["decision"].as_bool().unwrap()
}

fn decisions(answer: &Value) -> Vec<bool> {
    let evaluations = answer["evaluations"].as_array().unwrap_or_else(|| panic!("no evaluations in {answer}"));
    evaluations.iter().map(|one| one["decision"].as_bool().unwrap()).collect()
}

/// Fails unless this was refused with 400 and the member named.
#[track_caller]
fn names(answer: Answer, member: &str) {
    let answer = answer.expect(400);
    assert_eq!(answer.json()["member"], member, "{}", answer.text());
    assert_eq!(answer.json()["status"], 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_asked_by_its_name() {
    let server = shop(&[]).await;
    let caller = server.as_system();
    let answer = caller.post(ONE, &question("alice", "read", "policy", "yes")).await.expect(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let body = answer.json();
    assert_eq!(body["decision"], true);
    assert_eq!(body["context"]["policy_id"], "yes");
    assert_eq!((&body["context"]["reasons"], &body["context"]["recovery"]), (&json!([]), &json!([])));
    assert_eq!(body["context"]["id"].as_str().unwrap().len(), 32);

    let denied = caller.post(ONE, &question("alice", "read", "policy", "no")).await.expect(200).json();
    assert_eq!(denied["decision"], false);
    assert_eq!(denied["context"]["reasons"][0]["validator"], "false");
    let unknown = caller.post(ONE, &question("alice", "read", "policy", "nothing")).await.expect(200).json();
    assert_eq!((&unknown["decision"], &unknown["context"]["reasons"][0]["code"]), (&json!(false), &json!("no_policy")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deny_names_its_reasons_and_how_to_recover() {
    let server = shop(&[("*", "*", "step-up")]).await;
    let caller = server.as_system();
    let body = caller.post(ONE, &question("alice", "read", "record", "1")).await.expect(200).json();
    assert_eq!(body["decision"], false);
    let reason = &body["context"]["reasons"][0];
    assert_eq!(
        (&reason["validator"], &reason["index"], &reason["code"]),
        (&json!("attributes"), &json!(1), &json!("missing"))
    );
    assert!(!reason["message"].as_str().unwrap().is_empty() && reason["details"].is_object(), "{reason}");
    assert_eq!(body["context"]["recovery"], json!([{ "id": "second", "type": "mfa" }]));
    let mut strong = question("alice", "read", "record", "1");
    strong["subject"]["properties"] = json!({ "amr": ["pwd", "mfa"] });
    assert!(decide(&caller, &strong).await, "the subject's properties are the authentication context");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_binding_that_matches_decides_and_no_match_denies() {
    let server = shop(&[("record", "read", "yes"), ("record", "*", "no"), ("*", "list", "yes")]).await;
    let caller = server.as_system();
    for (resource_type, action, decision, policy) in [
        ("record", "read", true, "yes"),
        ("record", "write", false, "no"),
        ("record", "list", false, "no"),
        ("file", "list", true, "yes"),
        ("file", "read", false, ""),
        ("Record", "read", false, ""),
        ("*", "read", false, ""),
        ("recor", "read", false, ""),
    ] {
        let body = caller.post(ONE, &question("alice", action, resource_type, "1")).await.expect(200).json();
        assert_eq!(body["decision"], decision, "{action} {resource_type}: {body}");
        assert_eq!(body["context"]["policy_id"], policy, "{action} {resource_type}: {body}");
        let no_policy = body["context"]["reasons"][0]["code"] == "no_policy";
        assert_eq!(no_policy, policy.is_empty(), "{action} {resource_type}: {body}");
    }
    // A server without bindings denies everything but policies asked by name.
    let without = server
        .as_system()
        .post("/default/default/access/v1/evaluation", &question("a", "read", "record", "1"))
        .await
        .expect(200);
    assert_eq!(without.json()["context"]["reasons"][0]["code"], "no_policy");
    server
        .as_system()
        .post("/default/nothing/access/v1/evaluation", &question("a", "read", "record", "1"))
        .await
        .expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_sees_the_whole_question() {
    let server = shop(&[]).await;
    let admin = server.as_admin();
    let sees = [
        ("subject.type", json!("user")),
        ("subject.id", json!("alice")),
        ("subject.properties.department", json!("sales")),
        ("authn_ctx.sub", json!("alice")),
        ("authn_ctx.department", json!("sales")),
        ("action.name", json!("read")),
        ("action.properties.soft", json!(true)),
        ("resource.type", json!("policy")),
        ("resource.id", json!("sees")),
        ("resource.properties.owner", json!("bob")),
        ("context.request.method", json!("GET")),
        ("request.method", json!("GET")),
        ("contexts.client.name", json!("till")),
        ("now", json!(START / 1_000_000)),
    ];
    let fields: Vec<Value> =
        sees.iter().map(|(field, value)| json!({ "field": field, "comparator": "equals", "value": value })).collect();
    make_policy(&admin, "sees", json!([{ "name": "attributes", "conf": { "fields": fields } }])).await;
    let body = json!({
        "subject": { "type": "user", "id": "alice", "properties": { "department": "sales", "sub": "somebody else" } },
        "action": { "name": "read", "properties": { "soft": true } },
        "resource": { "type": "policy", "id": "sees", "properties": { "owner": "bob" } },
        "context": { "request": { "method": "GET" }, "contexts": { "client": { "name": "till" } }, "now": 7 },
    });
    let answer = server.as_system().post(ONE, &body).await.expect(200).json();
    assert_eq!(answer["decision"], true, "{answer}");
}

/// An evaluation without one member.
fn without(pointer: &str, member: &str) -> Value {
    let mut body = question("alice", "read", "record", "1");
    body.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(member).unwrap();
    body
}

/// What AuthZEN requires, as (where, member).
const REQUIRED: [(&str, &str); 8] = [
    ("", "subject"),
    ("", "action"),
    ("", "resource"),
    ("/subject", "type"),
    ("/subject", "id"),
    ("/action", "name"),
    ("/resource", "type"),
    ("/resource", "id"),
];

#[tokio::test(flavor = "multi_thread")]
async fn an_evaluation_without_a_required_member_is_400() {
    let server = shop(&[("*", "*", "yes")]).await;
    for (place, member) in REQUIRED {
        for path in [ONE, MANY] {
            let answer = server.as_system().post(path, &without(place, member)).await.expect(400).json();
            let message = answer["message"].as_str().unwrap();
            assert!(message.contains(&format!("`{member}`")) && message.contains(place), "{place}/{member}: {answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evaluation_without_a_required_member_names_it() {
    let server = shop(&[("*", "*", "yes")]).await;
    for (place, member) in REQUIRED {
        for path in [ONE, MANY] {
            names(server.as_system().post(path, &without(place, member)).await, &format!("{place}/{member}"));
        }
    }
    let mut null = question("alice", "read", "record", "1");
    null["subject"] = Value::Null;
    names(server.as_system().post(MANY, &null).await, "/subject");
}

#[tokio::test(flavor = "multi_thread")]
async fn members_of_a_wrong_type_are_400_and_named() {
    let server = shop(&[("*", "*", "yes")]).await;
    let caller = server.as_system();
    let whole = question("alice", "read", "record", "1");
    let with = |pointer: &str, value: Value| {
        let mut body = whole.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    let faulty = [
        ("/subject", json!("alice")),
        ("/subject", json!(7)),
        ("/subject/id", json!(7)),
        ("/subject/type", json!(null)),
        ("/action/name", json!(7)),
        ("/action", json!("read")),
        ("/resource", json!(true)),
        ("/resource/type", json!(null)),
        ("/resource/id", json!(["1"])),
    ];
    for (member, value) in faulty {
        for path in [ONE, MANY] {
            names(caller.post(path, &with(member, value.clone())).await, member);
        }
    }
    names(caller.post(ONE, &with("/subject", Value::Null)).await, "/subject");
    for value in [json!("x"), json!([])] {
        let mut body = whole.clone();
        body["subject"]["properties"] = value;
        names(caller.post(ONE, &body).await, "/subject/properties");
    }
    let mut body = whole.clone();
    body["context"] = json!("x");
    names(caller.post(ONE, &body).await, "/context");
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_evaluation_are_400() {
    let server = shop(&[("*", "*", "yes")]).await;
    let caller = server.as_system();
    let good = question("alice", "read", "record", "1").to_string();
    for path in [ONE, MANY] {
        for body in [
            "",
            " ",
            "{",
            "[]",
            "null",
            "1",
            "x",
            "{\"subject\":",
            &format!("{good}{good}"),
            "{\"subject\":{},\"subject\":{}}",
        ] {
            let answer = caller.send(Method::POST, path, Some("application/json"), Bytes::from(body.to_owned())).await;
            assert_eq!(answer.status, 400, "{path} {body:?}: {}", answer.text());
            assert_eq!(answer.json()["status"], 400, "{path} {body:?}");
        }
        let answer = caller.send(Method::POST, path, Some("application/json"), Bytes::from_static(b"\xff{}")).await;
        assert_eq!(answer.status, 400, "{path} not UTF-8: {}", answer.text());
        for content_type in [None, Some("text/plain"), Some("application/x-www-form-urlencoded")] {
            // 400, not 415: the certification suite of AuthZEN asks for it.
            let answer = caller.send(Method::POST, path, content_type, Bytes::from(good.clone())).await;
            assert_eq!(answer.status, 400, "{path} {content_type:?}: {}", answer.text());
        }
        caller
            .send(Method::POST, path, Some("application/json;charset=UTF-8"), Bytes::from(good.clone()))
            .await
            .expect(200);
        assert_eq!(caller.get(path).await.expect(405).header("allow"), Some("POST"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_have_names_a_list_of_values_is_no_evaluation() {
    let server = shop(&[("*", "*", "yes")]).await;
    let whole = question("alice", "read", "record", "1");
    let list = json!([whole["subject"], whole["action"], whole["resource"], {}]);
    for body in [list, json!({ "subject": ["user", "alice"], "action": ["read"], "resource": ["record", "1"] })] {
        let answer = server.as_system().post(ONE, &body).await;
        assert_eq!(answer.status, 400, "{body} was taken: {}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_members_and_repetition_change_nothing() {
    let server = shop(&[("record", "read", "yes")]).await;
    let caller = server.as_system();
    let mut body = question("alice", "read", "record", "1");
    body["extension"] = json!({ "a": [1, 2] });
    body["subject"]["extension"] = json!("x");
    body["action"]["extension"] = json!("x");
    body["resource"]["extension"] = json!("x");
    for _ in 0..3 {
        assert!(decide(&caller, &body).await);
    }
    body["options"] = json!({ "evaluations_semantic": "execute_all", "extension": 1 });
    body["evaluations"] = json!([{ "extension": 1 }]);
    assert_eq!(decisions(&caller.post(MANY, &body).await.expect(200).json()), [true]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_overrides_whole_objects_and_keeps_the_order() {
    let server = shop(&[("record", "read", "yes"), ("file", "*", "no"), ("record", "sudo", "admin")]).await;
    let caller = server.as_system();
    let body = json!({
        "subject": { "type": "user", "id": "alice", "properties": { "role": "admin" } },
        "action": { "name": "read" },
        "resource": { "type": "record", "id": "1" },
        "evaluations": [
            {},
            { "resource": { "type": "file", "id": "2" } },
            { "action": { "name": "write" } },
            { "action": { "name": "sudo" } },
            // The whole subject is another: no role any more.
            { "action": { "name": "sudo" }, "subject": { "type": "user", "id": "alice" } },
            { "subject": { "type": "user", "id": "bob" }, "context": { "a": 1 } },
        ],
    });
    let answer = caller.post(MANY, &body).await.expect(200).json();
    assert_eq!(decisions(&answer), [true, false, false, true, false, true], "{answer}");
    let policies: Vec<&str> = answer["evaluations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["context"]["policy_id"].as_str().unwrap())
        .collect();
    assert_eq!(policies, ["yes", "no", "", "admin", "admin", "yes"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_stops_where_its_semantic_says() {
    let server = shop(&[]).await;
    let caller = server.as_system();
    let item = |policy: &str| json!({ "resource": { "type": "policy", "id": policy } });
    for (semantic, items, expected) in [
        (None, ["yes", "no", "yes"], &[true, false, true][..]),
        (Some("execute_all"), ["yes", "no", "yes"], &[true, false, true]),
        (Some("deny_on_first_deny"), ["yes", "no", "yes"], &[true, false]),
        (Some("deny_on_first_deny"), ["yes", "yes", "yes"], &[true, true, true]),
        (Some("deny_on_first_deny"), ["no", "yes", "no"], &[false]),
        (Some("permit_on_first_permit"), ["no", "yes", "no"], &[false, true]),
        (Some("permit_on_first_permit"), ["no", "no", "no"], &[false, false, false]),
        (Some("permit_on_first_permit"), ["yes", "no", "yes"], &[true]),
    ] {
        let mut body = json!({
            "subject": { "type": "user", "id": "alice" }, "action": { "name": "read" },
            "evaluations": items.map(item),
        });
        if let Some(semantic) = semantic {
            body["options"] = json!({ "evaluations_semantic": semantic });
        }
        assert_eq!(decisions(&caller.post(MANY, &body).await.expect(200).json()), expected, "{semantic:?} {items:?}");
    }
    let unknown = json!({ "evaluations": [item("yes")], "options": { "evaluations_semantic": "sometimes" } });
    names(caller.post(MANY, &unknown).await, "/options/evaluations_semantic");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_without_items_is_a_single_evaluation() {
    let server = shop(&[("record", "read", "yes")]).await;
    let caller = server.as_system();
    let whole = question("alice", "read", "record", "1");
    for evaluations in [Value::Null, json!([])] {
        let mut body = whole.clone();
        body["evaluations"] = evaluations;
        let answer = caller.post(MANY, &body).await.expect(200).json();
        assert_eq!(answer["decision"], true, "{answer}");
        assert!(answer.get("evaluations").is_none(), "{answer}");
    }
    let answer = caller.post(MANY, &whole).await.expect(200).json();
    assert_eq!(answer["decision"], true, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_faulty_item_denies_itself_and_the_batch_goes_on() {
    let server = shop(&[("*", "*", "yes")]).await;
    let caller = server.as_system();
    let body = json!({
        "subject": { "type": "user", "id": "alice" },
        "action": { "name": "read" },
        "evaluations": [
            { "resource": { "type": "record", "id": "1" } },
            {},
            { "resource": { "type": "record" } },
            { "resource": { "type": "record", "id": "1" }, "action": { "name": 7 } },
            { "resource": "record" },
            { "resource": { "type": "record", "id": "2" } },
        ],
    });
    let answer = caller.post(MANY, &body).await.expect(200).json();
    assert_eq!(decisions(&answer), [true, false, false, false, false, true]);
    for (place, member) in [
        (1, "/evaluations/1"),
        (2, "/evaluations/2/resource"),
        (3, "/evaluations/3/action/name"),
        (4, "/evaluations/4/resource"),
    ] {
        let error = &answer["evaluations"][place]["context"]["error"];
        assert_eq!(error["status"], 400, "{answer}");
        assert!(!error["message"].as_str().unwrap().is_empty());
        let named = error["member"].as_str().unwrap();
        assert!(named.starts_with(member), "item {place} names {named}, not {member}: {answer}");
    }
    // A faulty item is a deny, also where the batch stops at one.
    let mut stops = body.clone();
    stops["options"] = json!({ "evaluations_semantic": "deny_on_first_deny" });
    assert_eq!(decisions(&caller.post(MANY, &stops).await.expect(200).json()), [true, false]);

    let many: Vec<Value> = vec![json!({}); 1001];
    let mut body = question("alice", "read", "record", "1");
    body["evaluations"] = json!(many);
    names(caller.post(MANY, &body).await, "/evaluations");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_needs_the_scope_from_the_right_server() {
    let server = shop(&[("*", "*", "yes")]).await;
    let admin = server.as_admin();
    make_server(&admin, "other", json!({})).await;
    let body = question("alice", "read", "record", "1");
    let mut callers = vec![
        ("the system server", server.as_system(), 200),
        ("nobody", server.anonymous(), 401),
        ("the admin server", admin.clone(), 403),
    ];
    for (who, aid, scopes, status) in [
        ("the server itself", "shop", &["evaluate_decisions", "openid"][..], 200),
        ("the server itself, without the scope", "shop", &["openid"], 403),
        ("the server itself, without scopes", "shop", &[], 403),
        ("another server", "other", &["evaluate_decisions"], 403),
        ("the system server, without the scope", "system", &["introspect_tokens"], 403),
    ] {
        let client = make_client(&admin, aid, &format!("client-{}", callers.len()), scopes).await;
        callers.push((who, bearer_of(&server, &client), status));
    }
    for (who, caller, status) in &callers {
        for path in [ONE, MANY] {
            let answer = caller.post(path, &body).await;
            assert_eq!(answer.status.as_u16(), *status, "{who} at {path}: {}", answer.text());
            if *status != 200 {
                assert_eq!(answer.json()["status"], *status, "{}", answer.text());
                assert_eq!(answer.header("www-authenticate").is_some(), *status == 401, "{who}");
            }
        }
    }
    // Other tenants' tokens are nothing here.
    server.as_other_system().post(ONE, &body).await.expect(401);
    server.as_setup().post(ONE, &body).await.expect(401);

    let bindings = json!([{ "resource_type": "*", "action": "*", "policy_id": "yes" }]);
    let open = json!({ "name": "Shop", "decisions_open": true, "decision_bindings": bindings });
    admin.put(&format!("{ADMIN}/servers/shop"), &open).await.expect(200);
    assert!(decide(&server.anonymous(), &body).await, "an open server answers anybody");
    server.anonymous().post("/default/other/access/v1/evaluation", &body).await.expect(401);
    admin.put(&format!("{ADMIN}/servers/shop"), &json!({ "name": "Shop" })).await.expect(200);
    server.anonymous().post(ONE, &body).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metadata_names_the_endpoints() {
    let server = shop(&[]).await;
    let answer = server.anonymous().get("/.well-known/authzen-configuration/default/shop").await.expect(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let base = format!("{}/default/shop", server.url);
    let expected = json!({
        "policy_decision_point": base,
        "access_evaluation_endpoint": format!("{base}/access/v1/evaluation"),
        "access_evaluations_endpoint": format!("{base}/access/v1/evaluations"),
    });
    assert_eq!(answer.json(), expected);
    for path in ["default/nothing", "nothing/shop", "demo/shop"] {
        server.anonymous().get(&format!("/.well-known/authzen-configuration/{path}")).await.expect(404);
    }
}

/// The certification scenario of AuthZEN (reference/policy-hosts.md §4.1) as far as a conjunction of fields can say it.
async fn scenario() -> TestServer {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_policy(&admin, "yes", json!([yes()])).await;
    make_policy(
        &admin,
        "write",
        json!([
            attribute("subject.id", "equals", json!("alice")),
            attribute("resource.properties.status", "exists", json!(false)),
        ]),
    )
    .await;
    make_policy(&admin, "delete", json!([attribute("action.properties.soft", "equals", json!(true))])).await;
    bind(&server, &[("record", "read", "yes"), ("record", "write", "write"), ("record", "delete", "delete")]).await;
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certification_scenario_of_authzen() {
    let server = scenario().await;
    let caller = server.as_system();
    let with = |mut body: Value, pointer: &str, properties: Value| {
        body.pointer_mut(pointer).unwrap()["properties"] = properties;
        body
    };
    let ask = |subject: &str, action: &str, resource: &str| question(subject, action, "record", resource);
    for (rule, body, decision) in [
        ("1", ask("alice", "read", "record-1"), true),
        ("2", ask("alice", "write", "record-1"), true),
        ("3", ask("bob", "read", "record-1"), true),
        ("4", ask("bob", "write", "record-1"), false),
        ("5", with(ask("alice", "write", "record-2"), "/resource", json!({ "status": "archived" })), false),
        ("7", with(ask("alice", "delete", "record-1"), "/action", json!({ "soft": true })), true),
        ("8", with(ask("alice", "delete", "record-1"), "/action", json!({ "soft": false })), false),
        ("1 with a role", with(ask("alice", "read", "record-1"), "/subject", json!({ "role": "manager" })), true),
    ] {
        assert_eq!(decide(&caller, &body).await, decision, "rule {rule}: {body}");
        let mut circumstances = body.clone();
        circumstances["context"] = json!({ "time": "2026-01-01T00:00:00Z" });
        assert_eq!(decide(&caller, &circumstances).await, decision, "rule {rule}: context never changes a decision");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an alternative: rule 6 and rules 2 and 5 together are `or`, which a conjunction of validators cannot say before any/all or cel exists"]
async fn the_certification_scenario_of_authzen_rule_6() {
    let server = scenario().await;
    let mut body = question("carol", "write", "record", "record-2");
    body["subject"]["properties"] = json!({ "role": "admin" });
    body["resource"]["properties"] = json!({ "status": "archived" });
    assert!(decide(&server.as_system(), &body).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_policy_decides_from_its_answer_on() {
    let server = shop(&[]).await;
    make_policy(&server.as_admin(), "door", json!([yes()])).await;
    let bindings = json!([{ "resource_type": "record", "action": "*", "policy_id": "door" }]);
    let bound = json!({ "name": "Shop", "decision_bindings": bindings });
    server.as_admin().put(&format!("{ADMIN}/servers/shop"), &bound).await.expect(200);
    let (admin, caller) = (server.as_admin(), server.as_system());
    let whole = question("alice", "read", "record", "1");
    for round in 0..20 {
        let validator = if round % 2 == 0 { no() } else { yes() };
        let body = json!({ "policy_name": "Door", "validators": [validator] });
        admin.put(&format!("{ADMIN}/policies/door"), &body).await.expect(201);
        assert_eq!(decide(&caller, &whole).await, round % 2 == 1, "round {round}");
    }
    // The same for the bindings.
    for policy in ["no", "yes", "no"] {
        let bindings = json!([{ "resource_type": "record", "action": "*", "policy_id": policy }]);
        admin
            .put(&format!("{ADMIN}/servers/shop"), &json!({ "name": "Shop", "decision_bindings": bindings }))
            .await
            .expect(200);
        assert_eq!(decide(&caller, &whole).await, policy == "yes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_system_tenant_decides_with_the_built_in_policies() {
    let server = TestServer::start().await;
    let setup = server.as_setup();
    for (id, amr, decision) in [
        ("allow", json!([]), true),
        ("block", json!(["pwd", "mfa", "sc"]), false),
        ("nist-aal-1", json!(["pwd"]), true),
        ("nist-aal-1", json!(["mfa"]), false),
        ("nist-aal-2", json!(["pwd"]), false),
        ("nist-aal-2", json!(["mfa", "pwd"]), true),
        ("nist-aal-3", json!(["mfa", "pwd"]), false),
        ("nist-aal-3", json!(["pwd", "mfa", "sc"]), true),
    ] {
        let mut body = question("ann", "enter", "policy", id);
        body["subject"]["properties"] = json!({ "amr": amr });
        let answer = setup.post("/system/system/access/v1/evaluation", &body).await.expect(200).json();
        assert_eq!(answer["decision"], decision, "{id} with {amr}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_and_deep_questions_are_decided_or_denied_with_a_reason() {
    let server = shop(&[("*", "*", "yes"), ("*", "*", "admin")]).await;
    let caller = server.as_system();
    let nested = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    let whole = question("alice", "read", "record", "1");
    for (what, value) in [
        ("500 kB", json!("x".repeat(500_000))),
        (
            "10000 members",
            Value::Object((0..10_000).map(|number| (format!("member {number}"), json!(number))).collect()),
        ),
        ("100 levels", nested(100)),
        ("controls and surrogates", json!("\u{0}\u{1}\u{1f600}\u{2028}\"\\")),
        ("numbers", json!([0, -1, 1e300, -0.0, u64::MAX, i64::MIN, 0.1])),
    ] {
        let mut body = whole.clone();
        body["context"] = json!({ "more": value });
        let answer = caller.post(ONE, &body).await.expect(200).json();
        assert_eq!(answer["decision"], true, "{what}: {}", answer["context"]);
    }
    for levels in [115, 120, 124, 126, 130] {
        let mut body = whole.clone();
        body["context"] = json!({ "more": nested(levels) });
        let answer = caller.post(ONE, &body).await;
        assert!([200, 400].contains(&answer.status.as_u16()), "{levels} levels: {} {}", answer.status, answer.text());
    }
}
