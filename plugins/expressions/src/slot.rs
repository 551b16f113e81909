//! A place in the input document that an expression names.

use portcullis_fields::Json;

/// A place, found once in an evaluation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Slot {
    /// The member of the document that it begins with.
    pub(crate) root: String,
    /// The way from there.
    pub(crate) steps: Vec<Step>,
    /// What the expression does with it.
    pub(crate) used: Used,
}

/// One step into a value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// A member of an object.
    Member(String),
    /// An element of a list.
    Element(usize),
}

/// What an expression does with a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Used {
    /// It is compared, gone through or handed over: a value like any other.
    Whole,
    /// Only looked into: `has`, `in`, an index, `size`.
    LookedInto,
}

impl Slot {
    /// How the slot with a number is called in a bound expression. No name of a source has this sign.
    pub(crate) fn name(number: usize) -> String {
        format!("@{number}")
    }

    /// The number of the slot with such a name.
    pub(crate) fn number(name: &str) -> Option<usize> {
        name.strip_prefix('@')?.parse().ok()
    }

    /// What the document has there.
    pub(crate) fn find<'j, 'a>(&self, document: &'j Json<'a>) -> Option<&'j Json<'a>> {
        let step = |here: &'j Json<'a>, step: &Step| match step {
            Step::Member(name) => here.member(name),
            Step::Element(index) => here.element(*index),
        };
        self.steps.iter().try_fold(document.member(&self.root)?, step)
    }

    /// How its author would write it.
    pub(crate) fn text(&self) -> String {
        self.steps.iter().fold(self.root.clone(), |text, step| match step {
            Step::Member(name) if is_plain(name) => format!("{text}.{name}"),
            Step::Member(name) => format!("{text}[{name:?}]"),
            Step::Element(index) => format!("{text}[{index}]"),
        })
    }
}

fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
