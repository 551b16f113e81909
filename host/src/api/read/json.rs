//! JSON text, read strictly: of two members with one name neither counts, nesting is bounded, and whatever is wrong is
//! named by its JSON Pointer (RFC 6901).
//!
//! In two steps. Text becomes a [`Value`] here, because only a reader that sees every member sees a repeated one. The
//! value becomes a struct in `owned`, which takes it apart without copying. Called by the handlers through `read`.

use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, error::Category, map::Entry};

use super::owned::Owned;
use crate::domain::Problem;

/// Member names with which serde_json marks values of its own. A caller's member of such a name would be taken for the
/// JSON text of a value, and that text would not have been read here.
const RESERVED: &str = "$serde_json::private::";

/// JSON text as a `T`. The problem names the member as a JSON Pointer.
pub fn from_json<T: DeserializeOwned>(text: &[u8]) -> Result<T, Problem> {
    from_value(value(text)?)
}

/// A JSON value as a `T`. The problem names the member as a JSON Pointer.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    T::deserialize(Owned(value)).map_err(Problem::from)
}

/// JSON text as a value.
pub(super) fn value(text: &[u8]) -> Result<Value, Problem> {
    if text.is_empty() {
        return Err(Problem::new("", "a JSON body is needed"));
    }
    value_within(text, usize::MAX, usize::MAX)
}

/// JSON text as a value of at most `room` values, with names of members of at most `longest` bytes.
pub(super) fn value_within(text: &[u8], room: usize, longest: usize) -> Result<Value, Problem> {
    let mut parser = serde_json::Deserializer::from_slice(text);
    // serde_json itself refuses more than 128 levels.
    let mut reading = Reading::within(room, usize::MAX, longest);
    let read = Reader(&mut reading).deserialize(&mut parser);
    let value = read.map_err(|error| match error.classify() {
        // The parser knows no data, so this is one of the reasons below.
        Category::Data => reading.problem(),
        Category::Syntax | Category::Eof | Category::Io => no_json(&error),
    })?;
    parser.end().map_err(|error| no_json(&error))?;
    Ok(value)
}

fn no_json(error: &serde_json::Error) -> Problem {
    Problem::new("", format!("is not JSON: {error}"))
}

/// The way from a wrong member up to the whole, and what is wrong with it. Written only once something is wrong.
#[derive(Debug, Default)]
pub(super) struct Trail {
    steps: Vec<String>,
}

impl Trail {
    /// One level further up.
    pub(super) fn step(&mut self, step: impl fmt::Display) {
        self.steps.push(step.to_string());
    }

    /// As a JSON Pointer.
    pub(super) fn pointer(&self) -> String {
        let escaped = |step: &String| format!("/{}", step.replace('~', "~0").replace('/', "~1"));
        self.steps.iter().rev().map(escaped).collect()
    }
}

/// What a reading has come across. Texts of other formats than JSON are read into it as well (`document`).
pub(super) struct Reading {
    trail: Trail,
    /// Why the text is refused, when it is not for its syntax.
    reason: Option<&'static str>,
    /// How many more values there may be.
    room: usize,
    /// How many more levels there may be below this one.
    depth: usize,
    /// How many bytes the name of a member may have.
    longest: usize,
}

impl Reading {
    /// A reading of at most `room` values and `depth` levels, with names of at most `longest` bytes.
    pub(super) fn within(room: usize, depth: usize, longest: usize) -> Reading {
        Reading { trail: Trail::default(), reason: None, room, depth, longest }
    }

    /// Whether the text was refused for what it says rather than for its syntax.
    pub(super) fn refused(&self) -> bool {
        self.reason.is_some()
    }

    /// What is wrong and where.
    pub(super) fn problem(&self) -> Problem {
        Problem::new(self.trail.pointer(), self.reason.unwrap_or("cannot be read"))
    }

    fn refuse<E: Error>(&mut self, reason: &'static str) -> E {
        self.reason = Some(reason);
        E::custom(reason)
    }
}

/// Reads one value.
pub(super) struct Reader<'a>(pub(super) &'a mut Reading);

impl Reader<'_> {
    fn refuse_member<E: Error>(&mut self, name: &str, reason: &'static str) -> E {
        self.0.trail.step(name);
        self.0.refuse(reason)
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match (self.0.room.checked_sub(1), self.0.depth.checked_sub(1)) {
            (Some(room), Some(depth)) => (self.0.room, self.0.depth) = (room, depth),
            (None, _) => return Err(self.0.refuse("is one value more than a document may have")),
            (_, None) => return Err(self.0.refuse("is nested deeper than a document may be")),
        }
        let read = deserializer.deserialize_any(Reader(self.0));
        self.0.depth += 1;
        read
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            match items.next_element_seed(Reader(self.0)) {
                Ok(Some(item)) => list.push(item),
                Ok(None) => return Ok(Value::Array(list)),
                Err(error) => {
                    self.0.trail.step(list.len());
                    return Err(error);
                }
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if name.len() > self.0.longest {
                return Err(self.0.refuse("has a member with a longer name than a document may have"));
            }
            if name.starts_with(RESERVED) {
                return Err(self.refuse_member(&name, "is a reserved name"));
            }
            match object.entry(name) {
                Entry::Occupied(member) => return Err(self.refuse_member(member.key(), "is given more than once")),
                Entry::Vacant(member) => match members.next_value_seed(Reader(self.0)) {
                    Ok(value) => drop(member.insert(value)),
                    Err(error) => {
                        self.0.trail.step(member.key());
                        return Err(error);
                    }
                },
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests;
