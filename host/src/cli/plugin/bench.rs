//! `portcullis plugin bench`: what a call of a component costs on this machine.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::component::{self, Component, Said};
use crate::{
    cli::{
        Error, Outcome, output,
        timing::{self, Subject},
        workbench::Workbench,
    },
    decision::{Answer, RuleSet, Unmapped, Usage},
};

/// Measure calls of a component, with and without a snapshot
///
/// Example: portcullis plugin bench minimum-age.wasm --conf conf.json --input input.json
#[derive(Args)]
pub struct Bench {
    /// The component
    file: PathBuf,
    /// Its configuration in JSON [default: {}]
    #[arg(long, value_name = "FILE")]
    conf: Option<PathBuf>,
    /// The input document in JSON [default: {}]
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// How long to measure
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

struct Calls {
    component: Component,
    rules: RuleSet,
    input: String,
}

impl Subject for Calls {
    fn rules(&self) -> &RuleSet {
        &self.rules
    }

    async fn ask(&self, bench: &Workbench) -> (Usage, Option<String>) {
        let (said, usage) = self.component.ask(bench, &self.rules, &self.input).await;
        match said {
            Said::Answer(Answer::Error(code)) | Said::Mapped(Err(Unmapped::Fault(code))) => {
                (usage, Some(code.as_str().to_owned()))
            }
            Said::Answer(_) | Said::Mapped(_) => (usage, None),
        }
    }
}

impl Bench {
    /// Runs the command.
    pub(super) fn run(self) -> Result<Outcome, Error> {
        let Bench { file, conf, input, seconds, json } = self;
        let rules = Component::rules(&component::object(conf.as_deref())?);
        let input = Value::Object(component::object(input.as_deref())?).to_string();
        let component = Component::install(&Workbench::cold()?, &file)?;
        let calls = Calls { component, rules, input };
        let report = timing::measure(&calls, seconds, |bench| {
            let component = Component::install(bench, &file)?;
            match bench.wait(component.refusals(bench, &calls.rules)).first() {
                Some((path, message)) => Err(Error::new(format!("the conf is refused at {path:?}: {message}"))),
                None => Ok(()),
            }
        })?;
        match json {
            true => output::say_json(&report)?,
            false => timing::tell(&report),
        }
        Ok(Outcome::Yes)
    }
}
