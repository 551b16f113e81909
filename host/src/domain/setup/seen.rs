//! Reading timelines as this tongue shows them: the state that is in force, all of them, one by its name, and those that a list
//! is to hold.
//!
//! Called by the operations on setups, clients and resource servers, which say what a state means.

use super::{Filter, Metadata, SNAPSHOT, Snapshot, ValidAt};
use crate::{
    domain::{Failure, noun::Named},
    store::{State, View, timeline},
    world::Micros,
};

/// What of a snapshot a list looks at.
pub(super) struct Looks<'a> {
    pub(super) name: &'a str,
    pub(super) owner: &'a str,
    pub(super) metadata: &'a [Metadata],
}

/// The state that is in force at `now`. A failure calls it `noun`.
pub(super) fn current<T: Named>(
    view: &impl View,
    tenant: &str,
    (noun, id): (&'static str, &str),
    now: Micros,
) -> Result<State<T>, Failure> {
    let found = timeline::current::<T>(view, tenant, id, now)?.filter(|state| !state.deleted);
    found.ok_or_else(|| Failure::not_found(noun, id))
}

/// The states of a record in their order, those that are looked at. A failure calls the record `noun`.
pub(super) fn states<T: Named>(
    view: &impl View,
    tenant: &str,
    (noun, id): (&'static str, &str),
    (valid_at, with_deleted): (ValidAt, bool),
    now: Micros,
) -> Result<Vec<State<T>>, Failure> {
    if !timeline::known::<T>(view, tenant, id)? {
        return Err(Failure::not_found(noun, id));
    }
    let mut found = looked_at::<T>(view, tenant, id, valid_at, now)?;
    found.retain(|state| with_deleted || !state.deleted);
    Ok(found)
}

/// The states of a record that `valid_at` means, deleted ones among them. Of several of one instant only the last counts.
pub(super) fn looked_at<T: Named>(
    view: &impl View,
    tenant: &str,
    id: &str,
    valid_at: ValidAt,
    now: Micros,
) -> Result<Vec<State<T>>, Failure> {
    let at = match valid_at {
        ValidAt::Any => return all::<T>(view, tenant, id),
        ValidAt::Now => now,
        ValidAt::At(at) => at,
    };
    Ok(timeline::current::<T>(view, tenant, id, at)?.into_iter().collect())
}

/// Every state, each instant once.
pub(super) fn all<T: Named>(view: &impl View, tenant: &str, id: &str) -> Result<Vec<State<T>>, Failure> {
    let mut states: Vec<State<T>> = Vec::new();
    for state in timeline::history::<T>(view, tenant, id)? {
        states.pop_if(|earlier| earlier.valid_from == state.valid_from);
        states.push(state);
    }
    Ok(states)
}

/// The state of a record that has this name.
pub(super) fn named<T: Named>(
    view: &impl View,
    tenant: &str,
    (noun, id): (&'static str, &str),
    snapshot: &str,
) -> Result<State<T>, Failure> {
    if !timeline::known::<T>(view, tenant, id)? {
        return Err(Failure::not_found(noun, id));
    }
    let found = all::<T>(view, tenant, id)?.into_iter().find(|state| name(state) == snapshot);
    found.ok_or_else(|| Failure::not_found(SNAPSHOT, snapshot))
}

/// The name of a state: when it begins and its version, in hex.
pub(super) fn name<T>(state: &State<T>) -> String {
    format!("{:016x}{:016x}", state.valid_from, state.version)
}

/// A state as it is shown, with what it says.
pub(super) fn snapshot<T, V>(state: State<T>, say: impl FnOnce(T) -> V) -> Snapshot<V> {
    let id = name(&state);
    let State { value, valid_from, recorded_at: _, version, author, tongue: _, deleted } = state;
    Snapshot { id, value: say(value), valid_from, version, author, deleted }
}

impl Filter {
    /// Whether what a state looks like fits. Its scopes are another matter.
    pub(super) fn fits(&self, looks: &Looks<'_>) -> bool {
        let noted = |(name, value): &(String, String)| {
            looks.metadata.iter().any(|note| note.name == *name && note.value == *value)
        };
        self.names.iter().all(|name| name == looks.name)
            && self.owners.iter().all(|owner| owner == looks.owner)
            && self.metadata.iter().all(noted)
    }

    /// Whether `has` all the scopes.
    pub(super) fn fits_scopes(&self, has: impl Fn(&str) -> Result<bool, Failure>) -> Result<bool, Failure> {
        for scope in &self.scopes {
            if !has(scope)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The last of the states that are looked at that fits, if one does.
pub(super) fn fitting<T>(
    filter: &Filter,
    states: Vec<State<T>>,
    fits: impl Fn(&State<T>) -> Result<bool, Failure>,
) -> Result<Option<State<T>>, Failure> {
    for state in states.into_iter().rev().filter(|state| filter.with_deleted || !state.deleted) {
        if fits(&state)? {
            return Ok(Some(state));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(name: &str, value: &str) -> Metadata {
        Metadata { name: name.to_owned(), value: value.to_owned(), locale: "en".to_owned() }
    }

    #[test]
    fn everything_given_must_fit() {
        let metadata = [note("team", "blue"), note("team", "red")];
        let looks = Looks { name: "Shop", owner: "ann", metadata: &metadata };
        let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let notes = |notes: &[(&str, &str)]| notes.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let fits = |names: &[&str], owners: &[&str], metadata: &[(&str, &str)]| {
            Filter { names: list(names), owners: list(owners), metadata: notes(metadata), ..Filter::default() }
                .fits(&looks)
        };
        assert!(fits(&[], &[], &[]) && fits(&["Shop"], &["ann"], &[("team", "red"), ("team", "blue")]));
        assert!(!fits(&["shop"], &[], &[]) && !fits(&["Shop"], &["bob"], &[]) && !fits(&[], &[], &[("team", "en")]));
        assert!(!fits(&["Shop", "Other"], &[], &[]), "a name is one name");
    }
}
