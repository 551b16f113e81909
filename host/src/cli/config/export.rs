//! `portcullis config export`: what is configured, as a file.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::{
    EXPORT,
    file::{self, Format},
};
use crate::cli::{Error, Outcome, Place, commands, output};

/// Write everything that is configured in the store into a file, with its secrets
///
/// The file holds private keys and secrets: it is made for its owner alone (mode 0600). `config import` reads it.
///
/// What people have done does not move: second factors, sessions, tokens, consents given, the ledger; nor do the registration
/// access tokens of clients that have registered themselves, and what is scheduled: the file says what holds now.
/// `portcullis backup` takes everything.
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
        let Export { place, tenant, format, output: to } = self;
        let document = commands::ask(&place, EXPORT, json!({ "tenant": tenant }))?;
        let format = format.unwrap_or_else(|| Format::of(to.as_deref()));
        file::write(to.as_deref(), &format.text(&document)?)?;
        if let Some(clients) = stuck(&document) {
            output::complain(&format!(
                "the secrets of these clients cannot leave this installation, another one makes new ones: {clients}"
            ));
        }
        Ok(Outcome::Yes)
    }
}

/// The clients of a first start that made its secret itself: only a hash under this installation's key is kept of it.
fn stuck(document: &Value) -> Option<String> {
    let text = |client: &Value, member: &str| client.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    let lacks = |client: &&Value| {
        text(client, "token_endpoint_auth_method").starts_with("client_secret_")
            && text(client, "client_secret").is_empty()
            && text(client, "client_hashed_secret").is_empty()
    };
    let clients = document.get("clients").and_then(Value::as_array)?.iter().filter(lacks);
    let names: Vec<String> =
        clients.map(|client| format!("{}/{}", text(client, "tenant_id"), text(client, "client_id"))).collect();
    (!names.is_empty()).then(|| names.join(", "))
}
