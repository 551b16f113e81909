//! `portcullis policy bench`: what a decision costs on this machine.

use clap::Args;

use super::{file::PolicyFile, input::Question, run::must_be_fine};
use crate::{
    cli::{
        Error, Outcome, output,
        timing::{self, Subject},
        workbench::Workbench,
    },
    decision::{self, RuleSet, Usage},
};

/// Measure decisions of a policy on one input, with and without a snapshot
///
/// Example: portcullis policy bench policies/staff.json --input staff.json --seconds 3
#[derive(Args)]
pub struct Bench {
    #[command(flatten)]
    question: Question,
    /// How long to measure
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
}

struct Decision<'a> {
    rules: &'a RuleSet,
    input: &'a str,
}

impl Subject for Decision<'_> {
    fn rules(&self) -> &RuleSet {
        self.rules
    }

    async fn ask(&self, bench: &Workbench) -> (Usage, Option<String>) {
        let verdict = decision::try_out(self.rules, self.input, bench.sandbox()).await;
        let error = (verdict.errors > 0).then(|| verdict.failures.into_iter().next().map(|failed| failed.code));
        (verdict.usage, error.flatten())
    }
}

impl Bench {
    /// Runs the command.
    pub(super) fn run(self) -> Result<Outcome, Error> {
        let Bench { question, seconds } = self;
        let file = PolicyFile::read(&question.policy).map_err(Error::from)?;
        let input = question.document()?;
        let subject = Decision { rules: &file.policy.rules, input: &input };
        let report = timing::measure(&subject, seconds, |bench| {
            bench.bring(&question.plugins)?;
            bench.wait(must_be_fine(bench, &file))
        })?;
        match question.json {
            true => output::say_json(&report)?,
            false => timing::tell(&report),
        }
        Ok(Outcome::Yes)
    }
}
