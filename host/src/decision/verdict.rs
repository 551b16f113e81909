//! What a decision answers: allowed or not, with every reason and every way to recover.

use serde::{Deserialize, Serialize};

use super::{ComponentId, Recovery, Usage};

/// The outcome of one policy on one input.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// True only when every rule passed.
    pub allow: bool,
    /// Every rule that did not pass, in the policy's order.
    pub failures: Vec<Failed>,
    /// How many of them failed because their validator could not answer.
    pub errors: usize,
    /// The recoveries of the failed rules, in order, each once.
    pub recovery: Vec<Recovery>,
    /// What validators that passed hand over, in the policy's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<Output>,
    /// The components that answered, in order of first use.
    pub components: Vec<ComponentId>,
    /// What the sandbox spent. Not part of what a replay compares.
    pub usage: Usage,
}

/// One rule that did not pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// The rule's validator.
    pub validator: String,
    /// The rule's place in the policy, counted from 0.
    pub index: usize,
    /// A stable word: the component's own, or one of [`Code`].
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// More, as JSON text; empty when there is none.
    pub details: String,
}

/// What a validator that passed hands over to whoever asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The rule's validator.
    pub validator: String,
    /// The rule's place in the policy, counted from 0.
    pub index: usize,
    /// JSON text.
    pub value: String,
}

/// The host's own reason codes. An error never becomes allow: each of these is a deny.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// No component of this name is installed.
    UnknownValidator,
    /// The component could not be loaded or configured.
    Unavailable,
    /// The guest trapped: panic, out of bounds, stack overflow.
    Trap,
    /// The call took longer than the deadline.
    Deadline,
    /// The guest asked for more memory, tables or instances than it may have.
    ResourceLimit,
    /// The answer was malformed, too large, or not one verdict for every rule.
    BadAnswer,
    /// Too many calls were waiting for a sandbox.
    Overloaded,
    /// No binding names a policy for this request, or the policy does not exist.
    NoPolicy,
    /// The policy has no rules: nothing allowed it.
    EmptyPolicy,
}

impl Code {
    /// The stable word on the wire and in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::UnknownValidator => "unknown_validator",
            Code::Unavailable => "unavailable",
            Code::Trap => "trap",
            Code::Deadline => "deadline",
            Code::ResourceLimit => "resource_limit",
            Code::BadAnswer => "bad_answer",
            Code::Overloaded => "overloaded",
            Code::NoPolicy => "no_policy",
            Code::EmptyPolicy => "empty_policy",
        }
    }

    /// A sentence for people.
    pub fn message(self) -> &'static str {
        match self {
            Code::UnknownValidator => "no component of this name is installed",
            Code::Unavailable => "the component could not be loaded",
            Code::Trap => "the component stopped with a trap",
            Code::Deadline => "the component did not answer in time",
            Code::ResourceLimit => "the component asked for more memory than it may have",
            Code::BadAnswer => "the component's answer was malformed or too large",
            Code::Overloaded => "too many decisions are waiting",
            Code::NoPolicy => "no policy covers this request",
            Code::EmptyPolicy => "the policy has no validators",
        }
    }
}
