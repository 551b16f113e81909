//! `portcullis plugin test`: a component against its cases, in the real sandbox.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use super::{
    build,
    cases::{Case, Cases, Refused},
    component::{Component, Said},
};
use crate::{
    cli::{
        Error, Outcome,
        policy::spent,
        tested::{Tested, report},
        watch,
        workbench::Workbench,
    },
    decision::{Answer, Unmapped, Usage},
};

/// Run the cases of a component
///
/// Cases are in NAME.cases.yaml beside NAME.wasm, or in cases.yaml there: each has an input and what to expect of it: allow, code,
/// details, output; claims or error. `conf` is the configuration, of all or of one; `refused` lists configurations that are not
/// taken, and the JSON Pointer at which they are refused.
///
/// Example: portcullis plugin test minimum-age --watch
#[derive(Args)]
pub struct Test {
    /// The component, or the folder of its source, which is built first
    file: PathBuf,
    /// Its cases, when they are elsewhere
    #[arg(long, value_name = "FILE")]
    cases: Option<PathBuf>,
    /// Test again whenever the component, its source or its cases are saved, until stopped
    #[arg(long)]
    watch: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What one case came to.
#[derive(Default, Serialize)]
struct ComponentCase {
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

impl Tested for ComponentCase {
    fn passed(&self) -> bool {
        self.passed
    }

    fn title(&self) -> String {
        let cost = self.usage.as_ref().map_or_else(String::new, |usage| format!("  ({})", spent(usage)));
        format!("{}{cost}", self.case)
    }

    fn problems(&self) -> &[String] {
        &self.problems
    }

    fn reasons(&self) -> impl Iterator<Item = &String> {
        self.reason.iter()
    }
}

impl Test {
    /// Runs the command.
    pub(super) fn run(self) -> Result<Outcome, Error> {
        let bench = Workbench::cold()?;
        if !self.watch {
            return self.once(&bench);
        }
        watch::repeat(|| self.sources(), || self.once(&bench).map(drop)).map(|()| Outcome::Yes)
    }

    /// What the outcome depends on.
    fn sources(&self) -> Vec<PathBuf> {
        let is_made = |path: &Path| path.extension().is_some_and(|ending| ending == "wasm" || ending == "lock");
        let mut files = match self.file.is_dir() {
            true => watch::below(&self.file, &|path| !is_made(path)),
            false => vec![self.file.clone(), Cases::beside(&self.file)],
        };
        files.extend(self.cases.clone());
        files
    }

    fn once(&self, bench: &Workbench) -> Result<Outcome, Error> {
        let file = if self.file.is_dir() { build::build(&self.file, None)? } else { self.file.clone() };
        let cases = Cases::read(&self.cases.clone().unwrap_or_else(|| Cases::beside(&file)))?;
        let component = Component::install(bench, &file)?;
        let test = async {
            let mut tested = Vec::new();
            for case in &cases.cases {
                tested.push(test_one(bench, &component, &cases, case).await);
            }
            for refused in &cases.refused {
                tested.push(test_refusal(bench, &component, refused).await);
            }
            tested
        };
        let tested = bench.wait(test);
        report(&tested, self.json)
    }
}

async fn test_one(bench: &Workbench, component: &Component, cases: &Cases, case: &Case) -> ComponentCase {
    let rules = Component::rules(case.conf.as_ref().unwrap_or(&cases.conf));
    let refusals = component.refusals(bench, &rules).await;
    if !refusals.is_empty() {
        return ComponentCase { case: case.name.clone(), problems: told(&refusals), ..ComponentCase::default() };
    }
    let input = serde_json::Value::Object(case.input.clone()).to_string();
    let (said, usage) = component.ask(bench, &rules, &input).await;
    let problems = case.expect.compare(&said);
    let passed = problems.is_empty();
    ComponentCase {
        case: case.name.clone(),
        passed,
        problems,
        reason: reason(said).filter(|_| !passed),
        usage: Some(usage),
    }
}

/// A configuration that must not be taken.
async fn test_refusal(bench: &Workbench, component: &Component, refused: &Refused) -> ComponentCase {
    let Refused { name, conf, path } = refused;
    let refusals = component.refusals(bench, &Component::rules(conf)).await;
    let passed = refusals.iter().any(|(place, _)| place == path);
    let instead = if refusals.is_empty() { "it was taken".to_owned() } else { told(&refusals).join("; ") };
    let problem = (!passed).then(|| format!("expected that the conf is refused at {path:?}, but {instead}"));
    ComponentCase { case: name.clone(), passed, problems: problem.into_iter().collect(), ..ComponentCase::default() }
}

fn told(refusals: &[(String, String)]) -> Vec<String> {
    refusals.iter().map(|(path, message)| format!("the conf is refused at {path:?}: {message}")).collect()
}

fn reason(said: Said) -> Option<String> {
    match said {
        Said::Answer(Answer::Fail { message, .. }) => Some(message),
        Said::Answer(Answer::Error(code)) | Said::Mapped(Err(Unmapped::Fault(code))) => Some(code.message().to_owned()),
        Said::Answer(Answer::Pass { .. }) | Said::Mapped(_) => None,
    }
}
