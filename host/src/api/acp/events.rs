//! The privacy ledger as admins read it. People read their own part of it in the same shape (`self_service`).

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{consents::ConsentBody, grants::ContextBody};
use crate::{
    api::{
        Answer, Call,
        read::{self, Pairs},
    },
    domain::{
        Failure,
        ledger::{self, Event, Filter, Found},
        moment,
    },
};

/// The filters and the paging of the list.
pub const QUERY: &[(&str, &str)] = &[
    ("sub", "events about this subject"),
    ("from", "not before this moment, in seconds since 1970; 0 when left out"),
    ("to", "not after this moment, in seconds since 1970; now when left out"),
    ("after", "go on after this event: `next` of the last answer"),
];

/// Events of the privacy ledger.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PrivacyLedgerEvents")]
pub struct EventsBody {
    /// In order of date, at most 10,000.
    pub events: Vec<EventBody>,
    /// Where to go on; left out when there is no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// An event of the privacy ledger: somebody granted a consent or took it back.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PrivacyLedgerEvent")]
pub struct EventBody {
    /// A UUID.
    pub id: String,
    /// When (RFC 3339).
    pub date: String,
    /// The tenant.
    pub tenant_id: String,
    /// The person.
    pub subject: String,
    /// What happened, byte for byte as it was signed.
    #[schemars(with = "PayloadBody")]
    pub payload: Box<RawValue>,
    /// A JWS with detached payload (RFC 7515, appendix F) by a key of the tenant. Its header names the event's id, tenant,
    /// subject and date, its number (`seq`), and the hash of the event before (`prev`): the SHA-256 of that event's JWS
    /// with its payload in its place.
    pub payload_signature: String,
}

/// What happened. One of the two members besides the type is there.
#[derive(JsonSchema)]
#[schemars(rename = "PrivacyLedgerPayload")]
pub struct PayloadBody {
    /// `consent_granted` or `consent_revoked`.
    pub event_type: String,
    /// What was granted.
    pub consent_granted: Option<ConsentEventBody>,
    /// What was taken back.
    pub consent_revoked: Option<ConsentEventBody>,
}

/// A grant or its withdrawal, with the consent as it was then.
#[derive(JsonSchema)]
#[schemars(rename = "ConsentEvent")]
pub struct ConsentEventBody {
    /// The consent.
    pub consent_id: String,
    /// Its version.
    pub version: u64,
    /// `implicit` or `explicit`.
    pub grant_type: String,
    /// When it was granted (RFC 3339).
    pub given_at: String,
    /// The person.
    pub subject: String,
    /// The tenant.
    pub tenant_id: String,
    /// The call that said so: a UUID.
    pub consent_grant_act_id: String,
    /// When the application asked, in its own unit.
    pub collection_timestamp: Option<i64>,
    /// From where.
    pub context: Option<ContextBody>,
    /// The language in which the person was asked.
    pub language: Option<String>,
    /// The consent action that asked.
    pub triggered_by_action: Option<String>,
    /// The consent as it was.
    pub consent: ConsentBody,
}

/// listPrivacyLedgerEventsBySubject
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let query = read::query(&call.request)?;
    answer(&call, &query, QUERY, query.get("sub").map(str::to_owned)).await
}

/// The events that a query asks for, which may have the names of `known`.
pub(super) async fn answer(
    call: &Call,
    query: &Pairs,
    known: &[(&str, &str)],
    subject: Option<String>,
) -> Result<Answer, Failure> {
    query.only(&known.iter().map(|(name, _)| *name).collect::<Vec<_>>())?;
    let seconds = |name| query.parsed(name, |text| text.parse::<i64>().ok(), "a number of seconds since 1970");
    let after = query.parsed("after", |text| text.parse::<u64>().ok(), "`next` of an answer")?;
    let filter = Filter { subject, from: seconds("from")?.unwrap_or(0), to: seconds("to")?, after: after.unwrap_or(0) };
    let Found { events, next } = ledger::find(&call.app.domain, call.tenant(), filter).await?;
    let events: Result<Vec<_>, _> = events.into_iter().map(|event| show(call.tenant(), event)).collect();
    Ok(call.json(StatusCode::OK, &EventsBody { events: events?, next }))
}

fn show(tenant: &str, event: Event) -> Result<EventBody, Failure> {
    let Event { id, date, subject, payload, signature, hash: _ } = event;
    let payload = RawValue::from_string(payload);
    Ok(EventBody {
        id,
        date: moment::show(date),
        tenant_id: tenant.to_owned(),
        subject,
        payload: payload.map_err(|error| Failure::Internal { log: format!("a ledger event: {error}") })?,
        payload_signature: signature,
    })
}
