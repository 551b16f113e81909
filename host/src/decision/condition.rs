//! Conditions: how the answers of a policy's rules make one.
//!
//! Made by the dialect that reads policies, completed by `domain/policy/linked.rs`, read by `weigh.rs`. Knows nothing of answers.

use serde::{Deserialize, Serialize};

use super::Recovery;

/// How the answers of rules make one: the rules are all asked, then put together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// The rule at this place passes.
    Rule(usize),
    /// All of these hold. Whether it does without any cannot be said.
    All {
        /// The conditions.
        of: Vec<Condition>,
        /// What may be done when it does not hold.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        recovery: Vec<Recovery>,
    },
    /// At least one of these holds. Whether it does without any cannot be said.
    Any {
        /// The conditions.
        of: Vec<Condition>,
        /// What may be done when it does not hold.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        recovery: Vec<Recovery>,
    },
    /// This does not hold. When it cannot be said whether it does, neither does this.
    Not {
        /// The condition.
        of: Box<Condition>,
        /// What may be done when it does not hold.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        recovery: Vec<Recovery>,
    },
    /// Another policy of the tenant allows.
    Policy {
        /// Its id.
        id: String,
        /// What may be done when it does not hold.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        recovery: Vec<Recovery>,
        /// The policy, once it is put in place; without it nobody can say whether it allows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        linked: Option<Box<Embedded>>,
    },
}

/// A policy in its place inside another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Embedded {
    /// Where its own rules begin among all rules.
    pub first: usize,
    /// How many rules are its own.
    pub count: usize,
    /// How their answers make one; the places of rules are those among all rules.
    pub condition: Condition,
    /// Whether its answer does not count: it is only written down.
    pub monitored: bool,
}

impl Condition {
    /// All of these, with nothing to recover by: how the list of a policy's validators is meant.
    pub fn all(of: Vec<Condition>) -> Condition {
        Condition::All { of, recovery: Vec::new() }
    }

    /// All of `count` rules, which is what a policy without a condition means.
    pub fn all_rules(count: usize) -> Condition {
        Condition::all((0..count).map(Condition::Rule).collect())
    }

    /// What may be done when it does not hold. A rule says so itself.
    pub fn recovery(&self) -> &[Recovery] {
        match self {
            Condition::Rule(_) => &[],
            Condition::All { of: _, recovery }
            | Condition::Any { of: _, recovery }
            | Condition::Not { of: _, recovery }
            | Condition::Policy { id: _, recovery, linked: _ } => recovery,
        }
    }

    /// The conditions directly inside, in order.
    pub fn inside(&self) -> &[Condition] {
        match self {
            Condition::Rule(_) | Condition::Policy { id: _, recovery: _, linked: None } => &[],
            Condition::All { of, recovery: _ } | Condition::Any { of, recovery: _ } => of,
            Condition::Not { of, recovery: _ } => std::slice::from_ref(of),
            Condition::Policy { id: _, recovery: _, linked: Some(embedded) } => {
                std::slice::from_ref(&embedded.condition)
            }
        }
    }

    /// Whether there is a policy inside whose answer does not count.
    pub fn is_monitored(&self) -> bool {
        let here = matches!(self, Condition::Policy { linked: Some(embedded), .. } if embedded.monitored);
        here || self.inside().iter().any(Condition::is_monitored)
    }

    /// The same condition for rules that begin at `first`, with the policies that `link` knows in their places.
    pub fn placed<E>(
        &self,
        first: usize,
        link: &mut impl FnMut(&str) -> Result<Option<Embedded>, E>,
    ) -> Result<Condition, E> {
        let recovery = self.recovery().to_vec();
        let mut each = |of: &[Condition]| of.iter().map(|inside| inside.placed(first, link)).collect::<Result<_, E>>();
        Ok(match self {
            Condition::Rule(place) => Condition::Rule(first + place),
            Condition::All { of, .. } => Condition::All { of: each(of)?, recovery },
            Condition::Any { of, .. } => Condition::Any { of: each(of)?, recovery },
            Condition::Not { of, .. } => Condition::Not { of: Box::new(of.placed(first, link)?), recovery },
            Condition::Policy { id, .. } => {
                Condition::Policy { id: id.clone(), recovery, linked: link(id)?.map(Box::new) }
            }
        })
    }

    /// Everything that it says, part by part: two that differ say different parts.
    pub(super) fn spell(&self, text: &mut impl FnMut(&str)) {
        let word = match self {
            Condition::Rule(_) => "rule",
            Condition::All { .. } => "all",
            Condition::Any { .. } => "any",
            Condition::Not { .. } => "not",
            Condition::Policy { .. } => "policy",
        };
        text(word);
        match self {
            Condition::Rule(place) => text(&place.to_string()),
            Condition::Policy { id, linked, .. } => {
                text(id);
                if let Some(Embedded { first, count, condition: _, monitored }) = linked.as_deref() {
                    text(&format!("{first} {count} {monitored}"));
                }
            }
            Condition::All { .. } | Condition::Any { .. } | Condition::Not { .. } => {}
        }
        text(&self.recovery().len().to_string());
        for Recovery { id, kind } in self.recovery() {
            text(id);
            text(kind);
        }
        text(&self.inside().len().to_string());
        self.inside().iter().for_each(|condition| condition.spell(text));
    }
}
