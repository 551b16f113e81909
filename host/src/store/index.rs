//! Indexes: which ids belong to a key. The caller keeps them in step with the records, in the same transaction.

use std::ops::{Bound, ControlFlow};

use super::{
    Index, StoreError, Table, View, Write,
    key::{Key, Parts, beyond, borrow, sought},
    read::first,
    value,
};

/// Adds an id under a key; adding it again changes nothing.
pub fn put(write: &mut Write<'_>, index: Index, key: &[&str], id: &str) -> Result<(), StoreError> {
    let entry = prefix(index, key)?.text(id)?.into_bytes();
    if write.get(Table::Index, &entry)?.is_none() {
        let nothing = value::encode(Table::Index, &())?;
        write.put(Table::Index, entry, nothing);
    }
    Ok(())
}

/// Removes an id from under a key, if it is there.
pub fn remove(write: &mut Write<'_>, index: Index, key: &[&str], id: &str) -> Result<(), StoreError> {
    let entry = prefix(index, key)?.text(id)?.into_bytes();
    if write.get(Table::Index, &entry)?.is_some() {
        write.delete(Table::Index, entry);
    }
    Ok(())
}

/// The ids under exactly this key, in order.
pub fn ids(view: &impl View, index: Index, key: &[&str]) -> Result<Vec<String>, StoreError> {
    ids_after(view, index, key, None, usize::MAX)
}

/// Like [`ids`], at most `limit` of them, and those behind the id `after` only: for long lists in pages.
pub fn ids_after(
    view: &impl View,
    index: Index,
    key: &[&str],
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<String>, StoreError> {
    let mut ids = Vec::new();
    let Some(prefix) = sought(prefix(index, key))?.filter(|_| limit > 0) else { return Ok(ids) };
    let from = match after {
        Some(id) => Bound::Excluded(prefix.clone().text(id)?.into_bytes()),
        None => Bound::Included(prefix.as_bytes().to_vec()),
    };
    view.scan(Table::Index, borrow(&from), borrow(&beyond(prefix.as_bytes())), false, &mut |entry, _| {
        let id = entry.get(prefix.as_bytes().len()..).and_then(|rest| Parts(rest).text());
        ids.push(id.ok_or_else(|| StoreError::corrupt(Table::Index.name(), "a key of another shape"))?.to_owned());
        Ok(if ids.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(ids)
}

/// Whether there is any id under exactly this key.
pub fn any(view: &impl View, index: Index, key: &[&str]) -> Result<bool, StoreError> {
    let Some(prefix) = sought(prefix(index, key))? else { return Ok(false) };
    let (from, to) = (Bound::Included(prefix.as_bytes()), beyond(prefix.as_bytes()));
    Ok(first(view, Table::Index, from, borrow(&to), false)?.is_some())
}

/// Whether this id is under exactly this key.
pub fn has(view: &impl View, index: Index, key: &[&str], id: &str) -> Result<bool, StoreError> {
    let Some(entry) = sought(prefix(index, key).and_then(|prefix| prefix.text(id)))? else { return Ok(false) };
    Ok(view.get(Table::Index, entry.as_bytes())?.is_some())
}

/// The number of parts comes first: otherwise the ids under `[a]` would run into those under `[a, b]`.
fn prefix(index: Index, key: &[&str]) -> Result<Key, StoreError> {
    let parts = u8::try_from(key.len()).map_err(|_| StoreError::BadKey)?;
    Key::new().byte(index as u8).byte(parts).texts(key)
}
