//! How an authorization server and its clients stand against the standards, as administrators and the command line read it.
//!
//! Knows no requirement: those are in the domain's table.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    api::{Answer, Call, read},
    domain::{
        Domain, Failure,
        assessment::{self, Assessment, Item},
        id,
        profile::{Level, Standard},
    },
};

/// What is assessed, and where to go on.
pub const QUERY: &[(&str, &str)] = &[
    (
        "standard",
        "`oauth_2_1`, `rfc_9700`, `fapi_rw`, `fapi_2_security` or `fapi_2_message_signing`; may be repeated, all when left out",
    ),
    ("after", "go on after this client: `next` of the last answer"),
];
const STANDARD: &str = "standard";

/// How a server and up to a hundred of its clients stand against the standards.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Assessment")]
pub struct AssessmentBody {
    /// The server.
    pub server_id: String,
    /// The profiles that it is held to.
    pub profiles: Vec<&'static str>,
    /// The server's own items.
    pub items: Vec<ItemBody>,
    /// Clients, by id.
    pub clients: Vec<AssessedClientBody>,
    /// Where to go on with the clients; left out when there are no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// How a client stands.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AssessedClient")]
pub struct AssessedClientBody {
    /// The client.
    pub client_id: String,
    /// For people.
    pub client_name: String,
    /// Its items.
    pub items: Vec<ItemBody>,
}

/// How somebody stands against one requirement of one standard.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AssessmentItem")]
pub struct ItemBody {
    /// The standard.
    pub standard: &'static str,
    /// Where the requirement stands in it.
    pub section: &'static str,
    /// The requirement's stable name.
    pub id: &'static str,
    /// Whether the standard requires it, or recommends it.
    pub required: bool,
    /// `met`, `not_met` or `not_applicable`.
    pub status: &'static str,
    /// Why, in a sentence.
    pub why: String,
    /// The member that says otherwise, as a JSON Pointer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// What to change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<&'static str>,
}

/// assessServer
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let query = read::query_with_lists(&call.request, &[STANDARD])?;
    query.only(&QUERY.iter().map(|(name, _)| *name).collect::<Vec<_>>())?;
    let after = query.parsed("after", |text| id::check("", text).is_ok().then(|| text.to_owned()), "a client's id")?;
    let words: Vec<&str> = query.all(STANDARD).collect();
    let body = page(&call.app.domain, call.tenant(), call.param("aid"), &words, after.as_deref())?;
    Ok(call.json(StatusCode::OK, &body))
}

/// A page of it, against the standards of these words, or against all when there are none.
pub fn page(
    domain: &Domain,
    tenant: &str,
    server: &str,
    standards: &[&str],
    after: Option<&str>,
) -> Result<AssessmentBody, Failure> {
    let unknown = || Failure::malformed("query.standard", "is not a known standard");
    let named: Option<Vec<Standard>> = standards.iter().map(|word| Standard::of_word(word)).collect();
    let named = named.ok_or_else(unknown)?;
    // In their own order, each once.
    let meant = |standard: &Standard| named.is_empty() || named.contains(standard);
    let standards: Vec<Standard> = Standard::ALL.into_iter().filter(meant).collect();
    let Assessment { profiles, server: items, clients, next } =
        assessment::assess(domain, tenant, server, &standards, after)?;
    let client = |(client_id, client_name, items)| AssessedClientBody { client_id, client_name, items: show(items) };
    Ok(AssessmentBody {
        server_id: server.to_owned(),
        profiles: profiles.into_iter().map(Standard::word).collect(),
        items: show(items),
        clients: clients.into_iter().map(client).collect(),
        next,
    })
}

fn show(items: Vec<Item>) -> Vec<ItemBody> {
    items.into_iter().map(one).collect()
}

fn one(item: Item) -> ItemBody {
    let Item { standard, section, level, id, status, why, member, change } = item;
    let (standard, required, status) = (standard.word(), level == Level::Required, status.word());
    ItemBody { standard, section, id, required, status, why, member, change }
}
