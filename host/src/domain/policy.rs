//! A policy: rules that must all pass. The five policy operations of the admin group, and the test of an unsaved one.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    By, Domain, Failure, Problem, id,
    noun::{self, Named},
    stamp::{Author, Stamp},
    tenant,
};
use crate::{
    decision::{self, ConfProblem, RuleSet, Verdict},
    store::{Index, Kind, Noun, Record, State, Table, Write, index, records},
};

/// A stored policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// For people.
    pub name: String,
    /// What is asked.
    pub rules: RuleSet,
    /// The scripted form, when the policy was written as one: its single rule is made from it.
    pub script: Option<Script>,
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
    id::check("/id", id).map_err(|problem| Failure::Invalid(vec![problem]))?;
    tenant::current(domain, tenant)?;
    check(domain, &policy).await?;
    let (tenant, id, author) = (tenant.to_owned(), id.to_owned(), Author::of(domain, by));
    let saved = domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            stamp.absent::<Policy>(write, &tenant, &id)?;
            save(write, &tenant, &id, &policy, &stamp)
        })
        .await?;
    domain.validators.prepare(&saved.value.rules).await;
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
    current(domain, tenant, id)?;
    check(domain, &policy).await?;
    let (tenant, id, author) = (tenant.to_owned(), id.to_owned(), Author::of(domain, by));
    let saved = domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            stamp.target::<Policy>(write, &tenant, &id)?;
            save(write, &tenant, &id, &policy, &stamp)
        })
        .await?;
    domain.validators.prepare(&saved.value.rules).await;
    Ok(saved)
}

/// Removes a policy that nothing uses (deletePolicy).
pub async fn delete(domain: &Domain, by: &By<'_>, tenant: &str, id: &str) -> Result<(), Failure> {
    let (tenant, id, author) = (tenant.to_owned(), id.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            stamp.target::<Policy>(write, &tenant, &id)?;
            let by = index::ids(write, Index::PolicyUsers, &[&tenant, &id])?;
            if !by.is_empty() {
                return Err(Failure::InUse { noun: "policy", by });
            }
            stamp.soft_delete::<Policy>(write, &tenant, &id)?;
            Ok(())
        })
        .await
}

/// Decides an unsaved policy on an input (`POST /api/admin/{tid}/policies/test`).
pub async fn test(domain: &Domain, policy: &Policy, input: &str) -> Result<Verdict, Failure> {
    check(domain, policy).await?;
    Ok(decision::try_out(&policy.rules, input, domain.validators.as_ref()).await)
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
    Ok(stamp.replace(write, tenant, id, policy.clone())?)
}

async fn check(domain: &Domain, policy: &Policy) -> Result<(), Failure> {
    let mut problems = sizes(domain, policy);
    if problems.is_empty()
        && let Err(refused) = domain.validators.check(&policy.rules).await
    {
        problems.extend(refused.into_iter().map(|problem| place(policy, problem)));
    }
    match problems.is_empty() {
        true => Ok(()),
        false => Err(Failure::Invalid(problems)),
    }
}

fn sizes(domain: &Domain, policy: &Policy) -> Vec<Problem> {
    let mut problems = Vec::new();
    if policy.name.trim().is_empty() {
        problems.push(Problem::new("/policy_name", "must not be empty"));
    }
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
    problems
}

/// Where a rule's problem stands in the policy as its author wrote it.
fn place(policy: &Policy, problem: ConfProblem) -> Problem {
    let member = match (&policy.script, problem.path.as_str()) {
        (Some(_), "/name") => "/language".to_owned(),
        (Some(_), _) => "/definition".to_owned(),
        (None, path) => format!("/validators/{}{path}", problem.rule),
    };
    Problem::new(member, problem.message)
}
