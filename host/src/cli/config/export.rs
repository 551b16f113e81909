//! `portcullis config export`: what is configured, as a file.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{
    EXPORT,
    file::{self, Format},
};
use crate::cli::{Error, Outcome, Place, commands};

/// Write everything that is configured in the store into a file, with its secrets
///
/// The file holds private keys and secrets: it is made for its owner alone (mode 0600). `config import` reads it.
#[derive(Args)]
pub struct Export {
    #[command(flatten)]
    place: Place,
    /// Only this tenant; all tenants when left out
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// How to write it [default: json for a file of that name, otherwise yaml]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// The file to write; `-` is stdout, also where that is a terminal
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Export {
    /// Runs the command.
    pub fn run(self) -> Result<Outcome, Error> {
        let Export { place, tenant, format, output } = self;
        let document = commands::ask(&place, EXPORT, json!({ "tenant": tenant }))?;
        let format = format.unwrap_or_else(|| Format::of(output.as_deref()));
        file::write(output.as_deref(), &format.text(&document)?)?;
        Ok(Outcome::Yes)
    }
}
