//! Policies in a script language through the whole server: saved as a definition or as a validator, refused with line and
//! column, asked over AuthZEN.

use serde_json::{Value, json};

use crate::support::{Answer, Caller, TestServer, made::wrong_members};

const POLICIES: &str = "/api/admin/default/policies";

const REGO: &str =
    "package door\n\ndefault allow := false\n\nallow if input.subject.id in {\"anna\"}\n\nreason := \"staff\"\n";
const CEDAR: &str = "permit (principal == user::\"anna\", action == Action::\"enter\", resource);\n";
const SCHEMA: &str =
    "entity user; entity policy { level: Long }; action enter appliesTo { principal: user, resource: policy };";

async fn server() -> TestServer {
    TestServer::with(|config| config.sandbox.deadline_ms = 20_000).await
}

/// A policy whose definition is this text.
fn scripted(id: &str, language: &str, definition: &str) -> Value {
    json!({ "id": id, "policy_name": id, "language": language, "definition": definition })
}

/// A policy of one validator.
fn with_conf(id: &str, validator: &str, conf: Value) -> Value {
    json!({ "id": id, "policy_name": id, "validators": [{ "name": validator, "conf": conf }] })
}

/// Asks a policy whether somebody may enter.
async fn enter(caller: &Caller, policy: &str, subject: &str) -> Value {
    let question = json!({
        "subject": { "type": "user", "id": subject }, "action": { "name": "enter" },
        "resource": { "type": "policy", "id": policy },
    });
    caller.post("/default/system/access/v1/evaluation", &question).await.expect(200).json()
}

/// Fails unless a save was refused at this one member, at this place of the text.
#[track_caller]
fn refused(answer: &Answer, member: &str, place: &str) {
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert_eq!(wrong_members(answer), [member], "{}", answer.text());
    assert!(answer.text().contains(place), "{} does not say {place}", answer.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_decides_and_is_shown_as_it_was_sent() {
    let server = server().await;
    let (admin, system) = (server.as_admin(), server.as_system());
    for (language, definition, code) in [("rego", REGO, "not_allowed"), ("cedar", CEDAR, "not_permitted")] {
        let made = admin.post(POLICIES, &scripted(language, language, definition)).await.expect(201).json();
        assert_eq!((&made["language"], &made["definition"]), (&json!(language), &json!(definition)));
        assert_eq!(admin.get(&format!("{POLICIES}/{language}")).await.expect(200).json(), made);
        let allowed = enter(&system, language, "anna").await;
        assert_eq!(allowed["decision"], true, "{allowed}");
        let denied = enter(&system, language, "berta").await;
        assert_eq!(denied["decision"], false);
        let reason = &denied["context"]["reasons"][0];
        assert_eq!((&reason["validator"], &reason["code"]), (&json!(language), &json!(code)), "{denied}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_rules_and_annotations_are_handed_over() {
    let server = server().await;
    let (admin, system) = (server.as_admin(), server.as_system());
    admin.post(POLICIES, &scripted("rego", "rego", REGO)).await.expect(201);
    let annotated = format!("@id(\"staff\")\n{CEDAR}");
    admin.post(POLICIES, &scripted("cedar", "cedar", &annotated)).await.expect(201);
    let output = enter(&system, "rego", "anna").await["context"]["outputs"][0].clone();
    assert!(output.to_string().contains(r#""reason":"staff""#), "{output}");
    let output = enter(&system, "cedar", "anna").await["context"]["outputs"][0].clone();
    assert!(output.to_string().contains(r#""annotations":{"id":"staff"}"#), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_in_a_definition_is_told_with_its_place() {
    let server = server().await;
    let admin = server.as_admin();
    for (language, definition, place) in [
        ("rego", "package t\n\nallow if {\n  missing(1)\n}\n", "line 4, column 3: "),
        ("rego", "package t\n\nallow {\n  true\n}\n", "line 3, column 7: "),
        ("cedar", "permit (principal, action,\n  resource when { true };", "line 2, column 12: "),
        ("cedar", "permit (principal == ?principal, action, resource);", "line 1, column 22: "),
    ] {
        let answer = admin.post(POLICIES, &scripted("wrong", language, definition)).await;
        refused(&answer, "/definition", place);
    }
    admin.get(&format!("{POLICIES}/wrong")).await.expect(404);
    // An update that is refused leaves what was there.
    let made = admin.post(POLICIES, &scripted("door", "rego", REGO)).await.expect(201).json();
    let path = format!("{POLICIES}/door");
    refused(&admin.put(&path, &scripted("door", "rego", "package t\n\nallow if\n")).await, "/definition", "line ");
    assert_eq!(admin.get(&path).await.expect(200).json(), made);
    assert_eq!(enter(&server.as_system(), "door", "anna").await["decision"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parts_of_a_conf_are_checked_against_each_other() {
    let server = server().await;
    let admin = server.as_admin();
    let level = "permit (principal, action, resource)\nwhen { resource.height > 1 };";
    let stranger = json!([{ "uid": { "type": "robot", "id": "r" }, "attrs": {}, "parents": [] }]);
    for (validator, conf, member, place) in [
        ("rego", json!({ "source": REGO, "query": "data.door.open" }), "/query", "line 1, column 1: "),
        ("rego", json!({ "source": REGO, "data": { "door": { "allow": true } } }), "/data/door", "the rule allow"),
        ("rego", json!({ "source": REGO, "outputs": ["none"] }), "/outputs/0", "no such rule"),
        ("cedar", json!({ "source": CEDAR, "schema": "entity user;\nentity;" }), "/schema", "line 2, column 7: "),
        ("cedar", json!({ "source": level, "schema": SCHEMA }), "/source", "line 2, column 8: "),
        ("cedar", json!({ "source": CEDAR, "schema": SCHEMA, "entities": stranger }), "/entities", "robot"),
    ] {
        let answer = admin.post(POLICIES, &with_conf("wrong", validator, conf)).await;
        refused(&answer, &format!("/validators/0/conf{member}"), place);
    }
    let good = json!({ "source": CEDAR, "schema": SCHEMA });
    admin.post(POLICIES, &with_conf("good", "cedar", good)).await.expect(201);
    // The request has no level, so it is none that the schema knows: a deny, whatever the policies say.
    let decision = enter(&server.as_system(), "good", "anna").await;
    assert_eq!(
        (&decision["decision"], &decision["context"]["reasons"][0]["code"]),
        (&json!(false), &json!("invalid_request"))
    );
}
