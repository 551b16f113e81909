//! The comparators and their names.

use crate::Code;

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "README.md says what each of them means")]
pub enum Comparator {
    Equals,
    NotEquals,
    Contains,
    ContainsAll,
    ContainsAny,
    NotContains,
    Exists,
    Matches,
    Greater,
    Less,
    StartsWith,
    EndsWith,
    InCidr,
    Before,
    After,
}

impl Comparator {
    /// Every comparator, in the order of the documentation.
    pub const ALL: [Comparator; 15] = [
        Comparator::Equals,
        Comparator::NotEquals,
        Comparator::Contains,
        Comparator::ContainsAll,
        Comparator::ContainsAny,
        Comparator::NotContains,
        Comparator::Exists,
        Comparator::Matches,
        Comparator::Greater,
        Comparator::Less,
        Comparator::StartsWith,
        Comparator::EndsWith,
        Comparator::InCidr,
        Comparator::Before,
        Comparator::After,
    ];

    /// The comparator of this name.
    pub fn named(name: &str) -> Option<Comparator> {
        Comparator::ALL.into_iter().find(|comparator| comparator.as_str() == name)
    }

    /// The name in a conf.
    pub fn as_str(self) -> &'static str {
        self.words().0
    }

    /// What is reported when two comparable values do not compare as asked.
    pub(crate) fn refusal(self) -> Code {
        self.words().1
    }

    /// Whether the value to compare with may come out of the document: an expression or a demand to exist may not.
    pub(crate) fn takes_references(self) -> bool {
        !matches!(self, Comparator::Matches | Comparator::Exists)
    }

    fn words(self) -> (&'static str, Code) {
        match self {
            Comparator::Equals => ("equals", Code::NotEqual),
            Comparator::NotEquals => ("not_equals", Code::Equal),
            Comparator::Contains => ("contains", Code::NotContained),
            Comparator::ContainsAll => ("contains_all", Code::NotAllContained),
            Comparator::ContainsAny => ("contains_any", Code::NoneContained),
            Comparator::NotContains => ("not_contains", Code::Contained),
            Comparator::Exists => ("exists", Code::Present),
            Comparator::Matches => ("matches", Code::NoMatch),
            Comparator::Greater => ("greater", Code::NotGreater),
            Comparator::Less => ("less", Code::NotLess),
            Comparator::StartsWith => ("starts_with", Code::WrongStart),
            Comparator::EndsWith => ("ends_with", Code::WrongEnd),
            Comparator::InCidr => ("in_cidr", Code::OutsideNetwork),
            Comparator::Before => ("before", Code::NotBefore),
            Comparator::After => ("after", Code::NotAfter),
        }
    }
}
