//! A policy as it is asked: what it embeds put in its place, every plugin's name resolved to exact bytes.
//!
//! Made by `decide` for every decision and kept until a policy or a plugin of the tenant changes, so one decision is made by one
//! version of everything. The rules are filed under their digest before the first answer with them, so that every decision
//! can be replayed with the bytes that made it. Knows nothing of the sandbox.

use std::{collections::HashMap, sync::Arc};

use quick_cache::sync::Cache;

use super::{
    Mode, Plugins, Policy, PolicyRules, embedded,
    embedding::{self, DEPTH},
};
use crate::{
    decision::{Condition, Embedded, RuleSet, unpinned},
    domain::{Domain, Failure, Problem, plugin::reaching},
    store::{Kind, View, records, timeline},
    world::Micros,
};

/// The kinds of records that a linked policy is made of.
const KINDS: [Kind; 2] = [Kind::Policy, Kind::Plugin];
/// Policies kept at hand.
const POLICIES: usize = 10_000;
/// Policies that embed a changed one and are made ready with it. The others are when they are asked.
const PREPARED: usize = 64;

/// A policy ready to be asked.
pub(in crate::domain) struct Linked {
    /// Its rules and those of the policies it embeds.
    pub(in crate::domain) rules: RuleSet,
    /// Whether its answer counts.
    pub(in crate::domain) mode: Mode,
    /// The store's last change of one of the kinds when it was linked.
    change: u64,
}

/// The policies at hand, by tenant and id.
pub(in crate::domain) struct LinkedPolicies(Cache<(String, String), Arc<Linked>>);

impl LinkedPolicies {
    /// Nothing is at hand yet.
    pub(in crate::domain) fn new() -> LinkedPolicies {
        LinkedPolicies(Cache::new(POLICIES))
    }
}

/// The policy `id` as it is asked now; none when it is not there.
pub(in crate::domain) async fn linked(domain: &Domain, tenant: &str, id: &str) -> Result<Option<Arc<Linked>>, Failure> {
    // Asked before the policy is read: a change in between is read again next time.
    let change = domain.store.last_change(tenant, &KINDS);
    let key = (tenant.to_owned(), id.to_owned());
    if let Some(known) = domain.linked.0.get(&key).filter(|known| known.change == change) {
        return Ok(Some(known));
    }
    let Some((policy, rules)) = read(domain, tenant, id)? else { return Ok(None) };
    if rules.digest() != policy.rules.digest() {
        keep(domain, &rules).await?;
    }
    let rules = reaching(domain, tenant, rules)?;
    let linked = Arc::new(Linked { rules, mode: policy.mode, change });
    domain.linked.0.insert(key, Arc::clone(&linked));
    Ok(Some(linked))
}

/// A policy that is not saved, as it would be asked now in the place of `id`. It must be one that could be saved there. Its rules are not kept: no decision of the
/// log is made by it.
pub(in crate::domain) fn link_unsaved(
    domain: &Domain,
    tenant: &str,
    id: &str,
    policy: &Policy,
) -> Result<Linked, Failure> {
    let change = domain.store.last_change(tenant, &KINDS);
    Ok(Linked { rules: unsaved(domain, tenant, Some(id), policy)?, mode: policy.mode, change })
}

impl Linked {
    /// Whether nothing it is made of has changed since.
    pub(in crate::domain) fn holds(&self, domain: &Domain, tenant: &str) -> bool {
        self.change == domain.store.last_change(tenant, &KINDS)
    }
}

/// The linked rules of every policy of the tenant that asks the plugin `name`, as they are with these plugins, by its id.
pub(in crate::domain) fn linked_with(plugins: &Plugins<'_>, name: &str) -> Result<Vec<(String, RuleSet)>, Failure> {
    let mut found = Vec::new();
    for (id, state) in super::list(plugins.domain(), plugins.tenant())? {
        let rules = link(plugins, &state.value)?;
        let asks = |validator: &str| unpinned(validator).is_some_and(|(asked, _)| asked == name);
        if rules.rules().iter().any(|rule| asks(&rule.validator)) {
            found.push((id, rules));
        }
    }
    Ok(found)
}

/// The rules of a policy that is not saved, as they would be asked now, in the place of `id` when it has one. What it embeds must
/// be there, and it must not be in a circle or too large with it.
pub(super) fn unsaved(domain: &Domain, tenant: &str, id: Option<&str>, policy: &Policy) -> Result<RuleSet, Failure> {
    let plugins = Plugins::of(domain, tenant)?;
    let (view, at) = plugins.view();
    let mut problems = Vec::new();
    for reference in embedded(policy) {
        if live(view, tenant, reference.policy, at)?.is_none() {
            problems.push(Problem::new(reference.member, format!("there is no policy `{}`", reference.policy)));
        }
    }
    Failure::unless_fine(problems)?;
    // No policy has an empty id, so one without is embedded by nobody.
    embedding::check(view, (tenant, id.unwrap_or_default()), policy, at, domain.limits.validators)?;
    reaching(domain, tenant, link(&plugins, policy)?)
}

/// Starts preparing what the next decisions by a policy need, and by those that embed it. Where that cannot be done, they take
/// a little longer.
pub(in crate::domain) async fn prepare(domain: &Domain, tenant: &str, id: &str) {
    if let Err(failure) = prepare_all(domain, tenant, id).await {
        let reason = failure.to_log().map_or_else(|| failure.to_client(), str::to_owned);
        tracing::warn!(tenant, policy = id, reason, "a saved policy could not be prepared");
    }
}

async fn prepare_all(domain: &Domain, tenant: &str, id: &str) -> Result<(), Failure> {
    let around = embedding::embedders(&domain.store.read()?, tenant, id, PREPARED)?;
    for one in std::iter::once(id).chain(around.iter().map(String::as_str)) {
        if let Some((_, rules)) = read(domain, tenant, one)? {
            domain.validators.prepare(&reaching(domain, tenant, rules)?).await;
        }
    }
    Ok(())
}

/// A policy and its rules as they are asked, all of one instant.
fn read(domain: &Domain, tenant: &str, id: &str) -> Result<Option<(Policy, RuleSet)>, Failure> {
    let plugins = Plugins::of(domain, tenant)?;
    let (view, at) = plugins.view();
    let Some(policy) = live(view, tenant, id, at)? else { return Ok(None) };
    let rules = link(&plugins, &policy)?;
    Ok(Some((policy, rules)))
}

/// Everything that the names in a policy stand for, put in its place: policies first, then the plugins of all of them.
fn link(plugins: &Plugins<'_>, policy: &Policy) -> Result<RuleSet, Failure> {
    let (view, at) = plugins.view();
    plugins.pin(embed(view, plugins.tenant(), policy, at)?)
}

/// Keeps rules that no policy has as they are, so that their decisions can be replayed. Those of a plugin that was enabled are
/// there already.
async fn keep(domain: &Domain, rules: &RuleSet) -> Result<(), Failure> {
    if domain.store.record::<PolicyRules>(&[rules.digest()])?.is_some() {
        return Ok(());
    }
    let kept = PolicyRules(rules.clone());
    domain.write(move |write| Ok(records::put(write, &[kept.0.digest()], &kept)?)).await
}

fn embed(view: &impl View, tenant: &str, policy: &Policy, at: Micros) -> Result<RuleSet, Failure> {
    let Some(condition) = policy.rules.condition().filter(|_| !embedded(policy).is_empty()) else {
        return Ok(policy.rules.clone());
    };
    let rules = policy.rules.rules().to_vec();
    let mut embedding = Embedding { view, tenant, at, rules, known: HashMap::new() };
    let condition = condition.placed(0, &mut |id| embedding.policy(id, DEPTH))?;
    Ok(RuleSet::with_condition(embedding.rules, Some(condition)))
}

/// The policies inside one policy.
struct Embedding<'a, V> {
    view: &'a V,
    tenant: &'a str,
    at: Micros,
    /// The rules of all of them.
    rules: Vec<crate::decision::Rule>,
    /// Those that are in their places: a policy that is embedded twice is asked once.
    known: HashMap<String, Embedded>,
}

impl<V: View> Embedding<'_, V> {
    /// Takes in the policy `id`, in which others may stand `left` deep. What is too deep stays out of its place and denies.
    fn policy(&mut self, id: &str, left: usize) -> Result<Option<Embedded>, Failure> {
        if let Some(known) = self.known.get(id) {
            return Ok(Some(known.clone()));
        }
        let Some(below) = left.checked_sub(1) else { return Ok(None) };
        let Some(Policy { rules, mode, .. }) = live(self.view, self.tenant, id, self.at)? else { return Ok(None) };
        let (first, count) = (self.rules.len(), rules.rules().len());
        self.rules.extend_from_slice(rules.rules());
        let own = rules.condition().cloned().unwrap_or_else(|| Condition::all_rules(count));
        let condition = own.placed(first, &mut |inner| self.policy(inner, below))?;
        let embedded = Embedded { first, count, condition, monitored: mode == Mode::Monitor };
        self.known.insert(id.to_owned(), embedded.clone());
        Ok(Some(embedded))
    }
}

fn live(view: &impl View, tenant: &str, id: &str, at: Micros) -> Result<Option<Policy>, Failure> {
    let found = timeline::current::<Policy>(view, tenant, id, at)?;
    Ok(found.filter(|state| !state.deleted).map(|state| state.value))
}
