//! The privacy ledger as people read their own part of it.

use super::granted;
use crate::{
    api::{Answer, Call, acp::events, read},
    domain::Failure,
};

/// The filters and the paging of the list.
pub const QUERY: &[(&str, &str)] = &[
    ("from", "not before this moment, in seconds since 1970; 0 when left out"),
    ("to", "not after this moment, in seconds since 1970; now when left out"),
    ("after", "go on after this event: `next` of the last answer"),
];

/// listPrivacyLedgerEvents
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let (query, person) = (read::query(&call.request)?, granted(&call)?);
    events::answer(&call, &query, QUERY, Some(person.identity.subject.clone())).await
}
