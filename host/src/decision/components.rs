//! What the domain asks of components that are no validators: claims for a token, and whether consents are given.
//! `plugin::Sandbox` is the real one.
//!
//! Like a policy, what is asked is a [`RuleSet`]: the rules of one component are answered by one instance.

use super::{Asked, BoxFuture, Code, ConfProblem, RuleSet};

/// One claim made by a claim mapper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The name it is known by in the mapper's configuration.
    pub name: String,
    /// Its value as JSON text.
    pub value: String,
}

/// What a claim mapper makes of one configuration.
pub type Mapped = Result<Vec<Claim>, Unmapped>;

/// Why there are no claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmapped {
    /// The mapper says so, in a sentence.
    Refused(String),
    /// The mapper could not answer.
    Fault(Code),
}

/// Runs claim mappers and consent checkers, each call in a fresh sandbox.
pub trait Components: Send + Sync {
    /// Makes claims from one input. Answers one [`Mapped`] for every rule, in their order, whatever happens.
    fn map<'a>(&'a self, mappers: &'a RuleSet, input: &'a str) -> BoxFuture<'a, Asked<Mapped>>;

    /// Asks whether consents are given. Answers one [`Answer`](super::Answer) for every rule, in their order, whatever happens. `again`
    /// says whether the same rules will be asked again, so that it is worth preparing for it.
    fn check_consents<'a>(&'a self, checkers: &'a RuleSet, input: &'a str, again: bool) -> BoxFuture<'a, Asked>;

    /// Checks that every rule names an installed consent checker whose `conf` is acceptable.
    fn accept_checkers<'a>(&'a self, checkers: &'a RuleSet) -> BoxFuture<'a, Result<(), Vec<ConfProblem>>>;
}
