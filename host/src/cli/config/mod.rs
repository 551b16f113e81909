//! `portcullis config`: the settings, with their defaults and their meaning; and what is configured in the store, in files
//! that people read and keep.
//!
//! The questions to the store are asked by name ([`command`]), of the running server or of this process when none runs.

mod diff;
mod export;
mod file;
mod import;

use clap::Subcommand;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Error, Outcome, Place, output};
use crate::{
    api::{acp::configuration, read},
    domain::{
        Domain, Failure,
        configuration::{self as stored, Configuration, Kept, Mode, Report},
    },
};

/// Show settings, and move what is configured between stores
#[derive(Subcommand)]
pub enum Config {
    /// Print a configuration file with every setting, its default and its meaning
    Defaults,
    /// Read the configuration as `serve` would, and say what is wrong with it
    Check {
        /// Where the settings are
        #[command(flatten)]
        place: Place,
    },
    /// Write everything that is configured in the store into a file, with its secrets
    Export(export::Export),
    /// Read a file into the store: all of it, or nothing
    Import(import::Import),
    /// Say what `import --mode update` would change
    Diff(diff::Diff),
}

impl Config {
    /// Runs the command.
    pub fn run(self) -> Result<Outcome, Error> {
        match self {
            Config::Defaults => output::say(crate::config::defaults_file().trim_end()),
            Config::Check { place } => {
                let config = place.load(None, false)?;
                config.warnings().iter().for_each(|warning| output::complain(warning));
                output::say("the configuration is good");
            }
            Config::Export(command) => return command.run(),
            Config::Import(command) => return command.run(),
            Config::Diff(command) => return command.run(),
        }
        Ok(Outcome::Yes)
    }
}

/// Asks for the document of what is configured.
pub(super) const EXPORT: &str = "config-export";
/// Asks for the import of a document.
pub(super) const IMPORT: &str = "config-import";
/// Asks what the import of a document would change.
pub(super) const DIFF: &str = "config-diff";

/// Whom changes are written down for.
const AUTHOR: &str = "command line";
/// Problems of a document that are told.
const TOLD: usize = 50;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExportArguments {
    tenant: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ImportArguments {
    document: Value,
    mode: String,
    dry_run: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DiffArguments {
    document: Value,
    tenant: Option<String>,
}

/// Answers the questions above.
pub(super) async fn command(domain: &Domain, name: &str, arguments: Value) -> Result<Value, String> {
    let unread = |problem: crate::domain::Problem| problem.to_string();
    let answered = match name {
        EXPORT => {
            let ExportArguments { tenant } = read::from_value(arguments).map_err(unread)?;
            stored::export(domain, tenant.as_deref()).and_then(|found| document(domain, found))
        }
        IMPORT => import_document(domain, read::from_value(arguments).map_err(unread)?).await,
        _ => compare(domain, read::from_value(arguments).map_err(unread)?).await,
    };
    let advice = |failure: &Failure| match failure {
        Failure::Conflict { .. } if name == IMPORT => {
            " (`--mode update` replaces what is there, `--mode ignore` keeps it)"
        }
        _ => "",
    };
    answered.map_err(|failure| explain(&failure) + advice(&failure))
}

fn document(domain: &Domain, found: Configuration<stored::Opened>) -> Result<Value, Failure> {
    let body = configuration::show(domain, found)?;
    serde_json::to_value(&body).map_err(|error| Failure::Internal { log: error.to_string() })
}

async fn import_document(domain: &Domain, arguments: ImportArguments) -> Result<Value, Failure> {
    let ImportArguments { document, mode, dry_run } = arguments;
    let mode = Mode::parse(&mode).ok_or_else(|| Failure::malformed("mode", "is not known"))?;
    let wanted = configuration::parse(document)?;
    let report = match dry_run {
        true => stored::rehearse(domain, wanted, mode).await?.report,
        false => stored::import(domain, AUTHOR.to_owned(), wanted, mode).await?,
    };
    let Report { created, updated, kept } = report;
    Ok(json!({ "created": created, "updated": updated, "kept": kept }))
}

async fn compare(domain: &Domain, arguments: DiffArguments) -> Result<Value, Failure> {
    let DiffArguments { document: file, tenant } = arguments;
    let rehearsal = stored::rehearse(domain, configuration::parse(file.clone())?, Mode::Update).await?;
    let open = |kept: Configuration<Kept>| document(domain, stored::open(domain, kept)?);
    let (before, after) = (open(rehearsal.before)?, open(rehearsal.after)?);
    let found = configuration::compare::compare(&file, &before, &after, tenant.as_deref());
    serde_json::to_value(&found).map_err(|error| Failure::Internal { log: error.to_string() })
}

/// Every problem on a line of its own, up to a number of lines that can be read.
fn explain(failure: &Failure) -> String {
    match failure {
        Failure::Invalid(problems) => {
            let more = problems.len().saturating_sub(TOLD);
            let lines = problems.iter().take(TOLD).map(ToString::to_string);
            let rest = (more > 0).then(|| format!("and {more} more problems"));
            lines.chain(rest).collect::<Vec<_>>().join("\n")
        }
        other => other.to_log().map_or_else(|| other.to_client(), str::to_owned),
    }
}
