//! Why a client does not get what it asks for, in the words of the standards (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6).

use crate::domain::Failure;

/// What the client is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The registered word.
    pub(super) error: String,
    /// One sentence.
    pub(super) description: String,
}

impl Refusal {
    /// What a client is told when the person, or a policy about them, says no.
    pub(super) const ACCESS: &'static str = "access_denied";

    pub(super) fn new(error: &str, description: impl Into<String>) -> Refusal {
        Refusal { error: error.to_owned(), description: description.into() }
    }

    /// A request that makes no sense.
    pub(super) fn request(description: impl Into<String>) -> Refusal {
        Refusal::new("invalid_request", description)
    }

    /// The person, or a policy about them, says no.
    pub(super) fn access(description: impl Into<String>) -> Refusal {
        Refusal::new(Refusal::ACCESS, description)
    }
}

/// What can come of a check.
#[derive(Debug)]
pub(super) enum Wrong {
    /// For the client.
    Refusal(Refusal),
    /// For the person in front of the browser, and for the log.
    Failure(Failure),
}

impl From<Refusal> for Wrong {
    fn from(refusal: Refusal) -> Wrong {
        Wrong::Refusal(refusal)
    }
}

impl From<Failure> for Wrong {
    fn from(failure: Failure) -> Wrong {
        Wrong::Failure(failure)
    }
}
