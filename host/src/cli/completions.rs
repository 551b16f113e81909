//! `portcullis completions`: what a shell needs to complete the commands, made from the commands themselves.

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use super::{Cli, Error, Outcome, output};

/// Print what a shell needs to complete commands and flags
///
/// Example: portcullis completions bash > ~/.local/share/bash-completion/completions/portcullis
#[derive(Args)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    /// Runs the command.
    pub fn run(self) -> Result<Outcome, Error> {
        let mut script = Vec::new();
        generate(self.shell, &mut Cli::command(), "portcullis", &mut script);
        output::say(String::from_utf8(script).map_err(Error::from_display)?.trim_end());
        Ok(Outcome::Yes)
    }
}
