//! `portcullis plugin …`: components of one's own. Each command is a file.

mod bench;
mod build;
mod cases;
mod check;
mod component;
mod foreign;
pub mod manage;
mod new;
mod templates;
mod test;
mod tools;

use clap::Subcommand;

use super::{Error, Outcome};

/// Work with components of one's own
///
/// Exit codes: 0 yes, 1 no (a case failed, a component cannot be used), 2 it could not be done.
#[derive(Subcommand)]
#[expect(missing_docs, reason = "each command has its words beside its flags, for its help")]
pub enum Plugin {
    New(new::New),
    Build(build::Build),
    Check(check::Check),
    Test(test::Test),
    Bench(bench::Bench),
    Push(manage::Push),
    List(manage::List),
    Show(manage::Show),
    Enable(manage::Enable),
    Disable(manage::Disable),
    #[command(name = "rollback")]
    RollBack(manage::RollBack),
    Remove(manage::Remove),
}

impl Plugin {
    /// Runs the command.
    pub fn run(self) -> Result<Outcome, Error> {
        match self {
            Plugin::New(command) => command.run(),
            Plugin::Build(command) => command.run(),
            Plugin::Check(command) => command.run(),
            Plugin::Test(command) => command.run(),
            Plugin::Bench(command) => command.run(),
            Plugin::Push(command) => command.run(),
            Plugin::List(command) => command.run(),
            Plugin::Show(command) => command.run(),
            Plugin::Enable(command) => command.run(),
            Plugin::Disable(command) => command.run(),
            Plugin::RollBack(command) => command.run(),
            Plugin::Remove(command) => command.run(),
        }
    }
}
