//! Reading: the [`View`] that everything above is written against, and the snapshot [`Read`].
//!
//! A snapshot is redb's MVCC read transaction, read on the calling thread: it sees one commit, whole, for as long as it lives.

use std::{
    ops::{Bound, ControlFlow},
    sync::{Arc, OnceLock},
};

use redb::{AccessGuard, ReadOnlyTable, ReadTransaction, ReadableTable, StorageError};

use super::{StoreError, Table, error::engine, tables::Bytes};

/// What a scan hands out one entry at a time; `Break` ends it.
pub type Each<'a> = dyn FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>, StoreError> + 'a;

/// Reading through a snapshot or through a write transaction's own view.
pub trait View {
    /// The value of a key.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// All entries between two bounds in the order of their keys, or against it.
    fn scan(
        &self,
        table: Table,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        reverse: bool,
        each: &mut Each<'_>,
    ) -> Result<(), StoreError>;
}

/// A snapshot of everything committed when it was taken.
pub struct Read {
    transaction: ReadTransaction,
    /// Opened at first use, since opening a table costs a third of a lookup.
    tables: [OnceLock<ReadOnlyTable<Bytes, Bytes>>; Table::ALL.len()],
}

impl Read {
    pub(super) fn new(transaction: ReadTransaction) -> Read {
        Read { transaction, tables: std::array::from_fn(|_| OnceLock::new()) }
    }

    fn table(&self, table: Table) -> Result<&ReadOnlyTable<Bytes, Bytes>, StoreError> {
        let Some(slot) = self.tables.get(table as usize) else { return Err(StoreError::BadKey) };
        match slot.get() {
            Some(open) => Ok(open),
            None => {
                let open = self.transaction.open_table(table.definition()).map_err(engine)?;
                Ok(slot.get_or_init(|| open))
            }
        }
    }
}

impl View for Read {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        value(self.table(table)?, key)
    }

    fn scan(
        &self,
        table: Table,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        reverse: bool,
        each: &mut Each<'_>,
    ) -> Result<(), StoreError> {
        scan(self.table(table)?, from, to, reverse, each)
    }
}

impl<V: View> View for Arc<V> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        V::get(self, table, key)
    }

    fn scan(
        &self,
        table: Table,
        from: Bound<&[u8]>,
        to: Bound<&[u8]>,
        reverse: bool,
        each: &mut Each<'_>,
    ) -> Result<(), StoreError> {
        V::scan(self, table, from, to, reverse, each)
    }
}

/// One value of an open table.
pub(super) fn value(table: &impl ReadableTable<Bytes, Bytes>, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(table.get(key).map_err(engine)?.map(|guard| guard.value().to_vec()))
}

/// The entries of an open table between two bounds, in either direction.
pub(super) fn scan(
    table: &impl ReadableTable<Bytes, Bytes>,
    from: Bound<&[u8]>,
    to: Bound<&[u8]>,
    reverse: bool,
    each: &mut Each<'_>,
) -> Result<(), StoreError> {
    if is_empty(from, to) {
        return Ok(());
    }
    let range = table.range::<&[u8]>((from, to)).map_err(engine)?;
    if reverse { hand_out(range.rev(), each) } else { hand_out(range, each) }
}

type Entry<'a> = Result<(AccessGuard<'a, Bytes>, AccessGuard<'a, Bytes>), StorageError>;

fn hand_out<'a>(entries: impl Iterator<Item = Entry<'a>>, each: &mut Each<'_>) -> Result<(), StoreError> {
    for entry in entries {
        let (key, value) = entry.map_err(engine)?;
        if each(key.value(), value.value())?.is_break() {
            break;
        }
    }
    Ok(())
}

/// Whether no key can be between the bounds. The standard library's maps panic when asked for such a range.
pub(super) fn is_empty(from: Bound<&[u8]>, to: Bound<&[u8]>) -> bool {
    match (from, to) {
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
        (Bound::Included(from), Bound::Included(to)) => from > to,
        (Bound::Included(from) | Bound::Excluded(from), Bound::Excluded(to) | Bound::Included(to)) => from >= to,
    }
}

/// A key and its value.
pub(super) type Pair = (Vec<u8>, Vec<u8>);

/// The first entry of a scan.
pub(super) fn first(
    view: &impl View,
    table: Table,
    from: Bound<&[u8]>,
    to: Bound<&[u8]>,
    reverse: bool,
) -> Result<Option<Pair>, StoreError> {
    let mut found = None;
    view.scan(table, from, to, reverse, &mut |key, value| {
        found = Some((key.to_vec(), value.to_vec()));
        Ok(ControlFlow::Break(()))
    })?;
    Ok(found)
}
