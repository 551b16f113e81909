//! A policy on the wire, and what it means. Also read from files by the command line and the first start.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    api::acp::verdicts::{self, RecoveryBody},
    decision::{Condition, Recovery, Rule, RuleSet},
    domain::{
        Failure, Problem,
        policy::{Mode, Policy, Script},
    },
};

/// Validators written as fields, as opposed to a script.
const FIELDS: &str = "cloudentity";

/// A policy on the wire (contract, schema Policy; `language` and `definition` as later versions have them).
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Policy")]
pub struct PolicyBody {
    /// Its identifier, unique in the tenant. Required to create one.
    #[serde(default)]
    pub id: Option<String>,
    /// For people. Required.
    #[serde(default)]
    pub policy_name: Option<String>,
    /// Must be the path's when given.
    #[serde(default)]
    pub tenant_id: Option<String>,
    /// Asked in order; all must hold.
    #[serde(default)]
    pub validators: Option<Vec<ValidatorBody>>,
    /// The script language: `cel`, `cedar` or `rego`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The script.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
    /// `enforce`, which is usual and not shown, or `monitor`: whoever asks is allowed, and the decision log tells who would not be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<ModeBody>,
}

/// Whether a policy's answer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "PolicyMode")]
pub enum ModeBody {
    /// It does.
    Enforce,
    /// It is only written down: whoever asks is allowed.
    Monitor,
}

/// One validator of a policy, or a condition of several. It has exactly one of `name`, `any`, `all`, `not` and `policy`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Validator")]
pub struct ValidatorBody {
    /// The component's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its configuration, as its own schema says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conf: Option<Map<String, Value>>,
    /// How long its call may take, in milliseconds. Without, as long as the server lets any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u32>,
    /// At least one of these must hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub any: Option<Vec<ValidatorBody>>,
    /// All of these must hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all: Option<Vec<ValidatorBody>>,
    /// This must not hold. One that cannot be asked does not count as failing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not: Option<Box<ValidatorBody>>,
    /// The policy with this id must allow. As long as that is only monitored, it always does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// How to pass after a failure. The type `mfa` asks people who log in for a second factor; any other type is for callers of
    /// one's own, who find it in decisions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<Vec<RecoveryBody>>,
}

/// The policy of a body, with its id.
pub fn parse(body: PolicyBody) -> Result<(String, Policy), Failure> {
    let PolicyBody { id, policy_name, tenant_id: _, validators, language, definition, mode } = body;
    let mut problems = Vec::new();
    let mut required = |member: &str, value: Option<String>| {
        value.unwrap_or_else(|| {
            problems.push(Problem::new(member, "is required"));
            String::new()
        })
    };
    let (id, name) = (required("/id", id), required("/policy_name", policy_name));
    let (rules, script) = match language.filter(|language| language != FIELDS) {
        Some(language) => scripted(language, definition, validators, &mut problems),
        None => {
            if definition.is_some() {
                problems.push(Problem::new("/definition", "needs a language"));
            }
            (listed(validators.unwrap_or_default(), &mut problems), None)
        }
    };
    if !problems.is_empty() {
        return Err(Failure::Invalid(problems));
    }
    let mode = match mode {
        None | Some(ModeBody::Enforce) => Mode::Enforce,
        Some(ModeBody::Monitor) => Mode::Monitor,
    };
    Ok((id, Policy { name, rules, script, mode }))
}

/// A script is one rule: the language's component, configured with the text.
fn scripted(
    language: String,
    definition: Option<String>,
    validators: Option<Vec<ValidatorBody>>,
    problems: &mut Vec<Problem>,
) -> (RuleSet, Option<Script>) {
    if validators.is_some_and(|validators| !validators.is_empty()) {
        problems.push(Problem::new("/validators", "a policy has validators or a definition, not both"));
    }
    let Some(definition) = definition else {
        problems.push(Problem::new("/definition", "is required with a language"));
        return (RuleSet::new(Vec::new()), None);
    };
    let conf = serde_json::json!({ "source": definition }).to_string();
    let rule = Rule::plain(&language, conf);
    (RuleSet::new(vec![rule]), Some(Script { language, definition }))
}

/// The rules of a list and how they are put together. Where there is no condition, all must pass, and none is kept.
fn listed(validators: Vec<ValidatorBody>, problems: &mut Vec<Problem>) -> RuleSet {
    let mut reading = Reading { rules: Vec::new(), problems };
    let of = reading.each("/validators", validators);
    let plain = of.iter().all(|condition| matches!(condition, Condition::Rule(_)));
    RuleSet::with_condition(reading.rules, (!plain).then(|| Condition::all(of)))
}

/// What is read of a list.
struct Reading<'a> {
    rules: Vec<Rule>,
    problems: &'a mut Vec<Problem>,
}

impl Reading<'_> {
    fn each(&mut self, place: &str, bodies: Vec<ValidatorBody>) -> Vec<Condition> {
        let bodies = bodies.into_iter().enumerate();
        bodies.map(|(number, body)| self.condition(&format!("{place}/{number}"), body)).collect()
    }

    fn condition(&mut self, place: &str, body: ValidatorBody) -> Condition {
        let ValidatorBody { name, conf, timeout_ms, any, all, not, policy, recovery } = body;
        let recovery: Vec<_> = recovery.unwrap_or_default().into_iter().map(step).collect();
        if name.is_none() {
            let of_rules = [("conf", conf.is_some()), ("timeout_ms", timeout_ms.is_some())];
            for (member, _) in of_rules.into_iter().filter(|(_, given)| *given) {
                self.problems.push(Problem::new(format!("{place}/{member}"), "needs a `name`"));
            }
        }
        match (name, any, all, not, policy) {
            (Some(validator), None, None, None, None) => {
                let conf = Value::Object(conf.unwrap_or_default()).to_string();
                self.rules.push(Rule { validator, conf, recovery, timeout_ms });
                Condition::Rule(self.rules.len() - 1)
            }
            (None, Some(any), None, None, None) => {
                Condition::Any { of: self.each(&format!("{place}/any"), any), recovery }
            }
            (None, None, Some(all), None, None) => {
                Condition::All { of: self.each(&format!("{place}/all"), all), recovery }
            }
            (None, None, None, Some(not), None) => {
                Condition::Not { of: Box::new(self.condition(&format!("{place}/not"), *not)), recovery }
            }
            (None, None, None, None, Some(id)) => Condition::Policy { id, recovery, linked: None },
            (None, None, None, None, None) => {
                self.wrong(format!("{place}/name"), "is required, unless there is `any`, `all`, `not` or `policy`")
            }
            _ => self.wrong(place.to_owned(), "must have only one of `name`, `any`, `all`, `not` and `policy`"),
        }
    }

    fn wrong(&mut self, place: String, reason: &str) -> Condition {
        self.problems.push(Problem::new(place, reason));
        Condition::all(Vec::new())
    }
}

fn step(RecoveryBody { id, kind }: RecoveryBody) -> Recovery {
    Recovery { id, kind }
}

/// A policy.
pub fn show(tenant: &str, id: &str, policy: Policy) -> PolicyBody {
    let Policy { name, rules, script, mode } = policy;
    let validators = match (&script, rules.condition()) {
        (Some(_), _) => Vec::new(),
        (None, None) => rules.rules().iter().map(show_rule).collect(),
        (None, Some(list)) => list.inside().iter().map(|condition| show_condition(condition, &rules)).collect(),
    };
    let (language, definition) = match script {
        Some(Script { language, definition }) => (Some(language), Some(definition)),
        None => (None, None),
    };
    PolicyBody {
        id: Some(id.to_owned()),
        policy_name: Some(name),
        tenant_id: Some(tenant.to_owned()),
        validators: Some(validators),
        language,
        definition,
        mode: match mode {
            Mode::Enforce => None,
            Mode::Monitor => Some(ModeBody::Monitor),
        },
    }
}

fn show_condition(condition: &Condition, rules: &RuleSet) -> ValidatorBody {
    let each = |of: &[Condition]| Some(of.iter().map(|inside| show_condition(inside, rules)).collect());
    let steps = condition.recovery().iter().cloned().map(verdicts::recovery).collect::<Vec<_>>();
    let group = ValidatorBody { recovery: (!steps.is_empty()).then_some(steps), ..ValidatorBody::default() };
    match condition {
        // A stored condition names rules that are there.
        Condition::Rule(place) => rules.rules().get(*place).map(show_rule).unwrap_or_default(),
        Condition::All { of, recovery: _ } => ValidatorBody { all: each(of), ..group },
        Condition::Any { of, recovery: _ } => ValidatorBody { any: each(of), ..group },
        Condition::Not { of, recovery: _ } => ValidatorBody { not: Some(Box::new(show_condition(of, rules))), ..group },
        Condition::Policy { id, recovery: _, linked: _ } => ValidatorBody { policy: Some(id.clone()), ..group },
    }
}

fn show_rule(rule: &Rule) -> ValidatorBody {
    let Rule { validator, conf, recovery, timeout_ms } = rule;
    ValidatorBody {
        name: Some(validator.clone()),
        // Stored confs were written from a map, so they are read back as one.
        conf: Some(serde_json::from_str(conf).unwrap_or_default()),
        timeout_ms: *timeout_ms,
        recovery: Some(recovery.iter().cloned().map(verdicts::recovery).collect()),
        ..ValidatorBody::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(validators: Value) -> Result<Policy, Failure> {
        let body = json!({ "id": "p", "policy_name": "P", "validators": validators });
        parse(serde_json::from_value(body).unwrap()).map(|(_, policy)| policy)
    }

    #[test]
    fn what_is_shown_is_what_was_sent() {
        let rule = |name: &str| json!({ "name": name, "conf": { "x": [1] }, "recovery": [] });
        let mend = json!([{ "id": "second", "type": "mfa" }]);
        let hurried = json!({ "name": "h", "conf": {}, "timeout_ms": 7, "recovery": mend });
        let any =
            json!({ "any": [rule("b"), { "not": rule("c") }, { "policy": "q", "recovery": mend }], "recovery": mend });
        let validators = json!([rule("a"), any, { "all": [hurried, { "all": [rule("d")] }] }, { "not": any }]);
        let policy = read(validators.clone()).unwrap();
        let names: Vec<_> = policy.rules.rules().iter().map(|rule| rule.validator.as_str()).collect();
        assert_eq!(names, ["a", "b", "c", "h", "d", "b", "c"]);
        let shown = serde_json::to_value(show("t", "p", policy)).unwrap();
        assert_eq!(shown, json!({ "id": "p", "policy_name": "P", "tenant_id": "t", "validators": validators }));
    }

    #[test]
    fn a_plain_list_keeps_its_digest_and_has_no_condition() {
        let policy = read(json!([{ "name": "a" }, { "name": "b" }])).unwrap();
        assert_eq!(policy.rules.condition(), None);
        let rule = |name: &str| Rule::plain(name, "{}");
        assert_eq!(policy.rules, RuleSet::new(vec![rule("a"), rule("b")]));
    }

    #[test]
    fn an_entry_is_exactly_one_thing() {
        let wrong = |validators| match read(validators) {
            Err(Failure::Invalid(problems)) => problems.into_iter().map(|problem| problem.member).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        };
        assert_eq!(wrong(json!([{}])), ["/validators/0/name"]);
        assert_eq!(wrong(json!([{ "any": [{ "not": {} }] }])), ["/validators/0/any/0/not/name"]);
        assert_eq!(wrong(json!([{ "name": "a", "policy": "b" }])), ["/validators/0"]);
        assert_eq!(wrong(json!([{ "any": [], "all": [] }])), ["/validators/0"]);
        assert_eq!(wrong(json!([{ "policy": "b", "timeout_ms": 1 }])), ["/validators/0/timeout_ms"]);
        assert_eq!(wrong(json!([{ "any": [], "conf": {} }])), ["/validators/0/conf"]);
    }
}
