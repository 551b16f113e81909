//! Conformance: our own cases, written from Cedar's reference, and the public suite where there is one.
//!
//! `PORTCULLIS_CEDAR_CASES` names a folder like cedar-policy/cedar-integration-tests: its JSON files name policies, schema
//! and entities by paths from that folder.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use std::fs::read_to_string;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use cedar_policy::{
    AuthorizationError, Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request, Schema, ValidationMode,
    Validator as Checker,
};
use portcullis_cedar::Cedar;
use portcullis_sdk::{Input, Outcome, Validator};
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    when: Option<String>,
    source: Option<String>,
    schema: Option<Value>,
    entities: Option<Value>,
    namespace: Option<Value>,
    subject: Option<Value>,
    resource: Option<Value>,
    #[serde(default)]
    input: Map<String, Value>,
    without: Option<String>,
    want: String,
    output: Option<Value>,
    path: Option<String>,
}

fn document(case: &Case) -> String {
    let properties = |given: &Option<Value>| given.clone().unwrap_or_else(|| json!({}));
    let mut document = json!({
        "subject": { "type": "User", "id": "anna", "properties": properties(&case.subject) },
        "action": { "name": "read" },
        "resource": { "type": "Doc", "id": "d", "properties": properties(&case.resource) },
        "authn_ctx": {}, "contexts": {}, "request": {}, "context": {}, "now": 0,
    });
    for (member, value) in &case.input {
        document[member] = value.clone();
    }
    if let Some(member) = &case.without {
        document[member] = json!({});
    }
    document.to_string()
}

/// What a case comes to, in the words of its `want`, and its output.
fn told(case: &Case, schema: Option<&str>) -> (String, Option<Value>, String) {
    let source = case.source.clone().unwrap_or_else(|| {
        format!("permit (principal, action, resource)\nwhen {{ {} }};", case.when.as_deref().unwrap())
    });
    let mut conf = json!({ "source": source });
    let schema = case.schema.clone().or_else(|| schema.map(|schema| json!(schema)));
    for (name, value) in
        [("schema", schema), ("entities", case.entities.clone()), ("namespace", case.namespace.clone())]
    {
        if let Some(value) = value {
            conf[name] = value;
        }
    }
    let cedar = match Cedar::configure(serde_json::from_value(conf).unwrap()) {
        Ok(cedar) => cedar,
        Err(problem) => {
            assert_eq!(problem.path, case.path.as_deref().unwrap_or("/source"), "{}: {}", case.name, problem.message);
            let place = problem.message.strip_prefix("line ").and_then(|rest| rest.split_once(':'));
            let place = place.map(|(place, _)| place.replace(", column ", ":"));
            let told = place.map_or_else(|| "refused".to_owned(), |place| format!("refused {place}"));
            return (told, None, problem.message);
        }
    };
    let document = document(case);
    let read = |text: &str| serde_json::from_str(text).ok();
    match cedar.validate(&Input::read(&document).unwrap()) {
        Outcome::Allow => ("allow".to_owned(), None, String::new()),
        Outcome::AllowWith { output } => ("allow".to_owned(), read(&output), String::new()),
        Outcome::Deny { code, details, message } => (code.into_owned(), read(&details), message),
    }
}

#[test]
fn our_own_cases() {
    let schema = include_str!("cases/schema.cedarschema");
    let files = [
        (include_str!("cases/language.yaml"), None),
        (include_str!("cases/schema.yaml"), Some(schema)),
        (include_str!("cases/refused.yaml"), None),
    ];
    let (mut count, mut failed) = (0, Vec::new());
    for (text, schema) in files {
        for case in serde_saphyr::from_str::<Vec<Case>>(text).unwrap() {
            let (word, output, message) = told(&case, schema);
            // Which policy could not be evaluated, or forbids, is looked at where a case says so.
            let output_fits = case.output.is_none() || case.output == output;
            if word != case.want || !output_fits {
                failed.push(format!("{}: {word} {output:?} ({message}), not {}", case.name, case.want));
            }
            count += 1;
        }
    }
    println!("cedar: {} of {count} own cases pass", count - failed.len());
    assert!(count >= 60);
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// A file of the public suite.
#[derive(Deserialize)]
struct Suite {
    policies: String,
    entities: String,
    schema: String,
    #[serde(rename = "shouldValidate")]
    should_validate: bool,
    #[serde(alias = "queries")]
    requests: Vec<Query>,
}

#[derive(Deserialize)]
struct Query {
    description: String,
    principal: Value,
    action: Value,
    resource: Value,
    context: Value,
    /// Whether the request has to fit the schema.
    #[serde(rename = "validateRequest", default = "yes")]
    validate_request: bool,
    decision: String,
    #[serde(alias = "reasons")]
    reason: Vec<String>,
    errors: Vec<String>,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
struct Allowed {
    /// What a file's path and the description of a request start with.
    name: String,
    #[expect(dead_code, reason = "for the reader")]
    reason: String,
}

#[test]
fn the_public_suite() {
    let Some(folder) = std::env::var_os("PORTCULLIS_CEDAR_CASES").map(PathBuf::from) else {
        println!("NOT RUN: Cedar's integration tests. Set PORTCULLIS_CEDAR_CASES to a folder with them.");
        return;
    };
    let mut results = Vec::new();
    run(&folder, &folder.join("tests"), &mut results);
    assert!(!results.is_empty(), "there are no cases in {}", folder.display());
    let allowed: Vec<Allowed> = serde_saphyr::from_str(include_str!("cedar-failures.yaml")).unwrap();
    let (mut passed, mut excused, mut unexpected) = (0, 0, Vec::new());
    for (name, result) in &results {
        let is_allowed = allowed.iter().any(|allowed| name.starts_with(&allowed.name));
        match (result, is_allowed) {
            (Ok(()), false) => passed += 1,
            (Err(_), true) => excused += 1,
            (Ok(()), true) => unexpected.push(format!("{name}: passes, and is written down as a failure")),
            (Err(error), false) => unexpected.push(format!("{name}: {error}")),
        }
    }
    println!(
        "cedar: of {} public cases {passed} pass, {excused} fail as written down, {} fail",
        results.len(),
        unexpected.len()
    );
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
}

/// Runs every suite below a folder; each request of it is a case.
fn run(root: &Path, folder: &Path, results: &mut Vec<(String, Result<(), String>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            run(root, &path, results);
            continue;
        }
        let Ok(text) = serde_json::from_str::<Value>(&read_to_string(&path).unwrap()) else { continue };
        // Policies, schemas and entities stand beside the suites.
        if text.get("policies").is_none() {
            continue;
        }
        let suite: Suite = serde_json::from_value(text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let name = path.strip_prefix(root).unwrap().display().to_string();
        match load(root, &suite) {
            Ok((schema, policies, entities)) => {
                for query in &suite.requests {
                    let result = ask(query, &schema, &policies, &entities);
                    results.push((format!("{name}: {}", query.description), result));
                }
            }
            Err(error) => results.push((name, Err(error))),
        }
    }
}

fn load(root: &Path, suite: &Suite) -> Result<(Schema, PolicySet, Entities), String> {
    let read = |path: &str| read_to_string(root.join(path)).map_err(|error| format!("{path}: {error}"));
    let text = read(&suite.schema)?;
    let schema = match suite.schema.ends_with(".json") {
        true => Schema::from_json_str(&text).map_err(|error| error.to_string())?,
        false => Schema::from_cedarschema_str(&text).map_err(|error| error.to_string())?.0,
    };
    let text = read(&suite.policies)?;
    let policies = match suite.policies.ends_with(".json") {
        true => PolicySet::from_json_str(&text).map_err(|error| error.to_string())?,
        false => PolicySet::from_str(&text).map_err(|error| error.to_string())?,
    };
    let entities =
        Entities::from_json_str(&read(&suite.entities)?, Some(&schema)).map_err(|error| error.to_string())?;
    let validates = Checker::new(schema.clone()).validate(&policies, ValidationMode::Strict).validation_passed();
    match validates == suite.should_validate {
        true => Ok((schema, policies, entities)),
        false => Err(format!("validates: {validates}")),
    }
}

fn ask(query: &Query, schema: &Schema, policies: &PolicySet, entities: &Entities) -> Result<(), String> {
    let uid = |value: &Value| EntityUid::from_json(value.clone()).map_err(|error| error.to_string());
    let action = uid(&query.action)?;
    let context =
        Context::from_json_value(query.context.clone(), Some((schema, &action))).map_err(|error| error.to_string())?;
    let checked = query.validate_request.then_some(schema);
    let request = Request::new(uid(&query.principal)?, action, uid(&query.resource)?, context, checked);
    let request = request.map_err(|error| error.to_string())?;
    let response = Authorizer::new().is_authorized(&request, policies, entities);
    let decision = if response.decision() == Decision::Allow { "allow" } else { "deny" };
    let mut reasons: Vec<String> = response.diagnostics().reason().map(ToString::to_string).collect();
    let mut errors: Vec<String> = response.diagnostics().errors().map(failing).collect();
    let (mut wanted, mut wanted_errors) = (query.reason.clone(), query.errors.clone());
    for list in [&mut reasons, &mut errors, &mut wanted, &mut wanted_errors] {
        list.sort();
    }
    match query.decision.to_lowercase() == decision && reasons == wanted && errors == wanted_errors {
        true => Ok(()),
        false => Err(format!("{decision}, reasons {reasons:?}, errors {errors:?}")),
    }
}

fn failing(error: &AuthorizationError) -> String {
    let AuthorizationError::PolicyEvaluationError(error) = error;
    error.policy_id().to_string()
}
