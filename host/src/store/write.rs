//! Writing: the write set a closure fills.
//!
//! A closure handed to `Store::write` never touches the data file. It reads through its [`Write`] and leaves its changes
//! in a buffer beside it, the **write set**; `writer.rs` puts the set into redb's transaction only when the closure
//! answered `Ok`. Reads see the closure's own changes first, then what earlier closures of the same batch left in the
//! transaction, then what is committed.
//!
//! This is the seam for a distributed engine: such an engine records in `get` and `scan` what was read, and turns reads
//! and write set into one compare-and-swap instead of a redb commit, running the closure again when it was beaten to it.
//! Nothing above this file would change, which is why a closure must not have side effects.

use std::{
    cell::OnceCell,
    collections::BTreeMap,
    iter::Peekable,
    ops::{Bound, ControlFlow},
};

use redb::WriteTransaction;

use crate::world::Micros;

use super::{
    StoreError, Table, View,
    clock::{self, Stamped},
    error::engine,
    read::{self, Each},
    tables::Bytes,
};

/// What a closure changes: for every key its new value, or `None` when it is deleted.
pub(super) type Changes = BTreeMap<Table, BTreeMap<Vec<u8>, Option<Vec<u8>>>>;

/// One closure's view of the store, with the changes it makes.
pub struct Write<'a> {
    base: &'a dyn View,
    changes: Changes,
    stamped: Option<Stamped>,
}

impl<'a> Write<'a> {
    pub(super) fn new(base: &'a dyn View) -> Write<'a> {
        Write { base, changes: Changes::new(), stamped: None }
    }

    /// The instant of what is changed here: `wall`, the wall clock's, unless an earlier change already had a later one;
    /// then the one after it. So changes are dated in the order of their commits.
    pub fn instant(&mut self, wall: Micros) -> Result<Micros, StoreError> {
        let stamped = clock::next(self, wall)?;
        self.stamped = Some(stamped);
        Ok(stamped.instant)
    }

    /// Sets the value of a key. The value is an envelope.
    pub(super) fn put(&mut self, table: Table, key: Vec<u8>, value: Vec<u8>) {
        self.changes.entry(table).or_default().insert(key, Some(value));
    }

    /// Deletes a key, whether it is there or not.
    pub(super) fn delete(&mut self, table: Table, key: Vec<u8>) {
        self.changes.entry(table).or_default().insert(key, None);
    }

    /// The last instant that was taken.
    pub(super) fn stamped(&self) -> Option<Stamped> {
        self.stamped
    }

    pub(super) fn into_changes(self) -> Changes {
        self.changes
    }
}

impl View for Write<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.changes.get(&table).and_then(|changes| changes.get(key)) {
            Some(change) => Ok(change.clone()),
            None => self.base.get(table, key),
        }
    }

    fn scan(
        &self,
        table: Table,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        reverse: bool,
        each: &mut Each<'_>,
    ) -> Result<(), StoreError> {
        let Some(changes) = self.changes.get(&table).filter(|_| !read::is_empty(from, to)) else {
            return self.base.scan(table, from, to, reverse, each);
        };
        let own = changes.range::<[u8], _>((from, to));
        let own: Box<dyn Iterator<Item = Change<'_>>> = if reverse { Box::new(own.rev()) } else { Box::new(own) };
        let mut merged = Merged { own: own.peekable(), reverse, each };
        let mut ended = false;
        self.base.scan(table, from, to, reverse, &mut |key, value| {
            let step = merged.stored(key, value)?;
            ended = step.is_break();
            Ok(step)
        })?;
        if ended { Ok(()) } else { merged.own_while(|_| true).map(drop) }
    }
}

type Change<'a> = (&'a Vec<u8>, &'a Option<Vec<u8>>);

/// Stored and own entries in one order; an own change hides the stored entry of the same key.
struct Merged<'a, 'b> {
    own: Peekable<Box<dyn Iterator<Item = Change<'a>> + 'a>>,
    reverse: bool,
    each: &'a mut Each<'b>,
}

impl Merged<'_, '_> {
    /// Hands out what comes before a stored entry, then the entry or the own change in its stead.
    fn stored(&mut self, key: &[u8], value: &[u8]) -> Result<ControlFlow<()>, StoreError> {
        let reverse = self.reverse;
        if self.own_while(|own| if reverse { own > key } else { own < key })?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        match self.own.peek() {
            Some((same, _)) if same.as_slice() == key => self.own_while(|own| own == key),
            _ => (self.each)(key, value),
        }
    }

    /// Hands out the own entries at the front whose key is `wanted`, leaving out the deleted ones.
    fn own_while(&mut self, wanted: impl Fn(&[u8]) -> bool) -> Result<ControlFlow<()>, StoreError> {
        while let Some((key, change)) = self.own.next_if(|(key, _)| wanted(key)) {
            if let Some(value) = change
                && (self.each)(key, value)?.is_break()
            {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// The tables of one redb write transaction, opened at first use.
pub(super) struct Tables<'a> {
    transaction: &'a WriteTransaction,
    open: [OnceCell<redb::Table<'a, Bytes, Bytes>>; Table::ALL.len()],
}

impl<'a> Tables<'a> {
    pub(super) fn new(transaction: &'a WriteTransaction) -> Tables<'a> {
        Tables { transaction, open: std::array::from_fn(|_| OnceCell::new()) }
    }

    fn table(&self, table: Table) -> Result<&redb::Table<'a, Bytes, Bytes>, StoreError> {
        let Some(slot) = self.open.get(table as usize) else { return Err(StoreError::BadKey) };
        match slot.get() {
            Some(open) => Ok(open),
            None => {
                let open = self.transaction.open_table(table.definition()).map_err(engine)?;
                Ok(slot.get_or_init(|| open))
            }
        }
    }

    /// Puts a write set into the transaction. After an error the transaction must not be committed.
    pub(super) fn apply(&mut self, changes: &Changes) -> Result<(), StoreError> {
        for (table, changes) in changes {
            self.table(*table)?;
            let Some(open) = self.open.get_mut(*table as usize).and_then(OnceCell::get_mut) else { continue };
            for (key, change) in changes {
                match change {
                    Some(value) => open.insert(key.as_slice(), value.as_slice()).map_err(engine)?,
                    None => open.remove(key.as_slice()).map_err(engine)?,
                };
            }
        }
        Ok(())
    }
}

impl View for Tables<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        read::value(self.table(table)?, key)
    }

    fn scan(
        &self,
        table: Table,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        reverse: bool,
        each: &mut Each<'_>,
    ) -> Result<(), StoreError> {
        read::scan(self.table(table)?, from, to, reverse, each)
    }
}
