//! Which policies a policy embeds: in its own words, and as a graph that must have no cycle and no deep end.
//!
//! An embedded policy counts as used by the one that embeds it (`policies/ID`). Asked when a policy is saved, inside the
//! transaction, so two of them saved at once cannot make a cycle between them.

use std::collections::{HashMap, HashSet};

use super::{Policy, form};
use crate::{
    decision::Condition,
    domain::{Failure, policy_use::Reference},
    store::{Index, StoreError, View, index, timeline},
    world::Micros,
};

/// How many policies may stand in each other, the outermost not counted. An import of a configuration in the worst order must
/// get through in its rounds.
pub(super) const DEPTH: usize = 8;
/// The form of a policy's name among the users of policies.
const USER: &str = "policies/";

/// A policy as a user of policies.
pub(super) fn user(id: &str) -> String {
    format!("{USER}{id}")
}

/// The policies that a policy embeds, each with the member that names it.
pub(in crate::domain) fn embedded(policy: &Policy) -> Vec<Reference<'_>> {
    let mut found = Vec::new();
    if let Some(condition) = policy.rules.condition() {
        form::visit(condition, &mut |place, condition| {
            if let Condition::Policy { id, .. } = condition {
                found.push(Reference { member: format!("{place}/policy"), policy: id });
            }
        });
    }
    found
}

/// The policies that embed `id`, directly or not, nearest first, at most `most` of them.
pub(super) fn embedders(view: &impl View, tenant: &str, id: &str, most: usize) -> Result<Vec<String>, StoreError> {
    let (mut found, mut seen) = (vec![id.to_owned()], HashSet::from([id.to_owned()]));
    let mut next = 0;
    while let Some(one) = found.get(next).cloned().filter(|_| found.len() <= most) {
        for user in index::ids(view, Index::PolicyUsers, &[tenant, &one])? {
            if let Some(user) = user.strip_prefix(USER)
                && seen.insert(user.to_owned())
            {
                found.push(user.to_owned());
            }
        }
        next += 1;
    }
    found.remove(0);
    found.truncate(most);
    Ok(found)
}

/// Policies in layers of which none embeds one of a later layer, as far as there is such an order.
pub(in crate::domain) fn layers(policies: &[(String, Policy)]) -> Vec<Vec<&(String, Policy)>> {
    let (mut layers, mut waiting) = (Vec::new(), policies.iter().collect::<Vec<_>>());
    while !waiting.is_empty() {
        let ids: HashSet<_> = waiting.iter().map(|(id, _)| id.as_str()).collect();
        let free = |(_, policy): &&(String, Policy)| !embedded(policy).iter().any(|other| ids.contains(other.policy));
        let (mut ready, rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(free);
        (ready, waiting) = match ready.is_empty() {
            true => (rest, Vec::new()),
            false => (ready, rest),
        };
        layers.push(ready);
    }
    layers
}

/// Refuses a policy that would embed itself, or would be too large with all that it embeds, or would make one that embeds it
/// so. Whatever is embedded counts at least as one validator: else a few policies without any could be put into each other in
/// more places than there is memory for.
pub(super) fn check(
    view: &impl View,
    (tenant, id): (&str, &str),
    policy: &Policy,
    at: Micros,
    most_rules: usize,
) -> Result<(), Failure> {
    let references = embedded(policy);
    let mut graph = Graph { view, tenant, at, saved: (id, policy), known: HashMap::new(), path: vec![id.to_owned()] };
    for Reference { member, policy } in &references {
        if let Err(wrong) = graph.size(policy)? {
            return Err(Failure::invalid(member.clone(), wrong));
        }
    }
    graph.path.clear();
    let around = embedders(view, tenant, id, usize::MAX)?;
    for one in std::iter::once(id).chain(around.iter().map(String::as_str)) {
        let size = graph.size(one)?.map_err(|wrong| Failure::invalid("/validators", wrong))?;
        let whose =
            if one == id { "the policy".to_owned() } else { format!("the policy `{one}`, which embeds this one,") };
        if size.depth > DEPTH {
            let reason = format!("{whose} may embed policies at most {DEPTH} deep");
            return Err(Failure::invalid("/validators", reason));
        }
        if size.rules > most_rules && !(references.is_empty() && around.is_empty()) {
            let reason = format!("{whose} may have at most {most_rules} validators with those it embeds");
            return Err(Failure::invalid("/validators", reason));
        }
    }
    Ok(())
}

/// How large a policy is with all that it embeds.
#[derive(Clone, Copy, Default)]
struct Size {
    rules: usize,
    depth: usize,
}

/// The policies of a tenant as they would be with one of them saved.
struct Graph<'a, V> {
    view: &'a V,
    tenant: &'a str,
    at: Micros,
    saved: (&'a str, &'a Policy),
    known: HashMap<String, Size>,
    /// The policies that the one looked at stands in.
    path: Vec<String>,
}

impl<V: View> Graph<'_, V> {
    /// The size of a policy, or the cycle that it is part of, in a sentence.
    fn size(&mut self, id: &str) -> Result<Result<Size, String>, StoreError> {
        if let Some(known) = self.known.get(id) {
            return Ok(Ok(*known));
        }
        if self.path.iter().any(|outer| outer == id) {
            return Ok(Err(format!("a policy cannot embed itself: {} → {id}", self.path.join(" → "))));
        }
        let Some(policy) = self.policy(id)? else { return Ok(Ok(Size::default())) };
        self.path.push(id.to_owned());
        let mut size = Size { rules: policy.rules.rules().len(), depth: 0 };
        for Reference { policy, .. } in embedded(&policy) {
            match self.size(policy)? {
                Ok(inner) => {
                    // One without validators stands in its places all the same, and so does one that is not there.
                    size.rules = size.rules.saturating_add(inner.rules.max(1));
                    size.depth = size.depth.max(inner.depth + 1);
                }
                Err(cycle) => return Ok(Err(cycle)),
            }
        }
        self.path.pop();
        self.known.insert(id.to_owned(), size);
        Ok(Ok(size))
    }

    fn policy(&self, id: &str) -> Result<Option<Policy>, StoreError> {
        let (saved, policy) = self.saved;
        if id == saved {
            return Ok(Some(policy.clone()));
        }
        let found = timeline::current::<Policy>(self.view, self.tenant, id, self.at)?;
        Ok(found.filter(|state| !state.deleted).map(|state| state.value))
    }
}
