//! References within a document (`$ref`), followed to what they mean.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::{Problem, Reading, problem};

/// The member that makes a reference of an object.
pub(super) const REF: &str = "$ref";
/// The longest chain of references.
const HOPS: usize = 16;
/// The longest reference, in bytes.
const LONGEST: usize = 4096;
/// Following a reference of so many bytes takes a step more.
const STEP: usize = 256;

/// A value with its place.
#[derive(Clone, Debug)]
pub(super) struct Placed<'a> {
    pub(super) place: String,
    pub(super) value: &'a Value,
}

impl<'a> Placed<'a> {
    /// The value as an object.
    pub(super) fn object(&self) -> Result<&'a Map<String, Value>, Problem> {
        self.value.as_object().ok_or_else(|| problem(self.place.clone(), "must be an object"))
    }
}

/// What `start` means: itself, or what it refers to in the end.
pub(super) fn resolve<'a>(reading: &mut Reading<'a>, start: Placed<'a>) -> Result<Placed<'a>, Problem> {
    let mut seen = Vec::new();
    let mut here = start;
    while let Some(next) = next(reading, &here)? {
        seen.push(here.place);
        if seen.contains(&next.place) {
            return Err(problem(next.place, "is a reference that leads back to itself"));
        }
        if seen.len() == HOPS {
            return Err(problem(next.place, format!("is the end of more than {HOPS} references in a row")));
        }
        here = next;
    }
    Ok(here)
}

/// What `here` refers to, if it is a reference.
pub(super) fn next<'a>(reading: &mut Reading<'a>, here: &Placed<'a>) -> Result<Option<Placed<'a>>, Problem> {
    let Some(reference) = here.value.as_object().and_then(|object| object.get(REF)) else { return Ok(None) };
    let place = || format!("{}/{REF}", here.place);
    let Some(text) = reference.as_str() else { return Err(problem(place(), "must be a text")) };
    if text.len() > LONGEST {
        return Err(problem(place(), format!("must have at most {LONGEST} bytes")));
    }
    if !reading.step(1 + text.len() / STEP) {
        return Err(problem(place(), "is not followed: the reading has ended"));
    }
    let Some(fragment) = text.strip_prefix('#') else {
        return Err(problem(place(), "must stay within the document: it must begin with `#/`"));
    };
    let pointer = percent_decode_str(fragment).decode_utf8();
    let pointer = pointer.map_err(|_| problem(place(), "must be UTF-8"))?.into_owned();
    match reading.root.pointer(&pointer) {
        Some(value) => Ok(Some(Placed { place: pointer, value })),
        None => Err(problem(place(), "refers to nothing in the document")),
    }
}
