//! Timelines: every configuration record is a row of immutable states, each valid from an instant on.
//!
//! Current is the newest state with `valid_from` not after the instant asked for; of two with the same `valid_from` the
//! later recorded one. A state may lie in the future. `domain` calls this inside its transactions and for lists and
//! histories; single current states go through `Store::current` and its cache.

mod later;

use std::ops::{Bound, ControlFlow, RangeInclusive};

use serde::{Deserialize, Serialize, de::IgnoredAny};

use crate::world::Micros;

use super::{
    Noun, StoreError, Table, View, Write,
    cache::Loaded,
    key::{Key, Parts, beyond, borrow, sought},
    read::{Pair, first},
    value,
};

pub use later::{amend, end, scheduled, soft_delete, unschedule};

/// One state of a configuration record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State<T> {
    /// The record as it is in this state. A deleted state keeps the last value.
    pub value: T,
    /// From when on it holds, until the next state's `valid_from`.
    pub valid_from: Micros,
    /// When it was written down.
    pub recorded_at: Micros,
    /// 1, 2, … for each identity, in the order of recording.
    pub version: u64,
    /// Who wrote it.
    pub author: String,
    /// The tongue it was said in: a dialect's name, or empty when the server itself did it.
    pub tongue: String,
    /// Whether the record counts as deleted from here on.
    pub deleted: bool,
}

/// Whom a state comes from, and in which tongue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// See [`State::author`].
    pub author: String,
    /// See [`State::tongue`].
    pub tongue: String,
}

impl From<&str> for Mark {
    fn from(author: &str) -> Mark {
        Mark { author: author.to_owned(), tongue: String::new() }
    }
}

impl From<&Mark> for Mark {
    fn from(mark: &Mark) -> Mark {
        mark.clone()
    }
}

/// A state's value in the file; `valid_from` and the version are in its key.
#[derive(Serialize, Deserialize)]
struct Stored<T> {
    value: T,
    recorded_at: Micros,
    author: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    tongue: String,
    deleted: bool,
}

/// An identity's value in the file.
#[derive(Serialize, Deserialize)]
struct Identity {
    /// The highest version given out. Not derived from the states, since retention drops some.
    version: u64,
}

/// Bytes of `valid_from` and version at the end of a state's key.
const INSTANT_AND_VERSION: usize = 16;

/// The newest state with `valid_from` not after `at`. It may be a deleted one: look at [`State::deleted`].
pub fn current<T: Noun>(view: &impl View, tenant: &str, id: &str, at: Micros) -> Result<Option<State<T>>, StoreError> {
    match sought(identity::<T>(tenant, id))? {
        Some(identity) => state_at(view, &identity, at),
        None => Ok(None),
    }
}

/// The current state for the cache: what it weighs, and the instants at which the answer stays right. A deleted state
/// is as good as none.
pub(super) fn load<T: Noun>(view: &impl View, identity: &Key, at: Micros) -> Result<Loaded<State<T>>, StoreError> {
    let found = stored_at(view, identity, at)?;
    let bytes = found.as_ref().map_or(0, |(_, bytes)| bytes.len());
    let state: Option<State<T>> = found.map(|(key, bytes)| decode(&key, &bytes)).transpose()?;
    let holds = holds(view, identity, at, state.as_ref().map_or(Micros::MIN, |state| state.valid_from))?;
    Ok(Loaded { value: state.filter(|state| !state.deleted), bytes, holds })
}

/// From when until when the state that is current at `at` is the current one.
fn holds(view: &impl View, identity: &Key, at: Micros, from: Micros) -> Result<RangeInclusive<Micros>, StoreError> {
    let after = last_key_at(identity, at);
    let next = first(view, Table::States, Bound::Excluded(&after), borrow(&beyond(identity.as_bytes())), false)?;
    let until = match next {
        // It lies after `at`, so there is an instant before it.
        Some((key, _)) => instant_and_version(&key)?.0.saturating_sub(1),
        None => Micros::MAX,
    };
    Ok(from..=until)
}

/// The records of a tenant that exist at `at`, by id, at most `limit` of them, those behind the id `after` only.
pub fn list<T: Noun>(
    view: &impl View,
    tenant: &str,
    at: Micros,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<(String, State<T>)>, StoreError> {
    list_where(view, tenant, at, after, limit, |state| !state.deleted)
}

/// Like [`list`], with the deleted ones.
pub fn list_with_deleted<T: Noun>(
    view: &impl View,
    tenant: &str,
    at: Micros,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<(String, State<T>)>, StoreError> {
    list_where(view, tenant, at, after, limit, |_| true)
}

/// The last state of a record, if it has any: the one that is scheduled for the latest instant, or a deleted one.
pub fn last<T: Noun>(view: &impl View, tenant: &str, id: &str) -> Result<Option<T>, StoreError> {
    Ok(current::<T>(view, tenant, id, Micros::MAX)?.map(|state| state.value))
}

/// Every record that has ever been, by id, each with its last state: a deleted one, or one that has yet to begin, too.
pub fn list_ever<T: Noun>(
    view: &impl View,
    tenant: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<(String, State<T>)>, StoreError> {
    list_where(view, tenant, Micros::MAX, after, limit, |_| true)
}

fn list_where<T: Noun>(
    view: &impl View,
    tenant: &str,
    at: Micros,
    after: Option<&str>,
    limit: usize,
    wanted: impl Fn(&State<T>) -> bool,
) -> Result<Vec<(String, State<T>)>, StoreError> {
    let mut listed = Vec::new();
    if limit == 0 {
        return Ok(listed);
    }
    let Some(all) = sought(kind::<T>(tenant))? else { return Ok(listed) };
    let start = match after {
        Some(id) => Bound::Excluded(all.clone().text(id)?.into_bytes()),
        None => Bound::Included(all.as_bytes().to_vec()),
    };
    view.scan(Table::Identities, borrow(&start), borrow(&beyond(all.as_bytes())), false, &mut |key, _| {
        let id = key.get(all.as_bytes().len()..).and_then(|rest| Parts(rest).text());
        let id = id.ok_or_else(|| malformed(Table::Identities))?;
        if let Some(state) = current::<T>(view, tenant, id, at)?.filter(|state| wanted(state)) {
            listed.push((id.to_owned(), state));
        }
        Ok(if listed.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(listed)
}

/// The state that is current at `at`, which may be a deleted one, and the last instant at which that is so.
pub fn current_until<T: Noun>(
    view: &impl View,
    tenant: &str,
    id: &str,
    at: Micros,
) -> Result<(Option<State<T>>, Micros), StoreError> {
    let Some(identity) = sought(identity::<T>(tenant, id))? else { return Ok((None, Micros::MAX)) };
    Ok((state_at(view, &identity, at)?, *holds(view, &identity, at, Micros::MIN)?.end()))
}

/// Whether a record is known, be it deleted or yet to begin.
pub fn known<T: Noun>(view: &impl View, tenant: &str, id: &str) -> Result<bool, StoreError> {
    let Some(identity) = sought(identity::<T>(tenant, id))? else { return Ok(false) };
    Ok(view.get(Table::Identities, identity.as_bytes())?.is_some())
}

/// All states, in the order in which they hold; the scheduled and the deleted ones are among them.
pub fn history<T: Noun>(view: &impl View, tenant: &str, id: &str) -> Result<Vec<State<T>>, StoreError> {
    let mut states = Vec::new();
    let Some(identity) = sought(identity::<T>(tenant, id))? else { return Ok(states) };
    let (from, to) = (Bound::Included(identity.as_bytes()), beyond(identity.as_bytes()));
    view.scan(Table::States, from, borrow(&to), false, &mut |key, bytes| {
        states.push(decode(key, bytes)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(states)
}

/// Adds a state with the next version. It may lie in the past, now or in the future.
pub fn append<T: Noun>(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    value: T,
    valid_from: Micros,
    recorded_at: Micros,
    mark: impl Into<Mark>,
) -> Result<State<T>, StoreError> {
    record(write, &identity::<T>(tenant, id)?, stored(value, recorded_at, mark.into(), false), valid_from)
}

fn stored<T>(value: T, recorded_at: Micros, Mark { author, tongue }: Mark, deleted: bool) -> Stored<T> {
    Stored { value, recorded_at, author, tongue, deleted }
}

/// Removes a record with all its states and its identity, as if it had never been. Answers whether it was there.
pub fn erase<T: Noun>(write: &mut Write<'_>, tenant: &str, id: &str) -> Result<bool, StoreError> {
    let identity = identity::<T>(tenant, id)?;
    let states = keys(&*write, Table::States, identity.as_bytes())?;
    let there = write.get(Table::Identities, identity.as_bytes())?.is_some();
    delete(write, Table::States, states);
    write.delete(Table::Identities, identity.into_bytes());
    Ok(there)
}

/// Retention: of the states that were superseded before `at`, keeps the newest `keep` and drops the others. Never drops
/// the current state or a future one. Answers how many were dropped.
pub fn trim<T: Noun>(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    at: Micros,
    keep: usize,
) -> Result<usize, StoreError> {
    let identity = identity::<T>(tenant, id)?;
    let mut past = Vec::new();
    let (from, to) = (Bound::Included(identity.as_bytes()), last_key_at(&identity, at));
    write.scan(Table::States, from, Bound::Included(&to), false, &mut |key, _| {
        past.push(key.to_vec());
        Ok(ControlFlow::Continue(()))
    })?;
    // The last one is the current one.
    past.truncate(past.len().saturating_sub(keep.saturating_add(1)));
    Ok(delete(write, Table::States, past))
}

/// When the last of all states was written down. Reads every state: for a migration.
pub(super) fn last_recorded(view: &impl View) -> Result<Option<Micros>, StoreError> {
    let mut last = None;
    view.scan(Table::States, Bound::Unbounded, Bound::Unbounded, false, &mut |_, bytes| {
        let stored: Stored<IgnoredAny> = value::decode(Table::States, bytes)?;
        last = last.max(Some(stored.recorded_at));
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(last)
}

/// The part of a state's key that names its record.
pub(super) fn identity_of(state: &[u8]) -> Option<&[u8]> {
    state.len().checked_sub(INSTANT_AND_VERSION).and_then(|end| state.get(..end))
}

/// What the keys of all records of a kind start with.
fn kind<T: Noun>(tenant: &str) -> Result<Key, StoreError> {
    Ok(Key::new().text(tenant)?.byte(T::KIND as u8))
}

/// What the keys of all states of a record start with.
pub(super) fn identity<T: Noun>(tenant: &str, id: &str) -> Result<Key, StoreError> {
    kind::<T>(tenant)?.text(id)
}

fn last_key_at(identity: &Key, at: Micros) -> Vec<u8> {
    identity.clone().signed(at).number(u64::MAX).into_bytes()
}

fn state_at<T: Noun>(view: &impl View, identity: &Key, at: Micros) -> Result<Option<State<T>>, StoreError> {
    stored_at(view, identity, at)?.map(|(key, bytes)| decode(&key, &bytes)).transpose()
}

fn stored_at(view: &impl View, identity: &Key, at: Micros) -> Result<Option<Pair>, StoreError> {
    let (from, to) = (Bound::Included(identity.as_bytes()), last_key_at(identity, at));
    first(view, Table::States, from, Bound::Included(&to), true)
}

fn record<T: Noun>(
    write: &mut Write<'_>,
    identity: &Key,
    stored: Stored<T>,
    valid_from: Micros,
) -> Result<State<T>, StoreError> {
    let last = match write.get(Table::Identities, identity.as_bytes())? {
        Some(bytes) => value::decode::<Identity>(Table::Identities, &bytes)?.version,
        None => 0,
    };
    let version = last + 1;
    let bytes = value::encode(Table::States, &stored)?;
    write.put(Table::States, identity.clone().signed(valid_from).number(version).into_bytes(), bytes);
    let bytes = value::encode(Table::Identities, &Identity { version })?;
    write.put(Table::Identities, identity.as_bytes().to_vec(), bytes);
    Ok(state(stored, valid_from, version))
}

fn state<T>(stored: Stored<T>, valid_from: Micros, version: u64) -> State<T> {
    let Stored { value, recorded_at, author, tongue, deleted } = stored;
    State { value, valid_from, recorded_at, version, author, tongue, deleted }
}

fn decode<T: Noun>(key: &[u8], bytes: &[u8]) -> Result<State<T>, StoreError> {
    let (valid_from, version) = instant_and_version(key)?;
    Ok(state(value::decode(Table::States, bytes)?, valid_from, version))
}

fn instant_and_version(key: &[u8]) -> Result<(Micros, u64), StoreError> {
    let parts = identity_of(key).and_then(|identity| key.get(identity.len()..)).and_then(|rest| {
        let mut parts = Parts(rest);
        Some((parts.signed()?, parts.number()?))
    });
    parts.ok_or_else(|| malformed(Table::States))
}

fn malformed(table: Table) -> StoreError {
    StoreError::corrupt(table.name(), "a key of another shape")
}

/// All keys that start with `prefix`.
fn keys(view: &impl View, table: Table, prefix: &[u8]) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut keys = Vec::new();
    view.scan(table, Bound::Included(prefix), borrow(&beyond(prefix)), false, &mut |key, _| {
        keys.push(key.to_vec());
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(keys)
}

fn delete(write: &mut Write<'_>, table: Table, keys: Vec<Vec<u8>>) -> usize {
    let count = keys.len();
    keys.into_iter().for_each(|key| write.delete(table, key));
    count
}
