//! Plain records: one current value for a key, which is a list of texts. Credentials, keys, users, rules, components.

use std::ops::{Bound, ControlFlow};

use crate::world::Micros;

use super::{
    Record, StoreError, View, Write,
    cache::Loaded,
    key::{Key, Parts, beyond, borrow, sought},
    read::first,
    value,
};

/// The record of a key.
pub fn get<T: Record>(view: &impl View, key: &[&str]) -> Result<Option<T>, StoreError> {
    let Some(key) = sought(encoded::<T>(key))? else { return Ok(None) };
    Ok(load(view, &key)?.value)
}

/// The record of an encoded key, for the cache.
pub(super) fn load<T: Record>(view: &impl View, key: &[u8]) -> Result<Loaded<T>, StoreError> {
    let holds = Micros::MIN..=Micros::MAX;
    match view.get(T::TABLE, key)? {
        Some(bytes) => Ok(Loaded { value: Some(value::decode(T::TABLE, &bytes)?), bytes: bytes.len(), holds }),
        None => Ok(Loaded { value: None, bytes: 0, holds }),
    }
}

/// Sets the record of a key.
pub fn put<T: Record>(write: &mut Write<'_>, key: &[&str], record: &T) -> Result<(), StoreError> {
    let bytes = value::encode(T::TABLE, record)?;
    write.put(T::TABLE, encoded::<T>(key)?, bytes);
    Ok(())
}

/// Deletes the record of a key. Answers whether it was there.
pub fn delete<T: Record>(write: &mut Write<'_>, key: &[&str]) -> Result<bool, StoreError> {
    let key = encoded::<T>(key)?;
    let there = write.get(T::TABLE, &key)?.is_some();
    if there {
        write.delete(T::TABLE, key);
    }
    Ok(there)
}

/// All records whose key starts with the parts of `prefix`, in the order of their keys; all of the table for `&[]`.
pub fn list_prefix<T: Record>(view: &impl View, prefix: &[&str]) -> Result<Vec<(Vec<String>, T)>, StoreError> {
    list_after(view, prefix, None, usize::MAX)
}

/// Like [`list_prefix`], at most `limit` of them, and those behind the whole key `after` only: for lists in pages, and
/// for purging a large table bit by bit.
pub fn list_after<T: Record>(
    view: &impl View,
    prefix: &[&str],
    after: Option<&[&str]>,
    limit: usize,
) -> Result<Vec<(Vec<String>, T)>, StoreError> {
    let mut records = Vec::new();
    let Some(prefix) = sought(Key::new().texts(prefix))?.filter(|_| limit > 0) else { return Ok(records) };
    let start = prefix.as_bytes().to_vec();
    let from = match after.map(encoded::<T>).transpose()? {
        Some(after) if after >= start => Bound::Excluded(after),
        _ => Bound::Included(start),
    };
    view.scan(T::TABLE, borrow(&from), borrow(&beyond(prefix.as_bytes())), false, &mut |key, bytes| {
        let parts = Parts(key).texts().ok_or_else(|| StoreError::corrupt(T::TABLE.name(), "a key that is no text"))?;
        records.push((parts, value::decode(T::TABLE, bytes)?));
        Ok(if records.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(records)
}

/// The first key behind the whole key `after` that starts with the parts of `prefix`. Reads no value.
pub fn next_key<T: Record>(
    view: &impl View,
    prefix: &[&str],
    after: &[&str],
) -> Result<Option<Vec<String>>, StoreError> {
    let Some(prefix) = sought(Key::new().texts(prefix))? else { return Ok(None) };
    let Some(after) = sought(encoded::<T>(after))? else { return Ok(None) };
    let found = first(view, T::TABLE, Bound::Excluded(&after), borrow(&beyond(prefix.as_bytes())), false)?;
    let parts = |(key, _): (Vec<u8>, Vec<u8>)| {
        Parts(&key).texts().ok_or_else(|| StoreError::corrupt(T::TABLE.name(), "a key that is no text"))
    };
    found.map(parts).transpose()
}

/// The first part of every key of a table, each once, in order. Reads no value, so a damaged one does not matter.
pub fn owners<T: Record>(view: &impl View) -> Result<Vec<String>, StoreError> {
    let mut owners = Vec::new();
    let mut from = Bound::Unbounded;
    while let Some((key, _)) = first(view, T::TABLE, borrow(&from), Bound::Unbounded, false)? {
        let owner = Parts(&key).text().map(str::to_owned);
        let owner = owner.ok_or_else(|| StoreError::corrupt(T::TABLE.name(), "a key that is no text"))?;
        from = match beyond(Key::new().text(&owner)?.as_bytes()) {
            Bound::Excluded(next) => Bound::Included(next),
            other => other,
        };
        owners.push(owner);
    }
    Ok(owners)
}

/// The bytes of a record's key.
pub(super) fn encoded<T: Record>(key: &[&str]) -> Result<Vec<u8>, StoreError> {
    const { assert!(T::TABLE.holds_records(), "this table is laid out by the store itself") };
    if key.is_empty() {
        return Err(StoreError::BadKey);
    }
    Ok(Key::new().texts(key)?.into_bytes())
}
