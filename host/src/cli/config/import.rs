//! `portcullis config import`: a file into the store.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::{IMPORT, file};
use crate::cli::{Error, Outcome, Place, commands::Worker, output};

/// Read a file into the store: all of it, or nothing
///
/// What the file does not name stays as it is. Every new store has the tenants `system` and `default`, so a file with one of them
/// needs `--mode update`, which also replaces the secrets of their clients `admin`, `system`, `developer` and `setup`, or
/// `--mode ignore`.
#[derive(Args)]
pub struct Import {
    #[command(flatten)]
    place: Place,
    /// The file, YAML or JSON, as `config export` writes it; `-` is stdin
    file: PathBuf,
    /// What becomes of records that are there already
    #[arg(long, value_enum, default_value_t = Existing::Fail)]
    mode: Existing,
    /// Check everything and say what would happen, without changing anything
    #[arg(long)]
    dry_run: bool,
    /// Make a new store where there is none; the file must hold the tenant `system`
    #[arg(long, conflicts_with = "dry_run")]
    new: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What becomes of records that are there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Existing {
    /// One of them ends the import, which then changes nothing
    Fail,
    /// They stay as they are
    Ignore,
    /// They become what the file says
    Update,
}

impl Existing {
    fn word(self) -> &'static str {
        match self {
            Existing::Fail => "fail",
            Existing::Ignore => "ignore",
            Existing::Update => "update",
        }
    }
}

impl Import {
    /// Runs the command.
    pub fn run(self) -> Result<Outcome, Error> {
        let Import { place, file, mode, dry_run, new, json } = self;
        let document = file::read(&file)?;
        let mut worker = if new { Worker::making(&place)? } else { Worker::at(&place)? };
        let arguments = json!({ "document": document, "mode": mode.word(), "dry_run": dry_run });
        let report = worker.ask(IMPORT, arguments)?;
        if json {
            output::say_json(&report)?;
        } else {
            let number = |name: &str| report.get(name).and_then(Value::as_u64).unwrap_or_default();
            let would = if dry_run { "would be " } else { "" };
            let (created, updated, kept) = (number("created"), number("updated"), number("kept"));
            output::say(&format!("{created} records {would}created, {updated} {would}updated, {kept} {would}kept"));
            if updated > 0 && !dry_run {
                output::complain(
                    "what was updated has the secrets of the file, also clients such as `admin` and `system`. \
                     Second factors, sessions, tokens and registration access tokens do not move: see `config export --help`",
                );
            }
        }
        Ok(Outcome::Yes)
    }
}
