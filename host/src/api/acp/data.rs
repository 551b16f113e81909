//! The data that plugins may read, as the admin group takes and shows them.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    api::{Answer, Call, read},
    domain::{
        Failure, moment,
        plugin::data::{self, Entry},
    },
};

/// Values in one page.
const LIMIT: usize = 100;
/// The largest page.
const LARGEST_LIMIT: usize = 1000;

/// The paging of the list.
pub const QUERY: &[(&str, &str)] = &[
    ("limit", "at most so many, 1 to 1000; 100 when left out"),
    ("after", "go on after this key: `next` of the last answer"),
];

/// One value.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Datum")]
pub struct DatumBody {
    /// Must be the path's when given.
    #[serde(default)]
    pub key: Option<String>,
    /// Any JSON value, of at most 64 KiB.
    pub value: Value,
    /// When it was set (RFC 3339). Made by the server.
    #[serde(default)]
    pub changed_at: Option<String>,
}

/// Values of a namespace.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Data")]
pub struct DataBody {
    /// By key.
    pub data: Vec<DatumBody>,
    /// The key where to go on; left out when there is no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// listData
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let query = read::query(&call.request)?;
    query.only(&QUERY.iter().map(|(name, _)| *name).collect::<Vec<_>>())?;
    let within = |text: &str| text.parse().ok().filter(|limit| (1..=LARGEST_LIMIT).contains(limit));
    let limit = query.parsed("limit", within, "a number from 1 to 1000")?.unwrap_or(LIMIT);
    let after = query.get("after");
    let (found, more) = data::list(&call.app.domain, call.tenant(), call.param("namespace"), after, limit)?;
    let next = found.last().filter(|_| more).map(|(key, _)| key.clone());
    let data: Result<Vec<_>, _> = found.into_iter().map(|(key, entry)| show(&key, entry)).collect();
    Ok(call.json(StatusCode::OK, &DataBody { data: data?, next }))
}

/// getDatum
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let key = call.param("key");
    let entry = data::get(&call.app.domain, call.tenant(), call.param("namespace"), key)?;
    Ok(call.json(StatusCode::OK, &show(key, entry)?))
}

/// setDatum
pub async fn set(call: Call) -> Result<Answer, Failure> {
    let key = call.param("key");
    // When it was set is the server's own; a PUT of what was read is not an error.
    let DatumBody { key: given, value, changed_at: _ } = read::json(&call.request)?;
    read::agrees("/key", given, key)?;
    let value = value.to_string();
    let (entry, new) = data::put(&call.app.domain, call.tenant(), call.param("namespace"), key, value).await?;
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(call.json(status, &show(key, entry)?))
}

/// deleteDatum
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    data::delete(&call.app.domain, call.tenant(), call.param("namespace"), call.param("key")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

fn show(key: &str, entry: Entry) -> Result<DatumBody, Failure> {
    let Entry { value, changed } = entry;
    let value = serde_json::from_str(&value).map_err(|error| Failure::Internal { log: format!("a value: {error}") })?;
    Ok(DatumBody { key: Some(key.to_owned()), value, changed_at: Some(moment::show(changed)) })
}
