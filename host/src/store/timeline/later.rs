//! States of a timeline that have yet to begin, and deletions, which end them: what lies after an instant is a plan, and can be
//! changed and taken back; what has held stays.
//!
//! Called by `domain` inside its transactions.

use std::ops::{Bound, ControlFlow};

use super::{Mark, State, Stored, decode, delete, identity, keys, last_key_at, record, state_at, stored};
use crate::{
    store::{
        Noun, StoreError, Table, View, Write,
        key::{Key, beyond, borrow, sought},
        value,
    },
    world::Micros,
};

/// The states that begin after `at`, in their order. Of several of one instant only the last one counts.
pub fn scheduled<T: Noun>(view: &impl View, tenant: &str, id: &str, at: Micros) -> Result<Vec<State<T>>, StoreError> {
    let mut states: Vec<State<T>> = Vec::new();
    let Some(identity) = sought(identity::<T>(tenant, id))? else { return Ok(states) };
    let (after, to) = (last_key_at(&identity, at), beyond(identity.as_bytes()));
    view.scan(Table::States, Bound::Excluded(&after), borrow(&to), false, &mut |key, bytes| {
        let state: State<T> = decode(key, bytes)?;
        states.pop_if(|earlier| earlier.valid_from == state.valid_from);
        states.push(state);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(states)
}

/// Marks the record as deleted from `at` on, and takes back every state scheduled for later: what is deleted does not come
/// back by itself. One that was yet to begin keeps what it would have been first. Answers false, and changes nothing, when
/// there is neither.
pub fn soft_delete<T: Noun>(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    at: Micros,
    mark: impl Into<Mark>,
) -> Result<bool, StoreError> {
    let identity = identity::<T>(tenant, id)?;
    let now = state_at::<T>(&*write, &identity, at)?;
    let first = scheduled::<T>(&*write, tenant, id, at)?.into_iter().next();
    let later = keys_after(&*write, &identity, at)?;
    let ended = delete(write, Table::States, later) > 0;
    let last = match now {
        Some(state) if state.deleted => None,
        Some(state) => Some(state.value),
        None => first.map(|state| state.value),
    };
    let found = last.is_some() || ended;
    if let Some(value) = last {
        record(write, &identity, stored(value, at, mark.into(), true), at)?;
    }
    Ok(found)
}

/// Adds a state in which the record is deleted from `valid_from` on, whatever comes later. Nothing is added where there is
/// nothing to delete.
pub fn end<T: Noun>(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    valid_from: Micros,
    recorded_at: Micros,
    mark: impl Into<Mark>,
) -> Result<(), StoreError> {
    let identity = identity::<T>(tenant, id)?;
    if let Some(state) = state_at::<T>(&*write, &identity, valid_from)?.filter(|state| !state.deleted) {
        record(write, &identity, stored(state.value, recorded_at, mark.into(), true), valid_from)?;
    }
    Ok(())
}

/// Writes another value into a state that has yet to begin. The state stays the same one: its version, and who wrote it.
pub fn amend<T: Noun>(write: &mut Write<'_>, tenant: &str, id: &str, state: State<T>) -> Result<(), StoreError> {
    let State { value, valid_from, recorded_at, version, author, tongue, deleted } = state;
    let key = identity::<T>(tenant, id)?.signed(valid_from).number(version).into_bytes();
    let bytes = value::encode(Table::States, &Stored { value, recorded_at, author, tongue, deleted })?;
    write.put(Table::States, key, bytes);
    Ok(())
}

/// Takes back the states scheduled for exactly `valid_from`. Answers false when there are none, or when that instant is
/// not after `now`: what has held is history.
pub fn unschedule<T: Noun>(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    valid_from: Micros,
    now: Micros,
) -> Result<bool, StoreError> {
    if valid_from <= now {
        return Ok(false);
    }
    let identity = identity::<T>(tenant, id)?;
    let keys = keys(&*write, Table::States, identity.signed(valid_from).as_bytes())?;
    Ok(delete(write, Table::States, keys) > 0)
}

/// The keys of all states of a record that begin after `at`.
fn keys_after(view: &impl View, identity: &Key, at: Micros) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut keys = Vec::new();
    let (after, to) = (last_key_at(identity, at), beyond(identity.as_bytes()));
    view.scan(Table::States, Bound::Excluded(&after), borrow(&to), false, &mut |key, _| {
        keys.push(key.to_vec());
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(keys)
}
