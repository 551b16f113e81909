//! `portcullis replay`: the same rules, input and components once more say the same, whatever became of the policy.

use std::{path::Path, time::Duration};

use serde_json::{Value, json};

use crate::support::{
    Caller, Process, TestServer, guests,
    process::{command, complaint, ended},
};

const POLICIES: &str = "/api/admin/default/policies";

/// Allows who has used two factors.
fn two_factors(id: &str) -> Value {
    let fields = json!([{ "field": "amr", "comparator": "contains", "value": "mfa" }]);
    let rule = json!({ "name": "identity-context", "conf": { "fields": fields }, "recovery": [{ "type": "mfa" }] });
    json!({ "id": id, "policy_name": "Two factors", "validators": [rule] })
}

fn always(id: &str, validator: &str) -> Value {
    json!({ "id": id, "policy_name": validator, "validators": [{ "name": validator }] })
}

/// Asks a policy and waits until the log has the decision. Answers its id.
async fn decide(process: &Process, policy: &str, amr: &[&str], expected: bool) -> String {
    let [system, admin] = ["system", "admin"].map(|who| process.token_of("default", who, who));
    decided(&system, &admin, policy, amr, expected).await
}

async fn decided(system: &Caller, admin: &Caller, policy: &str, amr: &[&str], expected: bool) -> String {
    let question = json!({
        "subject": { "type": "user", "id": "anna", "properties": { "amr": amr } },
        "action": { "name": "read" }, "resource": { "type": "policy", "id": policy },
    });
    let answer = system.post("/default/system/access/v1/evaluation", &question).await.expect(200).json();
    assert_eq!(answer["decision"], expected, "{answer}");
    let id = answer["context"]["id"].as_str().unwrap().to_owned();
    for _ in 0..1000 {
        if admin.get(&format!("/api/admin/default/decisions/{id}")).await.status == 200 {
            return id;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the log never had {id}");
}

/// Replays a decision that must agree, for people and for programs. Answers the report.
fn agrees(data: &Path, id: &str) -> Value {
    let data = data.to_str().unwrap();
    let said = ended(&mut command(&["replay", "--data", data, id]));
    assert_eq!(said.status.code(), Some(0), "{}", complaint(&said));
    let text = String::from_utf8(said.stdout).unwrap();
    assert!(text.ends_with("the replay agrees\n"), "{text}");
    let said = ended(&mut command(&["replay", "--data", data, id, "--json"]));
    assert_eq!(said.status.code(), Some(0), "{}", complaint(&said));
    let report: Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!(report["agrees"], true);
    assert_eq!(report["before"], report["now"]);
    assert_eq!(report["changed_components"], json!([]));
    report
}

/// Replays something that cannot be replayed, and answers the complaint.
fn refused(data: &Path, id: &str) -> String {
    let said = ended(&mut command(&["replay", "--data", data.to_str().unwrap(), id]));
    assert_eq!(said.status.code(), Some(2), "{said:?}");
    assert!(said.stdout.is_empty());
    complaint(&said)
}

async fn admin_of(process: &Process) -> Caller {
    process.token_of("default", "admin", "admin")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_agrees_with_and_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::serve(folder.path());
    admin_of(&process).await.post(POLICIES, &two_factors("mfa")).await.expect(201);
    let allowed = decide(&process, "mfa", &["pwd", "mfa"], true).await;
    let denied = decide(&process, "mfa", &["pwd"], false).await;
    let nothing = decide(&process, "no-such-policy", &[], false).await;
    let check = || {
        assert_eq!(
            agrees(folder.path(), &allowed)["before"],
            json!({ "result": "allow", "failures": [], "recovery": [] })
        );
        let report = agrees(folder.path(), &denied);
        assert_eq!((&report["policy_id"], &report["before"]["result"]), (&json!("mfa"), &json!("deny")));
        assert_eq!(report["before"]["failures"][0]["code"], "not_contained");
        assert_eq!(report["before"]["recovery"][0]["type"], "mfa");
        assert_eq!(agrees(folder.path(), &nothing)["before"]["failures"][0]["code"], "no_policy");
    };
    check();
    assert!(process.terminate().success());
    check();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_decision_is_replayed_with_the_old_rules() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::serve(folder.path());
    let admin = admin_of(&process).await;
    admin.post(POLICIES, &always("changing", "true")).await.expect(201);
    let old = decide(&process, "changing", &[], true).await;
    admin.put(&format!("{POLICIES}/changing"), &always("changing", "false")).await.expect(201);
    let new = decide(&process, "changing", &[], false).await;
    assert_eq!(agrees(folder.path(), &old)["now"]["result"], "allow");
    assert_eq!(agrees(folder.path(), &new)["now"]["result"], "deny");
    admin.delete(&format!("{POLICIES}/changing")).await.expect(204);
    assert_eq!(agrees(folder.path(), &old)["now"]["result"], "allow");
    assert!(process.terminate().success());
    assert_eq!(agrees(folder.path(), &old)["now"]["result"], "allow");
    assert_eq!(agrees(folder.path(), &new)["now"]["result"], "deny");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_in_the_log_cannot_be_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let unknown = "0".repeat(32);
    let said = refused(folder.path(), &unknown);
    assert!(said.contains("there is no store"), "{said}");
    let process = Process::serve(folder.path());
    let check = || {
        let said = refused(folder.path(), &unknown);
        assert!(said.contains("there is no decision") && said.contains(&unknown), "{said}");
        for malformed in ["", "abc", "zz00000000000000000000000000000000"] {
            let said = refused(folder.path(), malformed);
            assert!(said.contains("32 hexadecimal digits"), "{said}");
        }
    };
    check();
    assert!(process.terminate().success());
    check();
}

/// Another component behind the same name is told apart, also when it says the same.
#[tokio::test(flavor = "multi_thread")]
async fn another_component_makes_a_replay_differ() {
    let server = TestServer::with(|config| config.sandbox.deadline_ms = 20_000).await;
    let (system, admin) = (server.as_system(), server.as_admin());
    server.sandbox.install("replaced", guests::component("counter")).unwrap();
    admin.post(POLICIES, &always("replaced", "replaced")).await.expect(201);
    let id = decided(&system, &admin, "replaced", &[], true).await;
    let folder = server.folder();
    agrees(&folder, &id);
    for (guest, now) in [("deny", "deny"), ("spy", "allow")] {
        server.sandbox.install("replaced", guests::component(guest)).unwrap();
        let said = ended(&mut command(&["replay", "--data", folder.to_str().unwrap(), &id, "--json"]));
        assert_eq!(said.status.code(), Some(1), "{}", complaint(&said));
        let report: Value = serde_json::from_slice(&said.stdout).unwrap();
        assert_eq!((&report["agrees"], &report["changed_components"]), (&json!(false), &json!(["replaced"])));
        assert_eq!((&report["before"]["result"], &report["now"]["result"]), (&json!("allow"), &json!(now)));
    }
    let said = ended(&mut command(&["replay", "--data", folder.to_str().unwrap(), &id]));
    assert_eq!(said.status.code(), Some(1));
    assert!(String::from_utf8(said.stdout).unwrap().contains("DIFFERS"));
    server.sandbox.install("replaced", guests::component("counter")).unwrap();
    agrees(&folder, &id);
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_and_embedded_and_monitored_policies_are_replayed_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::serve(folder.path());
    let admin = admin_of(&process).await;
    admin.post(POLICIES, &two_factors("mfa")).await.expect(201);
    let rules = json!([{ "any": [{ "name": "false" }, { "policy": "mfa" }] }, { "not": { "name": "false" } }]);
    let outer = json!({ "id": "outer", "policy_name": "Outer", "validators": rules });
    admin.post(POLICIES, &outer).await.expect(201);
    let watched =
        json!({ "id": "watched", "policy_name": "Watched", "validators": [{ "policy": "outer" }], "mode": "monitor" });
    admin.post(POLICIES, &watched).await.expect(201);
    let allowed = decide(&process, "outer", &["mfa"], true).await;
    let denied = decide(&process, "outer", &["pwd"], false).await;
    let would_deny = decide(&process, "watched", &["pwd"], true).await;
    // What has decided is kept, whatever becomes of the policies.
    for id in ["mfa", "outer", "watched"] {
        let now = json!({ "policy_name": "Now", "validators": [{ "name": "true" }] });
        admin.put(&format!("{POLICIES}/{id}"), &now).await.expect(201);
    }
    assert_eq!(agrees(folder.path(), &allowed)["now"]["result"], "allow");
    let report = agrees(folder.path(), &denied);
    let failures = report["now"]["failures"].as_array().unwrap();
    assert_eq!((&failures[0]["validator"], &failures[1]["policy"]), (&json!("false"), &json!("mfa")), "{report}");
    assert_eq!(agrees(folder.path(), &would_deny)["now"]["result"], "would_deny");
}
