//! Reading the wire: bodies, queries and forms into structs, with the wrong member named. The same for every dialect.

use http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;

use super::Request;
use crate::domain::{Failure, Problem};

/// The media type of most bodies.
pub const JSON: &str = "application/json";
/// The media type of forms.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// The JSON body as a `T`.
pub fn json<T: DeserializeOwned>(request: &Request) -> Result<T, Failure> {
    media_type(request, JSON)?;
    from_json(&request.body).map_err(Failure::Malformed)
}

/// JSON text as a `T`. The problem names the member as a JSON Pointer.
pub fn from_json<T: DeserializeOwned>(text: &[u8]) -> Result<T, Problem> {
    if text.is_empty() {
        return Err(Problem::new("", "a JSON body is needed"));
    }
    let mut parser = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut parser)
        .map_err(|error| Problem::new(pointer(error.path()), reason(error.inner())))?;
    parser.end().map_err(|error| Problem::new("", reason(&error)))?;
    Ok(value)
}

/// A JSON value as a `T`.
pub fn from_value<T: DeserializeOwned>(value: &serde_json::Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| Problem::new(pointer(error.path()), reason(error.inner())))
}

/// A path of serde_path_to_error as a JSON Pointer (RFC 6901).
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        let part = match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } => key.replace('~', "~0").replace('/', "~1"),
            Segment::Enum { variant } => variant.clone(),
            Segment::Unknown => continue,
        };
        pointer.push('/');
        pointer.push_str(&part);
    }
    pointer
}

/// serde_json's sentence; the position means nothing to somebody who never saw the text.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match error.classify() {
        serde_json::error::Category::Data => match text.rfind(" at line ") {
            Some(end) => text.get(..end).unwrap_or(&text).to_owned(),
            None => text,
        },
        _ => format!("is not JSON: {text}"),
    }
}

/// Refuses a body of another media type. Parameters such as `charset` are let through.
pub fn media_type(request: &Request, expected: &'static str) -> Result<(), Failure> {
    let sent = request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let sent = sent.split(';').next().unwrap_or_default().trim();
    match sent.eq_ignore_ascii_case(expected) {
        true => Ok(()),
        false => Err(Failure::MediaType { expected }),
    }
}

/// Name and value pairs, each name at most once (RFC 6749 §3.1: parameters must not be repeated).
#[derive(Debug)]
pub struct Pairs {
    place: &'static str,
    pairs: Vec<(String, String)>,
}

/// The query of a request.
pub fn query(request: &Request) -> Result<Pairs, Failure> {
    Pairs::parse("query", request.query.as_bytes())
}

/// The form in the body of a request.
pub fn form(request: &Request) -> Result<Pairs, Failure> {
    media_type(request, FORM)?;
    Pairs::parse("form", &request.body)
}

impl Pairs {
    fn parse(place: &'static str, text: &[u8]) -> Result<Pairs, Failure> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(text) {
            if pairs.iter().any(|(known, _)| *known == name) {
                return Err(Failure::malformed(format!("{place}.{name}"), "is given more than once"));
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(Pairs { place, pairs })
    }

    /// The value of `name`; an empty value counts as absent (RFC 6749 §3.1).
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.pairs.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The value of `name`, converted.
    pub fn parsed<T>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Option<T>,
        expected: &str,
    ) -> Result<Option<T>, Failure> {
        match self.get(name) {
            None => Ok(None),
            Some(text) => match parse(text) {
                Some(value) => Ok(Some(value)),
                None => Err(Failure::malformed(format!("{}.{name}", self.place), format!("must be {expected}"))),
            },
        }
    }

    /// Refuses names that the operation does not know, so that a misspelt filter is not silently no filter.
    pub fn only(&self, known: &[&str]) -> Result<(), Failure> {
        match self.pairs.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some((name, _)) => {
                Err(Failure::malformed(format!("{}.{name}", self.place), format!("is not one of {}", known.join(", "))))
            }
        }
    }
}
