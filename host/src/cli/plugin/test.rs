//! `portcullis plugin test`: a component against its cases, in the real sandbox.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::{
    cases::{Case, Cases},
    component::{Component, Said},
};
use crate::{
    cli::{Error, Outcome, output, policy::spent, watch, workbench::Workbench},
    decision::{Answer, RuleSet, Unmapped, Usage},
};

/// Run the cases of a component
///
/// Cases are in NAME.cases.yaml beside NAME.wasm: each has a conf, an input and what to expect: allow, code, details, output; claims or
/// error; refused (the JSON Pointer at which the conf is refused).
///
/// Example: portcullis plugin test minimum-age.wasm --watch
#[derive(Args)]
pub struct Test {
    /// The component
    file: PathBuf,
    /// Its cases, when they are elsewhere
    #[arg(long, value_name = "FILE")]
    cases: Option<PathBuf>,
    /// Test again whenever the component or its cases are saved, until stopped
    #[arg(long)]
    watch: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What one case came to.
#[derive(Serialize)]
struct Tested {
    case: String,
    passed: bool,
    /// What differs from what was expected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<String>,
    /// What the component says about a case that did not pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// What the call spent, configuring included.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
}

impl Test {
    /// Runs the command.
    pub(super) fn run(self) -> Result<Outcome, Error> {
        let cases = self.cases.clone().unwrap_or_else(|| Cases::beside(&self.file));
        let bench = Workbench::cold()?;
        if !self.watch {
            return self.once(&bench, &cases);
        }
        let files = || vec![self.file.clone(), cases.clone()];
        watch::repeat(files, || self.once(&bench, &cases).map(drop)).map(|()| Outcome::Yes)
    }

    fn once(&self, bench: &Workbench, cases: &Path) -> Result<Outcome, Error> {
        let cases = Cases::read(cases)?;
        let component = Component::install(bench, &self.file)?;
        let test = async {
            let mut tested = Vec::new();
            for case in &cases.cases {
                tested.push(test_one(bench, &component, &cases, case).await);
            }
            tested
        };
        let tested = bench.wait(test);
        let failed = tested.iter().filter(|tested| !tested.passed).count();
        if self.json {
            output::say_json(&tested)?;
        } else {
            tested.iter().for_each(show);
            output::say(&format!("{} passed, {failed} failed", tested.len() - failed));
        }
        Ok(if failed == 0 { Outcome::Yes } else { Outcome::No })
    }
}

async fn test_one(bench: &Workbench, component: &Component, cases: &Cases, case: &Case) -> Tested {
    let rules = Component::rules(case.conf.as_ref().unwrap_or(&cases.conf));
    let refusals = component.refusals(bench, &rules).await;
    if !refusals.is_empty() || case.expect.refused.is_some() {
        return of_conf(case, &refusals);
    }
    let (said, usage) = asked(bench, component, &rules, case).await;
    let problems = case.expect.compare(&said);
    let passed = problems.is_empty();
    Tested { case: case.name.clone(), passed, problems, reason: reason(said).filter(|_| !passed), usage: Some(usage) }
}

async fn asked(bench: &Workbench, component: &Component, rules: &RuleSet, case: &Case) -> (Said, Usage) {
    let input = serde_json::Value::Object(case.input.clone()).to_string();
    component.ask(bench, rules, &input).await
}

/// A case that is about its configuration.
fn of_conf(case: &Case, refusals: &[(String, String)]) -> Tested {
    let list = refusals.iter().map(|(path, message)| format!("the conf is refused at {path:?}: {message}"));
    let problems = match &case.expect.refused {
        Some(expected) if refusals.iter().any(|(path, _)| path == expected) => Vec::new(),
        Some(expected) => {
            let instead = if refusals.is_empty() { vec!["it was taken".to_owned()] } else { list.collect() };
            vec![format!("expected that the conf is refused at {expected:?}, but {}", instead.join("; "))]
        }
        None => list.collect(),
    };
    Tested { case: case.name.clone(), passed: problems.is_empty(), problems, reason: None, usage: None }
}

fn reason(said: Said) -> Option<String> {
    match said {
        Said::Answer(Answer::Fail { message, .. }) => Some(message),
        Said::Answer(Answer::Error(code)) | Said::Mapped(Err(Unmapped::Fault(code))) => Some(code.message().to_owned()),
        Said::Answer(Answer::Pass { .. }) | Said::Mapped(_) => None,
    }
}

fn show(tested: &Tested) {
    let mark = if tested.passed { "ok  " } else { "FAIL" };
    let cost = tested.usage.as_ref().map_or_else(String::new, |usage| format!("  ({})", spent(usage)));
    output::say(&format!("{mark} {}{cost}", tested.case));
    tested.problems.iter().for_each(|problem| output::say(&format!("       {problem}")));
    tested.reason.iter().for_each(|reason| output::say(&format!("       because {reason}")));
}
