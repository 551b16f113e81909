//! Impact analyses: the log replayed against a candidate, over REST and on the command line.

use std::{path::Path, process::Output, time::Duration};

use portcullis::{
    api::acp::policies::{PolicyBody, parse},
    domain::impact::{self, Question},
};
use serde_json::{Value, json};

use crate::{
    decisions::{ONE, question},
    support::{
        Caller, TestServer, guests,
        made::{ADMIN, attribute, make_policy, no, policy, yes},
        process::{command, complaint, ended},
    },
};

covers!("analysePolicyImpact");

const IMPACT: &str = "/api/admin/default/policies/rule/impact";

/// Allows this role.
fn role(role: &str) -> Value {
    attribute("subject.properties.role", "equals", json!(role))
}

/// A server whose policy `rule` lets administrators in and has decided about people of these roles, in this order.
async fn decided(roles: &[&str]) -> TestServer {
    let server = crate::decisions::shop(&[]).await;
    make_policy(&server.as_admin(), "rule", json!([role("admin")])).await;
    decide(&server, roles).await;
    server
}

/// Decides about people of these roles and waits until the last one is in the log. Answers the ids.
async fn decide(server: &TestServer, roles: &[&str]) -> Vec<String> {
    let (system, admin) = (server.as_system(), server.as_admin());
    let mut ids = Vec::new();
    for role in roles {
        let mut body = question(&format!("{role}-1"), "read", "policy", "rule");
        body["subject"]["properties"] = json!({ "role": role });
        let answer = system.post(ONE, &body).await.expect(200).json();
        ids.push(answer["context"]["id"].as_str().unwrap().to_owned());
    }
    let last = format!("{ADMIN}/decisions/{}", ids.last().unwrap());
    for _ in 0..1000 {
        if admin.get(&last).await.status == 200 {
            return ids;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the log never had {last}");
}

/// One step.
async fn step(admin: &Caller, validators: Value, more: Value) -> Value {
    let mut body = json!({ "candidate": { "policy_name": "Candidate", "validators": validators } });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    admin.post(IMPACT, &body).await.expect(200).json()
}

/// The counts in their order: decided, same, newly allowed, newly denied, other reasons, not reproducible.
fn counts(found: &Value) -> [u64; 6] {
    ["decided", "same", "newly_allowed", "newly_denied", "changed_reasons", "not_reproducible"]
        .map(|name| found[name].as_u64().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_decision_that_changes_is_listed_with_both_answers() {
    let server = decided(&["admin", "clerk"]).await;
    let ids = decide(&server, &["admin", "clerk"]).await;
    let admin = server.as_admin();
    let either = json!([attribute("subject.properties.role", "equals", json!("clerk"))]);
    let found = step(&admin, either, json!({})).await;
    assert_eq!(counts(&found), [4, 0, 2, 2, 0, 0], "{found}");
    assert!(found["next"].is_null() && found["from"].is_null() && found["damaged_pages"] == 0);
    let newest = &found["changes"][0];
    assert_eq!((&newest["decision_id"], &newest["change"]), (&json!(ids[1]), &json!("newly_allowed")));
    assert_eq!((&newest["subject"], &newest["request"]), (&json!("clerk-1"), &json!("read policy/rule")));
    assert_eq!((&newest["before"]["result"], &newest["after"]["result"]), (&json!("deny"), &json!("allow")));
    let denied = &found["changes"][1];
    assert_eq!((&denied["decision_id"], &denied["change"]), (&json!(ids[0]), &json!("newly_denied")));
    assert_eq!(denied["after"]["failures"][0]["validator"], "attributes", "the new reasons: {denied}");
    assert!(denied["time"].as_str().unwrap().starts_with("2026-01-01T12:"));
    let same = step(&admin, json!([role("admin")]), json!({})).await;
    assert_eq!((counts(&same), &same["changes"]), ([4, 4, 0, 0, 0, 0], &json!([])));
    let worded = step(&admin, json!([role("admin"), no()]), json!({})).await;
    assert_eq!(counts(&worded), [4, 0, 0, 2, 2, 0], "reasons count as well: {worded}");
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_add_up_and_begin_where_they_are_told() {
    let server = decided(&["admin", "clerk", "admin"]).await;
    server.world.advance_seconds(7200);
    decide(&server, &["clerk", "admin"]).await;
    let admin = server.as_admin();
    let (mut sum, mut after, mut steps) = ([0; 6], Value::Null, 0);
    loop {
        let found = step(&admin, json!([yes()]), json!({ "limit": 2, "after": after })).await;
        counts(&found).iter().zip(&mut sum).for_each(|(count, sum)| *sum += count);
        steps += 1;
        after = found["next"].clone();
        if after.is_null() {
            break;
        }
    }
    assert_eq!(sum, [5, 3, 2, 0, 0, 0]);
    assert!(steps >= 3, "{steps}");
    let lately = step(&admin, json!([yes()]), json!({ "since": "1h" })).await;
    assert_eq!(counts(&lately), [2, 1, 1, 0, 0, 0]);
    let again = step(&admin, json!([yes()]), json!({ "since": lately["from"] })).await;
    assert_eq!(counts(&again), counts(&lately));
    assert_eq!(counts(&step(&admin, json!([yes()]), json!({ "since": "3h" })).await)[0], 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_asked_and_answered_counts() {
    let server = decided(&["clerk"]).await;
    let admin = server.as_admin();
    admin.put(&format!("{ADMIN}/policies/rule"), &policy("rule", json!([yes()]))).await.expect(201);
    decide(&server, &["clerk"]).await;
    let found = step(&admin, json!([yes()]), json!({})).await;
    assert_eq!(counts(&found), [2, 1, 1, 0, 0, 0], "what an older version has denied is newly allowed: {found}");
    admin.delete(&format!("{ADMIN}/policies/rule")).await.expect(204);
    let found = step(&admin, json!([no()]), json!({})).await;
    assert_eq!(counts(&found)[..2], [2, 0], "a policy that is gone has decided all the same: {found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_circumstances_have_decided_is_no_change() {
    let server = TestServer::with(|config| config.sandbox.deadline_ms = 400).await;
    let admin = server.as_admin();
    server.sandbox.install("endless", guests::component("endless-validate")).unwrap();
    make_policy(&admin, "rule", json!([yes()])).await;
    let body = question("anna", "read", "policy", "rule");
    let system = server.as_system();
    let answer = system.post("/default/system/access/v1/evaluation", &body).await.expect(200).json();
    let id = answer["context"]["id"].as_str().unwrap();
    for _ in 0..1000 {
        if admin.get(&format!("{ADMIN}/decisions/{id}")).await.status == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let found = step(&admin, json!([{ "name": "endless" }]), json!({})).await;
    assert_eq!(counts(&found), [1, 0, 0, 0, 0, 1], "{found}");
    assert_eq!(found["changes"][0]["change"], "not_reproducible");
    assert_eq!(found["changes"][0]["after"]["failures"][0]["code"], "deadline");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_checked() {
    let server = decided(&["admin"]).await;
    let admin = server.as_admin();
    let good = json!({ "policy_name": "C", "validators": [yes()] });
    for (body, member) in [
        (
            json!({ "candidate": { "policy_name": "C", "validators": [{ "name": "nothing" }] } }),
            "/candidate/validators/0",
        ),
        (json!({ "candidate": { "id": "other", "policy_name": "C", "validators": [] } }), "/candidate/id"),
        (json!({ "candidate": good, "since": "yesterday" }), "/since"),
        (json!({ "candidate": good, "limit": 0 }), "/limit"),
        (json!({ "candidate": good, "limit": 1001 }), "/limit"),
        (json!({ "candidate": good, "after": "x" }), "/after"),
    ] {
        let answer = admin.post(IMPACT, &body).await.expect(422).text();
        assert!(answer.contains(member), "{member} in {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_goes_away_ends_the_work() {
    let server = TestServer::with(|config| config.sandbox.deadline_ms = 120_000).await;
    let admin = server.as_admin();
    server.sandbox.install("endless", guests::component("endless-validate")).unwrap();
    make_policy(&admin, "rule", json!([yes()])).await;
    make_policy(&admin, "other", json!([yes()])).await;
    crate::support::made::make_server(&admin, "shop", json!({})).await;
    decide(&server, &["admin"]).await;
    let candidate = |validator: &str| {
        let body: PolicyBody = serde_json::from_value(policy("rule", json!([{ "name": validator }]))).unwrap();
        let (policy_id, candidate) = parse(body).unwrap();
        Question { tenant: "default".to_owned(), policy_id, candidate, from: None, after: None, limit: 10 }
    };
    // It would take its turn for two minutes.
    let left = tokio::time::timeout(Duration::from_millis(500), impact::step(&server.app.domain, candidate("endless")));
    assert!(left.await.is_err());
    let found = impact::step(&server.app.domain, candidate("false")).await.unwrap();
    assert_eq!((found.decided, found.newly_denied), (1, 1));
}

/// Runs the command on a folder.
fn run(data: &Path, arguments: &[&str]) -> Output {
    let data = data.to_str().unwrap();
    ended(&mut command(&[&["policy", "impact", "--data", data], arguments].concat()))
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_says_the_same_with_and_without_a_server() {
    let server = decided(&["admin", "clerk", "admin"]).await;
    let files = tempfile::tempdir().unwrap();
    let write = |name: &str, value: &Value| {
        let path = files.path().join(name);
        std::fs::write(&path, value.to_string()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let closed = write("closed.json", &policy("rule", json!([no()])));
    let same = write("same.json", &policy("rule", json!([role("admin")])));
    let nameless = write("nameless.json", &json!({ "policy_name": "N", "validators": [no()] }));
    let wrong = write("wrong.json", &policy("rule", json!([{ "name": "nothing" }])));
    let check = |folder: &Path| {
        let said = run(folder, &[&closed]);
        assert_eq!(said.status.code(), Some(1), "{}", complaint(&said));
        let text = printed(&said);
        assert!(text.contains("newly_denied") && text.contains("admin-1") && text.contains("allow -> deny"), "{text}");
        assert!(
            text.contains("decided 3: 0 the same, 0 newly allowed, 2 newly denied, 1 with other reasons"),
            "{text}"
        );
        let said = run(folder, &[&closed, "--json"]);
        assert_eq!(said.status.code(), Some(1));
        let report: Value = serde_json::from_slice(&said.stdout).unwrap();
        assert_eq!(counts(&report["summary"]), [3, 0, 0, 2, 1, 0]);
        assert_eq!(report["changes"].as_array().unwrap().len(), 3);
        let said = run(folder, &[&same, "--json"]);
        assert_eq!(said.status.code(), Some(0), "{}", complaint(&said));
        let report: Value = serde_json::from_slice(&said.stdout).unwrap();
        assert_eq!((counts(&report["summary"]), &report["changes"]), ([3, 3, 0, 0, 0, 0], &json!([])));
        assert_eq!(run(folder, &[&nameless, "--policy", "rule"]).status.code(), Some(1));
        assert_eq!(run(folder, &[&closed, "--policy", "other"]).status.code(), Some(0), "nothing was decided by it");
        // The clock of the test stands in the past: so many hours ago is after everything.
        for (arguments, reason) in [
            (vec![nameless.as_str()], "--policy"),
            (vec![&wrong], "/candidate/validators/0"),
            (vec!["no-such-file.json"], "no-such-file.json"),
            (vec![&closed, "--since", "yesterday"], "/since"),
            (vec![&closed, "--tenant", "nobody"], "nobody"),
        ] {
            let said = run(folder, &arguments);
            assert_eq!(said.status.code(), Some(2), "{arguments:?}: {said:?}");
            assert!(complaint(&said).contains(reason), "{reason} in {}", complaint(&said));
        }
        let said = run(folder, &[&closed, "--since", "2026-01-01T00:00:00Z"]);
        assert_eq!(said.status.code(), Some(1), "{}", complaint(&said));
        let said = run(folder, &[&closed, "--since", "2026-01-02T00:00:00Z"]);
        assert_eq!(said.status.code(), Some(0), "{}", complaint(&said));
    };
    check(&server.folder());
    let (folder, _) = server.stop().await;
    check(folder.path());
}
