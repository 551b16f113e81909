//! Candidates beside policies: asked what the policy is asked, off the answer's path, and compared.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    decisions::{ONE, question},
    support::{
        Caller, TestServer, guests,
        made::{ADMIN, attribute, make_policy, no, yes},
    },
};

covers!("getPolicyShadow", "putPolicyShadow", "deletePolicyShadow", "promotePolicyShadow");

const RULE: &str = "/api/admin/default/policies/rule";
const PLUGINS: &str = "/api/admin/default/plugins";
const SHADOW: &str = "/api/admin/default/policies/rule/shadow";

/// Allows this role.
fn role(role: &str) -> Value {
    attribute("subject.properties.role", "equals", json!(role))
}

/// A candidate of these validators.
fn candidate(validators: Value) -> Value {
    json!({ "candidate": { "policy_name": "Candidate", "validators": validators } })
}

/// Asks the policy `rule` about somebody of this role. Answers the decision and its id.
async fn ask(caller: &Caller, role: &str) -> (bool, String) {
    let mut body = question("anna", "read", "policy", "rule");
    body["subject"]["properties"] = json!({ "role": role });
    let answer = caller.post(ONE, &body).await.expect(200).json();
    (answer["decision"].as_bool().unwrap(), answer["context"]["id"].as_str().unwrap().to_owned())
}

/// A server with the authorization server `shop` and the policy `rule`, which lets administrators in.
async fn server() -> TestServer {
    let server = crate::decisions::shop(&[]).await;
    make_policy(&server.as_admin(), "rule", json!([role("admin")])).await;
    server
}

async fn shadow(admin: &Caller) -> Value {
    admin.get(SHADOW).await.expect(200).json()
}

/// The shadow, once the candidate was asked about everything that was picked.
async fn settled(admin: &Caller, picked: u64) -> Value {
    for _ in 0..6000 {
        let shadow = shadow(admin).await;
        let count = |name: &str| shadow["counts"][name].as_u64().unwrap();
        if count("evaluated") + count("dropped") >= picked && count("waiting") == 0 {
            return shadow;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the candidate was never asked: {}", shadow(admin).await);
}

/// What parallel callers of these roles are answered, each role so many times.
async fn traffic(server: &TestServer, roles: &[&str], times: usize) -> Vec<(String, bool, String)> {
    let mut tasks = tokio::task::JoinSet::new();
    let caller = server.as_system();
    caller.token().await;
    for role in roles {
        for _ in 0..times {
            let (caller, role) = (caller.clone(), (*role).to_owned());
            tasks.spawn(async move {
                let (decision, id) = ask(&caller, &role).await;
                (role, decision, id)
            });
        }
    }
    tasks.join_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn under_parallel_traffic_the_differences_are_right_and_the_answers_are_the_policys() {
    let server = server().await;
    let admin = server.as_admin();
    let either = attribute("subject.properties.role", "contains_any", json!(["clerk", "owner"]));
    let put = admin.put(SHADOW, &candidate(json!([either]))).await.expect(200).json();
    assert_eq!((&put["policy_id"], &put["percent"], &put["counts"]["seen"]), (&json!("rule"), &json!(100), &json!(0)));
    assert_eq!(put["candidate"]["validators"][0]["name"], "attributes");
    let answers = traffic(&server, &["admin", "clerk", "guest"], 8).await;
    for (role, decision, _) in &answers {
        assert_eq!(*decision, role == "admin", "{role}");
    }
    let shadow = settled(&admin, 24).await;
    let counts = &shadow["counts"];
    for (name, count) in
        [("seen", 24), ("evaluated", 24), ("would_deny", 8), ("would_allow", 8), ("errors", 0), ("dropped", 0)]
    {
        assert_eq!(counts[name], count, "{name} in {counts}");
    }
    // Guests are refused by both, in other words.
    assert_eq!(counts["same"].as_u64().unwrap() + counts["changed_reasons"].as_u64().unwrap(), 8);
    for of in ["live", "candidate"] {
        let cost = &shadow["cost"][of];
        assert!(cost["mean_us"].as_u64().unwrap() > 0 && cost["p99_us"].as_u64().unwrap() > 0, "{shadow}");
    }
    let differences = shadow["differences"].as_array().unwrap();
    let denied: Vec<_> = differences.iter().filter(|one| one["change"] == "would_deny").collect();
    assert_eq!(denied.len(), 8);
    for one in denied {
        let id = one["decision_id"].as_str().unwrap();
        assert!(answers.iter().any(|(role, _, known)| role == "admin" && known == id), "{one}");
        assert_eq!((&one["live"]["result"], &one["candidate"]["result"]), (&json!("allow"), &json!("deny")));
        assert_eq!(one["candidate"]["failures"][0]["validator"], "attributes");
    }
    let metrics = server.anonymous().get("/metrics").await.expect(200).text();
    for line in ["result=\"would_deny\"} 8", "result=\"would_allow\"} 8", "result=\"error\"} 0"] {
        let line = format!("portcullis_shadow_evaluations_total{{{line}\n");
        assert!(metrics.contains(&line), "{line} in {metrics}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_differs_is_found_in_the_log_as_it_was_answered() {
    let server = server().await;
    let admin = server.as_admin();
    admin.put(SHADOW, &candidate(json!([yes()]))).await.expect(200);
    let (decision, id) = ask(&server.as_system(), "guest").await;
    assert!(!decision);
    let shadow = settled(&admin, 1).await;
    assert_eq!(shadow["differences"][0]["decision_id"], json!(id));
    assert_eq!(shadow["differences"][0]["change"], "would_allow");
    for _ in 0..1000 {
        let logged = admin.get(&format!("{ADMIN}/decisions/{id}")).await;
        if logged.status == 200 {
            let logged = logged.json();
            assert_eq!((&logged["result"], &logged["policy_id"]), (&json!("deny"), &json!("rule")));
            assert_eq!(logged["failures"], shadow["differences"][0]["live"]["failures"]);
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the log never had {id}");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_reasons_are_told_from_the_same_ones() {
    let server = server().await;
    let admin = server.as_admin();
    for (validators, counted) in [(json!([role("admin")]), "same"), (json!([no()]), "changed_reasons")] {
        let put = admin.put(SHADOW, &candidate(validators)).await.expect(200).json();
        assert_eq!(put["counts"]["evaluated"], 0, "a new candidate is counted anew");
        ask(&server.as_system(), "guest").await;
        assert_eq!(settled(&admin, 1).await["counts"][counted], 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_that_never_ends_keeps_nobody_waiting() {
    // So long that a single evaluation outlasts all the traffic.
    let server = TestServer::with(|config| config.sandbox.deadline_ms = 120_000).await;
    let (admin, system) = (server.as_admin(), server.as_system());
    server.sandbox.install("endless", guests::component("endless-validate")).unwrap();
    make_policy(&admin, "rule", json!([role("admin")])).await;
    admin.put(SHADOW, &candidate(json!([{ "name": "endless" }]))).await.expect(200);
    let ask = |role: &'static str| {
        let mut body = question("anna", "read", "policy", "rule");
        body["subject"]["properties"] = json!({ "role": role });
        let system = system.clone();
        async move { system.post("/default/system/access/v1/evaluation", &body).await.expect(200).json() }
    };
    for _ in 0..50 {
        let (admin, guest) = tokio::join!(ask("admin"), ask("guest"));
        assert_eq!((&admin["decision"], &guest["decision"]), (&json!(true), &json!(false)));
        assert_eq!(guest["context"]["reasons"][0]["validator"], "attributes", "the rule's own no: {guest}");
    }
    let counts = &shadow(&admin).await["counts"];
    assert_eq!((&counts["seen"], &counts["evaluated"]), (&json!(100), &json!(0)), "all were answered before: {counts}");
    assert!(counts["waiting"].as_u64().unwrap() >= 99, "one at a time is asked: {counts}");
    // Nobody waits for it either when it is taken away, or at the end.
    admin.delete(SHADOW).await.expect(204);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_that_cannot_answer_is_counted_as_an_error() {
    let server = TestServer::with(|config| config.sandbox.deadline_ms = 10_000).await;
    let admin = server.as_admin();
    server.sandbox.install("trap", guests::component("trap")).unwrap();
    make_policy(&admin, "rule", json!([yes()])).await;
    admin.put(SHADOW, &candidate(json!([{ "name": "trap" }]))).await.expect(200);
    let body = question("anna", "read", "policy", "rule");
    let answer = server.as_system().post("/default/system/access/v1/evaluation", &body).await.expect(200).json();
    assert_eq!(answer["decision"], true);
    let shadow = settled(&admin, 1).await;
    assert_eq!((&shadow["counts"]["errors"], &shadow["counts"]["would_deny"]), (&json!(1), &json!(0)));
    assert_eq!(shadow["differences"][0]["change"], "error");
    assert_eq!(shadow["differences"][0]["candidate"]["failures"][0]["code"], "trap");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_the_shadow() {
    let server = server().await;
    let mut body = candidate(json!([yes()]));
    body["percent"] = json!(40);
    let before = server.as_admin().put(SHADOW, &body).await.expect(200).json();
    let (folder, world) = server.stop().await;
    let server = TestServer::on(folder, world, |_| {}).await;
    let admin = server.as_admin();
    let after = shadow(&admin).await;
    for member in ["candidate", "percent", "since", "author"] {
        assert_eq!(after[member], before[member], "{member}");
    }
    admin.put(SHADOW, &candidate(json!([yes()]))).await.expect(200);
    ask(&server.as_system(), "guest").await;
    assert_eq!(settled(&admin, 1).await["counts"]["would_allow"], 1, "it is asked again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_the_traffic_is_picked() {
    let server = server().await;
    let (admin, system) = (server.as_admin(), server.as_system());
    let mut body = candidate(json!([role("admin")]));
    body["percent"] = json!(25);
    admin.put(SHADOW, &body).await.expect(200);
    for _ in 0..160 {
        ask(&system, "admin").await;
    }
    let shadow = settled(&admin, 1).await;
    let picked = shadow["counts"]["evaluated"].as_u64().unwrap() + shadow["counts"]["dropped"].as_u64().unwrap();
    assert_eq!(shadow["counts"]["seen"], 160);
    assert!((15..=70).contains(&picked), "{picked} of 160");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_is_checked_like_a_policy_that_is_saved() {
    let server = server().await;
    let admin = server.as_admin();
    let named = |answer: Value, member: &str| assert!(answer.to_string().contains(member), "{member} in {answer}");
    for (body, member) in [
        (candidate(json!([{ "name": "nothing" }])), "/candidate/validators/0/name"),
        (candidate(json!([{ "name": "attributes", "conf": { "fields": 1 } }])), "/candidate/validators/0/conf"),
        (candidate(json!([yes(), { "not": { "policy": "rule" } }])), "/candidate/validators/1/not/policy"),
        (json!({ "candidate": { "validators": [yes()] } }), "/candidate/policy_name"),
        (json!({ "candidate": { "id": "other", "policy_name": "O", "validators": [yes()] } }), "/candidate/id"),
        (json!({ "candidate": { "policy_name": "O", "validators": [yes()] }, "percent": 0 }), "/percent"),
        (json!({ "candidate": { "policy_name": "O", "validators": [yes()] }, "percent": 101 }), "/percent"),
        (json!({ "percent": 10 }), "candidate"),
    ] {
        named(admin.put(SHADOW, &body).await.expect(422).json(), member);
    }
    admin.get(SHADOW).await.expect(404);
    admin.delete(SHADOW).await.expect(404);
    admin.post(&format!("{SHADOW}/promote"), &json!({})).await.expect(404);
    let nothing = format!("{ADMIN}/policies/nothing/shadow");
    admin.put(&nothing, &candidate(json!([yes()]))).await.expect(404);
    admin.get(&nothing).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_candidate_uses_stays_as_long_as_the_candidate() {
    let server = server().await;
    let admin = server.as_admin();
    let component = guests::plugin("acmes", "1.0.0", "");
    admin.send(http::Method::POST, PLUGINS, Some("application/wasm"), component.into()).await.expect(201);
    make_policy(&admin, "inner", json!([yes()])).await;
    let (inner, acmes) = (format!("{ADMIN}/policies/inner"), format!("{PLUGINS}/acmes"));
    let used = async |path: &str| admin.delete(path).await.expect(400).json()["details"]["used_by"].clone();
    for both in [json!([{ "policy": "inner" }, { "name": "acmes@1.0.0" }]), json!([{ "policy": "inner" }])] {
        admin.put(SHADOW, &candidate(both)).await.expect(200);
        assert_eq!(used(&inner).await, json!(["shadows/rule"]));
    }
    admin.delete(&acmes).await.expect(204);
    admin.post(&format!("{SHADOW}/promote"), &json!({})).await.expect(200);
    assert_eq!(used(&inner).await, json!(["policies/rule"]), "the candidate is the policy now");
    admin.put(SHADOW, &candidate(json!([{ "any": [{ "policy": "inner" }] }]))).await.expect(200);
    admin.delete(RULE).await.expect(204);
    admin.delete(&inner).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promoted_candidate_is_the_policy_and_its_shadow_has_ended() {
    let server = server().await;
    let (admin, system) = (server.as_admin(), server.as_system());
    admin.put(SHADOW, &candidate(json!([role("clerk")]))).await.expect(200);
    assert!(!ask(&system, "clerk").await.0);
    let promote = format!("{SHADOW}/promote");
    admin.clone().with_header("if-match", "\"99\"").post(&promote, &json!({})).await.expect(412);
    assert_eq!(shadow(&admin).await["candidate"]["policy_name"], "Candidate", "it is still there");
    let promoted = admin.post(&promote, &json!({})).await.expect(200);
    assert_eq!(promoted.header("etag"), Some("\"2\""));
    assert_eq!(promoted.json()["policy_name"], "Candidate");
    assert!(ask(&system, "clerk").await.0 && !ask(&system, "admin").await.0);
    admin.get(SHADOW).await.expect(404);
    admin.post(&promote, &json!({})).await.expect(404);
    let history = admin.get(&format!("{ADMIN}/history/policies/rule")).await.expect(200).json();
    assert_eq!(history["states"].as_array().unwrap().len(), 2, "one state more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shadow_goes_when_it_is_taken_away_and_with_its_policy() {
    let server = server().await;
    let admin = server.as_admin();
    admin.put(SHADOW, &candidate(json!([yes()]))).await.expect(200);
    admin.delete(SHADOW).await.expect(204);
    admin.get(SHADOW).await.expect(404);
    admin.put(SHADOW, &candidate(json!([yes()]))).await.expect(200);
    admin.delete(RULE).await.expect(204);
    admin.get(SHADOW).await.expect(404);
    make_policy(&admin, "rule", json!([role("admin")])).await;
    admin.get(SHADOW).await.expect(404);
}
