//! By whom a change is asked for, and under which condition: what a write operation needs of a request.

use super::{Caller, Failure};

/// A caller with the condition of its request.
pub struct By<'a> {
    /// Who calls.
    pub caller: &'a Caller,
    /// What the record must be like now.
    pub condition: Condition,
    /// The tongue it is asked for in: the dialect's name.
    pub tongue: &'static str,
}

/// What the record that an operation changes must be like (RFC 9110 §13.1.1, If-Match).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Condition {
    /// Anything.
    #[default]
    None,
    /// One of these versions of its timeline. An empty list is met by nothing.
    Version(Vec<u64>),
}

impl Condition {
    /// Refuses a record whose version is not one that the caller has seen.
    pub(super) fn check(&self, noun: &'static str, version: u64) -> Result<(), Failure> {
        match self {
            Condition::Version(seen) if !seen.contains(&version) => Err(Failure::Outdated { noun }),
            Condition::None | Condition::Version(_) => Ok(()),
        }
    }
}
