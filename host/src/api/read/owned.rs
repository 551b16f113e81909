//! Takes a JSON value apart into a struct: texts and lists are moved, nothing is copied.
//!
//! Called by `json`. Stricter than serde_json's own: only an object is a struct or a map (serde would fill a struct from
//! a list, by place), and a fault knows which member it is about.

use std::fmt;

use serde::{
    de::{DeserializeSeed, Deserializer, Error, Expected, IntoDeserializer, MapAccess, SeqAccess, Visitor},
    forward_to_deserialize_any,
};
use serde_json::{Map, Number, Value, map};

use super::json::Trail;
use crate::domain::Problem;

/// A value that gives itself away.
pub(super) struct Owned(pub(super) Value);

/// What is wrong, and where.
#[derive(Debug)]
pub(super) struct Fault {
    trail: Trail,
    reason: String,
}

impl Fault {
    fn new(reason: impl Into<String>) -> Fault {
        Fault { trail: Trail::default(), reason: reason.into() }
    }

    /// The same fault, seen from one level further up.
    fn below(mut self, step: impl fmt::Display) -> Fault {
        self.trail.step(step);
        self
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Problem {
        Problem::new(fault.trail.pointer(), fault.reason)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.reason)
    }
}

impl std::error::Error for Fault {}

impl Error for Fault {
    fn custom<T: fmt::Display>(reason: T) -> Fault {
        Fault::new(reason.to_string())
    }

    fn missing_field(name: &'static str) -> Fault {
        Fault::new(format!("`{name}` is required")).below(name)
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Fault {
        Fault::new(format!("`{name}` is not one of {}", known.join(", "))).below(name)
    }

    fn unknown_variant(variant: &str, known: &'static [&'static str]) -> Fault {
        Fault::new(format!("`{variant}` is not one of {}", known.join(", ")))
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Fault {
        Fault::new(format!("has {length} items instead of {expected}"))
    }
}

impl Owned {
    fn object(self) -> Result<Map<String, Value>, Fault> {
        match self.0 {
            Value::Object(members) => Ok(members),
            _ => Err(Fault::new("must be an object")),
        }
    }
}

fn number<'de, V: Visitor<'de>>(number: &Number, visitor: V) -> Result<V::Value, Fault> {
    match (number.as_u64(), number.as_i64(), number.as_f64()) {
        (Some(number), _, _) => visitor.visit_u64(number),
        (None, Some(number), _) => visitor.visit_i64(number),
        (None, None, Some(number)) => visitor.visit_f64(number),
        (None, None, None) => Err(Fault::new("is no number this server can keep")),
    }
}

fn list<'de, V: Visitor<'de>>(items: Vec<Value>, visitor: V) -> Result<V::Value, Fault> {
    let length = items.len();
    let mut items = Items { items: items.into_iter(), place: 0 };
    let read = visitor.visit_seq(&mut items)?;
    match items.items.len() {
        0 => Ok(read),
        more => Err(Fault::new(format!("has {length} items instead of {}", length - more))),
    }
}

impl<'de> Deserializer<'de> for Owned {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(value) => number(&value, visitor),
            Value::String(value) => visitor.visit_string(value),
            Value::Array(items) => list(items, visitor),
            Value::Object(members) => visitor.visit_map(Entries::of(members)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_map(Fields::of(self.object()?))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_map(Entries::of(self.object()?))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.0 {
            // The enums of the wire are plain words.
            Value::String(variant) => visitor.visit_enum(variant.into_deserializer()),
            _ => Err(Fault::new("must be a text")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct identifier
    }
}

/// The items of a list.
struct Items {
    items: std::vec::IntoIter<Value>,
    place: usize,
}

impl<'de> SeqAccess<'de> for Items {
    type Error = Fault;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Fault> {
        let Some(item) = self.items.next() else { return Ok(None) };
        let item = seed.deserialize(Owned(item)).map_err(|fault| fault.below(self.place))?;
        self.place += 1;
        Ok(Some(item))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// The members of a struct. Each name is kept while its value is read, to be there when that goes wrong.
struct Fields {
    members: map::IntoIter,
    current: (String, Value),
}

impl Fields {
    fn of(members: Map<String, Value>) -> Fields {
        Fields { members: members.into_iter(), current: (String::new(), Value::Null) }
    }
}

impl<'de> MapAccess<'de> for Fields {
    type Error = Fault;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Fault> {
        let Some(member) = self.members.next() else { return Ok(None) };
        self.current = member;
        seed.deserialize(self.current.0.as_str().into_deserializer()).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fault> {
        let (name, value) = &mut self.current;
        seed.deserialize(Owned(value.take())).map_err(|fault| fault.below(name))
    }
}

/// The members of a map. Their names are given away, so a wrong value would be named by the map it is in; the maps of
/// the wire have values of any kind, which cannot be wrong.
struct Entries {
    members: map::IntoIter,
    value: Value,
}

impl Entries {
    fn of(members: Map<String, Value>) -> Entries {
        Entries { members: members.into_iter(), value: Value::Null }
    }
}

impl<'de> MapAccess<'de> for Entries {
    type Error = Fault;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Fault> {
        let Some((name, value)) = self.members.next() else { return Ok(None) };
        self.value = value;
        seed.deserialize(name.into_deserializer()).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fault> {
        seed.deserialize(Owned(self.value.take()))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.members.len())
    }
}
