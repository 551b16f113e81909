//! When and by whom a change is made: the same for everything one operation changes.
//!
//! An operation takes an [`Author`] along into its transaction, where it becomes a [`Stamp`]: the instant is taken on
//! the store's writer thread, so stamps are in the order of the commits and what is checked at a stamp is what holds.
//!
//! A change holds from now on unless its stamp says that it begins later. What is scheduled stays when something is changed
//! now, but for the members that whoever scheduled it could not see ([`Named::carried`]) and for what the change takes away
//! ([`Named::lessened`]): a rule that is made stricter today is not loosened by a state of yesterday that begins tomorrow.

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
    rules: usize,
}

impl Author {
    /// The caller of an operation.
    pub(super) fn of(domain: &Domain, by: &By<'_>) -> Author {
        let mark = Mark { author: by.caller.name(), tongue: by.tongue.to_owned() };
        Author { mark, condition: by.condition.clone(), ..Author::named(domain, String::new()) }
    }

    /// The server itself, under a name for what it does.
    pub(super) fn named(domain: &Domain, name: String) -> Author {
        let (keep, rules) = (domain.limits.states_kept, domain.limits.validators);
        let mark = Mark::from(name.as_str());
        Author { world: domain.world.clone(), mark, condition: Condition::None, keep, rules }
    }

    /// The mark of this transaction: now, and after every change before it.
    pub(super) fn stamp(&self, write: &mut Write<'_>) -> Result<Stamp, StoreError> {
        let (mark, condition) = (self.mark.clone(), self.condition.clone());
        let now = write.instant(self.world.now())?;
        Ok(Stamp { now, from: now, mark, condition, keep: self.keep, rules: self.rules })
    }
}

/// The mark on every state that an operation writes.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    /// When, in microseconds.
    pub(super) now: Micros,
    /// From when on what is written holds; later than now for what is scheduled.
    from: Micros,
    /// Who, and in which tongue.
    pub(super) mark: Mark,
    /// What the record that the operation is about must be like.
    condition: Condition,
    /// How many superseded states of a record are kept.
    keep: usize,
    /// How many rules a policy may have, with those of the policies it embeds.
    pub(super) rules: usize,
}

impl Stamp {
    /// The mark for what is written now and holds from `from` on, which is not before now.
    pub(super) fn beginning(&self, from: Micros) -> Stamp {
        Stamp { from: from.max(self.now), ..self.clone() }
    }

    /// From when on what is written holds.
    pub(super) fn from(&self) -> Micros {
        self.from
    }

    /// Whether what is written has yet to begin.
    pub(super) fn is_scheduled(&self) -> bool {
        self.from > self.now
    }

    /// What a record leaves behind as what it is now: nothing yet while that stays.
    pub(super) fn leaving<'a, T>(&self, old: Option<&'a T>) -> Option<&'a T> {
        old.filter(|_| !self.is_scheduled())
    }

    /// The record that the operation is about: it must be there, and as the caller has seen it.
    pub(super) fn target<T: Named>(&self, write: &Write<'_>, tenant: &str, id: &str) -> Result<State<T>, Failure> {
        let found = self.live::<T>(write, tenant, id)?.ok_or_else(|| Failure::not_found(T::NAME, id))?;
        self.condition.check(T::NAME, found.version)?;
        Ok(found)
    }

    /// Refuses to make what is there already or is yet to begin, and to make anything in a tenant that has gone meanwhile.
    pub(super) fn absent<T: Named>(&self, write: &Write<'_>, tenant: &str, id: &str) -> Result<(), Failure> {
        if T::KIND != Kind::Tenant && self.live::<Tenant>(write, tenant, tenant)?.is_none() {
            return Err(Failure::not_found(Tenant::NAME, tenant));
        }
        match self.standing::<T>(write, tenant, id)? {
            Some(_) => Err(Failure::Conflict { noun: T::NAME, reason: format!("`{id}` exists already") }),
            None => Ok(()),
        }
    }

    /// Appends a state unless the record is as `value` already: what changes nothing leaves no mark. What is scheduled
    /// always does.
    pub(super) fn replace<T: Named>(
        &self,
        write: &mut Write<'_>,
        tenant: &str,
        id: &str,
        value: T,
    ) -> Result<State<T>, StoreError> {
        match self.live::<T>(write, tenant, id)? {
            Some(state) if state.value == value && !self.is_scheduled() => Ok(state),
            _ => self.append(write, tenant, id, value),
        }
    }

    /// Appends a state, lets go of the oldest superseded ones, and carries into those that have yet to begin what whoever
    /// scheduled them could not see.
    pub(super) fn append<T: Named>(
        &self,
        write: &mut Write<'_>,
        tenant: &str,
        id: &str,
        value: T,
    ) -> Result<State<T>, StoreError> {
        self.lessen(write, tenant, id, &value)?;
        if !self.is_scheduled() {
            let before = self.live::<T>(write, tenant, id)?;
            let before = before.as_ref().map_or(&value, |state| &state.value);
            self.amend(write, tenant, id, |scheduled| Some(T::carried(scheduled, before, &value)))?;
        }
        let state = timeline::append(write, tenant, id, value, self.from, self.now, &self.mark)?;
        timeline::trim::<T>(write, tenant, id, self.now, self.keep)?;
        Ok(state)
    }

    /// Takes from the states that begin after a change what the change takes away. Whoever schedules several knows what they
    /// have scheduled themselves: those stay as they are.
    fn lessen<T: Named>(&self, write: &mut Write<'_>, tenant: &str, id: &str, value: &T) -> Result<(), StoreError> {
        let Some(before) = self.due::<T>(write, tenant, id)? else { return Ok(()) };
        for state in timeline::scheduled::<T>(&*write, tenant, id, self.from)? {
            if state.deleted || self.is_scheduled() && state.author == self.mark.author {
                continue;
            }
            match T::lessened(&state, tenant, &before.value, value) {
                Some(value) if value == state.value => {}
                Some(value) => drop(timeline::amend(write, tenant, id, State { value, ..state })?),
                None => drop(timeline::unschedule::<T>(write, tenant, id, state.valid_from, self.now)?),
            }
        }
        Ok(())
    }

    /// Changes a record as it is now and as it is scheduled to be, wherever `change` makes something of it.
    pub(super) fn revise<T: Named>(
        &self,
        write: &mut Write<'_>,
        tenant: &str,
        id: &str,
        change: impl Fn(T) -> Option<T>,
    ) -> Result<(), StoreError> {
        self.amend(write, tenant, id, &change)?;
        if let Some(value) = self.live::<T>(write, tenant, id)?.and_then(|state| change(state.value)) {
            self.replace(write, tenant, id, value)?;
        }
        Ok(())
    }

    /// Changes the states that have yet to begin, wherever `change` makes something of one.
    fn amend<T: Named>(
        &self,
        write: &mut Write<'_>,
        tenant: &str,
        id: &str,
        change: impl Fn(T) -> Option<T>,
    ) -> Result<(), StoreError> {
        for state in timeline::scheduled::<T>(&*write, tenant, id, self.now)? {
            if let Some(value) = change(state.value.clone()).filter(|value| *value != state.value) {
                timeline::amend(write, tenant, id, State { value, ..state })?;
            }
        }
        Ok(())
    }

    /// Takes back everything that is scheduled for a record.
    pub(super) fn unschedule_all<T: Named>(
        &self,
        write: &mut Write<'_>,
        tenant: &str,
        id: &str,
    ) -> Result<(), StoreError> {
        for state in timeline::scheduled::<T>(&*write, tenant, id, self.now)? {
            timeline::unschedule::<T>(write, tenant, id, state.valid_from, self.now)?;
        }
        Ok(())
    }

    /// Marks the record as deleted from now on, and takes back what is scheduled.
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

    /// The record as it is, as far as is known now, when what is written begins.
    pub(super) fn due<T: Noun>(
        &self,
        write: &Write<'_>,
        tenant: &str,
        id: &str,
    ) -> Result<Option<State<T>>, StoreError> {
        Ok(timeline::current::<T>(write, tenant, id, self.from)?.filter(|state| !state.deleted))
    }

    /// The record as it is now, or else as it will be first.
    pub(super) fn standing<T: Noun>(
        &self,
        write: &Write<'_>,
        tenant: &str,
        id: &str,
    ) -> Result<Option<State<T>>, StoreError> {
        if let Some(state) = self.live(write, tenant, id)? {
            return Ok(Some(state));
        }
        let scheduled = timeline::scheduled::<T>(write, tenant, id, self.now)?;
        Ok(scheduled.into_iter().find(|state| !state.deleted))
    }
}
