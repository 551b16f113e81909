//! Policies as conditions: any, all, not and other policies; what they say, what is refused, and how it comes about.

use http::Method;
use serde_json::{Value, json};

use crate::{
    log::logged,
    support::{
        Answer, Caller, TestServer, guests,
        made::{ADMIN, attribute, everything, make_policy, make_server, no, policy, wrong_members, yes},
    },
};

covers!("checkPolicy", "listValidators");

const POLICIES: &str = "/api/admin/default/policies";

async fn tested(admin: &Caller, validators: Value) -> Value {
    let body = json!({ "policy": { "validators": validators }, "explain": true });
    admin.post(&format!("{POLICIES}/test"), &body).await.expect(200).json()
}

/// Fails unless the request was refused with exactly these members named.
#[track_caller]
fn names(answer: &Answer, members: &[&str]) {
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert_eq!(wrong_members(answer), members, "{}", answer.text());
}

/// What failed: policy, place, validator, code.
fn reasons(answer: &Value) -> Vec<(String, u64, String, String)> {
    let text = |failing: &Value, member: &str| failing[member].as_str().unwrap_or_default().to_owned();
    let one = |failing: &Value| {
        let index = failing["index"].as_u64().unwrap();
        (text(failing, "policy"), index, text(failing, "validator"), text(failing, "code"))
    };
    let list = if answer["failures"].is_array() { &answer["failures"] } else { &answer["context"]["reasons"] };
    list.as_array().unwrap().iter().map(one).collect()
}

fn reason(policy: &str, index: u64, validator: &str, code: &str) -> (String, u64, String, String) {
    (policy.to_owned(), index, validator.to_owned(), code.to_owned())
}

async fn decided(server: &TestServer, id: &str) -> Value {
    let question = json!({ "subject": { "type": "user", "id": "ann" }, "action": { "name": "see" }, "resource": { "type": "policy", "id": id } });
    server.as_system().post("/default/system/access/v1/evaluation", &question).await.expect(200).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_are_shown_as_they_were_sent_and_put_answers_together() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let mend = json!([{ "id": "", "type": "mfa" }]);
    let rule = |mut rule: Value| {
        rule["conf"] = json!({});
        rule["recovery"] = json!([]);
        rule
    };
    let (yes, no) = (rule(yes()), rule(no()));
    let hurried = json!({ "name": "true", "conf": {}, "timeout_ms": 20, "recovery": [] });
    let validators = json!([{ "any": [no, { "all": [yes, hurried] }], "recovery": mend }, { "not": no }]);
    let made = admin.post(POLICIES, &policy("door", validators.clone())).await.expect(201).json();
    assert_eq!(made["validators"], validators);
    let read = admin.get(&format!("{POLICIES}/door")).await.expect(200).json();
    assert_eq!(read, made);
    assert_eq!(admin.put(&format!("{POLICIES}/door"), &read).await.expect(201).json(), made);

    let allowed = tested(&admin, validators).await;
    assert_eq!((&allowed["result"], &allowed["failures"]), (&json!("allow"), &json!([])));
    let denied = tested(&admin, json!([{ "any": [no, { "not": yes }], "recovery": mend }])).await;
    assert_eq!(reasons(&denied), [reason("", 0, "false", "always_denied"), reason("", 1, "not", "not_denied")]);
    assert_eq!(denied["recovery"], mend);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_tells_what_every_condition_came_to_and_what_its_call_spent() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_policy(&admin, "inner", json!([no()])).await;
    let told = tested(&admin, json!([yes(), { "not": { "policy": "inner" } }])).await;
    assert_eq!((&told["status"], &told["usage"]["instances"]), (&json!(true), &json!(2)), "{told}");
    let trace = &told["trace"];
    assert_eq!((&trace["condition"], &trace["outcome"]), (&json!("all"), &json!("pass")));
    let [first, second] = trace["inside"].as_array().unwrap().as_slice() else { panic!("{trace}") };
    assert_eq!(
        (&first["condition"], &first["validator"], &first["outcome"]),
        (&json!("rule"), &json!("true"), &json!("pass"))
    );
    assert_eq!(first["usage"]["instances"], 1);
    assert!(first["usage"]["memory_bytes"].as_u64().unwrap() > 0, "{first}");
    let inner = &second["inside"][0];
    assert_eq!(
        (&second["condition"], &inner["condition"], &inner["policy"]),
        (&json!("not"), &json!("policy"), &json!("inner"))
    );
    let rule = &inner["inside"][0]["inside"].get(0).unwrap_or(&inner["inside"][0]);
    assert_eq!(
        (&rule["outcome"], &rule["code"], &rule["policy"]),
        (&json!("fail"), &json!("always_denied"), &json!("inner"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_that_make_no_sense_are_refused_and_change_nothing() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let before = everything(&admin, "default").await;
    let nested = |depth: usize| (0..depth).fold(yes(), |inside, _| json!({ "not": inside }));
    let unknown = json!({ "name": "unknown" });
    let refused: [(Value, &str); 14] = [
        (json!([{ "any": [] }]), "/validators/0/any"),
        (json!([yes(), { "not": { "all": [] } }]), "/validators/1/not/all"),
        (json!([{ "any": [yes(), {}] }]), "/validators/0/any/1/name"),
        (json!([{ "name": "true", "policy": "door" }]), "/validators/0"),
        (json!([{ "not": yes(), "timeout_ms": 5 }]), "/validators/0/timeout_ms"),
        (json!([{ "name": "true", "timeout_ms": 0 }]), "/validators/0/timeout_ms"),
        (json!([{ "all": [{ "name": "true", "timeout_ms": 4_000_000_000_u32 }] }]), "/validators/0/all/0/timeout_ms"),
        (json!([{ "any": [yes(), { "all": [yes(), unknown] }] }]), "/validators/0/any/1/all/1/name"),
        (json!([{ "not": { "name": "attributes", "conf": {} } }]), "/validators/0/not/conf"),
        (json!([yes(), { "any": [{ "policy": "gone" }] }]), "/validators/1/any/0/policy"),
        (json!([{ "policy": "new" }]), "/validators/0/policy"),
        (json!([{ "policy": "a b" }]), "/validators/0/policy"),
        (json!([nested(17)]), "/validators"),
        (json!([{ "any": vec![yes(); 40] }, { "all": vec![yes(); 40] }]), "/validators"),
    ];
    for (validators, member) in refused {
        let answer = admin.post(POLICIES, &policy("new", validators.clone())).await;
        assert_eq!(answer.status, 422, "{validators}: {}", answer.text());
        names(&answer, &[member]);
        // The check says the same, and nobody has to save anything for it.
        let checked = admin.post(&format!("{POLICIES}/check"), &policy("new", validators)).await.expect(200).json();
        assert_eq!(
            (&checked["valid"], &checked["problems"][0]["pointer"]),
            (&json!(false), &json!(member)),
            "{checked}"
        );
    }
    names(&admin.post(POLICIES, &policy("check", json!([yes()]))).await, &["/id"]);
    let odd = json!({ "id": "new", "policy_name": "New", "validators": [yes()], "mode": "watch" });
    names(&admin.post(POLICIES, &odd).await, &["/mode"]);
    assert_eq!(everything(&admin, "default").await, before);
    admin.post(POLICIES, &policy("new", json!([nested(16)]))).await.expect(201);
    let fine = json!({ "validators": [{ "any": [{ "policy": "new" }] }] });
    assert_eq!(admin.post(&format!("{POLICIES}/check"), &fine).await.expect(200).json(), json!({ "valid": true }));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_embedded_policy_decides_as_it_is_now_and_stays_while_it_is_used() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_policy(&admin, "inner", json!([yes(), no()])).await;
    make_policy(&admin, "middle", json!([{ "policy": "inner" }])).await;
    make_policy(&admin, "outer", json!([yes(), { "any": [{ "policy": "middle" }, no()] }])).await;
    let denied = decided(&server, "outer").await;
    assert_eq!(denied["decision"], false);
    assert_eq!(
        reasons(&denied),
        [reason("inner", 1, "false", "always_denied"), reason("", 1, "false", "always_denied")]
    );
    let in_use = admin.delete(&format!("{POLICIES}/inner")).await.expect(400);
    assert!(in_use.text().contains("policies/middle"), "{}", in_use.text());

    // It follows changes of what it embeds.
    let put = |id: &str, validators: Value| {
        let (admin, path) = (admin.clone(), format!("{POLICIES}/{id}"));
        let body = json!({ "policy_name": "New", "validators": validators });
        async move { admin.put(&path, &body).await }
    };
    put("inner", json!([yes()])).await.expect(201);
    assert_eq!(decided(&server, "outer").await["decision"], true);
    put("inner", json!([no()])).await.expect(201);
    assert_eq!(decided(&server, "outer").await["decision"], false);

    // What is not embedded any longer may go.
    put("middle", json!([yes()])).await.expect(201);
    assert_eq!(decided(&server, "outer").await["decision"], true);
    admin.delete(&format!("{POLICIES}/inner")).await.expect(204);
    admin.delete(&format!("{POLICIES}/middle")).await.expect(400);
    admin.delete(&format!("{POLICIES}/outer")).await.expect(204);
    admin.delete(&format!("{POLICIES}/middle")).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_never_embed_themselves_however_one_tries() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_policy(&admin, "a", json!([yes()])).await;
    make_policy(&admin, "b", json!([{ "policy": "a" }])).await;
    make_policy(&admin, "c", json!([{ "not": { "policy": "b" } }])).await;
    let before = everything(&admin, "default").await;
    let embedding = |id: &str| json!({ "policy_name": "New", "validators": [yes(), { "policy": id }] });
    for other in ["a", "b", "c"] {
        names(&admin.put(&format!("{POLICIES}/a"), &embedding(other)).await, &["/validators/1/policy"]);
        let draft = json!({ "id": "a", "validators": [{ "policy": other }] });
        let checked = admin.post(&format!("{POLICIES}/check"), &draft).await.expect(200).json();
        assert_eq!(checked["problems"][0]["pointer"], "/validators/0/policy", "{checked}");
    }
    assert_eq!(everything(&admin, "default").await, before);

    // Two that embed each other, saved at once: one of them comes second.
    for round in 0..8 {
        let [one, two] = [format!("one-{round}"), format!("two-{round}")];
        make_policy(&admin, &one, json!([yes()])).await;
        make_policy(&admin, &two, json!([yes()])).await;
        let (left, right) = (format!("{POLICIES}/{one}"), format!("{POLICIES}/{two}"));
        let (two_in_one, one_in_two) = (embedding(&two), embedding(&one));
        let (first, second) = tokio::join!(admin.put(&left, &two_in_one), admin.put(&right, &one_in_two));
        let mut statuses = [first.status.as_u16(), second.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 422]);
        assert_eq!(decided(&server, &one).await["decision"], true);
    }

    // Going back to a state that embedded what now embeds it.
    admin.put(&format!("{POLICIES}/b"), &embedding("a")).await.expect(201);
    admin.put(&format!("{POLICIES}/b"), &json!({ "policy_name": "B", "validators": [yes()] })).await.expect(201);
    admin.put(&format!("{POLICIES}/a"), &embedding("b")).await.expect(201);
    let back = json!({ "version": 1 });
    let answer = admin.post(&format!("{ADMIN}/history/policies/b/rollback"), &back).await;
    assert_eq!(answer.status, 422, "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_stand_in_each_other_only_so_deep_and_so_wide() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_policy(&admin, "p0", json!([yes()])).await;
    for depth in 1..=8 {
        make_policy(&admin, &format!("p{depth}"), json!([{ "policy": format!("p{}", depth - 1) }])).await;
    }
    names(&admin.post(POLICIES, &policy("p9", json!([{ "policy": "p8" }]))).await, &["/validators"]);
    make_policy(&admin, "deeper", json!([yes()])).await;
    let deeper = json!({ "policy_name": "P", "validators": [{ "policy": "deeper" }] });
    names(&admin.put(&format!("{POLICIES}/p0"), &deeper).await, &["/validators"]);
    assert_eq!(decided(&server, "p8").await["decision"], true);

    make_policy(&admin, "wide", json!(vec![yes(); 60])).await;
    make_policy(&admin, "wider", json!([yes(), { "policy": "wide" }])).await;
    let more = json!({ "policy_name": "Wide", "validators": vec![yes(); 64] });
    names(&admin.put(&format!("{POLICIES}/wide"), &more).await, &["/validators"]);

    // One without validators takes room wherever it stands, also in one that is only tried.
    make_policy(&admin, "nothing", json!([])).await;
    make_policy(&admin, "nothings", json!(vec![json!({ "policy": "nothing" }); 64])).await;
    let twice = json!([{ "policy": "nothings" }, { "policy": "nothings" }]);
    names(&admin.post(POLICIES, &policy("twice", twice.clone())).await, &["/validators"]);
    let tried = json!({ "policy": { "validators": twice } });
    names(&admin.post(&format!("{POLICIES}/test"), &tried).await, &["/policy/validators"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_monitored_policy_allows_and_the_log_tells_who_would_not_be() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    let mut watched = policy("watched", json!([attribute("subject.id", "equals", json!("bob"))]));
    watched["mode"] = json!("monitor");
    let made = admin.post(POLICIES, &watched).await.expect(201).json();
    assert_eq!(made["mode"], "monitor");
    let answer = decided(&server, "watched").await;
    assert_eq!((&answer["decision"], &answer["context"]["would_deny"]), (&json!(true), &json!(true)), "{answer}");
    assert_eq!(reasons(&answer).len(), 1);
    make_policy(&admin, "outer", json!([{ "policy": "watched" }])).await;
    let outer = decided(&server, "outer").await;
    assert_eq!((&outer["decision"], &outer["context"]["would_deny"]), (&json!(true), &json!(true)), "{outer}");
    assert_eq!(reasons(&outer)[0].0, "watched");

    let found = logged(&admin, "&result=would_deny", 2).await;
    assert!(found.iter().all(|decision| decision["result"] == "would_deny"), "{found:?}");
    let none = admin.get(&format!("{ADMIN}/decisions?result=allow&policy_id=watched")).await.expect(200).json();
    assert_eq!(none["decisions"], json!([]));
    let test = json!({ "policy": watched, "explain": false });
    let tested = admin.post(&format!("{POLICIES}/test"), &test).await.expect(200).json();
    assert_eq!((&tested["status"], &tested["result"]), (&json!(true), &json!("would_deny")));

    watched["mode"] = json!("enforce");
    let enforced = admin.put(&format!("{POLICIES}/watched"), &watched).await.expect(201).json();
    assert_eq!(enforced.get("mode"), None);
    for id in ["watched", "outer"] {
        let answer = decided(&server, id).await;
        assert_eq!((&answer["decision"], answer["context"].get("would_deny")), (&json!(false), None), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_with_a_timeout_is_asked_by_itself_and_stopped_by_itself() {
    // Without its timeout the endless one would go on for as long as the server lets any.
    let server = TestServer::with(|config| config.sandbox.deadline_ms = 60_000).await;
    server.sandbox.install("endless", guests::component("endless-validate")).unwrap();
    let admin = server.as_admin();
    let endless = json!({ "name": "endless", "timeout_ms": 20 });
    let both = json!([{ "any": [endless, { "name": "true" }] }, { "name": "true", "timeout_ms": 50_000 }]);
    make_policy(&admin, "either", both).await;
    make_policy(&admin, "neither", json!([{ "not": endless }])).await;
    for _ in 0..2 {
        let either = decided(&server, "either").await;
        assert_eq!((&either["decision"], &either["context"]["reasons"]), (&json!(true), &json!([])), "{either}");
        let neither = decided(&server, "neither").await;
        assert_eq!(neither["decision"], false, "what cannot be said is not made a yes");
        assert_eq!(reasons(&neither), [reason("", 0, "endless", "deadline")]);
    }
    let found = logged(&admin, "&policy_id=either", 2).await;
    let names = |decision: &Value| {
        let components = decision["components"].as_array().unwrap().iter();
        components.map(|component| component["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&found[0]), ["endless", "true"], "a component is named once");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_makes_policies_that_embed_each_other_and_lets_them_go_together() {
    let server = TestServer::start().await;
    let admin = server.as_admin();
    make_server(&admin, "shop", json!({})).await;
    let service = json!({ "id": "things", "authorization_server_id": "shop", "name": "Things" });
    admin.post(&format!("{ADMIN}/services"), &service).await.expect(201);
    let attached =
        |id: &str, validators: Value| json!({ "x-portcullis-policy": { "id": id, "validators": validators } });
    let document = json!({ "openapi": "3.0.3", "info": { "title": "Things", "version": "1" }, "paths": {
        "/outer": { "get": attached("outer", json!([{ "any": [{ "policy": "inner" }, no()] }])) },
        "/inner": { "get": attached("inner", json!([yes()])) },
    } });
    let import = |document: Value| {
        let (admin, path) = (admin.clone(), format!("{ADMIN}/services/things/apis/import/text"));
        async move { admin.send(Method::POST, &path, Some("application/json"), document.to_string().into()).await }
    };
    let made = import(document).await.expect(200).json();
    let outer = made["created_policies"].as_array().unwrap().iter().find(|policy| policy["id"] == "outer").unwrap();
    assert_eq!(
        outer["validators"],
        json!([{ "any": [{ "policy": "inner" }, { "name": "false", "conf": {}, "recovery": [] }] }])
    );
    assert_eq!(decided(&server, "outer").await["decision"], true);
    let without = json!({ "openapi": "3.0.3", "info": { "title": "Things", "version": "2" }, "paths": { "/outer": { "get": {} } } });
    let removed = import(without).await.expect(200).json();
    assert_eq!(removed["removed_policies"].as_array().unwrap().len(), 2, "{removed}");
    for id in ["outer", "inner"] {
        admin.get(&format!("{POLICIES}/{id}")).await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn validators_are_listed_with_their_schemas() {
    // Whoever asks first waits until every component is compiled.
    let server = TestServer::with(|config| config.limits.request_seconds = 300).await;
    let known = server.as_admin().get("/api/admin/default/validators").await.expect(200).json();
    let known = known["validators"].as_array().unwrap();
    let header = known.iter().find(|validator| validator["name"] == "header").unwrap();
    assert!(header["conf_schema"]["properties"].is_object() || header["conf_schema"]["$ref"].is_string(), "{header}");
    assert!(!header["help"].as_str().unwrap().is_empty());
    assert!(!known.iter().any(|validator| validator["name"] == "path"), "a claim mapper is no validator");
}
