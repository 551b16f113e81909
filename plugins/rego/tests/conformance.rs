//! Conformance: our own cases, written from the language's reference, and the public suite of OPA where there is one.
//!
//! `PORTCULLIS_OPA_CASES` names a folder with the YAML files of `v1/test/cases/testdata/v1` of open-policy-agent/opa.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use std::panic::catch_unwind;
use std::path::Path;

use portcullis_rego::Rego;
use portcullis_sdk::{Input, Outcome, Validator};
use regorus::Engine;
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    body: Option<String>,
    source: Option<String>,
    query: Option<Value>,
    data: Option<Value>,
    outputs: Option<Value>,
    #[serde(default)]
    input: Map<String, Value>,
    want: String,
    output: Option<Value>,
    path: Option<String>,
}

/// What a case comes to, in the words of its `want`, and its output.
fn told(case: &Case) -> (String, Option<Value>) {
    let source = case
        .source
        .clone()
        .unwrap_or_else(|| format!("package t\n\nallow if {{ {} }}\n", case.body.as_deref().unwrap()));
    let mut conf = json!({ "source": source });
    for (name, value) in [("query", &case.query), ("data", &case.data), ("outputs", &case.outputs)] {
        if let Some(value) = value {
            conf[name] = value.clone();
        }
    }
    let rego = match Rego::configure(serde_json::from_value(conf).unwrap()) {
        Ok(rego) => rego,
        Err(problem) => {
            assert_eq!(problem.path, case.path.as_deref().unwrap_or("/source"), "{}: {}", case.name, problem.message);
            let place = problem.message.strip_prefix("line ").and_then(|rest| rest.split_once(':'));
            let place = place.map(|(place, _)| place.replace(", column ", ":"));
            return (place.map_or_else(|| "refused".to_owned(), |place| format!("refused {place}")), None);
        }
    };
    let document = Value::Object(case.input.clone()).to_string();
    let outcome = rego.validate(&Input::read(&document).unwrap());
    let read = |text: &str| serde_json::from_str(text).ok();
    match outcome {
        Outcome::Allow => ("allow".to_owned(), None),
        Outcome::AllowWith { output } => ("allow".to_owned(), read(&output)),
        Outcome::Deny { code, details, .. } => (code.into_owned(), read(&details)),
    }
}

#[test]
fn our_own_cases() {
    let texts =
        [include_str!("cases/language.yaml"), include_str!("cases/functions.yaml"), include_str!("cases/refused.yaml")];
    let cases: Vec<Case> = texts.iter().flat_map(|text| serde_saphyr::from_str::<Vec<Case>>(text).unwrap()).collect();
    let mut failed = Vec::new();
    for case in &cases {
        let told = told(case);
        if told != (case.want.clone(), case.output.clone()) {
            failed.push(format!("{}: {told:?}, not {} {:?}", case.name, case.want, case.output));
        }
    }
    println!("rego: {} of {} own cases pass", cases.len() - failed.len(), cases.len());
    assert!(cases.len() >= 60);
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[derive(Deserialize)]
struct Suite {
    cases: Vec<Opa>,
}

/// One case of OPA's. What is not read here is about how OPA is called.
#[derive(Deserialize)]
struct Opa {
    note: String,
    query: String,
    #[serde(default)]
    modules: Option<Vec<String>>,
    #[serde(default)]
    data: Option<Value>,
    #[serde(default)]
    input: Option<Value>,
    #[serde(default)]
    input_term: Option<String>,
    #[serde(default)]
    want_result: Option<Vec<Value>>,
    #[serde(default)]
    want_error: Option<String>,
    #[serde(default)]
    want_error_code: Option<String>,
    #[serde(default)]
    strict_error: bool,
    #[serde(default)]
    sort_bindings: bool,
}

#[derive(Deserialize)]
struct Allowed {
    /// What the note of a case starts with.
    note: String,
    #[expect(dead_code, reason = "for the reader")]
    reason: String,
}

/// What the engine says when a policy calls what is not there.
const COMPILING: [&str; 3] = ["could not find function", " is unsafe", "undefined rule"];

fn passes(case: &Opa) -> Result<(), String> {
    let mut engine = loaded(case)?;
    let results = ask(case, &mut engine);
    if case.want_error.is_some() || case.want_error_code.is_some() {
        return match results {
            Ok(found) => Err(format!("{found:?} instead of an error")),
            // A function that is missing fails as well, but not as the case wants it: all of them compile in OPA.
            Err(error) if COMPILING.iter().any(|word| error.contains(word)) => Err(error),
            Err(_) => Ok(()),
        };
    }
    let (mut found, mut wanted) = (results?, case.want_result.clone().unwrap_or_default());
    for values in [&mut found, &mut wanted] {
        if case.sort_bindings {
            values.iter_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut).for_each(sort);
        }
        // Results are a set.
        values.sort_by_key(Value::to_string);
        values.dedup();
    }
    if same(&found, &wanted) { Ok(()) } else { Err(format!("{found:?} instead of {wanted:?}")) }
}

/// The engine with a case's modules, data and input.
fn loaded(case: &Opa) -> Result<Engine, String> {
    let mut engine = portcullis_rego::engine();
    engine.set_strict_builtin_errors(case.strict_error);
    for (place, module) in case.modules.iter().flatten().enumerate() {
        engine.add_policy(format!("module{place}"), module.clone()).map_err(|error| error.to_string())?;
    }
    if let Some(data) = &case.data {
        engine.add_data(data.clone().into()).map_err(|error| error.to_string())?;
    }
    if let Some(term) = &case.input_term {
        let value = portcullis_rego::engine().eval_query(term.clone(), false).map_err(|error| error.to_string())?;
        engine.set_input(value.result[0].expressions[0].value.clone());
    } else if let Some(input) = &case.input {
        engine.set_input(input.clone().into());
    }
    Ok(engine)
}

fn ask(case: &Opa, engine: &mut Engine) -> Result<Vec<Value>, String> {
    let results = engine.eval_query(case.query.clone(), false).map_err(|error| error.to_string())?;
    Ok(results.result.iter().map(|result| serde_json::to_value(&result.bindings).unwrap()).collect())
}

/// Where a case says so, the order of the elements does not count.
fn sort(value: &mut Value) {
    if let Value::Array(elements) = value {
        elements.sort_by_key(Value::to_string);
    }
}

fn same(left: &[Value], right: &[Value]) -> bool {
    let equal = |(left, right): (&Value, &Value)| regorus_value(left) == regorus_value(right);
    left.len() == right.len() && left.iter().zip(right).all(equal)
}

/// So that 1 and 1.0 are the same.
fn regorus_value(value: &Value) -> regorus::Value {
    value.clone().into()
}

#[test]
fn the_public_suite() {
    let Some(folder) = std::env::var_os("PORTCULLIS_OPA_CASES") else {
        println!("NOT RUN: the suite of OPA. Set PORTCULLIS_OPA_CASES to a folder with its cases.");
        return;
    };
    let mut cases = Vec::new();
    collect(Path::new(&folder), &mut cases);
    assert!(!cases.is_empty(), "there are no cases in {}", folder.display());
    let allowed: Vec<Allowed> = serde_saphyr::from_str(include_str!("opa-failures.yaml")).unwrap();
    let mut counts = vec![(0, 0); allowed.len()];
    let (mut passed, mut unexpected) = (0, Vec::new());
    for case in &cases {
        // A panic of the engine is a failure of its case, not the end of the run.
        let result = catch_unwind(|| passes(case)).unwrap_or_else(|_| Err("the engine panics".to_owned()));
        let place = allowed.iter().position(|allowed| case.note.starts_with(&allowed.note));
        match (result, place) {
            (Ok(()), Some(place)) => counts[place].0 += 1,
            (Err(_), Some(place)) => counts[place].1 += 1,
            (Ok(()), None) => passed += 1,
            (Err(error), None) => unexpected.push(format!("{}: {error}", case.note)),
        }
    }
    let excused: usize = counts.iter().map(|(_, failed)| failed).sum();
    println!(
        "rego: of {} cases of OPA {passed} pass, {excused} fail as written down, {} fail",
        cases.len(),
        unexpected.len()
    );
    // What is written down has to fail: otherwise the list hides nothing but its age.
    for (allowed, (passed, _)) in allowed.iter().zip(&counts) {
        if *passed > 0 {
            unexpected.push(format!("{}: {passed} cases pass that are written down as failures", allowed.note));
        }
    }
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
}

fn collect(folder: &Path, cases: &mut Vec<Opa>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, cases);
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            let text = std::fs::read_to_string(&path).unwrap();
            let suite: Suite =
                serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            cases.extend(suite.cases);
        }
    }
}
