//! What a decision answers: allowed or not, with every reason and every way to recover.

use serde::{Deserialize, Serialize};

use super::{ComponentId, Recovery, Usage};

/// The outcome of one policy on one input.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether whoever asks is allowed: the policy's condition holds, or the policy is only monitored.
    pub allow: bool,
    /// True when it allows only because policies are monitored: the failures say why it would deny.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub would_deny: bool,
    /// Everything for which it denies, or would, in the policy's order.
    pub failures: Vec<Failed>,
    /// How many of these are there because something could not answer.
    pub errors: usize,
    /// The recoveries of what failed, in order, each once.
    pub recovery: Vec<Recovery>,
    /// What validators that passed hand over, in the policy's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<Output>,
    /// The components that answered, in order of first use.
    pub components: Vec<ComponentId>,
    /// What the sandbox spent. Not part of what a replay compares.
    pub usage: Usage,
}

/// What a verdict says in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Allowed by the policy.
    Allow,
    /// Denied.
    Deny,
    /// Allowed since the policy is only monitored; it would deny.
    WouldDeny,
}

impl Said {
    /// The stable word on the wire and in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Said::Allow => "allow",
            Said::Deny => "deny",
            Said::WouldDeny => "would_deny",
        }
    }

    /// What this word means.
    pub fn parse(word: &str) -> Option<Said> {
        [Said::Allow, Said::Deny, Said::WouldDeny].into_iter().find(|said| said.as_str() == word)
    }
}

impl Verdict {
    /// What it says.
    pub fn said(&self) -> Said {
        match (self.allow, self.would_deny) {
            (true, false) => Said::Allow,
            (true, true) => Said::WouldDeny,
            (false, _) => Said::Deny,
        }
    }

    /// Whether it denies for want of time or room, so that the same question may be answered another time.
    pub fn is_passing(&self) -> bool {
        let passes =
            |failed: &Failed| [Code::Deadline, Code::Overloaded].iter().any(|code| code.as_str() == failed.code);
        !self.allow && self.errors > 0 && self.failures.iter().any(passes)
    }

    /// The verdict of a policy that is only monitored: whoever asks is allowed, and the reasons are kept. One that would say no
    /// hands nothing over.
    #[must_use]
    pub fn monitored(self) -> Verdict {
        let outputs = if self.allow { self.outputs } else { Vec::new() };
        Verdict { would_deny: self.would_deny || !self.allow, allow: true, outputs, ..self }
    }
}

/// One reason of a denial: a rule that did not pass, or a `not` whose condition holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// The rule's validator, or `not`.
    pub validator: String,
    /// The rule's place among the rules of its policy, counted from 0; for a `not` that of the first rule inside.
    pub index: usize,
    /// A stable word: the component's own, or one of [`Code`].
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// More, as JSON text; empty when there is none.
    pub details: String,
    /// The id of the embedded policy that the rule is of; empty for the policy's own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub policy: String,
}

/// What a validator that passed hands over to whoever asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The rule's validator.
    pub validator: String,
    /// The rule's place among the rules of its policy, counted from 0.
    pub index: usize,
    /// JSON text.
    pub value: String,
    /// The id of the embedded policy that the rule is of; empty for the policy's own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub policy: String,
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
