//! `*.cases.yaml`: inputs for policies, and what these must say.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::Value;

use super::file::{LANGUAGES, PolicyFile};
use crate::{
    cli::{Error, watch},
    decision::{Failed, Input, Output, Verdict},
};

const SUFFIX: &str = ".cases.yaml";

/// A policy with its cases.
pub(super) struct Suite {
    /// The policy's file name without its ending.
    pub(super) name: String,
    /// The policy.
    pub(super) policy: PolicyFile,
    /// Its cases.
    pub(super) cases: Vec<Case>,
}

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The policy's file. By default every policy whose file is named like the cases: `NAME.json`, `NAME.*.json`.
    policy: Option<PathBuf>,
    cases: Vec<Case>,
}

/// One input and what must come of it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) name: String,
    #[serde(default)]
    pub(super) input: Input,
    pub(super) expect: Expectation,
}

/// What must come of a case. What is left out is not looked at.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expectation {
    allow: bool,
    failures: Option<Vec<ExpectedFailure>>,
    recovery: Option<Vec<String>>,
    outputs: Option<Vec<ExpectedOutput>>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedFailure {
    validator: Option<String>,
    code: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedOutput {
    validator: Option<String>,
    value: Option<Value>,
}

impl Expectation {
    /// What differs, in sentences.
    pub(super) fn compare(&self, verdict: &Verdict) -> Vec<String> {
        let mut problems = Vec::new();
        if self.allow != verdict.allow {
            problems.push(format!("expected allow: {}, got {}", self.allow, verdict.allow));
        }
        problems.extend(self.failures.as_deref().and_then(|expected| failures(expected, &verdict.failures)));
        problems.extend(self.recovery.as_deref().and_then(|expected| recovery(expected, verdict)));
        problems.extend(self.outputs.as_deref().and_then(|expected| outputs(expected, &verdict.outputs)));
        problems
    }
}

fn failures(expected: &[ExpectedFailure], got: &[Failed]) -> Option<String> {
    let one = |expected: &ExpectedFailure, got: &Failed| {
        same(&expected.validator, &got.validator) && same(&expected.code, &got.code)
    };
    let wanted =
        |ExpectedFailure { validator, code }: &ExpectedFailure| format!("{}: {}", or_any(validator), or_any(code));
    let is = |failed: &Failed| format!("{}: {}", failed.validator, failed.code);
    differ("failures", (expected, wanted), (got, is), one)
}

fn recovery(expected: &[String], verdict: &Verdict) -> Option<String> {
    let kinds: Vec<String> = verdict.recovery.iter().map(|recovery| recovery.kind.clone()).collect();
    differ("recoveries", (expected, String::clone), (&kinds, String::clone), |expected, got| expected == got)
}

fn outputs(expected: &[ExpectedOutput], got: &[Output]) -> Option<String> {
    let one = |expected: &ExpectedOutput, got: &Output| {
        let value = serde_json::from_str::<Value>(&got.value).unwrap_or(Value::Null);
        same(&expected.validator, &got.validator)
            && expected.value.as_ref().is_none_or(|wanted| same_value(wanted, &value))
    };
    let wanted = |ExpectedOutput { validator, value }: &ExpectedOutput| {
        let value = value.as_ref().map_or_else(|| "*".to_owned(), Value::to_string);
        format!("{}: {value}", or_any(validator))
    };
    let is = |output: &Output| format!("{}: {}", output.validator, output.value);
    differ("outputs", (expected, wanted), (got, is), one)
}

/// A sentence about two lists unless they agree, one by one.
fn differ<E, G>(
    what: &str,
    (expected, wanted): (&[E], impl Fn(&E) -> String),
    (got, is): (&[G], impl Fn(&G) -> String),
    one: impl Fn(&E, &G) -> bool,
) -> Option<String> {
    let agree = expected.len() == got.len() && expected.iter().zip(got).all(|(expected, got)| one(expected, got));
    let list = |items: Vec<String>| items.join(", ");
    (!agree).then(|| {
        let (wanted, is) = (list(expected.iter().map(wanted).collect()), list(got.iter().map(is).collect()));
        format!("expected the {what} [{wanted}], got [{is}]")
    })
}

fn same(wanted: &Option<String>, is: &str) -> bool {
    wanted.as_deref().is_none_or(|wanted| wanted == is)
}

fn or_any(wanted: &Option<String>) -> &str {
    wanted.as_deref().unwrap_or("*")
}

/// Whether two values are the same; numbers are, when they mean the same: an engine may write 1 as 1.0.
pub(in crate::cli) fn same_value(wanted: &Value, is: &Value) -> bool {
    match (wanted, is) {
        (Value::Number(wanted), Value::Number(is)) => wanted == is || wanted.as_f64() == is.as_f64(),
        (Value::Array(wanted), Value::Array(is)) => {
            wanted.len() == is.len() && wanted.iter().zip(is).all(|(wanted, is)| same_value(wanted, is))
        }
        (Value::Object(wanted), Value::Object(is)) => {
            let one = |(name, wanted): (&String, &Value)| is.get(name).is_some_and(|is| same_value(wanted, is));
            wanted.len() == is.len() && wanted.iter().all(one)
        }
        (wanted, is) => wanted == is,
    }
}

/// All suites at `paths`, in order of their names.
pub(super) fn find(paths: &[PathBuf]) -> Result<Vec<Suite>, Error> {
    let mut files = Vec::new();
    for path in paths {
        files.extend(at(path).map_err(|error| wrong(path, &error))?);
    }
    files.sort_unstable();
    files.dedup();
    let suites: Result<Vec<Vec<Suite>>, Error> = files.iter().map(|file| read_suites(file)).collect();
    Ok(suites?.into_iter().flatten().collect())
}

/// The files whose change may change what the suites at `paths` come to.
pub(super) fn sources(paths: &[PathBuf]) -> Vec<PathBuf> {
    let is_source = |path: &Path| {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        matches!(ending, "json" | "yaml") || LANGUAGES.contains(&ending)
    };
    let folder = |path: &PathBuf| match path.is_dir() {
        true => path.clone(),
        false => path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new(".")).to_owned(),
    };
    paths.iter().flat_map(|path| watch::below(&folder(path), &is_source)).collect()
}

fn at(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    fs::metadata(path)?;
    let is_case = |path: &Path| path.to_str().is_some_and(|name| name.ends_with(SUFFIX));
    Ok(if path.is_dir() { watch::below(path, &is_case) } else { vec![path.to_owned()] })
}

fn read_suites(file: &Path) -> Result<Vec<Suite>, Error> {
    let stem = file.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(SUFFIX));
    let stem = stem.ok_or_else(|| wrong(file, &"give the cases of a policy, a file whose name ends in .cases.yaml"))?;
    let text = fs::read_to_string(file).map_err(|error| wrong(file, &error))?;
    let File { policy, cases } = serde_saphyr::from_str(&text).map_err(|error| wrong(file, &error))?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let one = |(name, path): (String, PathBuf)| {
        Ok(Suite { name, policy: PolicyFile::read(&path).map_err(Error::from)?, cases: cases.clone() })
    };
    match policy {
        Some(policy) => Ok(vec![one((stem.to_owned(), folder.join(policy)))?]),
        None => policies(folder, stem).map_err(|error| wrong(folder, &error))?.into_iter().map(one).collect(),
    }
}

/// The policies that are named like their cases: `NAME.json`, and `NAME.*.json`, which say the same in other languages.
fn policies(folder: &Path, stem: &str) -> std::io::Result<Vec<(String, PathBuf)>> {
    let here = if folder == Path::new("") { Path::new(".") } else { folder };
    let mut found = Vec::new();
    for entry in fs::read_dir(here)? {
        let name = entry?.file_name();
        let Some(name) = name.to_str().and_then(|name| name.strip_suffix(".json")) else { continue };
        let is_ours = name == stem || name.strip_prefix(stem).is_some_and(|rest| rest.starts_with('.'));
        if is_ours {
            found.push((name.to_owned(), folder.join(format!("{name}.json"))));
        }
    }
    if found.is_empty() {
        // Read all the same, for the error that names it.
        found.push((stem.to_owned(), folder.join(format!("{stem}.json"))));
    }
    found.sort_unstable();
    Ok(found)
}

fn wrong(path: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::new(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_compared_by_what_they_mean() {
        assert!(same_value(&json!({ "a": [1, "x"] }), &json!({ "a": [1.0, "x"] })));
        for other in [json!({ "a": [1] }), json!({ "a": [2, "x"] }), json!({ "a": [1, "x"], "b": 1 }), json!(null)] {
            assert!(!same_value(&json!({ "a": [1, "x"] }), &other), "{other}");
        }
    }

    #[test]
    fn differences_name_both_sides() {
        let expected: Expectation =
            serde_json::from_value(json!({ "allow": true, "outputs": [{ "value": { "limit": 5 } }] })).unwrap();
        let output = |value: &str| Output {
            validator: "rego".to_owned(),
            index: 0,
            policy: String::new(),
            value: value.to_owned(),
        };
        let verdict = |value: &str| Verdict { allow: true, outputs: vec![output(value)], ..Verdict::default() };
        assert_eq!(expected.compare(&verdict(r#"{"limit":5}"#)), [""; 0]);
        assert_eq!(
            expected.compare(&verdict(r#"{"limit":6}"#)),
            [r#"expected the outputs [*: {"limit":5}], got [rego: {"limit":6}]"#]
        );
    }
}
