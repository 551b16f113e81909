//! `portcullis policy eval`: what a policy says about one input.

use clap::Args;

use super::{
    file::PolicyFile,
    input::Question,
    run::{Told, must_be_fine, tell},
};
use crate::{
    cli::{Error, Outcome, output, workbench::Workbench},
    decision,
};

/// Ask a policy about one input: exit code 0 when it allows, 1 when it denies, 2 when it cannot be asked
///
/// Example: echo '{"authn_ctx": {"groups": ["staff"]}}' | portcullis policy eval policies/staff.json --input -
#[derive(Args)]
pub struct Eval {
    #[command(flatten)]
    question: Question,
}

impl Eval {
    /// Runs the command.
    pub(super) fn run(self) -> Result<Outcome, Error> {
        let Eval { question } = self;
        let file = PolicyFile::read(&question.policy).map_err(Error::from)?;
        let input = question.document()?;
        let bench = Workbench::cold()?;
        bench.bring(&question.plugins)?;
        let verdict = bench.wait(async {
            must_be_fine(&bench, &file).await?;
            Ok::<_, Error>(decision::try_out(&file.policy.rules, &input, bench.sandbox()).await)
        })?;
        let outcome = if verdict.allow { Outcome::Yes } else { Outcome::No };
        match question.json {
            true => output::say_json(&Told::of(verdict))?,
            false => tell(&verdict),
        }
        Ok(outcome)
    }
}
