//! `portcullis policy …`: policies in files, in the real sandbox, without a server. Each command is a file.

mod bench;
mod cases;
mod check;
mod eval;
mod explain;
mod file;
pub(super) mod impact;
mod input;
mod new;
mod place;
mod run;
mod test;

use clap::Subcommand;

use super::{Error, Outcome};
pub(super) use cases::same_value;
pub(super) use run::spent;

/// Work with policies in files
///
/// A policy's file is as createPolicy takes it (JSON). Its script may stand in a file of its own beside it, named by the member
/// `definition_file`; a script's file (`.rego`, `.cedar`, `.cel`) is a policy by itself, too. Exit codes: 0 yes, 1 no (a case
/// failed, the policy denies, it cannot be saved), 2 it could not be done.
#[derive(Subcommand)]
#[expect(missing_docs, reason = "each command has its words beside its flags, for its help")]
pub enum Policy {
    New(new::New),
    Check(check::Check),
    Test(test::Test),
    Eval(eval::Eval),
    Explain(explain::Explain),
    Bench(bench::Bench),
    Impact(impact::Impact),
}

impl Policy {
    /// Runs the command.
    pub fn run(self) -> Result<Outcome, Error> {
        match self {
            Policy::New(command) => command.run(),
            Policy::Check(command) => command.run(),
            Policy::Test(command) => command.run(),
            Policy::Eval(command) => command.run(),
            Policy::Explain(command) => command.run(),
            Policy::Bench(command) => command.run(),
            Policy::Impact(command) => command.run(),
        }
    }
}
