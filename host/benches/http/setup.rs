//! What the measured server needs first: tokens, policies, and their images built.

use std::time::Duration;

use portcullis::world::Stopwatch;
use serde_json::{Value, json};

use crate::{
    line::{self, Line},
    question,
    server::Server,
};

/// The bootstrap secret of the measured server.
pub(crate) const SECRET: &str = "a bootstrap secret for benches only";

/// The policies.
pub(crate) const TRUE: &str = "bench-true";
/// Three components.
pub(crate) const THREE: &str = "bench-three";
/// Three validators of one component.
pub(crate) const THREE_OF_ONE: &str = "bench-three-of-one";
/// 70 KB of configuration.
pub(crate) const LARGE: &str = "bench-large";

/// How every decision of the load begins.
pub(crate) const ALLOWED: &[u8] = br#"{"decision":true"#;

const EVALUATE: &str = "/default/default/access/v1/evaluation";
const JSON: (&str, &str) = ("content-type", "application/json");

/// A server that is ready to be measured.
pub(crate) struct Prepared {
    authorization: String,
    /// A decision's body, for the bare server.
    pub(crate) answer: String,
}

impl Prepared {
    /// The request to `server` for a decision of `policy`.
    pub(crate) fn request(&self, server: &Server, policy: &str) -> Vec<u8> {
        let headers = [JSON, ("authorization", self.authorization.as_str())];
        line::request(server.address, "POST", EVALUATE, &headers, &question::evaluation(policy))
    }
}

/// Makes the policies and waits until decisions come from their images.
pub(crate) fn prepare(server: &Server) -> Prepared {
    let mut line = Line::new(server.address);
    let admin = token(&mut line, "admin");
    for policy in policies() {
        let headers = [JSON, ("authorization", admin.as_str())];
        line.json(201, "POST", "/api/admin/default/policies", &headers, &policy.to_string());
    }
    let mut prepared = Prepared { authorization: token(&mut line, "system"), answer: String::new() };
    for policy in [TRUE, THREE_OF_ONE, LARGE, THREE] {
        prepared.answer = warm(&mut line, &prepared.request(server, policy), &admin);
    }
    prepared
}

/// The Authorization header of the bootstrap client of this name.
fn token(line: &mut Line, client: &str) -> String {
    let form = format!("grant_type=client_credentials&client_id={client}&client_secret={}", SECRET.replace(' ', "+"));
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let answer = line.json(200, "POST", &format!("/default/{client}/oauth2/token"), &headers, &form);
    format!("Bearer {}", answer.pointer("/access_token").and_then(Value::as_str).unwrap())
}

fn policies() -> Vec<Value> {
    let large = question::large();
    let attributes = ("attributes", question::ATTRIBUTES);
    let three = [("identity-context", question::IDENTITY), ("header", question::HEADER), attributes];
    vec![
        policy(TRUE, &[("true", "{}")]),
        policy(THREE, &three),
        policy(THREE_OF_ONE, &[attributes; 3]),
        policy(LARGE, &[("identity-context", &large)]),
    ]
}

fn policy(id: &str, validators: &[(&str, &str)]) -> Value {
    let validator = |(name, conf): &(&str, &str)| {
        let conf: Value = serde_json::from_str(conf).unwrap();
        json!({"name": name, "conf": conf})
    };
    json!({"id": id, "policy_name": id, "validators": validators.iter().map(validator).collect::<Vec<_>>()})
}

/// Decides until the decision log says that no instance had to be configured. Answers the last decision's body.
fn warm(line: &mut Line, request: &[u8], admin: &str) -> String {
    let watch = Stopwatch::start();
    loop {
        let (status, body) = line.exchange(request);
        assert_eq!(status, 200, "{body}");
        if body.as_bytes().starts_with(ALLOWED) && !cold(line, &body, admin) {
            return body;
        }
        assert!(watch.elapsed() < Duration::from_secs(60), "no image yet: {body}");
    }
}

/// Whether the decision of this body configured an instance, as its record in the log says.
fn cold(line: &mut Line, decision: &str, admin: &str) -> bool {
    let decision: Value = serde_json::from_str(decision).unwrap();
    let id = decision.pointer("/context/id").and_then(Value::as_str).unwrap();
    let watch = Stopwatch::start();
    loop {
        let path = format!("/api/admin/default/decisions/{id}");
        let (status, record) = line.send("GET", &path, &[("authorization", admin)], "");
        if status == 200 {
            let record: Value = serde_json::from_str(&record).unwrap();
            return record.pointer("/usage/cold").and_then(Value::as_bool).unwrap();
        }
        // Records are gathered for a moment before they are written.
        assert!(watch.elapsed() < Duration::from_secs(10), "the decision is not in the log: {record}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What became of the decisions' records.
pub(crate) struct DecisionLog {
    /// Written to the store.
    pub(crate) written: u64,
    /// Dropped, because too many waited.
    pub(crate) dropped: u64,
}

/// Asks the metrics.
pub(crate) fn decision_log(server: &Server) -> DecisionLog {
    let (status, text) = Line::new(server.address).send("GET", "/metrics", &[], "");
    assert_eq!(status, 200);
    let counter = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().parse().unwrap()
    };
    DecisionLog {
        written: counter("portcullis_decision_log_records_total"),
        dropped: counter("portcullis_decision_log_dropped_total"),
    }
}
