//! Everything that can go wrong in an operation: small, closed, free of HTTP. Each dialect words it by a `match` without
//! wildcard (api/*/words.rs). Two texts for each failure: [`Failure::to_client`] and, where it differs, the log's.

use std::fmt;

use crate::{decision::Verdict, store::StoreError};

/// Why an operation did not happen. Nothing was changed.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// Nobody is known to call, or the credentials are wrong.
    Unauthenticated(Credentials),
    /// The caller is known and may not do this.
    Forbidden {
        /// What it would have needed, in words.
        needs: String,
    },
    /// There is no such thing, or the caller may not know of it.
    NotFound {
        /// The kind of thing.
        noun: &'static str,
        /// What was asked for.
        id: String,
        /// What that is of the thing.
        by: Known,
    },
    /// No operation has this path.
    NoSuchPath,
    /// The path exists, for other methods.
    NoSuchMethod {
        /// The methods it has, as in the Allow header.
        allowed: String,
    },
    /// Something with this name exists already, or the state forbids it.
    Conflict {
        /// The kind of thing.
        noun: &'static str,
        /// What stands in the way.
        reason: String,
    },
    /// It cannot go while something else needs it.
    InUse {
        /// The kind of thing.
        noun: &'static str,
        /// Who needs it.
        by: Vec<String>,
    },
    /// The record is no longer as the caller has seen it (If-Match).
    Outdated {
        /// The kind of thing.
        noun: &'static str,
    },
    /// A state cannot begin when it should, or cannot be taken back.
    Untimely {
        /// The kind of thing.
        noun: &'static str,
        /// Why.
        why: Untimely,
    },
    /// A policy of the tenant says no.
    Denied {
        /// What was asked for.
        what: String,
        /// Why, and what may help.
        verdict: Box<Verdict>,
    },
    /// What was asked for is of a kind for which there is no such thing.
    Unsupported {
        /// Why.
        reason: String,
    },
    /// The request cannot be read.
    Malformed(Problem),
    /// The body is of a type this operation does not take.
    MediaType {
        /// What it takes.
        expected: &'static str,
    },
    /// The request can be read and makes no sense.
    Invalid(Vec<Problem>),
    /// There were too many wrong tries with this name or from this address.
    TooMany {
        /// How long to wait.
        seconds: u64,
    },
    /// The request is right; the server cannot serve it now.
    Unavailable {
        /// For the log only.
        log: String,
    },
    /// Another server, which this takes, refuses or does not answer. All of it may be told.
    Elsewhere {
        /// What it does, and what may help.
        reason: String,
    },
    /// A mistake of ours.
    Internal {
        /// For the log only.
        log: String,
    },
}

/// What is wrong with when a state begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untimely {
    /// It would begin in the past.
    Past,
    /// Another one begins at the same time.
    Taken,
    /// It has begun, and what has held stays.
    Begun,
    /// It is the only one there is.
    Last,
}

/// What somebody knows of a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Its identifier.
    Id,
    /// The name it has for people, where one can be asked for by that.
    Name,
}

/// What is wrong with the credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// There are none.
    Missing,
    /// They are not well formed.
    Malformed,
    /// They are not, or no longer, good here.
    Invalid,
    /// The same of an opaque token, where it does not say which tenant it is of.
    Opaque,
    /// They were good until they expired.
    Expired,
    /// The token is bound to a key, and nothing proves that whoever shows it holds that.
    Unproven,
    /// The token is bound to a certificate, which the connection does not show.
    Uncertified,
    /// The same, where nothing could prove it.
    NotHere,
    /// The token is shown as if it were bound to a key, and is not.
    Unbound,
    /// The proof beside the token is not good, with the reason.
    Proof(&'static str),
}

/// One thing wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: a JSON Pointer into the body, or `query.name`, `path.name`, `header.name`. Empty for the whole body.
    pub member: String,
    /// What is wrong with it.
    pub reason: String,
    /// Whether it is that it is not there.
    pub missing: bool,
}

impl Problem {
    /// `member` is wrong because of `reason`.
    pub fn new(member: impl Into<String>, reason: impl Into<String>) -> Problem {
        Problem { member: member.into(), reason: reason.into(), missing: false }
    }

    /// `member` is not there and must be.
    pub fn missing(member: impl Into<String>) -> Problem {
        Problem { member: member.into(), reason: "is required".to_owned(), missing: true }
    }
}

impl Failure {
    /// One invalid member.
    pub fn invalid(member: impl Into<String>, reason: impl Into<String>) -> Failure {
        Failure::Invalid(vec![Problem::new(member, reason)])
    }

    /// Fine, unless there are problems.
    pub fn unless_fine(problems: Vec<Problem>) -> Result<(), Failure> {
        if problems.is_empty() { Ok(()) } else { Err(Failure::Invalid(problems)) }
    }

    /// The same failure, with its members named from further up.
    #[must_use]
    pub fn below(self, prefix: &str) -> Failure {
        match self {
            Failure::Invalid(mut problems) => {
                problems.iter_mut().for_each(|problem| problem.member.insert_str(0, prefix));
                Failure::Invalid(problems)
            }
            other => other,
        }
    }

    /// A request that cannot be read.
    pub fn malformed(member: impl Into<String>, reason: impl Into<String>) -> Failure {
        Failure::Malformed(Problem::new(member, reason))
    }

    /// A thing that is not there.
    pub fn not_found(noun: &'static str, id: impl Into<String>) -> Failure {
        Failure::NotFound { noun, id: id.into(), by: Known::Id }
    }

    /// A thing that is not there under this name.
    pub fn no_such_name(noun: &'static str, name: impl Into<String>) -> Failure {
        Failure::NotFound { noun, id: name.into(), by: Known::Name }
    }

    /// The sentence a client gets.
    pub fn to_client(&self) -> String {
        match self {
            Failure::Unauthenticated(credentials) => credentials.to_client().to_owned(),
            Failure::Forbidden { needs } => format!("this needs {needs}"),
            Failure::NotFound { noun, id, .. } => format!("there is no {noun} `{id}`"),
            Failure::NoSuchPath => "there is nothing at this path".to_owned(),
            Failure::NoSuchMethod { allowed } => format!("this path takes {allowed}"),
            Failure::Conflict { noun, reason } => format!("the {noun} cannot be saved: {reason}"),
            Failure::InUse { noun, by } => format!("the {noun} is in use by {}", by.join(", ")),
            Failure::Outdated { noun } => format!("the {noun} has changed since it was read"),
            Failure::Untimely { noun, why } => why.to_client(noun),
            Failure::Denied { what, .. } => format!("a policy denies {what}"),
            Failure::Unsupported { reason } | Failure::Elsewhere { reason } => reason.clone(),
            Failure::Malformed(problem) => problem.to_string(),
            Failure::MediaType { expected } => format!("the body must be {expected}, and Content-Type must say so"),
            Failure::Invalid(problems) => match problems.first() {
                Some(problem) => problem.to_string(),
                None => "the request is not valid".to_owned(),
            },
            Failure::TooMany { seconds } => format!("there were too many tries: wait {seconds} seconds"),
            Failure::Unavailable { .. } => "the server cannot do this now, try again".to_owned(),
            Failure::Internal { .. } => "something went wrong, see the server's log".to_owned(),
        }
    }

    /// The line for the log, where the client must not see it.
    pub fn to_log(&self) -> Option<&str> {
        match self {
            Failure::Unavailable { log } | Failure::Internal { log } => Some(log),
            _ => None,
        }
    }
}

impl Untimely {
    fn to_client(self, noun: &str) -> String {
        match self {
            Untimely::Past => format!("a {noun} cannot change in the past"),
            Untimely::Taken => format!("the {noun} has another state that begins then"),
            Untimely::Begun => format!("this state of the {noun} has begun, and cannot be taken back"),
            Untimely::Last => format!("the {noun} has no other state"),
        }
    }
}

impl Credentials {
    fn to_client(self) -> &'static str {
        match self {
            Credentials::Missing => "credentials are needed",
            Credentials::Malformed => "the credentials are malformed",
            Credentials::Invalid => "the credentials are not valid here",
            Credentials::Opaque => {
                "the token is not valid here, where opaque tokens are good for the tenant default only: other tenants' must be signed"
            }
            Credentials::Expired => "the credentials have expired",
            Credentials::Unproven => "the token is bound to a key, and nothing proves that you hold it",
            Credentials::Uncertified => "the token is bound to a certificate, which this connection does not show",
            Credentials::NotHere => {
                "tokens that are bound to a key are not taken here, where nothing can prove that you hold it"
            }
            Credentials::Unbound => "the token is not bound to a key: it is shown with the scheme Bearer",
            Credentials::Proof(reason) => reason,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.member.as_str() {
            "" => write!(f, "{}", self.reason),
            member => write!(f, "{member}: {}", self.reason),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::Unavailable { log: error.to_string() }
    }
}
