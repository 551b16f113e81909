//! When and by whom a change is made: the same for everything one operation changes.
//!
//! An operation takes an [`Author`] along into its transaction, where it becomes a [`Stamp`]: the instant is taken on
//! the store's writer thread, so stamps are in the order of the commits and what is checked at a stamp is what holds.

use super::{By, Domain, Failure, by::Condition, noun::Named, tenant::Tenant};
use crate::{
    store::{
        Kind, Noun, State, StoreError, Write,
        timeline::{self, Mark},
    },
    world::{Micros, World},
};

/// Who makes a change.
#[derive(Clone)]
pub(super) struct Author {
    world: World,
    mark: Mark,
    condition: Condition,
    keep: usize,
}

impl Author {
    /// The caller of an operation.
    pub(super) fn of(domain: &Domain, by: &By<'_>) -> Author {
        let mark = Mark { author: by.caller.name(), tongue: by.tongue.to_owned() };
        Author { mark, condition: by.condition.clone(), ..Author::named(domain, String::new()) }
    }

    /// The server itself, under a name for what it does.
    pub(super) fn named(domain: &Domain, name: String) -> Author {
        let keep = domain.limits.states_kept;
        let mark = Mark::from(name.as_str());
        Author { world: domain.world.clone(), mark, condition: Condition::None, keep }
    }

    /// The mark of this transaction: now, and after every change before it.
    pub(super) fn stamp(&self, write: &mut Write<'_>) -> Result<Stamp, StoreError> {
        let (mark, condition) = (self.mark.clone(), self.condition.clone());
        Ok(Stamp { now: write.instant(self.world.now())?, mark, condition, keep: self.keep })
    }
}

/// The mark on every state that an operation writes.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    /// When, in microseconds.
    pub(super) now: Micros,
    /// Who, and in which tongue.
    pub(super) mark: Mark,
    /// What the record that the operation is about must be like.
    condition: Condition,
    /// How many superseded states of a record are kept.
    keep: usize,
}

impl Stamp {
    /// The record that the operation is about: it must be there, and as the caller has seen it.
    pub(super) fn target<T: Named>(&self, write: &Write<'_>, tenant: &str, id: &str) -> Result<State<T>, Failure> {
        let found = self.live::<T>(write, tenant, id)?.ok_or_else(|| Failure::not_found(T::NAME, id))?;
        self.condition.check(T::NAME, found.version)?;
        Ok(found)
    }

    /// Refuses to make what is there already, and to make anything in a tenant that has gone meanwhile.
    pub(super) fn absent<T: Named>(&self, write: &Write<'_>, tenant: &str, id: &str) -> Result<(), Failure> {
        if T::KIND != Kind::Tenant && self.live::<Tenant>(write, tenant, tenant)?.is_none() {
            return Err(Failure::not_found(Tenant::NAME, tenant));
        }
        match self.live::<T>(write, tenant, id)? {
            Some(_) => Err(Failure::Conflict { noun: T::NAME, reason: format!("`{id}` exists already") }),
            None => Ok(()),
        }
    }

    /// Appends a state unless the record is as `value` already: what changes nothing leaves no mark.
    pub(super) fn replace<T: Named>(
        &self,
        write: &mut Write<'_>,
        tenant: &str,
        id: &str,
        value: T,
    ) -> Result<State<T>, StoreError> {
        match self.live::<T>(write, tenant, id)? {
            Some(state) if state.value == value => Ok(state),
            _ => self.append(write, tenant, id, value),
        }
    }

    /// Appends a state that holds from now on, and lets go of the oldest superseded ones.
    pub(super) fn append<T: Noun>(
        &self,
        write: &mut Write<'_>,
        tenant: &str,
        id: &str,
        value: T,
    ) -> Result<State<T>, StoreError> {
        let state = timeline::append(write, tenant, id, value, self.now, self.now, &self.mark)?;
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
        timeline::soft_delete::<T>(write, tenant, id, self.now, &self.mark)
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
