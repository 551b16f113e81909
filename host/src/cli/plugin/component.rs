//! A component in a file, installed in a workbench and asked: the same in all three worlds.
//!
//! Used by `check`, `test` and `bench`.

use std::{fs, path::Path};

use serde_json::{Map, Value};

use crate::{
    api::read,
    cli::{Error, workbench::Workbench},
    decision::{Answer, Components, ConfProblem, Mapped, RuleSet, Unmapped, Usage, Validators},
    plugin::{About, Kind},
};

/// The name it has in the workbench, whatever its own.
const NAME: &str = "component-under-test";

/// A component that was installed and has said what it is.
pub(super) struct Component {
    /// What it says about itself.
    pub(super) about: About,
}

/// What it says about one input.
pub(super) enum Said {
    /// A validator or consent checker.
    Answer(Answer),
    /// A claim mapper.
    Mapped(Mapped),
}

impl Component {
    /// Installs the component in `file`.
    pub(super) fn install(bench: &Workbench, file: &Path) -> Result<Component, Error> {
        Component::of(bench, bytes(file)?).map_err(|error| Error::new(format!("{}: {error}", file.display())))
    }

    /// Installs these bytes.
    pub(super) fn of(bench: &Workbench, wasm: Vec<u8>) -> Result<Component, Error> {
        bench.sandbox().install(NAME, wasm).map_err(Error::from_display)?;
        let about = bench.wait(bench.sandbox().describe(NAME)).map_err(Error::from_display)?;
        Ok(Component { about })
    }

    /// Rules that configure it once.
    pub(super) fn rules(conf: &Map<String, Value>) -> RuleSet {
        RuleSet::of(NAME, [Value::Object(conf.clone()).to_string()])
    }

    /// Why it refuses `rules`: JSON Pointers into the conf, each with a sentence.
    pub(super) async fn refusals(&self, bench: &Workbench, rules: &RuleSet) -> Vec<(String, String)> {
        let problems = bench.sandbox().check_as(self.about.kind, rules).await.err().unwrap_or_default();
        let told = |ConfProblem { rule: _, path, message }| (inside(path), message);
        problems.into_iter().map(told).collect()
    }

    /// Asks it about one input.
    pub(super) async fn ask(&self, bench: &Workbench, rules: &RuleSet, input: &str) -> (Said, Usage) {
        let sandbox = bench.sandbox();
        match self.about.kind {
            Kind::Validator => answered(sandbox.ask_once(rules, input).await),
            Kind::ConsentChecker => answered(sandbox.check_consents(rules, input, false).await),
            Kind::ClaimMapper => {
                let asked = sandbox.map(rules, input).await;
                let none = || Err(Unmapped::Fault(crate::decision::Code::BadAnswer));
                (Said::Mapped(asked.answers.into_iter().next().unwrap_or_else(none)), asked.usage)
            }
        }
    }

    /// Whether it can be snapshotted, with these rules or at all; else why not.
    pub(super) async fn snapshot(bench: &Workbench, rules: Option<&RuleSet>) -> Result<(), String> {
        match rules {
            Some(rules) => bench.sandbox().snapshot(rules).await,
            None => bench.sandbox().may_be_snapshotted(NAME).await,
        }
    }
}

fn answered(asked: crate::decision::Asked) -> (Said, Usage) {
    let none = || Answer::Error(crate::decision::Code::BadAnswer);
    (Said::Answer(asked.answers.into_iter().next().unwrap_or_else(none)), asked.usage)
}

/// Pointers of problems lead through the rule: `/conf…`.
fn inside(path: String) -> String {
    path.strip_prefix("/conf").map(str::to_owned).unwrap_or(path)
}

/// The bytes of a file.
pub(super) fn bytes(file: &Path) -> Result<Vec<u8>, Error> {
    fs::read(file).map_err(|error| Error::new(format!("{}: {error}", file.display())))
}

/// A JSON object in a file, such as a conf; an empty one without a file.
pub(super) fn object(file: Option<&Path>) -> Result<Map<String, Value>, Error> {
    let Some(file) = file else { return Ok(Map::new()) };
    read::from_json(&bytes(file)?).map_err(|problem| Error::new(format!("{}: {problem}", file.display())))
}
