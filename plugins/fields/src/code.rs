//! Why a field failed: a stable word for programs.

/// The codes of the field language. A word, once published, keeps its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// There is no such value, or it is null.
    Missing,
    /// The value's JSON type is none that the comparator compares with what was asked for.
    TypeMismatch,
    /// The value has the right type but cannot be read as an address or a time.
    Malformed,
    /// `value_from` finds nothing, or null.
    ReferenceMissing,
    /// `value_from` finds a value that the comparator cannot compare with.
    ReferenceMismatch,
    /// `equals`
    NotEqual,
    /// `not_equals`
    Equal,
    /// `contains`
    NotContained,
    /// `contains_all`
    NotAllContained,
    /// `contains_any`
    NoneContained,
    /// `not_contains`
    Contained,
    /// `exists` with value false
    Present,
    /// `matches`
    NoMatch,
    /// `greater`
    NotGreater,
    /// `less`
    NotLess,
    /// `starts_with`
    WrongStart,
    /// `ends_with`
    WrongEnd,
    /// `in_cidr`
    OutsideNetwork,
    /// `before`
    NotBefore,
    /// `after`
    NotAfter,
}

impl Code {
    /// The stable word.
    pub fn as_str(self) -> &'static str {
        self.words().0
    }

    /// What is said about the field, after its name.
    pub(crate) fn sentence(self) -> &'static str {
        self.words().1
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Code::Missing => ("missing", "is missing"),
            Code::TypeMismatch => ("type_mismatch", "has a type that cannot be compared with what the policy asks for"),
            Code::Malformed => ("malformed", "is not an address or a time that could be compared"),
            Code::ReferenceMissing => ("reference_missing", "is to be compared with a value that is missing"),
            Code::ReferenceMismatch => ("reference_mismatch", "is to be compared with a value of an unsuitable type"),
            Code::NotEqual => ("not_equal", "does not equal what the policy asks for"),
            Code::Equal => ("equal", "equals what the policy excludes"),
            Code::NotContained => ("not_contained", "does not contain what the policy asks for"),
            Code::NotAllContained => ("not_all_contained", "does not contain everything the policy asks for"),
            Code::NoneContained => ("none_contained", "contains nothing of what the policy asks for"),
            Code::Contained => ("contained", "contains what the policy excludes"),
            Code::Present => ("present", "is present and must not be"),
            Code::NoMatch => ("no_match", "does not match the policy's expression"),
            Code::NotGreater => ("not_greater", "is not greater than the policy's limit"),
            Code::NotLess => ("not_less", "is not less than the policy's limit"),
            Code::WrongStart => ("wrong_start", "does not start with what the policy asks for"),
            Code::WrongEnd => ("wrong_end", "does not end with what the policy asks for"),
            Code::OutsideNetwork => ("outside_network", "lies outside of the policy's networks"),
            Code::NotBefore => ("not_before", "is not before the policy's limit"),
            Code::NotAfter => ("not_after", "is not after the policy's limit"),
        }
    }
}
