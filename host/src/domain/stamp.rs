//! When and by whom a change is made: the same for everything one operation changes.

use super::{Caller, Domain};
use crate::{
    store::{Noun, State, StoreError, Write, timeline},
    world::Micros,
};

/// The mark on every state that an operation writes.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    /// When, in microseconds.
    pub(super) now: Micros,
    /// Who.
    pub(super) author: String,
    /// How many superseded states of a record are kept.
    pub(super) keep: usize,
}

impl Stamp {
    /// The mark of an operation that `caller` does now.
    pub(super) fn of(domain: &Domain, caller: &Caller) -> Stamp {
        Stamp { now: domain.world.now(), author: caller.name(), keep: domain.limits.states_kept }
    }

    /// Appends a state that holds from now on, and lets go of the oldest superseded ones.
    pub(super) fn append<T: Noun>(
        &self,
        write: &mut Write<'_>,
        tenant: &str,
        id: &str,
        value: T,
    ) -> Result<State<T>, StoreError> {
        let state = timeline::append(write, tenant, id, value, self.now, self.now, &self.author)?;
        timeline::trim::<T>(write, tenant, id, self.now, self.keep)?;
        Ok(state)
    }

    /// Marks the record as deleted from now on.
    pub(super) fn soft_delete<T: Noun>(
        &self,
        write: &mut Write<'_>,
        tenant: &str,
        id: &str,
    ) -> Result<bool, StoreError> {
        timeline::soft_delete::<T>(write, tenant, id, self.now, &self.author)
    }

    /// The record as it is now, unless it is deleted.
    pub(super) fn live<T: Noun>(
        &self,
        write: &Write<'_>,
        tenant: &str,
        id: &str,
    ) -> Result<Option<State<T>>, StoreError> {
        Ok(timeline::current::<T>(write, tenant, id, self.now)?.filter(|state| !state.deleted))
    }
}
