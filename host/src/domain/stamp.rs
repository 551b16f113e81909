//! When and by whom a change is made: the same for everything one operation changes.
//!
//! An operation takes an [`Author`] along into its transaction, where it becomes a [`Stamp`]: the instant is taken on
//! the store's writer thread, so stamps are in the order of the commits and what is checked at a stamp is what holds.

use super::{Caller, Domain};
use crate::{
    store::{Noun, State, StoreError, Write, timeline},
    world::{Micros, World},
};

/// Who makes a change.
#[derive(Clone)]
pub(super) struct Author {
    world: World,
    name: String,
    keep: usize,
}

impl Author {
    /// The caller of an operation.
    pub(super) fn of(domain: &Domain, caller: &Caller) -> Author {
        Author::named(domain, caller.name())
    }

    /// The server itself, under a name for what it does.
    pub(super) fn named(domain: &Domain, name: String) -> Author {
        Author { world: domain.world.clone(), name, keep: domain.limits.states_kept }
    }

    /// The mark of this transaction: now, and after every change before it.
    pub(super) fn stamp(&self, write: &mut Write<'_>) -> Result<Stamp, StoreError> {
        Ok(Stamp { now: write.instant(self.world.now())?, author: self.name.clone(), keep: self.keep })
    }
}

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
