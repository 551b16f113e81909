//! The command line. Each command is a file. Exit codes: 0 done, 1 the answer is no (a failed case, a replay that
//! differs), 2 it could not be done.

pub mod assess;
pub mod backup;
pub mod commands;
pub mod completions;
pub mod config;
pub mod history;
pub mod ledger;
pub mod output;
pub mod plugin;
pub mod policy;
pub mod replay;
pub mod scaffold;
pub mod serve;
mod tested;
pub mod timing;
pub mod watch;
pub mod workbench;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

use crate::config::{Config, Flags};

/// Issues tokens, administrates who may have them, and decides by policies in WebAssembly sandboxes.
///
/// Exit codes: 0 done, or yes; 1 no (a case failed, a policy denies, a replay differs); 2 it could not be done.
#[derive(Parser)]
#[command(name = "portcullis", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::Serve),
    #[command(subcommand)]
    Policy(policy::Policy),
    #[command(subcommand)]
    Plugin(plugin::Plugin),
    /// Run a decision of the log again, with its rules and its input as they were then, and compare
    Replay(replay::Replay),
    Assess(assess::Assess),
    /// Work with the privacy ledger
    #[command(subcommand)]
    Ledger(ledger::Ledger),
    /// Copy the store, while the server runs or not; `master.key` of the data folder has to be kept with it, apart
    Backup(backup::Backup),
    /// Put a backup into an empty data folder; its `master.key` has to be put beside it
    Restore(backup::Restore),
    /// Show every state of a configuration record: when it holds, who wrote it, and what it changed
    History(history::History),
    /// Give a configuration record the value of an earlier state again
    Rollback(history::Rollback),
    /// Show settings, and move what is configured between stores
    #[command(subcommand)]
    Config(config::Config),
    Completions(completions::Completions),
}

/// Where the data and the settings are; the same for every command that needs them.
#[derive(Args, Clone)]
pub struct Place {
    /// The configuration file (TOML)
    #[arg(long, value_name = "FILE", env = "PORTCULLIS_CONFIG")]
    config: Option<PathBuf>,
    /// The data folder [default: ./portcullis-data]
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

impl Place {
    fn load(&self, listen: Option<SocketAddr>, demo: bool) -> Result<Config, Error> {
        let flags = Flags { listen, data: self.data.clone(), demo };
        let environment =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Config::load(self.config.as_deref(), environment, flags).map_err(Error::from_display)
    }
}

/// Why a command could not be done, as a sentence.
#[derive(Debug)]
pub struct Error(String);

impl Error {
    /// A sentence.
    pub fn new(text: impl Into<String>) -> Error {
        Error(text.into())
    }

    /// Another error's sentence.
    pub fn from_display(error: impl std::fmt::Display) -> Error {
        Error(error.to_string())
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

/// The answer to the question a command asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done, or yes.
    Yes,
    /// No.
    No,
}

const NO: u8 = 1;
const FAILED: u8 = 2;

/// Runs the command of the process's arguments.
pub fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Serve(command) => command.run(),
        Command::Policy(command) => command.run(),
        Command::Plugin(command) => command.run(),
        Command::Replay(command) => command.run(),
        Command::Assess(command) => command.run(),
        Command::Ledger(command) => command.run(),
        Command::Backup(command) => command.run(),
        Command::Restore(command) => command.run(),
        Command::History(command) => command.run(),
        Command::Rollback(command) => command.run(),
        Command::Config(command) => command.run(),
        Command::Completions(command) => command.run(),
    };
    match outcome {
        Ok(Outcome::Yes) => ExitCode::SUCCESS,
        Ok(Outcome::No) => ExitCode::from(NO),
        Err(Error(text)) => {
            output::complain(&text);
            ExitCode::from(FAILED)
        }
    }
}

/// A runtime for one command.
fn runtime(threads: usize) -> Result<tokio::runtime::Runtime, Error> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(threads.max(1)).enable_all().build().map_err(Error::from_display)
}
