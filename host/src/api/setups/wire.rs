//! What the dialect's JSON looks like: the members that all entities share, and how a body is read.
//!
//! Members are in snake_case; the lists of ids that an operation answers are in camelCase. A struct serves both ways: what may
//! be left out of a request is always there in an answer, unless it says otherwise. `setup`, `client` and `resource_server`
//! have one entity each, with the way into the domain and back.

pub mod client;
pub mod resource_server;
pub mod setup;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    api::{
        Call,
        read::{self, FORM, JSON},
    },
    domain::{
        Failure, Problem, moment,
        setup::{Metadata, ScopePolicy},
    },
};

/// A note about an entity. A name may be there several times, once in each language.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Metadata")]
pub struct MetadataBody {
    /// What it is about. Required.
    #[schemars(required)]
    pub name: Option<String>,
    /// What it says.
    #[serde(default)]
    pub value: Option<String>,
    /// Its language; empty when it has none.
    #[serde(default)]
    pub locale: Option<String>,
}

/// Whether a scope is granted, and whether the person is asked: each time, once, not at all; or it is not granted.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ScopePolicy")]
#[expect(missing_docs, reason = "the words themselves, see above")]
pub enum PolicyWord {
    ConsentRequired,
    ConsentPersisted,
    ConsentNotRequired,
    NotAllowed,
}

impl From<PolicyWord> for ScopePolicy {
    fn from(word: PolicyWord) -> ScopePolicy {
        match word {
            PolicyWord::ConsentRequired => ScopePolicy::ConsentRequired,
            PolicyWord::ConsentPersisted => ScopePolicy::ConsentPersisted,
            PolicyWord::ConsentNotRequired => ScopePolicy::ConsentNotRequired,
            PolicyWord::NotAllowed => ScopePolicy::NotAllowed,
        }
    }
}

impl From<ScopePolicy> for PolicyWord {
    fn from(policy: ScopePolicy) -> PolicyWord {
        match policy {
            ScopePolicy::ConsentRequired => PolicyWord::ConsentRequired,
            ScopePolicy::ConsentPersisted => PolicyWord::ConsentPersisted,
            ScopePolicy::ConsentNotRequired => PolicyWord::ConsentNotRequired,
            ScopePolicy::NotAllowed => PolicyWord::NotAllowed,
        }
    }
}

/// The JSON body of a call. The documented examples send none of the media type's headers, so it may be absent, or the one
/// that curl puts there.
pub(super) fn body<T: DeserializeOwned>(call: &Call) -> Result<T, Failure> {
    match read::sent_media_type(&call.request) {
        "" => {}
        sent if [JSON, FORM].iter().any(|known| sent.eq_ignore_ascii_case(known)) => {}
        _ => return Err(Failure::MediaType { expected: JSON }),
    }
    read::from_text(&call.request.body)
}

/// A member that must be there.
pub(super) fn required<T>(member: &str, given: Option<T>) -> Result<T, Failure> {
    given.ok_or_else(|| Failure::Invalid(vec![Problem::missing(member)]))
}

/// The instant from which on a body is to hold, in microseconds; now when none is given.
pub(super) fn valid_from(given: Option<&str>) -> Result<Option<i64>, Failure> {
    let Some(text) = given.filter(|text| !text.is_empty()) else { return Ok(None) };
    let at = moment::parse(text);
    at.map(Some).ok_or_else(|| Failure::invalid("/valid_from", "must be a date and time with an offset (RFC 3339)"))
}

pub(super) fn metadata(given: Option<Vec<MetadataBody>>) -> Result<Vec<Metadata>, Failure> {
    metadata_at("/metadata", given)
}

/// The notes at a place of a body.
pub(super) fn metadata_at(place: &str, given: Option<Vec<MetadataBody>>) -> Result<Vec<Metadata>, Failure> {
    let one = |(index, body): (usize, MetadataBody)| {
        let MetadataBody { name, value, locale } = body;
        let name = required(&format!("{place}/{index}/name"), read::said(name))?;
        Ok(Metadata { name, value: value.unwrap_or_default(), locale: locale.unwrap_or_default() })
    };
    given.unwrap_or_default().into_iter().enumerate().map(one).collect()
}

pub(super) fn show_metadata(notes: Vec<Metadata>) -> Vec<MetadataBody> {
    let one =
        |Metadata { name, value, locale }| MetadataBody { name: Some(name), value: Some(value), locale: Some(locale) };
    notes.into_iter().map(one).collect()
}
