//! What a policy may look like: sizes, conditions, timeouts; and in the sandbox whether its validators take their configurations.
//!
//! Also knows where everything stands in the policy as its author wrote it, so that a problem names its place.

use super::{Plugins, Policy, embedded};
use crate::{
    decision::{Condition, ConfProblem, Recovery},
    domain::{Domain, Failure, Problem, id, text},
};

/// How deep conditions may stand in each other.
const DEPTH: usize = 16;

/// Checks a policy as far as it can be done without the store.
pub async fn check(domain: &Domain, tenant: &str, policy: &Policy) -> Result<(), Failure> {
    let mut problems = sizes(domain, policy);
    if problems.is_empty() {
        problems.extend(self::problems(policy, refused(domain, tenant, policy).await?));
    }
    Failure::unless_fine(problems)
}

/// What the sandbox has against a policy, or before that its own names: those of plugins must mean something.
async fn refused(domain: &Domain, tenant: &str, policy: &Policy) -> Result<Vec<ConfProblem>, Failure> {
    let (mut problems, pinned) = {
        let plugins = Plugins::of(domain, tenant)?;
        (plugins.problems(&policy.rules)?, plugins.pin(policy.rules.clone())?)
    };
    let known = |problem: &ConfProblem| problems.iter().any(|other| other.rule == problem.rule);
    let refused = domain.validators.check(&pinned).await.err().unwrap_or_default();
    let refused: Vec<_> = refused.into_iter().filter(|problem| !known(problem)).collect();
    problems.extend(refused);
    problems.sort_by_key(|problem| problem.rule);
    Ok(problems)
}

/// What is wrong with rules, said of the policy as its author wrote it.
pub fn problems(policy: &Policy, refused: Vec<ConfProblem>) -> Vec<Problem> {
    let places = places(policy);
    let place = |ConfProblem { rule, path, message }: ConfProblem| {
        let member = match (&policy.script, path.as_str()) {
            (Some(_), "/name") => "/language".to_owned(),
            (Some(_), _) => "/definition".to_owned(),
            (None, path) => format!("{}{path}", places.get(rule).map_or("/validators", String::as_str)),
        };
        Problem::new(member, message)
    };
    refused.into_iter().map(place).collect()
}

fn sizes(domain: &Domain, policy: &Policy) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(text::name("/policy_name", &policy.name));
    let (rules, most) = (policy.rules.rules(), domain.limits.validators);
    if rules.len() + embedded(policy).len() > most {
        problems.push(Problem::new("/validators", format!("a policy may have at most {most} validators")));
    }
    let bytes: usize = rules.iter().map(|rule| rule.conf.len()).sum();
    if bytes > domain.limits.policy_bytes {
        let reason = format!("the configuration of a policy may have at most {} bytes", domain.limits.policy_bytes);
        problems.push(Problem::new("/validators", reason));
    }
    let longest = domain.limits.deadline_ms;
    for (rule, place) in rules.iter().zip(places(policy)) {
        problems.extend(recovery(&format!("{place}/recovery"), &rule.recovery));
        if rule.timeout_ms.is_some_and(|millis| !(1..=longest).contains(&u64::from(millis))) {
            problems.push(Problem::new(format!("{place}/timeout_ms"), format!("must be 1 to {longest}")));
        }
    }
    if let Some(condition) = policy.rules.condition() {
        // The list of validators is a condition, too, and so is each of them.
        if depth(condition) > DEPTH + 2 {
            let reason = format!("conditions may stand in each other at most {DEPTH} deep");
            problems.push(Problem::new("/validators", reason));
        }
        visit(condition, &mut |place, condition| problems.extend(of_condition(place, condition)));
    }
    problems
}

fn of_condition(place: &str, condition: &Condition) -> Vec<Problem> {
    let mut problems = recovery(&format!("{place}/recovery"), condition.recovery());
    match condition {
        Condition::All { of, .. } if of.is_empty() => {
            problems.push(Problem::new(format!("{place}/all"), "must have at least one condition"));
        }
        Condition::Any { of, .. } if of.is_empty() => {
            problems.push(Problem::new(format!("{place}/any"), "must have at least one condition"));
        }
        Condition::Policy { id, .. } => problems.extend(id::check(&format!("{place}/policy"), id).err()),
        Condition::Rule(_) | Condition::All { .. } | Condition::Any { .. } | Condition::Not { .. } => {}
    }
    problems
}

/// Checks the steps that are offered after a failure: there may be none, and none of them is long.
fn recovery(member: &str, steps: &[Recovery]) -> Vec<Problem> {
    let texts = |(place, step): (usize, &Recovery)| {
        let id = text::description(&format!("{member}/{place}/id"), &step.id);
        id.into_iter().chain(text::description(&format!("{member}/{place}/type"), &step.kind))
    };
    match text::items(member, steps) {
        Some(problem) => vec![problem],
        None => steps.iter().enumerate().flat_map(texts).collect(),
    }
}

fn depth(condition: &Condition) -> usize {
    1 + condition.inside().iter().map(depth).max().unwrap_or_default()
}

/// Where each rule stands in the policy, as a JSON Pointer.
fn places(policy: &Policy) -> Vec<String> {
    let count = policy.rules.rules().len();
    let mut places: Vec<_> = (0..count).map(|place| format!("/validators/{place}")).collect();
    if let Some(condition) = policy.rules.condition() {
        visit(condition, &mut |place, condition| {
            if let Condition::Rule(rule) = condition
                && let Some(known) = places.get_mut(*rule)
            {
                place.clone_into(known);
            }
        });
    }
    places
}

/// Shows every condition below the list of a policy's validators, with its place as a JSON Pointer.
pub(super) fn visit<'a>(list: &'a Condition, see: &mut impl FnMut(&str, &'a Condition)) {
    each("/validators", list.inside(), see);
}

fn each<'a>(list: &str, conditions: &'a [Condition], see: &mut impl FnMut(&str, &'a Condition)) {
    for (number, condition) in conditions.iter().enumerate() {
        below(&format!("{list}/{number}"), condition, see);
    }
}

fn below<'a>(place: &str, condition: &'a Condition, see: &mut impl FnMut(&str, &'a Condition)) {
    see(place, condition);
    match condition {
        Condition::All { of, .. } => each(&format!("{place}/all"), of, see),
        Condition::Any { of, .. } => each(&format!("{place}/any"), of, see),
        Condition::Not { of, .. } => below(&format!("{place}/not"), of, see),
        Condition::Rule(_) | Condition::Policy { .. } => {}
    }
}
