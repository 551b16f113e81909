//! `portcullis history` and `portcullis rollback`: what a configuration record has been, and going back, whether a server runs
//! or not.

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Error, Outcome, Place, commands, output};
use crate::{
    api::{acp, read},
    domain::{By, Caller, Condition, Domain, Failure, history, tenant},
};

/// Asks for the history of a record.
pub const HISTORY: &str = "history";
/// Asks to go back to one of its states.
pub const ROLLBACK: &str = "rollback";
/// The tongue in which the command line changes records.
const TONGUE: &str = "cli";

/// Show every state of a configuration record: when it holds, who wrote it in which tongue, and what it changed
///
/// A scheduled state that was taken back leaves no trace but its number. Members are told as they are stored.
#[derive(Args)]
pub struct History {
    #[command(flatten)]
    place: Place,
    /// tenants, servers, clients, scopes, services, apis, claims, gateways, policies, consents, actions, applications or connections;
    /// setups are servers, resource-servers are services
    kind: String,
    /// The record's id: of a client its OAuth client id, of a scope or a connection the one in hex
    id: String,
    /// The tenant it belongs to
    #[arg(long, value_name = "ID", default_value = tenant::DEFAULT)]
    tenant: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Give a configuration record the value of an earlier state again, as a new state; secrets stay as they are
#[derive(Args)]
pub struct Rollback {
    #[command(flatten)]
    place: Place,
    /// As for history
    kind: String,
    /// As for history
    id: String,
    /// The version of the state, as history tells it
    version: u64,
    /// The tenant it belongs to
    #[arg(long, value_name = "ID", default_value = tenant::DEFAULT)]
    tenant: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Which record, and which of its states.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    tenant: String,
    kind: String,
    id: String,
    version: u64,
}

impl History {
    /// Runs the command.
    pub fn run(self) -> Result<Outcome, Error> {
        let History { place, kind, id, tenant, json } = self;
        let answer = commands::ask(&place, HISTORY, json!(Question { tenant, kind, id, version: 0 }))?;
        match json {
            true => output::say_json(&answer)?,
            false => answer.pointer("/states").and_then(Value::as_array).into_iter().flatten().for_each(tell),
        }
        Ok(Outcome::Yes)
    }
}

impl Rollback {
    /// Runs the command.
    pub fn run(self) -> Result<Outcome, Error> {
        let Rollback { place, kind, id, version, tenant, json } = self;
        let answer = commands::ask(&place, ROLLBACK, json!(Question { tenant, kind, id, version }))?;
        match json {
            true => output::say_json(&answer)?,
            false => output::say(&format!("version {version} holds again, as version {}", text(&answer, "version"))),
        }
        Ok(Outcome::Yes)
    }
}

/// Does either, in the server or in this process.
pub async fn command(domain: &Domain, name: &str, arguments: Value) -> Result<Value, String> {
    let question: Question = read::from_value(arguments).map_err(|problem| problem.to_string())?;
    let asked = if name == HISTORY { show(domain, &question) } else { go_back(domain, &question).await };
    asked.map_err(|failure| failure.to_log().map_or_else(|| failure.to_client(), str::to_owned))
}

fn show(domain: &Domain, Question { tenant, kind, id, .. }: &Question) -> Result<Value, Failure> {
    let entries = history::of(domain, tenant, history::kind(kind)?, id)?;
    Ok(json!(acp::history::body(kind, id, entries)))
}

async fn go_back(domain: &Domain, Question { tenant, kind, id, version }: &Question) -> Result<Value, Failure> {
    let by = By { caller: &Caller::Operator, condition: Condition::None, tongue: TONGUE };
    let version = history::roll_back(domain, &by, tenant, history::kind(kind)?, id, *version).await?;
    Ok(json!({ "version": version }))
}

/// One state: a line, and one below it for each member that changed.
fn tell(state: &Value) {
    let is = |member: &str, word: &'static str| if state[member] == true { word } else { "" };
    let tongue = match text(state, "tongue").as_str() {
        "" => "by the server itself".to_owned(),
        tongue => format!("in {tongue}"),
    };
    output::say(&format!(
        "{:>4}  {}  {}  {tongue}{}{}{}",
        text(state, "version"),
        text(state, "valid_from"),
        text(state, "author"),
        is("deleted", "  DELETED"),
        is("current", "  current"),
        is("scheduled", "  scheduled"),
    ));
    for change in state["changes"].as_array().into_iter().flatten() {
        let shown = |when: &str| change.get(when).map_or_else(|| "(not told)".to_owned(), Value::to_string);
        output::say(&format!("      {}: {} -> {}", text(change, "member"), shown("before"), shown("after")));
    }
}

fn text(value: &Value, member: &str) -> String {
    match value.get(member) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}
