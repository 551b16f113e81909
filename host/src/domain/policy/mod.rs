//! A policy: rules that must all pass. The five policy operations of the admin group, and the test of an unsaved one.

mod linked;
mod pinned;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    By, Domain, Failure, Problem, import,
    noun::{self, Named},
    plugin, shadow,
    stamp::Stamp,
    tenant, text,
};
use crate::{
    decision::{self, ConfProblem, Recovery, RuleSet, Verdict},
    store::{Index, Kind, Noun, Record, State, Table, Write, records},
};

pub(super) use linked::{Linked, LinkedPolicies, link_unsaved, linked, linked_with};
pub(super) use pinned::{Plugins, pin};

/// A stored policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// For people.
    pub name: String,
    /// What is asked.
    pub rules: RuleSet,
    /// The scripted form, when the policy was written as one: its single rule is made from it.
    pub script: Option<Script>,
    /// Whether its answer counts.
    #[serde(default)]
    pub mode: Mode,
}

/// Whether a policy's answer counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It does.
    #[default]
    Enforce,
    /// It is only written down: whoever asks is allowed.
    Monitor,
}

/// A policy written in a language, as it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Script {
    /// The language, which is also the validator's name: `cel`, `cedar`, `rego`.
    pub language: String,
    /// The text.
    pub definition: String,
}

impl Noun for Policy {
    const KIND: Kind = Kind::Policy;
}

impl Named for Policy {
    const NAME: &'static str = "policy";
}

/// The rules of every policy that was ever saved, by digest, so that an old decision can be replayed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PolicyRules(pub RuleSet);

impl Record for PolicyRules {
    const TABLE: Table = Table::PolicyRules;
}

/// The policy `id` as it is now.
pub fn current(domain: &Domain, tenant: &str, id: &str) -> Result<Arc<State<Policy>>, Failure> {
    noun::current(domain, tenant, id)
}

/// All policies of a tenant, by id.
pub fn list(domain: &Domain, tenant: &str) -> Result<Vec<(String, State<Policy>)>, Failure> {
    tenant::current(domain, tenant)?;
    noun::list(domain, tenant)
}

/// Saves a new policy (createPolicy).
pub async fn create(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    policy: Policy,
) -> Result<State<Policy>, Failure> {
    check(domain, tenant, &policy).await?;
    let (_, saved) = noun::create(domain, by, tenant, Some(id), policy, save_over).await?;
    prepare(domain, tenant, &saved.value).await?;
    Ok(saved)
}

/// Replaces a policy (updatePolicy). Decisions that run now end with the rules they began with.
pub async fn update(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    policy: Policy,
) -> Result<State<Policy>, Failure> {
    update_with(domain, by, tenant, id, policy, save_over).await
}

/// Like [`update`], with what else goes into the same transaction.
pub(super) async fn update_with(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    policy: Policy,
    save: noun::Save<Policy>,
) -> Result<State<Policy>, Failure> {
    current(domain, tenant, id)?;
    check(domain, tenant, &policy).await?;
    let saved = noun::update(domain, by, tenant, id, move |_| Ok(policy.clone()), save).await?;
    prepare(domain, tenant, &saved.value).await?;
    Ok(saved)
}

/// Removes a policy that nothing uses (deletePolicy).
pub async fn delete(domain: &Domain, by: &By<'_>, tenant: &str, id: &str) -> Result<(), Failure> {
    noun::delete::<Policy>(domain, by, tenant, id, |_| Ok(()), remove_by_hand).await
}

/// Decides an unsaved policy on an input (`POST /api/admin/{tid}/policies/test`).
pub async fn test(domain: &Domain, tenant: &str, policy: &Policy, input: &str) -> Result<Verdict, Failure> {
    check(domain, tenant, policy).await?;
    let rules = pin(domain, tenant, policy.rules.clone())?;
    Ok(decision::try_out(&rules, input, domain.validators.as_ref()).await)
}

/// Starts what decisions by a saved policy need.
pub(super) async fn prepare(domain: &Domain, tenant: &str, policy: &Policy) -> Result<(), Failure> {
    domain.validators.prepare(&pin(domain, tenant, policy.rules.clone())?).await;
    Ok(())
}

/// Writes a policy inside a transaction. Also the way the first start makes the built-in ones.
pub(super) fn save(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    policy: &Policy,
    stamp: &Stamp,
) -> Result<State<Policy>, Failure> {
    records::put(write, &[policy.rules.digest()], &PolicyRules(policy.rules.clone()))?;
    let old = stamp.live::<Policy>(write, tenant, id)?;
    let before = old.iter().flat_map(|old| components(&old.value));
    plugin::users::switch(write, tenant, &user(id), ("/validators", before), components(policy), stamp)?;
    Ok(stamp.replace(write, tenant, id, policy.clone())?)
}

/// Like [`save`]: nothing has to be kept in step with what was there before.
fn save_over(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    _: Option<&Policy>,
    policy: &Policy,
    stamp: &Stamp,
) -> Result<State<Policy>, Failure> {
    save(write, tenant, id, policy, stamp)
}

/// Removes a policy unless somebody uses it, inside a transaction. Its rules stay for the decisions they have made.
pub(super) fn remove(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    old: &Policy,
    stamp: &Stamp,
) -> Result<(), Failure> {
    noun::unused::<Policy>(write, Index::PolicyUsers, tenant, id)?;
    shadow::remove(write, tenant, id)?;
    plugin::users::switch(write, tenant, &user(id), ("/validators", components(old)), [], stamp)?;
    stamp.soft_delete::<Policy>(write, tenant, id)?;
    Ok(())
}

/// Like [`remove`], of a policy that an import may have made and would look for.
fn remove_by_hand(write: &mut Write<'_>, tenant: &str, id: &str, old: &Policy, stamp: &Stamp) -> Result<(), Failure> {
    remove(write, tenant, id, old, stamp)?;
    import::disown(write, tenant, id)
}

/// Checks a policy: its sizes, and in the sandbox whether its validators take their configurations.
pub(super) async fn check(domain: &Domain, tenant: &str, policy: &Policy) -> Result<(), Failure> {
    let mut problems = sizes(domain, policy);
    if problems.is_empty() {
        let refused = refused(domain, tenant, policy).await?;
        problems.extend(refused.into_iter().map(|problem| place(policy, problem)));
    }
    Failure::unless_fine(problems)
}

/// What the sandbox has against a policy, or before that its own names: those of plugins must mean something.
async fn refused(domain: &Domain, tenant: &str, policy: &Policy) -> Result<Vec<ConfProblem>, Failure> {
    let plugins = Plugins::of(domain, tenant)?;
    let mut problems = plugins.problems(&policy.rules)?;
    let known = |problem: &ConfProblem| problems.iter().any(|other| other.rule == problem.rule);
    let refused = domain.validators.check(&plugins.pin(policy.rules.clone())?).await.err().unwrap_or_default();
    let refused: Vec<_> = refused.into_iter().filter(|problem| !known(problem)).collect();
    problems.extend(refused);
    problems.sort_by_key(|problem| problem.rule);
    Ok(problems)
}

/// The components that a policy names.
fn components(policy: &Policy) -> impl Iterator<Item = &str> {
    policy.rules.rules().iter().map(|rule| rule.validator.as_str())
}

/// A policy as a user of plugins.
fn user(id: &str) -> String {
    format!("policies/{id}")
}

fn sizes(domain: &Domain, policy: &Policy) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(text::name("/policy_name", &policy.name));
    let rules = policy.rules.rules();
    if rules.len() > domain.limits.validators {
        let reason = format!("a policy may have at most {} validators", domain.limits.validators);
        problems.push(Problem::new("/validators", reason));
    }
    let bytes: usize = rules.iter().map(|rule| rule.conf.len()).sum();
    if bytes > domain.limits.policy_bytes {
        let reason = format!("the configuration of a policy may have at most {} bytes", domain.limits.policy_bytes);
        problems.push(Problem::new("/validators", reason));
    }
    for (place, rule) in rules.iter().enumerate() {
        problems.extend(recovery(&format!("/validators/{place}/recovery"), &rule.recovery));
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

/// Where a rule's problem stands in the policy as its author wrote it.
pub(super) fn place(policy: &Policy, problem: ConfProblem) -> Problem {
    let member = match (&policy.script, problem.path.as_str()) {
        (Some(_), "/name") => "/language".to_owned(),
        (Some(_), _) => "/definition".to_owned(),
        (None, path) => format!("/validators/{}{path}", problem.rule),
    };
    Problem::new(member, problem.message)
}
