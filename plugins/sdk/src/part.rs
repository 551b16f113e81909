//! A part of the input, read into a type of the author's.

use portcullis_fields::Json;
use serde::de::value::{BorrowedStrDeserializer, Error, MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{Deserialize, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use crate::{Number, Outcome};

/// A part of the input is not there, or is not what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    code: &'static str,
    message: String,
}

impl Unreadable {
    /// `missing` or `type_mismatch`.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// What is wrong, without any value of the input.
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// What is not there or cannot be read is a deny.
impl From<Unreadable> for Outcome {
    fn from(unreadable: Unreadable) -> Outcome {
        Outcome::deny(unreadable.code, unreadable.message)
    }
}

pub(crate) fn read<'i, T: Deserialize<'i>>(found: Option<&'i Json<'_>>, path: &str) -> Result<T, Unreadable> {
    let Some(found) = found else {
        return Err(Unreadable { code: "missing", message: format!("{path} is missing") });
    };
    serde_path_to_error::deserialize(Part(found)).map_err(|error| {
        let below = error.path().to_string();
        let place = if below == "." { path.to_owned() } else { format!("{path}.{below}") };
        // Not serde's own words: they may repeat the value.
        Unreadable { code: "type_mismatch", message: format!("{place} is not what it should be") }
    })
}

/// A JSON value as serde reads it.
struct Part<'i, 'a>(&'i Json<'a>);

impl<'i> IntoDeserializer<'i> for Part<'i, '_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'i> Part<'i, '_> {
    fn members(members: &'i [(std::borrow::Cow<'_, str>, Json<'_>)]) -> impl Iterator<Item = (Name<'i>, Part<'i, 'i>)> {
        members.iter().map(|(name, value)| (Name(name), Part(value)))
    }
}

/// A member's name.
struct Name<'i>(&'i str);

impl<'i> IntoDeserializer<'i> for Name<'i> {
    type Deserializer = BorrowedStrDeserializer<'i, Error>;

    fn into_deserializer(self) -> Self::Deserializer {
        BorrowedStrDeserializer::new(self.0)
    }
}

impl<'de> Deserializer<'de> for Part<'de, '_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Json::Null => visitor.visit_unit(),
            Json::Bool(value) => visitor.visit_bool(*value),
            Json::Number(Number::Signed(value)) => visitor.visit_i64(*value),
            Json::Number(Number::Unsigned(value)) => visitor.visit_u64(*value),
            Json::Number(Number::Float(value)) => visitor.visit_f64(*value),
            Json::String(text) => visitor.visit_borrowed_str(text),
            Json::Array(elements) => {
                let mut sequence = SeqDeserializer::new(elements.iter().map(Part));
                let value = visitor.visit_seq(&mut sequence)?;
                sequence.end().map(|()| value)
            }
            Json::Object(members) => {
                let mut map = MapDeserializer::new(Part::members(members));
                let value = visitor.visit_map(&mut map)?;
                map.end().map(|()| value)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if *self.0 == Json::Null { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Json::String(text) => visitor.visit_enum(BorrowedStrDeserializer::<Error>::new(text)),
            Json::Object(members) => {
                visitor.visit_enum(MapAccessDeserializer::new(MapDeserializer::new(Part::members(members))))
            }
            _ => Part(self.0).deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Input;

    #[derive(serde::Deserialize, Debug, PartialEq)]
    struct Session<'i> {
        #[serde(borrow)]
        amr: Vec<&'i str>,
        level: Level,
        since: Option<u64>,
        score: f64,
    }

    #[derive(serde::Deserialize, Debug, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Level {
        High,
    }

    fn read(session: &str) -> Result<String, (String, String)> {
        let document = format!(r#"{{"authn_ctx":{{"session":{session}}}}}"#);
        let input = Input::read(&document).unwrap();
        let read = input.part::<Session<'_>>("authn_ctx.session");
        read.map(|read| format!("{read:?}")).map_err(|error| (error.code().to_owned(), error.message().to_owned()))
    }

    #[test]
    fn a_part_becomes_a_struct() {
        let session = read(r#"{"amr":["pwd","otp"],"level":"high","since":null,"score":1.5,"more":{"x":[1]}}"#);
        let expected = Session { amr: vec!["pwd", "otp"], level: Level::High, since: None, score: 1.5 };
        assert_eq!(session, Ok(format!("{expected:?}")));
    }

    #[test]
    fn what_cannot_be_read_is_told_by_its_place_only() {
        let secret = read(r#"{"amr":["pwd",7],"level":"high","score":1.5}"#).unwrap_err();
        assert_eq!(secret, ("type_mismatch".into(), "authn_ctx.session.amr[1] is not what it should be".into()));
        for wrong in ["null", "[]", r#"{"amr":[]}"#, r#"{"amr":[],"level":"secret","score":1}"#] {
            let (code, message) = read(wrong).unwrap_err();
            assert_eq!((code.as_str(), message.contains("secret")), ("type_mismatch", false), "{wrong}");
        }
        let missing = Input::read("{}").unwrap().part::<u8>("authn_ctx.age").unwrap_err();
        assert_eq!(Outcome::from(missing), Outcome::deny("missing", "authn_ctx.age is missing"));
    }
}
