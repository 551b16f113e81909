//! Reading the wire: bodies, queries and forms into structs, with the wrong member named. The same for every dialect.
//!
//! Called by the handlers, and by the command line for files. Must not know any operation.

mod accept;
mod document;
mod json;
mod multipart;
mod owned;
pub mod pageable;
mod pairs;
mod xml;

use http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;

use super::Request;
use crate::domain::Failure;

pub use accept::accepted;
pub use document::{document, large_document};
pub use json::{from_json, from_value};
pub use multipart::{MULTIPART, field, fields};
pub use pairs::{Pairs, form, form_with_lists, query, query_with_lists, sent};
pub use xml::{Element, xml};

/// The media type of most bodies.
pub const JSON: &str = "application/json";
/// The media type of XML (RFC 7303).
pub const XML: &str = "application/xml";
/// The media type of forms.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// The JSON body as a `T`.
pub fn json<T: DeserializeOwned>(request: &Request) -> Result<T, Failure> {
    media_type(request, JSON)?;
    from_text(&request.body)
}

/// JSON text as a `T`. Text that is no JSON cannot be read; JSON of another shape than `T`'s makes no sense.
pub fn from_text<T: DeserializeOwned>(text: &[u8]) -> Result<T, Failure> {
    let value = json::value(text).map_err(Failure::Malformed)?;
    from_value(value).map_err(|problem| Failure::Invalid(vec![problem]))
}

/// A text that says something: members that hold a name or an id may be left out, null or empty alike.
pub fn said(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// Refuses a member that says again what the path says, and says something else.
pub fn agrees(member: &str, given: Option<String>, path: &str) -> Result<(), Failure> {
    match said(given) {
        Some(given) if given != path => Err(Failure::invalid(member, "must be the path's")),
        _ => Ok(()),
    }
}

/// Refuses a body of another media type. Parameters such as `charset` are let through.
pub fn media_type(request: &Request, expected: &'static str) -> Result<(), Failure> {
    match sent_media_type(request).eq_ignore_ascii_case(expected) {
        true => Ok(()),
        false => Err(Failure::MediaType { expected }),
    }
}

/// The media type of a body, without parameters.
pub fn sent_media_type(request: &Request) -> &str {
    let sent = request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    sent.split(';').next().unwrap_or_default().trim()
}
