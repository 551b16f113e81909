//! What the domain asks of components that are no validators: claims for a token, and whether consents are given.
//! `plugin::Sandbox` is the real one.
//!
//! Like a policy, what is asked is a [`RuleSet`]: the rules of one component are answered by one instance.

use super::{Asked, BoxFuture, Code, ComponentId, ConfProblem, Inspected, RuleSet};

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

    /// Checks that every rule names an installed claim mapper whose `conf` is acceptable.
    fn accept_mappers<'a>(&'a self, mappers: &'a RuleSet) -> BoxFuture<'a, Result<(), Vec<ConfProblem>>>;

    /// Asks whether consents are given. Answers one [`Answer`](super::Answer) for every rule, in their order, whatever happens. `again`
    /// says whether the same rules will be asked again, so that it is worth preparing for it.
    fn check_consents<'a>(&'a self, checkers: &'a RuleSet, input: &'a str, again: bool) -> BoxFuture<'a, Asked>;

    /// Checks that every rule names an installed consent checker whose `conf` is acceptable.
    fn accept_checkers<'a>(&'a self, checkers: &'a RuleSet) -> BoxFuture<'a, Result<(), Vec<ConfProblem>>>;

    /// Finds out what a component is, without installing it: whether it can be used at all, and what it says about itself. A
    /// refusal is a sentence for its author.
    fn inspect<'a>(&'a self, wasm: Vec<u8>) -> BoxFuture<'a, Result<Inspected, String>>;

    /// Waits until these rules can be asked from snapshots, where that is possible: whoever asks first is answered as fast
    /// as those who come later.
    fn make_ready<'a>(&'a self, rules: &'a RuleSet) -> BoxFuture<'a, ()>;

    /// The components that come with the server, by name. May take a while the first time.
    fn bundled<'a>(&'a self) -> BoxFuture<'a, Vec<ComponentId>>;

    /// What the component of this name that comes with the server says about itself; none when there is none.
    fn describe_bundled<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Option<Inspected>>;

    /// Whether a component of this name comes with the server.
    fn is_bundled(&self, name: &str) -> bool;
}
