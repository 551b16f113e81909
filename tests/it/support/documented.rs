//! Answers against OpenAPI documents: the documented APIs (shared/contract/*.openapi.json, which live beside the repository) and
//! our own.
//!
//! Every answer that any test gets through `Caller::send` is held against the contracts, so what one test provokes for its
//! own reasons is checked here too.

use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
};

use http::Method;
use serde_json::{Map, Value};

use super::Answer;

/// Members of our answers that the contract does not document, each with the reason.
const ADDITIONS: &[(&str, &str)] = &[
    ("decision_bindings", "which policy decides about which AuthZEN resource"),
    ("decisions_open", "decisions without a token"),
    ("language", "policies as scripts, as later versions of the contract have them"),
    ("definition", "the same"),
    ("all", "conditions between the validators of a policy"),
    ("any", "the same"),
    ("not", "the same"),
    ("policy", "a policy in another one, and which one a failure is of"),
    ("timeout_ms", "how long a validator may take"),
    ("mode", "policies that are only monitored"),
    ("outputs", "what validators hand over"),
    ("system", "which scopes and services cannot be removed"),
    ("hashed_password", "what an export has of a static user's password"),
    ("access_token_strategy", "signed or opaque access tokens, as later versions of the contract have it"),
    ("refresh_token_idle_ttl", "how long an unused refresh token is good"),
    ("open_dynamic_client_registration", "registration without an initial access token"),
    ("consent_url", "a page of one's own that asks for scopes"),
    ("consent_checker", "the component that decides about required consents"),
    ("consent_action_id", "the consents that a client or a scope requires"),
    ("post_logout_redirect_uris", "RP-initiated logout"),
    ("dynamically_registered", "who registered itself, as later versions of the contract have it"),
    ("next", "where a list of ledger events that was cut goes on"),
    ("gateways", "gateways of an export, which services refer to"),
    ("all_scopes", "clients that have all scopes of their server, in an export"),
    ("organization", "what an organization has made of a client, in an export"),
    ("applicationId", "which application a client of an organization is bound to"),
    ("setup", "what only setups say of a record, in an export"),
    ("imported", "whether an import has made an API, in an export"),
    ("resource", "services that clients ask for tokens for"),
    ("client_policy_id", "who gets a scope on its own behalf"),
    ("specification", "what an import has made, in an export"),
    ("security", "what the high-assurance protocols say of clients and servers"),
];

/// Members of documented answers that we leave out, each with the reason.
const OMISSIONS: &[(&str, &str)] =
    &[("clientSecret", "write only: the documented examples of reading have none, and nobody needs to see it again")];

/// Failures that any operation may answer: a body that cannot be read, a wrong method, a stale If-Match, a body that is
/// too large or of another type, a server that is not well.
const ANYWHERE: [u16; 7] = [400, 405, 412, 413, 415, 500, 503];

/// A documented operation: method, path and description.
pub struct Documented<'a> {
    /// In upper case.
    pub method: String,
    /// The path with `{names}`.
    pub path: &'a str,
    /// The description.
    pub operation: &'a Value,
}

/// The documented APIs, each with the dialect that speaks it.
pub const CONTRACTS: [(&str, &str); 5] = [
    ("acp", "acp"),
    ("applications", "apps"),
    ("organization-clients", "apps"),
    ("outbound-oauth-clients", "outbound"),
    ("setups", "setups"),
];

/// Every contract, found in the folders above this one; said loudly, where it is not.
static FOUND: LazyLock<Vec<(&'static str, Value)>> =
    LazyLock::new(|| CONTRACTS.iter().filter_map(|(name, _)| Some((*name, find(name)?))).collect());

fn find(name: &str) -> Option<Value> {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let mut files = folders.map(|folder| folder.join(format!("shared/contract/{name}.openapi.json")));
    let Some(path): Option<PathBuf> = files.find(|path| path.exists()) else {
        eprintln!("SKIPPED: shared/contract/{name}.openapi.json is not beside the repository, it was NOT checked");
        return None;
    };
    Some(serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
}

/// The contract of this name, where it is.
pub fn contract(name: &str) -> Option<&'static Value> {
    FOUND.iter().find(|(known, _)| *known == name).map(|(_, contract)| contract)
}

/// The operations of a document.
pub fn documented(document: &Value) -> Vec<Documented<'_>> {
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap().iter().filter(|(_, operation)| operation.is_object()) {
            operations.push(Documented { method: method.to_uppercase(), path, operation });
        }
    }
    operations
}

impl Documented<'_> {
    /// The operationId.
    pub fn id(&self) -> &str {
        self.operation["operationId"].as_str().unwrap_or_default()
    }

    /// The documented statuses with their shapes.
    fn answers(&self) -> impl Iterator<Item = (u16, Option<&Value>)> {
        let responses = self.operation["responses"].as_object().unwrap();
        let numbered = responses.iter().filter_map(|(status, response)| Some((status.parse::<u16>().ok()?, response)));
        numbered.map(|(status, response)| (status, response.pointer("/content/application~1json/schema")))
    }

    /// The documented success statuses with their shapes.
    pub fn successes(&self) -> Vec<(u16, Option<&Value>)> {
        self.answers().filter(|(status, _)| (200..400).contains(status)).collect()
    }

    /// Whether a path is this operation's.
    fn has(&self, method: &Method, path: &str) -> bool {
        let (mut ours, mut theirs) = (self.path.split('/'), path.split('/'));
        let same = |(ours, theirs): (Option<&str>, Option<&str>)| match (ours, theirs) {
            (Some(ours), Some(theirs)) => ours.starts_with('{') || ours == theirs,
            (ours, theirs) => ours == theirs,
        };
        let length = self.path.split('/').count().max(path.split('/').count());
        self.method == method.as_str() && (0..length).all(|_| same((ours.next(), theirs.next())))
    }

    /// What is wrong with an answer of this operation. A document that says what failures look like lists them all; one that
    /// does not leaves them, and whatever it has no shape for, to the server.
    pub fn wrong(&self, answer: &Answer, document: &Value) -> Vec<String> {
        let status = answer.status.as_u16();
        let mut wrong = Vec::new();
        let lists_failures = document.pointer("/components/schemas/Error").is_some();
        let is_json = answer.header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
        if !lists_failures && (!answer.status.is_success() || (!is_json && !answer.body.is_empty())) {
            return wrong;
        }
        match self.answers().find(|(documented, _)| *documented == status) {
            Some((_, Some(schema))) => conforms(&answer.json(), schema, document, self.id(), &mut wrong),
            // An empty list of a document that does not say so, as newer pages of it do.
            None if status == 204 && !lists_failures => {}
            Some((_, None)) if answer.body.is_empty() || status == 200 || !lists_failures => {}
            Some((_, None)) => wrong.push(format!("{} has a body that is not documented", self.id())),
            None if ANYWHERE.contains(&status) => {
                let error = &document["components"]["schemas"]["Error"];
                conforms(&answer.json(), error, document, self.id(), &mut wrong);
            }
            None => wrong.push(format!("{} answered {status}: {}", self.id(), answer.text())),
        }
        wrong
    }
}

/// Fails when an answer is not as the contract has it. Paths that are not in the contract are none of its business.
#[track_caller]
pub fn check(method: &Method, path: &str, answer: &Answer) {
    static OPERATIONS: LazyLock<Vec<(Documented<'static>, &'static Value)>> = LazyLock::new(|| {
        let of = |(_, contract): &'static (&'static str, Value)| {
            documented(contract).into_iter().map(move |operation| (operation, contract))
        };
        FOUND.iter().flat_map(of).collect()
    });
    // A parameter that no identifier can be makes it no operation's path.
    if answer.status == 404 && answer.text().contains("there is nothing at this path") {
        return;
    }
    let path = path.split('?').next().unwrap();
    if let Some((operation, contract)) = OPERATIONS.iter().find(|(operation, _)| operation.has(method, path)) {
        let wrong = operation.wrong(answer, contract);
        assert!(wrong.is_empty(), "not as documented: {method} {path}\n{}", wrong.join("\n"));
    }
}

/// Checks a value against a documented schema: only documented members or our additions, with the documented types.
pub fn conforms(value: &Value, schema: &Value, document: &Value, place: &str, wrong: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.trim_start_matches('#'));
        return conforms(value, target.unwrap_or_else(|| panic!("no {reference}")), document, place, wrong);
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => return,
    };
    if !types.iter().any(|kind| is(value, kind)) {
        wrong.push(format!("{place} is {value}, documented as {}", types.join(" or ")));
        return;
    }
    if let Some(members) = value.as_object() {
        conforming_members(members, schema, document, place, wrong);
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        conforms(item, &schema["items"], document, &format!("{place}/{index}"), wrong);
    }
}

fn conforming_members(
    members: &Map<String, Value>,
    schema: &Value,
    document: &Value,
    place: &str,
    wrong: &mut Vec<String>,
) {
    for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let left_out = OMISSIONS.iter().any(|(omission, _)| *omission == required);
        if !members.contains_key(required) && !left_out {
            wrong.push(format!("{place}/{required} is missing"));
        }
    }
    for (name, value) in members {
        let place = format!("{place}/{name}");
        match (schema["properties"].get(name), schema.get("additionalProperties")) {
            (Some(schema), _) => conforms(value, schema, document, &place, wrong),
            (None, Some(Value::Bool(true))) => {}
            (None, Some(schema @ Value::Object(_))) => conforms(value, schema, document, &place, wrong),
            (None, _) if ADDITIONS.iter().any(|(addition, _)| addition == name) => {}
            (None, _) => wrong.push(format!("{place} is not documented")),
        }
    }
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("a type that JSON Schema does not have: {other}"),
    }
}
