//! Explaining: one evaluation as a tree, every condition and rule with what it came to and what its call spent.
//!
//! For authors of policies: `POST …/policies/test`, `portcullis policy explain` and the console. The verdict is the one that
//! a decision would give.

use super::{
    Answer, Called, Code, Condition, RuleSet, Truth, Usage, Validators, Verdict,
    evaluate::conclude,
    weigh::{Place, Scale, Weighed},
};

/// A verdict and how it came about.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// The verdict.
    pub verdict: Verdict,
    /// The policy's own condition, with everything inside.
    pub trace: Trace,
}

/// What one condition came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The condition: `all`, `any`, `not`, `policy` or `rule`.
    pub what: &'static str,
    /// Whether it holds.
    pub truth: Truth,
    /// The embedded policy: the one that a `policy` stands for, or the one that anything else is of; empty outside.
    pub policy: String,
    /// True for a policy whose answer is only written down.
    pub monitored: bool,
    /// What a rule says.
    pub rule: Option<RuleSaid>,
    /// The conditions directly inside, in order.
    pub inside: Vec<Trace>,
}

/// What one rule says.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleSaid {
    /// Its validator.
    pub validator: String,
    /// Its place among the rules of its policy, counted from 0.
    pub index: usize,
    /// Its answer.
    pub answer: Answer,
    /// What the call that answered it spent. Rules of one component share a call; a rule that nobody was asked has none.
    pub usage: Option<Usage>,
}

/// Decides `rules` on `input` and tells how. Prepares nothing for later decisions.
pub async fn explain(rules: &RuleSet, input: &str, validators: &dyn Validators) -> Explained {
    let asked = validators.ask_once(rules, input).await;
    let own = Condition::all_rules(rules.rules().len());
    let condition = rules.condition().unwrap_or(&own);
    let scale = Scale { rules: rules.rules(), answers: &asked.answers, all_count: false };
    let weighed = scale.weigh(condition, Place::OUTSIDE);
    let trace = trace(&scale, &asked.calls, &weighed);
    Explained { verdict: conclude(rules, asked), trace }
}

fn trace(scale: &Scale<'_>, calls: &[Called], weighed: &Weighed<'_>) -> Trace {
    let (what, policy, monitored, rule) = match weighed.condition {
        Condition::All { .. } => ("all", weighed.place.policy, false, None),
        Condition::Any { .. } => ("any", weighed.place.policy, false, None),
        Condition::Not { .. } => ("not", weighed.place.policy, false, None),
        Condition::Policy { id, recovery: _, linked } => {
            ("policy", id.as_str(), linked.as_ref().is_some_and(|linked| linked.monitored), None)
        }
        Condition::Rule(place) => {
            ("rule", weighed.place.policy, false, Some(said(scale, calls, *place, weighed.place)))
        }
    };
    let inside = weighed.inside.iter().map(|inside| trace(scale, calls, inside)).collect();
    Trace { what, truth: weighed.truth, policy: policy.to_owned(), monitored, rule, inside }
}

fn said(scale: &Scale<'_>, calls: &[Called], place: usize, at: Place<'_>) -> RuleSaid {
    let validator = scale.rules.get(place).map(|rule| rule.validator.clone()).unwrap_or_default();
    let answer = scale.answers.get(place).cloned().unwrap_or(Answer::Error(Code::BadAnswer));
    let usage = calls.iter().find(|call| call.rules.contains(&place)).map(|call| call.usage);
    RuleSaid { validator, index: place.saturating_sub(at.first), answer, usage }
}
