//! The scopes of a resource server over time, inside the transactions of its changes.
//!
//! A scope is the same one as long as it has its name within the resource server, also when it has ended in between.

use super::{ResourceServer, shape};
use crate::{
    domain::{
        Failure,
        noun::Named,
        scope::{self, Scope},
        service::Service,
        setup::schedule::{self, Base},
        stamp::Stamp,
    },
    store::{Index, View, Write, index, timeline},
    world::Micros,
};

/// What a resource server is to be.
pub(super) struct Plan {
    /// The setup.
    pub(super) setup: String,
    /// What is asked for.
    pub(super) wanted: ResourceServer,
    /// An id for each of the scopes, should it be new.
    pub(super) ids: Vec<String>,
}

/// The scopes that a service has ever had.
pub(super) fn ever(view: &impl View, tenant: &str, service: &str) -> Result<Vec<String>, Failure> {
    Ok(index::ids(view, Index::EverOfServer, &[tenant, Scope::NAME, service])?)
}

/// The scopes of a service at `at`, by id.
pub(super) fn at(view: &impl View, tenant: &str, service: &str, at: Micros) -> Result<Vec<(String, Scope)>, Failure> {
    let mut found = Vec::new();
    for id in ever(view, tenant, service)? {
        let state = timeline::current::<Scope>(view, tenant, &id, at)?.filter(|state| !state.deleted);
        let own = state.map(|state| state.value).filter(|scope| scope.service.as_deref() == Some(service));
        found.extend(own.map(|scope| (id, scope)));
    }
    Ok(found)
}

/// Gives a service the scopes that are asked for, and no others, as long as `stamp` says.
pub(super) fn replace(
    write: &mut Write<'_>,
    tenant: &str,
    service: &str,
    plan: &Plan,
    stamp: &Stamp,
) -> Result<(), Failure> {
    let before = at(write, tenant, service, stamp.from())?;
    for (id, scope) in &before {
        if !plan.wanted.scopes.iter().any(|wanted| wanted.name == scope.name) {
            end(write, tenant, id, scope, stamp)?;
        }
    }
    let next = timeline::scheduled::<Service>(&*write, tenant, service, stamp.from())?;
    let next = next.first().map(|state| state.valid_from);
    for (place, (wanted, fresh)) in plan.wanted.scopes.iter().zip(&plan.ids).enumerate() {
        let id = of_name(write, tenant, service, &wanted.name)?.unwrap_or_else(|| fresh.clone());
        let base = schedule::base::<Scope>(write, tenant, &id, stamp)?;
        let is_due = base.as_ref().is_some_and(|base| base.is_due);
        let old = base.map(|Base { value, .. }| value);
        let value = shape::become_scope(wanted, &plan.setup, service, old.clone().unwrap_or_default());
        let written = scope::check(&value).and_then(|()| scope::save(write, tenant, &id, old.as_ref(), &value, stamp));
        written.map_err(|failure| failure.below(&format!("/scopes/{place}")))?;
        if let Some(next) = next.filter(|_| !is_due) {
            // What is scheduled says which scopes there are from then on.
            until(write, tenant, &id, next, stamp)?;
        }
    }
    Ok(())
}

/// The scope of a service that has this name, or had or will have it.
fn of_name(write: &Write<'_>, tenant: &str, service: &str, name: &str) -> Result<Option<String>, Failure> {
    for id in ever(write, tenant, service)? {
        let states = timeline::history::<Scope>(write, tenant, &id)?;
        let last = states.last().filter(|state| state.value.service.as_deref() == Some(service));
        if last.is_some_and(|state| state.value.name == name) {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Ends a scope when `stamp` says. One that is not to come again later goes with everything that refers to it.
fn end(write: &mut Write<'_>, tenant: &str, id: &str, scope: &Scope, stamp: &Stamp) -> Result<(), Failure> {
    if scope.system {
        return Err(Failure::Forbidden { needs: "a scope that the setup did not make itself".to_owned() });
    }
    let scheduled = timeline::scheduled::<Scope>(&*write, tenant, id, stamp.now)?;
    match stamp.is_scheduled() || scheduled.iter().any(|state| !state.deleted) {
        true => Ok(timeline::end::<Scope>(write, tenant, id, stamp.from(), stamp.now, &stamp.mark)?),
        false => scope::remove(write, tenant, id, scope, stamp),
    }
}

/// Ends a scope at `next` unless something else is said of it there.
fn until(write: &mut Write<'_>, tenant: &str, id: &str, next: Micros, stamp: &Stamp) -> Result<(), Failure> {
    let said = timeline::current::<Scope>(&*write, tenant, id, next)?.is_some_and(|state| state.valid_from == next);
    if !said {
        timeline::end::<Scope>(write, tenant, id, next, stamp.now, &stamp.mark)?;
    }
    Ok(())
}

/// Takes back what a snapshot that would have begun at `at` says of scopes. One that would have ended with it ends with the
/// `next` snapshot, if there is one.
pub(super) fn take_back(
    write: &mut Write<'_>,
    tenant: &str,
    service: &str,
    (at, next): (Micros, Option<Micros>),
    stamp: &Stamp,
) -> Result<(), Failure> {
    for id in ever(write, tenant, service)? {
        let Some(state) = timeline::current::<Scope>(&*write, tenant, &id, at)? else { continue };
        if state.valid_from != at {
            continue;
        }
        timeline::unschedule::<Scope>(write, tenant, &id, at, stamp.now)?;
        if let Some(next) = next.filter(|_| state.deleted) {
            until(write, tenant, &id, next, stamp)?;
        }
        if stamp.standing::<Scope>(write, tenant, &id)?.is_none() {
            scope::remove(write, tenant, &id, &state.value, stamp)?;
        }
    }
    Ok(())
}

/// Removes all scopes of a service that goes, those that are yet to begin among them.
pub(super) fn remove_all(write: &mut Write<'_>, tenant: &str, service: &str, stamp: &Stamp) -> Result<(), Failure> {
    for id in ever(write, tenant, service)? {
        let standing = stamp.standing::<Scope>(write, tenant, &id)?;
        let Some(scope) = standing.filter(|state| state.value.service.as_deref() == Some(service)) else { continue };
        if scope.value.system {
            return Err(Failure::Forbidden { needs: "a scope that the setup did not make itself".to_owned() });
        }
        scope::remove(write, tenant, &id, &scope.value, stamp)?;
    }
    Ok(())
}
