//! The transaction of an import, and of its removal.

use std::collections::{HashMap, HashSet};

use super::{Imported, Removed, Specification, plan::Plan};
use crate::{
    domain::{
        Failure, Problem,
        api::{self, Api},
        name, noun,
        policy::{self, Policy},
        scope::{self, Scope},
        service::{self, Service},
        stamp::Stamp,
    },
    store::{Index, State, Write, index, records},
};

type Found<T> = Vec<(String, T)>;

/// Replaces what the service has by what is planned.
pub(super) fn import(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    plan: &Plan,
    stamp: &Stamp,
) -> Result<Imported, Failure> {
    let old = stamp.target::<Service>(write, tenant, id)?.value;
    let before = records::get::<Specification>(write, &[tenant, id])?.unwrap_or_default();
    must_be_there(write, tenant, plan, stamp)?;
    let earlier = policies_of(write, tenant, &before, stamp)?;
    let (policies, ignored_policies) = save_policies(write, tenant, &before, plan, stamp)?;
    let (scopes, ignored_scopes) = add_scopes(write, tenant, plan, stamp)?;
    let removed_apis = apis_of(write, tenant, id, stamp)?;
    let apis = save_apis(write, tenant, plan, &removed_apis, stamp)?;
    let brought: HashSet<&str> = policies.iter().map(|(id, _)| id.as_str()).collect();
    let ours = removed_apis.iter().chain(&apis).map(|(id, _)| api::user_of_policy(id)).collect();
    let mut removed = let_go(write, tenant, earlier, &brought, &ours, stamp)?;
    let still = removed.not_removed.iter().filter(|(id, _)| plan.known.iter().any(|(_, known)| known == id));
    let specification = Specification {
        gateway_type: plan.gateway_type,
        policies: policies.iter().chain(still).map(|(id, _)| id.clone()).collect(),
        scopes: scopes.iter().map(|(id, _)| id.clone()).collect(),
    };
    records::put(write, &[tenant, id], &specification)?;
    service::save(write, tenant, id, Some(&old), &Service { with_specification: true, ..old.clone() }, stamp)?;
    removed.apis = removed_apis;
    Ok(Imported { apis, ignored_apis: plan.twice.clone(), policies, ignored_policies, scopes, ignored_scopes, removed })
}

/// Removes the service's APIs and the policies of its last import, and disconnects it from its gateway.
pub(super) fn remove(write: &mut Write<'_>, tenant: &str, id: &str, stamp: &Stamp) -> Result<Removed, Failure> {
    let old = stamp.target::<Service>(write, tenant, id)?.value;
    if !old.with_specification {
        return Err(Failure::not_found("specification of the service", id));
    }
    let apis = apis_of(write, tenant, id, stamp)?;
    api::delete_all(write, tenant, id, stamp)?;
    let removed = forget(write, tenant, id, stamp)?;
    let now = Service { with_specification: false, gateway: None, ..old.clone() };
    service::save(write, tenant, id, Some(&old), &now, stamp)?;
    Ok(Removed { apis, ..removed })
}

/// Removes the policies of the last import of a service whose APIs are gone, unless somebody else uses them.
pub(in crate::domain) fn forget(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    stamp: &Stamp,
) -> Result<Removed, Failure> {
    let before = records::get::<Specification>(write, &[tenant, id])?.unwrap_or_default();
    let earlier = policies_of(write, tenant, &before, stamp)?;
    let removed = let_go(write, tenant, earlier, &HashSet::new(), &HashSet::new(), stamp)?;
    records::delete::<Specification>(write, &[tenant, id])?;
    Ok(removed)
}

/// A policy is gone: another one of its id is nobody's import's.
pub(in crate::domain) fn disown(write: &mut Write<'_>, tenant: &str, policy: &str) -> Result<(), Failure> {
    for (key, mut specification) in records::list_prefix::<Specification>(write, &[tenant])? {
        if specification.policies.iter().any(|id| id == policy) {
            specification.policies.retain(|id| id != policy);
            let key: Vec<&str> = key.iter().map(String::as_str).collect();
            records::put(write, &key, &specification)?;
        }
    }
    Ok(())
}

/// Policies that the document names by their ids must exist, or come with it.
fn must_be_there(write: &Write<'_>, tenant: &str, plan: &Plan, stamp: &Stamp) -> Result<(), Failure> {
    let brought: HashSet<&str> = plan.policies.iter().map(|(id, _)| id.as_str()).collect();
    let mut problems = Vec::new();
    for (place, id) in plan.known.iter().filter(|(_, id)| !brought.contains(id.as_str())) {
        if stamp.live::<Policy>(write, tenant, id)?.is_none() {
            problems.push(Problem::new(place, format!("there is no policy `{id}`")));
        }
    }
    Failure::unless_fine(problems)
}

/// The policies of the last import that are still there.
fn policies_of(
    write: &Write<'_>,
    tenant: &str,
    before: &Specification,
    stamp: &Stamp,
) -> Result<Found<Policy>, Failure> {
    let mut found = Vec::new();
    for id in &before.policies {
        found.extend(stamp.live::<Policy>(write, tenant, id)?.map(|state| (id.clone(), state.value)));
    }
    Ok(found)
}

/// Writes the policies of the document, except those whose ids somebody else has given.
fn save_policies(
    write: &mut Write<'_>,
    tenant: &str,
    before: &Specification,
    plan: &Plan,
    stamp: &Stamp,
) -> Result<(Found<Policy>, Found<Policy>), Failure> {
    let (mut saved, mut ignored) = (Vec::new(), Vec::new());
    for (id, policy) in policy::layers(&plan.policies).into_iter().flatten() {
        let taken = !before.policies.contains(id) && stamp.live::<Policy>(write, tenant, id)?.is_some();
        if !taken {
            policy::save(write, tenant, id, policy, stamp)?;
        }
        let list = if taken { &mut ignored } else { &mut saved };
        list.push((id.clone(), policy.clone()));
    }
    Ok((saved, ignored))
}

/// Adds the scopes whose names the server does not have. The others are answered as they are.
fn add_scopes(
    write: &mut Write<'_>,
    tenant: &str,
    plan: &Plan,
    stamp: &Stamp,
) -> Result<(Found<Scope>, Found<Scope>), Failure> {
    let (mut added, mut ignored) = (Vec::new(), Vec::new());
    for (id, scope) in &plan.scopes {
        match name::holder::<Scope>(write, tenant, &scope.server, &scope.name, stamp.now)? {
            Some(holder) => {
                let there = stamp.live::<Scope>(write, tenant, &holder)?;
                ignored.extend(there.map(|state| (holder, state.value)));
            }
            None => {
                scope::save(write, tenant, id, None, scope, stamp)?;
                added.push((id.clone(), scope.clone()));
            }
        }
    }
    Ok((added, ignored))
}

/// The APIs of a service, in their order.
fn apis_of(write: &Write<'_>, tenant: &str, service: &str, stamp: &Stamp) -> Result<Found<Api>, Failure> {
    let found = noun::below::<Api>(write, Index::ServiceApis, tenant, service, stamp.now)?;
    let mut apis: Found<Api> = found.into_iter().map(|(id, State { value, .. })| (id, value)).collect();
    apis.sort_by_key(|(_, api)| api.position);
    Ok(apis)
}

/// Writes the APIs of the document over those that were there `before`.
fn save_apis(
    write: &mut Write<'_>,
    tenant: &str,
    plan: &Plan,
    before: &[(String, Api)],
    stamp: &Stamp,
) -> Result<Found<Api>, Failure> {
    let mut old: HashMap<String, &(String, Api)> = before.iter().map(|found| (api::shape(&found.1), found)).collect();
    let stays: Vec<_> = plan.apis.iter().map(|(_, api)| old.remove(&api::shape(api))).collect();
    for (id, api) in before.iter().filter(|(_, api)| old.contains_key(&api::shape(api))) {
        api::remove(write, tenant, id, api, stamp)?;
    }
    let mut saved = Vec::with_capacity(plan.apis.len());
    for ((id, api), old) in plan.apis.iter().zip(stays) {
        let (id, api) = match old {
            None => (id, api.clone()),
            Some((id, old)) => (id, Api { data_classifications: old.data_classifications.clone(), ..api.clone() }),
        };
        api::save(write, tenant, id, old.map(|(_, old)| old), &api, stamp)?;
        saved.push((id.clone(), api));
    }
    Ok(saved)
}

/// Lets go of the policies of the last import. Those that are `brought` again are there anew; of the others those in use
/// stay. `ours` are the users that belong to this service.
fn let_go(
    write: &mut Write<'_>,
    tenant: &str,
    earlier: Found<Policy>,
    brought: &HashSet<&str>,
    ours: &HashSet<String>,
    stamp: &Stamp,
) -> Result<Removed, Failure> {
    let mut removed = Removed::default();
    // What embeds another one of them goes first: until then that one is in use.
    for (id, policy) in policy::layers(&earlier).into_iter().rev().flatten().cloned() {
        let users = index::ids(write, Index::PolicyUsers, &[tenant, &id])?;
        let stays = match brought.contains(id.as_str()) {
            true => users.iter().any(|user| !ours.contains(user)),
            false => !users.is_empty(),
        };
        if !stays && !brought.contains(id.as_str()) {
            policy::remove(write, tenant, &id, &policy, stamp)?;
        }
        let list = if stays { &mut removed.not_removed } else { &mut removed.policies };
        list.push((id, policy));
    }
    Ok(removed)
}
