//! A policy as it is asked: what it embeds put in its place, every plugin's name resolved to exact bytes.
//!
//! Made by `decide` for every decision and kept until a policy or a plugin of the tenant changes, so one decision is made by one
//! version of everything. The rules are filed under their digest before the first answer with them, so that every decision
//! can be replayed with the bytes that made it. Knows nothing of the sandbox.

use std::sync::Arc;

use quick_cache::sync::Cache;

use super::{Mode, Plugins, Policy, PolicyRules};
use crate::{
    decision::{RuleSet, unpinned},
    domain::{Domain, Failure, plugin::reaching},
    store::{Kind, records},
};

/// The kinds of records that a linked policy is made of.
const KINDS: [Kind; 2] = [Kind::Policy, Kind::Plugin];
/// Policies kept at hand.
const POLICIES: usize = 10_000;

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
    let found = match super::current(domain, tenant, id) {
        Ok(found) => found,
        Err(Failure::NotFound { .. }) => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let mut linked = link(&Plugins::of(domain, tenant)?, &found.value, change)?;
    linked.rules = reaching(domain, tenant, linked.rules)?;
    file(domain, &linked.rules).await?;
    let linked = Arc::new(linked);
    domain.linked.0.insert(key, Arc::clone(&linked));
    Ok(Some(linked))
}

/// A policy that is not saved, as it would be asked now. Its rules are not kept: no decision of the log is made by it.
pub(in crate::domain) fn link_unsaved(domain: &Domain, tenant: &str, policy: &Policy) -> Result<Linked, Failure> {
    let change = domain.store.last_change(tenant, &KINDS);
    let mut linked = link(&Plugins::of(domain, tenant)?, policy, change)?;
    linked.rules = reaching(domain, tenant, linked.rules)?;
    Ok(linked)
}

impl Linked {
    /// Whether nothing it is made of has changed since.
    pub(in crate::domain) fn holds(&self, domain: &Domain, tenant: &str) -> bool {
        self.change == domain.store.last_change(tenant, &KINDS)
    }
}

/// The linked rules of every policy of the tenant that asks the plugin `name`, as they are with these plugins.
pub(in crate::domain) fn linked_with(plugins: &Plugins<'_>, name: &str) -> Result<Vec<RuleSet>, Failure> {
    let mut found = Vec::new();
    for (_, state) in super::list(plugins.domain(), plugins.tenant())? {
        let rules = link(plugins, &state.value, 0)?.rules;
        let asks = |validator: &str| unpinned(validator).is_some_and(|(asked, _)| asked == name);
        if rules.rules().iter().any(|rule| asks(&rule.validator)) {
            found.push(rules);
        }
    }
    Ok(found)
}

fn link(plugins: &Plugins<'_>, policy: &Policy, change: u64) -> Result<Linked, Failure> {
    Ok(Linked { rules: plugins.pin(policy.rules.clone())?, mode: policy.mode, change })
}

/// Files rules under their digest, unless they are there: those of a saved policy are, and so are those of a plugin that was
/// enabled.
async fn file(domain: &Domain, rules: &RuleSet) -> Result<(), Failure> {
    if domain.store.record::<PolicyRules>(&[rules.digest()])?.is_some() {
        return Ok(());
    }
    let rules = PolicyRules(rules.clone());
    domain.write(move |write| Ok(records::put(write, &[rules.0.digest()], &rules)?)).await
}
