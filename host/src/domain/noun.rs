//! What all configuration has in common: a name for people, a way to find one, a way to list them.
//!
//! Used by the file of every noun: the operations that make, replace and remove one are alike but for what must be in step
//! with it. Knows no noun but the tenant, in which all of them are.

use std::sync::Arc;

use super::{
    By, Domain, Failure, id,
    stamp::{Author, Stamp},
    tenant,
};
use crate::{
    store::{Index, Noun, State, View, Write, index, timeline},
    world::Micros,
};

/// A noun under the name that people know it by.
pub trait Named: Noun + Clone + PartialEq {
    /// As in "there is no … `id`".
    const NAME: &'static str;

    /// What a state that has yet to begin becomes when the record is changed from `before` to `now`: it takes over what
    /// nobody could see who scheduled it. Nothing, for nouns that are never scheduled on their own.
    #[must_use]
    fn carried(scheduled: Self, _before: &Self, _now: &Self) -> Self {
        scheduled
    }

    /// What is left of a state that has yet to begin when the record is changed from `before` to `now`: it gives nothing back
    /// that the change takes away. None is taken back altogether.
    #[must_use]
    fn lessened(scheduled: &State<Self>, _tenant: &str, _before: &Self, _now: &Self) -> Option<Self> {
        Some(scheduled.value.clone())
    }

    /// Whether this state has `name` within `parent`, among [`name`](super::name)s that are given once. Those of nouns that
    /// are never scheduled are given and taken back with them.
    fn bears(&self, _parent: &str, _name: &str) -> bool {
        true
    }
}

/// The record `id` as it is now, through the store's cache.
pub fn current<T: Named>(domain: &Domain, tenant: &str, id: &str) -> Result<Arc<State<T>>, Failure> {
    let found = domain.store.current::<T>(tenant, id, domain.now())?;
    found.ok_or_else(|| Failure::not_found(T::NAME, id))
}

/// All records of a tenant, by id.
pub fn list<T: Named>(domain: &Domain, tenant: &str) -> Result<Vec<(String, State<T>)>, Failure> {
    Ok(timeline::list(&domain.store.read()?, tenant, domain.now(), None, usize::MAX)?)
}

/// The records that an index holds under a key, by id, as they are at `at`.
pub fn below<T: Named>(
    view: &impl View,
    list: Index,
    tenant: &str,
    parent: &str,
    at: i64,
) -> Result<Vec<(String, State<T>)>, Failure> {
    let mut found = Vec::new();
    for id in index::ids(view, list, &[tenant, parent])? {
        if let Some(state) = timeline::current::<T>(view, tenant, &id, at)?.filter(|state| !state.deleted) {
            found.push((id, state));
        }
    }
    Ok(found)
}

/// Records by id, each as it is.
pub(super) type Listed<T> = Vec<(String, State<T>)>;

/// Like [`below`], with the last instant at which it is so: one of them may end, change or begin without a write.
pub(super) fn below_until<T: Named>(
    view: &impl View,
    list: Index,
    tenant: &str,
    parent: &str,
    at: Micros,
) -> Result<(Listed<T>, Micros), Failure> {
    let (mut found, mut until) = (Vec::new(), Micros::MAX);
    for id in index::ids(view, list, &[tenant, parent])? {
        let (state, holds) = timeline::current_until::<T>(view, tenant, &id, at)?;
        until = until.min(holds);
        found.extend(state.filter(|state| !state.deleted).map(|state| (id, state)));
    }
    Ok((found, until))
}

/// Writes a record and everything that must be in step with it, inside a transaction: tenant, id, what it replaces (none
/// only when there is none), what it is to be.
pub(super) type Save<T> = fn(&mut Write<'_>, &str, &str, Option<&T>, &T, &Stamp) -> Result<State<T>, Failure>;
/// Removes a record and everything below it, inside a transaction: tenant, id, what it is.
pub(super) type Remove<T> = fn(&mut Write<'_>, &str, &str, &T, &Stamp) -> Result<(), Failure>;

/// Makes a record that is not there yet. Without `id` it gets one.
pub(super) async fn create<T: Named>(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: Option<&str>,
    value: T,
    save: Save<T>,
) -> Result<(String, State<T>), Failure> {
    tenant::current(domain, tenant)?;
    let id = id.map_or_else(|| id::generate(&domain.world), str::to_owned);
    id::check("/id", &id).map_err(|problem| Failure::Invalid(vec![problem]))?;
    let (tenant, author) = (tenant.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            stamp.absent::<T>(write, &tenant, &id)?;
            let state = save(write, &tenant, &id, None, &value, &stamp)?;
            Ok((id.clone(), state))
        })
        .await
}

/// Replaces a record with what `change` makes of it.
pub(super) async fn update<T: Named>(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    change: impl Fn(&T) -> Result<T, Failure> + Send + 'static,
    save: Save<T>,
) -> Result<State<T>, Failure> {
    let (tenant, id, author) = (tenant.to_owned(), id.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let old = stamp.target::<T>(write, &tenant, &id)?;
            save(write, &tenant, &id, Some(&old.value), &change(&old.value)?, &stamp)
        })
        .await
}

/// Removes a record that `may_go`.
pub(super) async fn delete<T: Named>(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    may_go: fn(&T) -> Result<(), Failure>,
    remove: Remove<T>,
) -> Result<(), Failure> {
    let (tenant, id, author) = (tenant.to_owned(), id.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let old = stamp.target::<T>(write, &tenant, &id)?;
            may_go(&old.value)?;
            remove(write, &tenant, &id, &old.value, &stamp)
        })
        .await
}

/// Removes all records that an index holds under `parent`, which goes itself, also those that have yet to begin.
pub(super) fn remove_below<T: Named>(
    write: &mut Write<'_>,
    list: Index,
    tenant: &str,
    parent: &str,
    stamp: &Stamp,
    remove: Remove<T>,
) -> Result<(), Failure> {
    for id in index::ids(write, list, &[tenant, parent])? {
        if let Some(state) = stamp.standing::<T>(write, tenant, &id)? {
            remove(write, tenant, &id, &state.value, stamp)?;
        }
    }
    Ok(())
}

/// Lets records of a list that are scheduled begin as `stamp` says, where that is earlier and they are `wanted`.
pub(super) fn bring_forward<T: Named>(
    write: &mut Write<'_>,
    list: Index,
    tenant: &str,
    parent: &str,
    wanted: impl Fn(&T) -> bool,
    stamp: &Stamp,
) -> Result<(), Failure> {
    for id in index::ids(write, list, &[tenant, parent])? {
        if stamp.due::<T>(write, tenant, &id)?.is_none()
            && let Some(state) = stamp.standing::<T>(write, tenant, &id)?.filter(|state| wanted(&state.value))
        {
            stamp.append(write, tenant, &id, state.value)?;
        }
    }
    Ok(())
}

/// The record that another one belongs to: it must be there when that begins and stay the same. `member` names it.
pub(super) fn parent<P: Named>(
    write: &Write<'_>,
    tenant: &str,
    member: &str,
    before: Option<&str>,
    id: &str,
    stamp: &Stamp,
) -> Result<State<P>, Failure> {
    if before.is_some_and(|before| before != id) {
        return Err(Failure::invalid(member, "cannot be changed"));
    }
    let found = stamp.due::<P>(write, tenant, id)?;
    found.ok_or_else(|| Failure::invalid(member, format!("there is no {} `{id}`", P::NAME)))
}

/// How many users of something are named when it cannot go.
const USERS_NAMED: usize = 20;

/// Refuses to remove what is in use by those that an index holds under it.
pub(super) fn unused<T: Named>(write: &Write<'_>, users: Index, tenant: &str, id: &str) -> Result<(), Failure> {
    let mut by = index::ids(write, users, &[tenant, id])?;
    if by.is_empty() {
        return Ok(());
    }
    let more = by.len().saturating_sub(USERS_NAMED);
    by.truncate(USERS_NAMED);
    by.extend((more > 0).then(|| format!("{more} more")));
    Err(Failure::InUse { noun: T::NAME, by })
}

/// Moves `id` from under one key of a list to under another one.
pub(super) fn refile(
    write: &mut Write<'_>,
    list: Index,
    tenant: &str,
    before: Option<&str>,
    now: Option<&str>,
    id: &str,
) -> Result<(), Failure> {
    if let Some(before) = before.filter(|before| now != Some(*before)) {
        index::remove(write, list, &[tenant, before], id)?;
    }
    if let Some(now) = now {
        index::put(write, list, &[tenant, now], id)?;
    }
    Ok(())
}

/// A member that cannot be changed: left out, it stays as it is.
pub(super) fn fixed(member: &str, given: String, is: &str) -> Result<String, Failure> {
    match given.is_empty() || given == is {
        true => Ok(is.to_owned()),
        false => Err(Failure::invalid(member, "cannot be changed")),
    }
}
