//! `portcullis assess`: how an authorization server and its clients stand against the standards, whether a server runs or not.
//!
//! Asks for one page of clients after the other through the control socket. Knows no requirement: what is told is what the
//! administration's operation answers.

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Error, Outcome, Place, commands, output};
use crate::{
    api::acp::assessment,
    domain::{Domain, Failure, tenant},
};

/// Asks for a page.
pub(super) const ASSESS: &str = "assess";
/// A requirement that is not kept.
const NOT_MET: &str = "not_met";

/// Tell item by item how an authorization server and its clients stand against OAuth 2.1, RFC 9700 and FAPI
///
/// The exit code is 0 when everything that is required is met, 1 when something is not, 2 when it could not be found out. What
/// a profile of the server demands is enforced as well: what is told is what happens. JSON has the members `server_id`,
/// `profiles`, `items` and `clients`.
///
/// Example: portcullis assess shop --standard oauth-2-1 --standard rfc-9700
#[derive(Args)]
pub struct Assess {
    #[command(flatten)]
    place: Place,
    /// The authorization server
    server: String,
    /// The tenant
    #[arg(long, value_name = "ID", default_value = tenant::DEFAULT)]
    tenant: String,
    /// Against which standard; may be given several times [default: all]
    #[arg(long = "standard", value_name = "NAME")]
    standards: Vec<Standard>,
    /// List what is met and what does not apply as well
    #[arg(long)]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What there is to be measured by.
#[derive(Clone, Copy, ValueEnum)]
enum Standard {
    #[value(name = "oauth-2-1", alias = "oauth_2_1")]
    OAuth21,
    #[value(name = "rfc-9700", alias = "rfc_9700")]
    Rfc9700,
    #[value(name = "fapi-rw", alias = "fapi_rw")]
    FapiRw,
    #[value(name = "fapi-2-security", alias = "fapi_2_security")]
    Fapi2Security,
    #[value(name = "fapi-2-message-signing", alias = "fapi_2_message_signing")]
    Fapi2MessageSigning,
}

impl Standard {
    fn word(self) -> &'static str {
        match self {
            Standard::OAuth21 => "oauth_2_1",
            Standard::Rfc9700 => "rfc_9700",
            Standard::FapiRw => "fapi_rw",
            Standard::Fapi2Security => "fapi_2_security",
            Standard::Fapi2MessageSigning => "fapi_2_message_signing",
        }
    }
}

/// A page, as it is asked for.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    tenant: String,
    server: String,
    standards: Vec<String>,
    after: Option<String>,
}

/// Reads a page, in the server or in this process.
pub(super) fn command(domain: &Domain, arguments: Value) -> Result<Value, String> {
    let Page { tenant, server, standards, after } =
        serde_json::from_value(arguments).map_err(|error| error.to_string())?;
    let standards: Vec<&str> = standards.iter().map(String::as_str).collect();
    let words = |failure: Failure| failure.to_log().map_or_else(|| failure.to_client(), str::to_owned);
    let found = assessment::page(domain, &tenant, &server, &standards, after.as_deref()).map_err(words)?;
    serde_json::to_value(found).map_err(|error| error.to_string())
}

impl Assess {
    /// Runs the command.
    pub fn run(self) -> Result<Outcome, Error> {
        let Assess { place, server, tenant, standards, all, json } = self;
        let standards: Vec<String> = standards.into_iter().map(|standard| standard.word().to_owned()).collect();
        let whole = whole(&place, Page { tenant, server, standards, after: None })?;
        if json {
            output::say_json(&whole)?;
        } else {
            tell(&whole, all);
        }
        Ok(if failures(&whole) == 0 { Outcome::Yes } else { Outcome::No })
    }
}

/// The assessment with all its clients.
fn whole(place: &Place, mut page: Page) -> Result<Value, Error> {
    let mut worker = commands::Worker::at(place)?;
    let (mut whole, mut clients) = (Value::Null, Vec::new());
    loop {
        let mut found = worker.ask(ASSESS, json!(page))?;
        if let Some(Value::Array(more)) = found.get_mut("clients").map(Value::take) {
            clients.extend(more);
        }
        page.after = found.get("next").and_then(Value::as_str).map(str::to_owned);
        if whole.is_null() {
            whole = found;
        }
        if page.after.is_none() {
            break;
        }
    }
    if let Some(members) = whole.as_object_mut() {
        members.remove("next");
        members.insert("clients".to_owned(), Value::from(clients));
    }
    Ok(whole)
}

fn items<'a>(value: &'a Value, member: &str) -> impl Iterator<Item = &'a Value> {
    value.get(member).and_then(Value::as_array).into_iter().flatten()
}

fn is(item: &Value, status: &str) -> bool {
    item.get("status").and_then(Value::as_str) == Some(status)
}

fn is_required(item: &Value) -> bool {
    item.get("required") == Some(&Value::Bool(true))
}

/// How much of what is required is not met.
fn failures(whole: &Value) -> usize {
    let of_clients = items(whole, "clients").flat_map(|client| items(client, "items"));
    items(whole, "items").chain(of_clients).filter(|item| is(item, NOT_MET) && is_required(item)).count()
}

fn tell(whole: &Value, all: bool) {
    let profiles: Vec<&str> = items(whole, "profiles").filter_map(Value::as_str).collect();
    let held = if profiles.is_empty() { "no profile".to_owned() } else { profiles.join(", ") };
    output::say(&format!("server {} ({held})", plain(whole, "server_id")));
    tell_items(whole, all);
    for client in items(whole, "clients") {
        output::say(&format!("client {} ({})", plain(client, "client_id"), plain(client, "client_name")));
        tell_items(client, all);
    }
    match failures(whole) {
        0 => output::say("everything that is required is met"),
        1 => output::say("1 requirement is not met"),
        many => output::say(&format!("{many} requirements are not met")),
    }
}

fn tell_items(whose: &Value, all: bool) {
    let count = |status: &str| items(whose, "items").filter(|item| is(item, status)).count();
    output::say(&format!(
        "  {} met, {} not met, {} not applicable",
        count("met"),
        count(NOT_MET),
        count("not_applicable")
    ));
    items(whose, "items").filter(|item| all || is(item, NOT_MET)).for_each(|item| output::say(&line(item)));
}

/// One item: how they stand, what it is and where it stands, why, and what to change.
fn line(item: &Value) -> String {
    let status = match (plain(item, "status").as_str(), is_required(item)) {
        (NOT_MET, true) => "NOT MET".to_owned(),
        (NOT_MET, false) => "not met".to_owned(),
        (other, _) => other.replace('_', " "),
    };
    let where_it_stands = format!("{} {}", plain(item, "standard"), plain(item, "section"));
    let mut line = format!("  {status:<14}  {:<24}  {where_it_stands}: {}", plain(item, "id"), plain(item, "why"));
    if let Some(change) = item.get("change").and_then(Value::as_str) {
        line.push_str(&format!("\n  {:<14}  {change}", ""));
    }
    line
}

/// A text as it may be printed: names are chosen by others, and none of them may speak to the terminal.
fn plain(value: &Value, member: &str) -> String {
    let shown = |character: char| if character.is_control() { char::REPLACEMENT_CHARACTER } else { character };
    value.get(member).and_then(Value::as_str).unwrap_or_default().chars().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_required_and_not_met_is_a_no() {
        let item = |status: &str, required: bool| json!({ "status": status, "required": required });
        let whole = json!({
            "items": [item("met", true), item("not_met", false), item("not_met", true)],
            "clients": [{ "items": [item("not_met", true), item("not_applicable", true)] }],
        });
        assert_eq!(failures(&whole), 2);
        assert_eq!(failures(&json!({ "items": [item("not_met", false)], "clients": [] })), 0);
    }

    #[test]
    fn a_line_says_what_why_and_what_to_change() {
        let item = json!({
            "standard": "oauth_2_1", "section": "§4.1.1", "id": "pkce", "required": true, "status": "not_met",
            "why": "The server does\u{1b} not.", "change": "Set `enforce_pkce`.",
        });
        let line = line(&item);
        assert!(
            line.starts_with("  NOT MET") && line.contains("oauth_2_1 §4.1.1: The server does\u{fffd} not."),
            "{line}"
        );
        assert!(line.ends_with("Set `enforce_pkce`."), "{line}");
    }
}
