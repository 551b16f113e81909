//! Names that are given once: a scope's within its server, a consent's within its tenant.
//!
//! Called by the nouns inside their transactions, which keep the list in step with the records. A state that has yet to
//! begin has its name from when it is scheduled. One that begins or ends by itself leaves the list as it is, so whoever looks
//! a name up also looks whether its record still has it.

use super::{Failure, noun::Named, stamp::Stamp};
use crate::{
    crypto::digest::sha256_hex,
    store::{Index, View, Write, index, timeline},
    world::Micros,
};

/// Gives `name` to the record `id`, unless another one of its kind has it in the same place, now or later. `parent` is what
/// the name is unique in: the id of a server, or nothing for the tenant. Answers whether one had it that has gone.
pub(super) fn give<T: Named>(
    write: &mut Write<'_>,
    tenant: &str,
    parent: &str,
    name: &str,
    id: &str,
    stamp: &Stamp,
) -> Result<bool, Failure> {
    let key = [tenant, T::NAME, parent, &filed(name)];
    let mut left = false;
    for holder in index::ids(write, Index::Names, &key)? {
        if holder == id {
            continue;
        }
        if stands::<T>(write, tenant, &holder, (parent, name), stamp)? {
            return Err(Failure::Conflict { noun: T::NAME, reason: format!("the name `{name}` is taken") });
        }
        index::remove(write, Index::Names, &key, &holder)?;
        left = true;
    }
    index::put(write, Index::Names, &key, id)?;
    Ok(left)
}

/// Whether a record has a name now or is scheduled to have it.
fn stands<T: Named>(
    write: &Write<'_>,
    tenant: &str,
    id: &str,
    (parent, name): (&str, &str),
    stamp: &Stamp,
) -> Result<bool, Failure> {
    if stamp.live::<T>(write, tenant, id)?.is_some_and(|state| state.value.bears(parent, name)) {
        return Ok(true);
    }
    let scheduled = timeline::scheduled::<T>(write, tenant, id, stamp.now)?;
    Ok(scheduled.iter().any(|state| !state.deleted && state.value.bears(parent, name)))
}

/// Takes the name back.
pub(super) fn take_back<T: Named>(
    write: &mut Write<'_>,
    tenant: &str,
    parent: &str,
    name: &str,
    id: &str,
) -> Result<(), Failure> {
    Ok(index::remove(write, Index::Names, &[tenant, T::NAME, parent, &filed(name)], id)?)
}

/// Gives a record the name it has from now on, or is scheduled to have, and takes back the one it had `before`. A taken name
/// is a conflict for a new record and a wrong `member` for one that is there. Answers whether one had the name that has gone.
pub(super) fn switch<T: Named>(
    write: &mut Write<'_>,
    tenant: &str,
    parent: &str,
    id: &str,
    before: Option<&str>,
    (member, name): (&str, &str),
    stamp: &Stamp,
) -> Result<bool, Failure> {
    match (give::<T>(write, tenant, parent, name, id, stamp), before) {
        (Err(Failure::Conflict { reason, .. }), Some(_)) => Err(Failure::invalid(member, reason)),
        (given, before) => {
            let left = given?;
            if let Some(before) = stamp.leaving(before.as_ref()).filter(|before| **before != name) {
                take_back::<T>(write, tenant, parent, before, id)?;
            }
            Ok(left)
        }
    }
}

/// The record that has `name` at `at`.
pub(super) fn holder<T: Named>(
    view: &impl View,
    tenant: &str,
    parent: &str,
    name: &str,
    at: Micros,
) -> Result<Option<String>, Failure> {
    for id in index::ids(view, Index::Names, &[tenant, T::NAME, parent, &filed(name)])? {
        let state = timeline::current::<T>(view, tenant, &id, at)?;
        if state.is_some_and(|state| !state.deleted && state.value.bears(parent, name)) {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Names may be longer than a key and hold any character, so they are filed by their digest.
fn filed(name: &str) -> String {
    sha256_hex(name.as_bytes())
}
