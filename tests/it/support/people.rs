//! What the tests of consents and of the ledger do for people: consents made, granted and taken back through the API.

use http::Method;
use serde_json::{Value, json};

use super::{Answer, Caller, made::ADMIN};

/// Where machines of the tenant `default` act for people.
pub const PEOPLE: &str = "/api/system/default/consents";

/// A consent that can be withdrawn, with more members.
pub fn consent(id: &str, more: Value) -> Value {
    let mut body = json!({
        "id": id, "name": format!("Consent {id}"), "can_be_withdrawn": true, "update_existing_grants": "explicitAll",
    });
    for (member, value) in more.as_object().unwrap() {
        body[member] = value.clone();
    }
    body
}

/// Makes a consent of the tenant `default`; answers what the server answered.
pub async fn make_consent(admin: &Caller, id: &str, more: Value) -> Value {
    admin.post(&format!("{ADMIN}/consents"), &consent(id, more)).await.expect(201).json()
}

/// PATCH for a person, with the whole body.
pub async fn patch(machine: &Caller, subject: &str, body: &Value) -> Answer {
    let machine = machine.clone().with_header("x-subject", subject);
    machine.send(Method::PATCH, PEOPLE, Some("application/json"), body.to_string().into()).await
}

/// Says yes or no for a person to one consent.
pub async fn say(machine: &Caller, subject: &str, consent: &str, granted: bool, grant_type: &str) {
    let change = json!({ "consent_id": consent, "granted": granted, "grant_type": grant_type });
    patch(machine, subject, &json!({ "consents": [change] })).await.expect(201);
}

/// What a person holds, at a path behind [`PEOPLE`].
pub async fn held(machine: &Caller, subject: &str, path: &str) -> Vec<Value> {
    let answer = machine.clone().with_header("x-subject", subject).get(&format!("{PEOPLE}{path}")).await.expect(200);
    answer.json()["consents"].as_array().unwrap().clone()
}

/// The events of the tenant `default`, with a query.
pub async fn events(admin: &Caller, query: &str) -> Vec<Value> {
    let answer = admin.get(&format!("{ADMIN}/events{query}")).await.expect(200).json();
    answer["events"].as_array().unwrap().clone()
}
