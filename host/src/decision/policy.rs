//! A policy as the decision sees it: rules asked in order, whose answers a condition puts together.

use aws_lc_rs::digest::{Context, SHA256};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::{Condition, Reach};

/// One validator of a policy with its configuration (createPolicy, member `validators`). Claim mappers and consent checkers
/// are named the same way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// The component's name, such as `header`.
    pub validator: String,
    /// Its configuration as compact JSON text; `{}` when none was given.
    pub conf: String,
    /// What the caller may do to pass after this rule has failed.
    pub recovery: Vec<Recovery>,
    /// How long its call may take, in milliseconds; none means as long as any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u32>,
}

/// The rules of one policy, with the digest that names exactly these rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RuleSet {
    rules: Vec<Rule>,
    /// None: all rules must pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    condition: Option<Condition>,
    digest: String,
    /// Belongs to whoever asks now, not to the rules.
    #[serde(skip)]
    reach: Reach,
}

impl Rule {
    /// A validator with its configuration, and no more than that.
    pub fn plain(validator: &str, conf: impl Into<String>) -> Rule {
        Rule { validator: validator.to_owned(), conf: conf.into(), recovery: Vec::new(), timeout_ms: None }
    }
}

impl RuleSet {
    /// Takes `rules` as they are and names them by their digest.
    pub fn new(rules: Vec<Rule>) -> RuleSet {
        RuleSet::with_condition(rules, None)
    }

    /// Takes `rules` whose answers `condition` puts together; none means that all must pass.
    pub fn with_condition(rules: Vec<Rule>, condition: Option<Condition>) -> RuleSet {
        let digest = digest(&rules, condition.as_ref());
        RuleSet { rules, condition, digest, reach: Reach::default() }
    }

    /// One component with a rule for each configuration: how claim mappers and consent checkers are asked.
    pub fn of(component: &str, confs: impl IntoIterator<Item = String>) -> RuleSet {
        RuleSet::new(confs.into_iter().map(|conf| Rule::plain(component, conf)).collect())
    }

    /// The rules, in the order they are asked.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// How the answers make one; none means that all rules must pass.
    pub fn condition(&self) -> Option<&Condition> {
        self.condition.as_ref()
    }

    /// The same rules, whose components may reach so much.
    #[must_use]
    pub fn reaching(self, reach: Reach) -> RuleSet {
        RuleSet { reach, ..self }
    }

    /// What the components may reach beyond the log. No part of the digest.
    pub fn reach(&self) -> &Reach {
        &self.reach
    }

    /// SHA-256 over validators, confs, recoveries, timeouts and the condition, in hex.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

fn digest(rules: &[Rule], condition: Option<&Condition>) -> String {
    let mut context = Context::new(&SHA256);
    let mut text = |part: &str| {
        // The length first, so that no two lists of parts run together to the same bytes.
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    };
    for rule in rules {
        text(&rule.validator);
        text(&rule.conf);
        text(&rule.recovery.len().to_string());
        for recovery in &rule.recovery {
            text(&recovery.id);
            text(&recovery.kind);
        }
        // Left out when there is none, so that the names of older rules stay what they are.
        if let Some(timeout_ms) = rule.timeout_ms {
            text(&format!("timeout {timeout_ms}"));
        }
    }
    if let Some(condition) = condition {
        text("condition");
        condition.spell(&mut text);
    }
    HEXLOWER.encode(context.finish().as_ref())
}

/// A way to pass after a failure, such as a second factor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// Free text, may be empty.
    pub id: String,
    /// The kind, such as `mfa`.
    pub kind: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(validator: &str) -> Rule {
        let recovery = vec![Recovery { id: "second".to_owned(), kind: "mfa".to_owned() }];
        Rule { validator: validator.to_owned(), conf: "{}".to_owned(), recovery, timeout_ms: None }
    }

    #[test]
    fn rules_of_earlier_releases_keep_their_names() {
        // Decisions in the log name their rules by this digest.
        let golden = "f42de7a4d8d00a2349dddf53a8e72f982700ed5681c987946eca7c3c737d06f9";
        assert_eq!(RuleSet::new(vec![rule("header"), rule("true")]).digest(), golden);
    }

    #[test]
    fn what_is_asked_otherwise_has_another_name() {
        let rules = || vec![rule("a"), rule("b")];
        let [one, other] = [Condition::Rule(0), Condition::Rule(1)];
        let all = Condition::all(vec![one.clone(), other.clone()]);
        let any = Condition::Any { of: vec![one.clone(), other.clone()], recovery: Vec::new() };
        let mend = vec![Recovery { id: String::new(), kind: "mfa".to_owned() }];
        let mended = Condition::Any { of: vec![one.clone(), other], recovery: mend };
        let not = Condition::Not { of: Box::new(one.clone()), recovery: Vec::new() };
        let policy = |monitored| {
            let embedded = crate::decision::Embedded { first: 1, count: 1, condition: one.clone(), monitored };
            Condition::Policy { id: "p".to_owned(), recovery: Vec::new(), linked: Some(Box::new(embedded)) }
        };
        let conditions = [None, Some(all), Some(any), Some(mended), Some(not), Some(policy(true)), Some(policy(false))];
        let mut names: Vec<_> = conditions
            .into_iter()
            .map(|condition| RuleSet::with_condition(rules(), condition).digest().to_owned())
            .collect();
        let hurried = Rule { timeout_ms: Some(5), ..rule("b") };
        names.push(RuleSet::new(vec![rule("a"), hurried]).digest().to_owned());
        for (place, name) in names.iter().enumerate() {
            assert!(!names[..place].contains(name), "{place}");
        }
    }
}
