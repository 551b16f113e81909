//! JSON Schema out of types: `#[conf]` describes an author's struct, and this file the types of its members.
//!
//! All of it is evaluated by the compiler. A component holds the finished text and no code for it.

#![allow(clippy::indexing_slicing, reason = "evaluated by the compiler, where a panic is an error of the build")]

use std::collections::{BTreeMap, BTreeSet};

/// A type that knows what JSON it is read from.
pub trait Schema {
    /// What JSON it is read from.
    const SHAPE: Shape;
    /// Its doc comment.
    const HELP: &'static str = "";
}

/// What JSON a type is read from.
#[derive(Clone, Copy)]
pub struct Shape {
    words: &'static str,
    least: Limit,
    most: Limit,
    each: Option<(&'static str, &'static Shape)>,
    members: Option<&'static [Member]>,
    optional: bool,
}

/// The keyword of a bound, and the bound that comes with the type.
#[derive(Clone, Copy)]
struct Limit(&'static str, Option<&'static str>);

/// What a value is held against besides.
#[derive(Clone, Copy)]
#[expect(missing_docs, reason = "written by #[conf] only")]
pub struct Bounds {
    pub min: Option<&'static str>,
    pub max: Option<&'static str>,
    pub pattern: Option<&'static str>,
    pub each: Option<&'static Bounds>,
}

const NONE: Bounds = Bounds { min: None, max: None, pattern: None, each: None };

/// A member of an object; its name and description are JSON strings.
#[derive(Clone, Copy)]
#[expect(missing_docs, reason = "written by #[conf] only")]
pub struct Member {
    pub name: &'static str,
    pub description: &'static str,
    pub default: bool,
    pub shape: Shape,
    pub bounds: Bounds,
}

impl Shape {
    /// A shape that some words of JSON Schema describe, such as `"type":"boolean"`; none means any JSON.
    pub const fn of(words: &'static str) -> Shape {
        let (least, most) = (Limit("minimum", None), Limit("maximum", None));
        Shape { words, least, most, each: None, members: None, optional: false }
    }

    /// An object of these members and no others.
    pub const fn object(members: &'static [Member]) -> Shape {
        Shape { members: Some(members), ..Shape::of(r#""type":"object""#) }
    }

    const fn whole(min: Option<&'static str>, max: Option<&'static str>) -> Shape {
        Shape { least: Limit("minimum", min), most: Limit("maximum", max), ..Shape::of(r#""type":"integer""#) }
    }

    const fn counted(self, least: &'static str, most: &'static str) -> Shape {
        Shape { least: Limit(least, None), most: Limit(most, None), ..self }
    }

    const fn list(words: &'static str, element: &'static Shape) -> Shape {
        Shape { each: Some(("items", element)), ..Shape::of(words).counted("minItems", "maxItems") }
    }
}

macro_rules! shapes {
    ($($type:ty: $shape:expr;)*) => { $(impl Schema for $type { const SHAPE: Shape = $shape; })* };
}

shapes! {
    bool: Shape::of(r#""type":"boolean""#);
    String: Shape::of(r#""type":"string""#).counted("minLength", "maxLength");
    f64: Shape::of(r#""type":"number""#);
    u8: Shape::whole(Some("0"), Some("255"));
    u16: Shape::whole(Some("0"), Some("65535"));
    u32: Shape::whole(Some("0"), Some("4294967295"));
    u64: Shape::whole(Some("0"), None);
    i8: Shape::whole(Some("-128"), Some("127"));
    i16: Shape::whole(Some("-32768"), Some("32767"));
    i32: Shape::whole(Some("-2147483648"), Some("2147483647"));
    i64: Shape::whole(None, None);
    portcullis_fields::Conf: Shape::of("");
}

impl<T: Schema> Schema for Option<T> {
    const SHAPE: Shape = Shape { optional: true, ..T::SHAPE };
}

impl<T: Schema> Schema for Vec<T> {
    const SHAPE: Shape = Shape::list(r#""type":"array""#, &T::SHAPE);
}

impl<T: Schema> Schema for BTreeSet<T> {
    const SHAPE: Shape = Shape::list(r#""type":"array""#, &T::SHAPE);
}

impl<T: Schema> Schema for BTreeMap<String, T> {
    const SHAPE: Shape = {
        let object = Shape::of(r#""type":"object""#).counted("minProperties", "maxProperties");
        Shape { each: Some(("additionalProperties", &T::SHAPE)), ..object }
    };
}

/// JSON Schema (2020-12) of a type made with `#[conf]`, as a constant text.
#[macro_export]
macro_rules! schema_of {
    ($conf:ty) => {{
        const SHAPE: $crate::schema::Shape = <$conf as $crate::Schema>::SHAPE;
        const TEXT: [u8; $crate::schema::length(&SHAPE)] = $crate::schema::bytes(&SHAPE);
        $crate::schema::text(&TEXT)
    }};
}

/// How long the schema of `shape` is, in bytes.
#[doc(hidden)]
pub const fn length(shape: &Shape) -> usize {
    written::<0>(shape).at
}

/// The schema of `shape`.
#[doc(hidden)]
pub const fn bytes<const LENGTH: usize>(shape: &Shape) -> [u8; LENGTH] {
    written(shape).bytes
}

/// The schema as text.
#[doc(hidden)]
pub const fn text(bytes: &'static [u8]) -> &'static str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => "",
    }
}

const fn written<const LENGTH: usize>(shape: &Shape) -> Writer<LENGTH> {
    let mut writer = Writer { bytes: [0; LENGTH], at: 0, last: b'{' };
    writer.push(r#"{"$schema":"https://json-schema.org/draft/2020-12/schema""#);
    writer.shape(shape, &NONE);
    writer.push("}");
    writer
}

/// Writes JSON into an array, or only counts when that is empty.
struct Writer<const LENGTH: usize> {
    bytes: [u8; LENGTH],
    at: usize,
    last: u8,
}

impl<const LENGTH: usize> Writer<LENGTH> {
    const fn push(&mut self, text: &str) {
        let mut rest = text.as_bytes();
        while let Some((byte, after)) = rest.split_first() {
            if LENGTH > 0 {
                self.bytes[self.at] = *byte;
            }
            self.at += 1;
            self.last = *byte;
            rest = after;
        }
    }

    /// A comma, unless what comes now is the first.
    const fn comma(&mut self) {
        if self.last != b'{' {
            self.push(",");
        }
    }

    /// `"keyword":value`, when there is one.
    const fn word(&mut self, keyword: &str, value: Option<&str>) {
        let Some(value) = value else { return };
        self.comma();
        self.push("\"");
        self.push(keyword);
        self.push("\":");
        self.push(value);
    }

    const fn shape(&mut self, shape: &Shape, bounds: &Bounds) {
        if !shape.words.is_empty() {
            self.comma();
            self.push(shape.words);
        }
        self.word(shape.least.0, first(bounds.min, shape.least.1));
        self.word(shape.most.0, first(bounds.max, shape.most.1));
        self.word("pattern", bounds.pattern);
        if let Some((keyword, each)) = shape.each {
            self.word(keyword, Some("{"));
            self.shape(
                each,
                match bounds.each {
                    Some(bounds) => bounds,
                    None => &NONE,
                },
            );
            self.push("}");
        }
        if let Some(members) = shape.members {
            self.members(members);
        }
    }

    const fn members(&mut self, members: &[Member]) {
        self.required(members);
        self.word("additionalProperties", Some("false"));
        let mut before = r#","properties":{"#;
        let mut rest = members;
        while let Some((member, after)) = rest.split_first() {
            self.push(before);
            self.push(member.name);
            self.push(":{\"description\":");
            self.push(member.description);
            self.shape(&member.shape, &member.bounds);
            self.push("}");
            (rest, before) = (after, ",");
        }
        if !members.is_empty() {
            self.push("}");
        }
    }

    const fn required(&mut self, members: &[Member]) {
        let mut before = r#","required":["#;
        let mut rest = members;
        while let Some((member, after)) = rest.split_first() {
            if !member.default && !member.shape.optional {
                self.push(before);
                self.push(member.name);
                before = ",";
            }
            rest = after;
        }
        // Something was needed, so the list was begun.
        if before.len() == 1 {
            self.push("]");
        }
    }
}

const fn first(one: Option<&'static str>, other: Option<&'static str>) -> Option<&'static str> {
    match one {
        Some(_) => one,
        None => other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use crate::conf;

    /// When it is
    /// "open".
    #[conf]
    #[serde(rename_all = "kebab-case")]
    #[expect(dead_code, reason = "only described")]
    struct Hours {
        /// The first \ hour.
        #[conf(max = 23)]
        from_hour: u8,
        /// Days.
        #[conf(min = 1, each(min = 2, pattern = "^\\w+$"))]
        days: Option<Vec<String>>,
        /// By place.
        #[conf(default, max = 9, each(each(min = -1.5)))]
        places: BTreeMap<String, Vec<f64>>,
        /// How.
        #[serde(rename = "how")]
        kind: Kind,
        /// Besides.
        inner: Inner,
    }

    #[conf]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        VeryStrict,
        #[serde(rename = "no")]
        Not,
    }

    #[conf]
    struct Inner {}

    #[test]
    fn a_struct_is_described() {
        let schema: Value = serde_json::from_str(schema_of!(Hours)).unwrap();
        let expected = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object", "required": ["from-hour", "how", "inner"], "additionalProperties": false,
            "properties": {
                "from-hour": { "description": "The first \\ hour.", "type": "integer", "minimum": 0, "maximum": 23 },
                "days": { "description": "Days.", "type": "array", "minItems": 1,
                    "items": { "type": "string", "minLength": 2, "pattern": "^\\w+$" } },
                "places": { "description": "By place.", "type": "object", "maxProperties": 9,
                    "additionalProperties": { "type": "array", "items": { "type": "number", "minimum": -1.5 } } },
                "how": { "description": "How.", "enum": ["very_strict", "no"] },
                "inner": { "description": "Besides.", "type": "object", "additionalProperties": false },
            },
        });
        assert_eq!(schema, expected);
        assert_eq!(<Hours as super::Schema>::HELP, "When it is \"open\".");
    }

    #[test]
    fn what_is_read_is_what_is_described() {
        let good = json!({ "from-hour": 8, "how": "no", "inner": {} });
        let hours: Hours = serde_json::from_value(good.clone()).unwrap();
        assert!(hours.days.is_none() && hours.places.is_empty() && matches!(hours.kind, Kind::Not));
        for (member, value) in [("from_hour", json!(8)), ("how", json!("VeryStrict")), ("inner", json!({ "a": 1 }))] {
            let mut bad = good.clone();
            bad[member] = value;
            assert!(serde_json::from_value::<Hours>(bad).is_err(), "{member}");
        }
    }
}
