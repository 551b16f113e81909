//! `*.cases.yaml`: inputs for a policy, and what it must say.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{
    api::{acp::policies, read},
    cli::Error,
    decision::{Failed, Input, Verdict},
    domain::policy::Policy,
};

const SUFFIX: &str = ".cases.yaml";

/// A policy with its cases.
pub(super) struct Suite {
    /// The policy's file name without its ending.
    pub(super) name: String,
    /// The policy.
    pub(super) policy: Policy,
    /// Its cases.
    pub(super) cases: Vec<Case>,
}

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// The policy's file, the same name by default.
    policy: Option<PathBuf>,
    cases: Vec<Case>,
}

/// One input and what must come of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) name: String,
    #[serde(default)]
    pub(super) input: Input,
    pub(super) expect: Expectation,
}

/// What must come of a case. What is left out is not looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expectation {
    allow: bool,
    failures: Option<Vec<ExpectedFailure>>,
    recovery: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedFailure {
    validator: Option<String>,
    code: Option<String>,
}

impl Expectation {
    /// What differs, in sentences.
    pub(super) fn compare(&self, verdict: &Verdict) -> Vec<String> {
        let mut problems = Vec::new();
        if self.allow != verdict.allow {
            problems.push(format!("expected allow: {}, got {}", self.allow, verdict.allow));
        }
        if let Some(expected) = &self.failures
            && !same_failures(expected, &verdict.failures)
        {
            let got = verdict.failures.iter().map(|failed| format!("{}: {}", failed.validator, failed.code));
            problems.push(format!("the failures are [{}]", got.collect::<Vec<_>>().join(", ")));
        }
        let kinds: Vec<_> = verdict.recovery.iter().map(|recovery| recovery.kind.clone()).collect();
        if let Some(expected) = &self.recovery
            && *expected != kinds
        {
            problems.push(format!("the recoveries are [{}]", kinds.join(", ")));
        }
        if !problems.is_empty() {
            problems.extend(verdict.failures.iter().map(|failed| format!("{}: {}", failed.validator, failed.message)));
        }
        problems
    }
}

fn same_failures(expected: &[ExpectedFailure], got: &[Failed]) -> bool {
    let same = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
    let one = |(expected, got): (&ExpectedFailure, &Failed)| {
        same(&expected.validator, &got.validator) && same(&expected.code, &got.code)
    };
    expected.len() == got.len() && expected.iter().zip(got).all(one)
}

/// All suites at `paths`, in order of their names.
pub(super) fn find(paths: &[PathBuf]) -> Result<Vec<Suite>, Error> {
    let mut files = Vec::new();
    for path in paths {
        collect(path, &mut files).map_err(|error| Error::new(format!("{}: {error}", path.display())))?;
    }
    files.sort_unstable();
    files.dedup();
    files.iter().map(|file| read_suite(file)).collect()
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !path.is_dir() {
        fs::metadata(path)?;
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        let entry = entry?.path();
        let is_case = entry.to_str().is_some_and(|name| name.ends_with(SUFFIX));
        if entry.is_dir() || is_case {
            collect(&entry, files)?;
        }
    }
    Ok(())
}

fn read_suite(file: &Path) -> Result<Suite, Error> {
    let wrong = |path: &Path, error: &dyn std::fmt::Display| Error::new(format!("{}: {error}", path.display()));
    let stem = file.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(SUFFIX));
    let stem = stem.ok_or_else(|| wrong(file, &"give the cases of a policy, a file whose name ends in .cases.yaml"))?;
    let text = fs::read_to_string(file).map_err(|error| wrong(file, &error))?;
    let File { policy, cases } = serde_saphyr::from_str(&text).map_err(|error| wrong(file, &error))?;
    let beside = policy.unwrap_or_else(|| PathBuf::from(format!("{stem}.json")));
    let path = file.parent().unwrap_or(Path::new("")).join(beside);
    let json = fs::read(&path).map_err(|error| wrong(&path, &error))?;
    let body = read::from_json(&json).map_err(|problem| wrong(&path, &problem))?;
    let (_, policy) = policies::parse(body).map_err(|failure| wrong(&path, &failure.to_client()))?;
    Ok(Suite { name: stem.to_owned(), policy, cases })
}
