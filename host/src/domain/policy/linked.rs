//! A policy as it is asked: what it embeds put in its place, every plugin's name resolved to exact bytes.
//!
//! Made by `decide` for every decision and kept until a policy or a plugin of the tenant changes, so one decision is made by one
//! version of everything. Knows nothing of the sandbox.

use std::sync::Arc;

use quick_cache::sync::Cache;

use super::{Mode, Policy};
use crate::{
    decision::RuleSet,
    domain::{Domain, Failure, plugin::reaching},
    store::Kind,
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
pub(in crate::domain) fn linked(domain: &Domain, tenant: &str, id: &str) -> Result<Option<Arc<Linked>>, Failure> {
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
    let mut linked = link(&found.value, change);
    linked.rules = reaching(domain, tenant, linked.rules)?;
    let linked = Arc::new(linked);
    domain.linked.0.insert(key, Arc::clone(&linked));
    Ok(Some(linked))
}

/// A policy that is not saved, as it would be asked now. Its rules are not kept: no decision of the log is made by it.
pub(in crate::domain) fn link_unsaved(domain: &Domain, tenant: &str, policy: &Policy) -> Result<Linked, Failure> {
    let change = domain.store.last_change(tenant, &KINDS);
    let mut linked = link(policy, change);
    linked.rules = reaching(domain, tenant, linked.rules)?;
    Ok(linked)
}

impl Linked {
    /// Whether nothing it is made of has changed since.
    pub(in crate::domain) fn holds(&self, domain: &Domain, tenant: &str) -> bool {
        self.change == domain.store.last_change(tenant, &KINDS)
    }
}

fn link(policy: &Policy, change: u64) -> Linked {
    Linked { rules: policy.rules.clone(), mode: policy.mode, change }
}
