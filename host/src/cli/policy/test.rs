//! `portcullis policy test`: policies in files against their `*.cases.yaml`.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::{
    cases::{self, Case, Suite},
    run::{Complaint, complaints},
};
use crate::{
    cli::{
        Error, Outcome,
        tested::{Tested, report},
        watch,
        workbench::Workbench,
    },
    decision::{self, Usage},
};

/// The case that stands for all others of a policy that cannot be saved.
const SAVED: &str = "the policy can be saved";

/// Run the cases of policies
///
/// `NAME.cases.yaml` has the cases of `NAME.json` and of every `NAME.*.json` beside it, such as `NAME.rego.json`. A folder means all
/// cases below it.
///
/// Example: portcullis policy test policies --watch
#[derive(Args)]
pub struct Test {
    /// Files `*.cases.yaml` or folders
    #[arg(default_value = "policies")]
    paths: Vec<PathBuf>,
    /// A component of one's own that policies name; the name is the file's unless it is said
    #[arg(long = "plugin", value_name = "[NAME=]FILE")]
    plugins: Vec<String>,
    /// Test again whenever a file is saved, until stopped
    #[arg(long)]
    watch: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What one case came to.
#[derive(Serialize)]
struct PolicyCase {
    policy: String,
    case: String,
    passed: bool,
    /// What differs from what was expected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<String>,
    /// What the validators say about a case that did not pass.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
}

impl Tested for PolicyCase {
    fn passed(&self) -> bool {
        self.passed
    }

    fn title(&self) -> String {
        format!("{}: {}", self.policy, self.case)
    }

    fn problems(&self) -> &[String] {
        &self.problems
    }

    fn reasons(&self) -> impl Iterator<Item = &String> {
        self.reasons.iter()
    }
}

impl Test {
    /// Runs the command.
    pub(super) fn run(self) -> Result<Outcome, Error> {
        let bench = Workbench::cold()?;
        if !self.watch {
            return self.once(&bench);
        }
        let files = || cases::sources(&self.paths).into_iter().chain(self.components()).collect();
        watch::repeat(files, || self.once(&bench).map(drop)).map(|()| Outcome::Yes)
    }

    fn components(&self) -> impl Iterator<Item = PathBuf> {
        self.plugins
            .iter()
            .map(|plugin| PathBuf::from(plugin.split_once('=').map_or(plugin.as_str(), |(_, file)| file)))
    }

    fn once(&self, bench: &Workbench) -> Result<Outcome, Error> {
        bench.bring(&self.plugins)?;
        let suites = cases::find(&self.paths)?;
        if suites.is_empty() {
            return Err(Error::new("there are no *.cases.yaml at these places"));
        }
        let tested = bench.wait(test_all(bench, &suites))?;
        report(&tested, self.json)
    }
}

async fn test_all(bench: &Workbench, suites: &[Suite]) -> Result<Vec<PolicyCase>, Error> {
    let mut tested = Vec::new();
    for suite in suites {
        let complaints = complaints(bench, &suite.policy).await;
        if !complaints.is_empty() {
            tested.push(unsaved(suite, &complaints));
            continue;
        }
        for case in &suite.cases {
            tested.push(test_one(bench, suite, case).await?);
        }
    }
    Ok(tested)
}

fn unsaved(suite: &Suite, complaints: &[Complaint]) -> PolicyCase {
    PolicyCase {
        policy: suite.name.clone(),
        case: SAVED.to_owned(),
        passed: false,
        problems: complaints.iter().map(Complaint::line).collect(),
        reasons: Vec::new(),
        usage: None,
    }
}

async fn test_one(bench: &Workbench, suite: &Suite, case: &Case) -> Result<PolicyCase, Error> {
    let Case { name, input, expect } = case;
    let input = serde_json::to_string(input).map_err(Error::from_display)?;
    let verdict = decision::try_out(&suite.policy.policy.rules, &input, bench.sandbox()).await;
    let problems = expect.compare(&verdict);
    let passed = problems.is_empty();
    let reason = |failed: &decision::Failed| format!("{}: {}", failed.validator, failed.message);
    let reasons = if passed { Vec::new() } else { verdict.failures.iter().map(reason).collect() };
    Ok(PolicyCase {
        policy: suite.name.clone(),
        case: name.clone(),
        passed,
        problems,
        reasons,
        usage: Some(verdict.usage),
    })
}
