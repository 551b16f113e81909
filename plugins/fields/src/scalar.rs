//! A single wanted value: a text, a number, true or false.

use crate::pattern::{Cover, Pattern};
use crate::{Json, Number};

/// Whether a star in a text is a wildcard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Texts {
    /// The text is the policy's: it may have wildcards.
    Wildcards,
    /// The text is out of the document: it stands for itself.
    Literal,
}

impl Texts {
    /// Reads `text` accordingly.
    pub(crate) fn pattern(self, text: &str) -> Result<Pattern, &'static str> {
        match self {
            Texts::Wildcards => Pattern::parse(text),
            Texts::Literal => Ok(Pattern::literal(text)),
        }
    }
}

/// What a value is compared with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar {
    Text(Pattern),
    Number(Number),
    Bool(bool),
}

impl Scalar {
    /// Reads a text, a number, true or false.
    pub(crate) fn read(value: &Json<'_>, texts: Texts) -> Result<Scalar, &'static str> {
        match value {
            Json::String(text) => texts.pattern(text).map(Scalar::Text),
            Json::Number(number) => Ok(Scalar::Number(*number)),
            Json::Bool(value) => Ok(Scalar::Bool(*value)),
            Json::Null | Json::Array(_) | Json::Object(_) => Err("a text, a number, true or false is needed here"),
        }
    }

    /// Whether `actual` is this value; `None` when it is of another type.
    pub(crate) fn equals(&self, actual: &Json<'_>) -> Option<bool> {
        match (self, actual) {
            (Scalar::Text(pattern), Json::String(text)) => Some(pattern.covers(Cover::Whole, text)),
            (Scalar::Number(wanted), Json::Number(number)) => Some(wanted == number),
            (Scalar::Bool(wanted), Json::Bool(value)) => Some(wanted == value),
            _ => None,
        }
    }

    /// Whether this value occurs in an array as an element or in a text as a part of it; `None` for other types.
    pub(crate) fn within(&self, actual: &Json<'_>) -> Option<bool> {
        match (self, actual) {
            (_, Json::Array(elements)) => Some(elements.iter().any(|element| self.equals(element) == Some(true))),
            (Scalar::Text(pattern), Json::String(text)) => Some(pattern.covers(Cover::Inside, text)),
            _ => None,
        }
    }

    /// True for the empty text.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Scalar::Text(pattern) if pattern.is_empty())
    }
}
