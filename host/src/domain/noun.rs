//! What all configuration has in common: a name for people, a way to find one, a way to list them.
//!
//! Used by the file of every noun. Knows no single noun.

use std::sync::Arc;

use super::{Domain, Failure};
use crate::store::{Index, Noun, State, View, index, timeline};

/// A noun under the name that people know it by.
pub trait Named: Noun + Clone + PartialEq {
    /// As in "there is no … `id`".
    const NAME: &'static str;
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
