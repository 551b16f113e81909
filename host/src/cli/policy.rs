//! `portcullis policy test`: policies in files against their `*.cases.yaml`, in the real sandbox, without a server.

mod cases;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use clap::Subcommand;
use serde::Serialize;

use super::{Error, Outcome, output, runtime};
use crate::{
    bundled,
    decision::{self, Validators},
    plugin::{ArtefactMac, Limits, Sandbox, Settings},
};
use cases::{Case, Suite};

/// Work with policies in files
#[derive(Subcommand)]
pub enum Policy {
    /// Run the cases of policies
    ///
    /// A policy `NAME.json` is as createPolicy takes it; its cases are in `NAME.cases.yaml` beside it. A folder means all
    /// cases below it.
    Test {
        /// Files `*.cases.yaml` or folders
        #[arg(default_value = "policies")]
        paths: Vec<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// How long one case may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What one case came to.
#[derive(Serialize)]
struct Tested {
    policy: String,
    case: String,
    passed: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<String>,
}

impl Policy {
    /// Runs the command.
    pub fn run(self) -> Result<Outcome, Error> {
        let Policy::Test { paths, json } = self;
        let suites = cases::find(&paths)?;
        if suites.is_empty() {
            return Err(Error::new("there are no *.cases.yaml at these places"));
        }
        let folder = Scratch::new()?;
        let tested = runtime(1)?.block_on(test_all(&suites, folder.path()))?;
        let failed = tested.iter().filter(|tested| !tested.passed).count();
        if json {
            output::say_json(&tested)?;
        } else {
            tested.iter().for_each(show);
            output::say(&format!("{} passed, {failed} failed", tested.len() - failed));
        }
        Ok(if failed == 0 { Outcome::Yes } else { Outcome::No })
    }
}

async fn test_all(suites: &[Suite], artefacts: &Path) -> Result<Vec<Tested>, Error> {
    let sandbox = sandbox(artefacts)?;
    let mut tested = Vec::new();
    for suite in suites {
        let rules = &suite.policy.rules;
        if let Err(problems) = sandbox.check(rules).await {
            let lines = problems
                .iter()
                .map(|problem| format!("/validators/{}{}: {}", problem.rule, problem.path, problem.message));
            let case = "the policy can be saved".to_owned();
            tested.push(Tested { policy: suite.name.clone(), case, passed: false, problems: lines.collect() });
            continue;
        }
        for Case { name, input, expect } in &suite.cases {
            let input = serde_json::to_string(input).map_err(Error::from_display)?;
            let problems = expect.compare(&decision::decide(rules, &input, &sandbox).await);
            let (policy, case) = (suite.name.clone(), name.clone());
            tested.push(Tested { policy, case, passed: problems.is_empty(), problems });
        }
    }
    Ok(tested)
}

/// A sandbox that configures for every call, since a case runs once, and is patient: what a case costs on a busy machine
/// says nothing about the policy.
fn sandbox(artefacts: &Path) -> Result<Sandbox, Error> {
    let limits = Limits { images: 0, deadline: PATIENCE, ..Limits::default() };
    let settings = Settings { limits, artefacts: artefacts.to_owned(), mac: Arc::new(NoMac), workers: 1 };
    let sandbox = Sandbox::start(settings).map_err(Error::from_display)?;
    for component in bundled::COMPONENTS {
        sandbox.install_packed(component).map_err(Error::from_display)?;
    }
    Ok(sandbox)
}

/// Nothing compiled is ever read back here.
struct NoMac;

impl ArtefactMac for NoMac {
    fn sign(&self, _: &[&[u8]]) -> [u8; 32] {
        [0; 32]
    }

    fn verify(&self, _: &[&[u8]], _: &[u8]) -> bool {
        false
    }
}

fn show(tested: &Tested) {
    let mark = if tested.passed { "ok  " } else { "FAIL" };
    output::say(&format!("{mark} {}: {}", tested.policy, tested.case));
    tested.problems.iter().for_each(|problem| output::say(&format!("       {problem}")));
}

/// A folder that goes with the command.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Scratch, Error> {
        let folder = std::env::temp_dir().join(format!("portcullis-policy-test-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(Error::from_display)?;
        Ok(Scratch(folder))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A folder left behind in the temporary folder does no harm.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
