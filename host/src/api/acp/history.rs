//! What a configuration record has been, who changed it in which tongue, and how to go back.
//!
//! The same shape for every kind of record; also what `portcullis history` prints.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    api::{Answer, Call, read},
    domain::{
        Failure,
        history::{self, Change, Entry},
        moment,
    },
};

/// The states of a record, in the order in which they hold.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "History")]
pub struct HistoryBody {
    /// What kind of record.
    pub kind: String,
    /// Which one.
    pub id: String,
    /// Its states; scheduled ones come last. Those that were taken back before they began are not among them: their versions are
    /// missing.
    pub states: Vec<StateBody>,
}

/// One state of a record.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PastState")]
pub struct StateBody {
    /// 1, 2, … in the order in which the states were written down.
    pub version: u64,
    /// From when on it holds.
    pub valid_from: String,
    /// When it was written down.
    pub recorded_at: String,
    /// Who wrote it.
    pub author: String,
    /// In which tongue: `acp`, `setups`, `apps`, `outbound`, `registration`, `cli`; empty when the server itself did.
    pub tongue: String,
    /// Whether the record counts as deleted from here on.
    pub deleted: bool,
    /// Whether it is the state that holds now.
    pub current: bool,
    /// Whether it has yet to begin.
    pub scheduled: bool,
    /// What is different from the state before.
    pub changes: Vec<ChangeBody>,
}

/// A member that is different from the state before. Values of secrets are not told.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PastChange")]
pub struct ChangeBody {
    /// Its name as it is stored.
    pub member: String,
    /// What it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// Which state to go back to.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RollBack")]
pub struct RollBackBody {
    /// Its version.
    pub version: u64,
}

/// The state that going back has made.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RolledBack")]
pub struct RolledBackBody {
    /// Its version.
    pub version: u64,
}

/// showHistory
pub async fn show(call: Call) -> Result<Answer, Failure> {
    let kind = history::kind(call.param("kind"))?;
    let entries = history::of(&call.app.domain, call.tenant(), kind, call.param("record"))?;
    Ok(call.json(StatusCode::OK, &body(call.param("kind"), call.param("record"), entries)))
}

/// rollBack
pub async fn roll_back(call: Call) -> Result<Answer, Failure> {
    let kind = history::kind(call.param("kind"))?;
    let RollBackBody { version } = read::json(&call.request)?;
    let (domain, id) = (&call.app.domain, call.param("record"));
    let version = history::roll_back(domain, &call.by(), call.tenant(), kind, id, version).await?;
    Ok(call.one(StatusCode::OK, &RolledBackBody { version }, version))
}

/// The history of a record on the wire.
pub fn body(kind: &str, id: &str, entries: Vec<Entry>) -> HistoryBody {
    HistoryBody { kind: kind.to_owned(), id: id.to_owned(), states: entries.into_iter().map(state).collect() }
}

fn state(entry: Entry) -> StateBody {
    let Entry { version, valid_from, recorded_at, author, tongue, deleted, current, scheduled, changes } = entry;
    let (valid_from, recorded_at) = (moment::show(valid_from), moment::show(recorded_at));
    let changes = changes.into_iter().map(change).collect();
    StateBody { version, valid_from, recorded_at, author, tongue, deleted, current, scheduled, changes }
}

fn change(Change { member, before, after }: Change) -> ChangeBody {
    ChangeBody { member, before, after }
}
