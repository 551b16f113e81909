//! The decision log's pages: a ring with a bound in bytes.
//!
//! A page is opaque here. Its key is the time-ordered id of its first record, so the ring drops the smallest key first.
//! The log writer compresses a page with [`compress`] before it hands it in, outside any transaction.

use std::ops::{Bound, ControlFlow};

use serde::{Deserialize, Serialize};

use super::{Record, StoreError, Table, View, Write, read::first, records, value};

/// The id of a page's first record.
pub type PageId = [u8; 16];

/// What [`scan`] hands out one page at a time; `Break` ends it.
pub type EachPage<'a> = dyn FnMut(&PageId, &[u8]) -> Result<ControlFlow<()>, StoreError> + 'a;

/// No page is larger when unpacked; a damaged length must not reserve the whole memory.
const MOST_UNPACKED: usize = 64 << 20;

/// How many bytes the pages have together.
#[derive(Default, Serialize, Deserialize)]
struct Total {
    bytes: u64,
}

impl Record for Total {
    const TABLE: Table = Table::Meta;
}

const TOTAL: [&str; 2] = ["store", "pages"];

/// Adds a page and drops the oldest ones until all have at most `limit_bytes` together. The page just added stays, even
/// when it alone is larger. Answers how many were dropped.
pub fn append(write: &mut Write<'_>, first_id: &PageId, bytes: &[u8], limit_bytes: u64) -> Result<u64, StoreError> {
    let replaced = write.get(Table::Pages, first_id)?.map_or(0, |old| length(&old));
    let page = value::wrap(Table::Pages, bytes)?;
    let total = total_bytes(&*write)?.saturating_sub(replaced) + length(&page);
    write.put(Table::Pages, first_id.to_vec(), page);
    let (dropped, freed) = oldest(&*write, first_id, total.saturating_sub(limit_bytes))?;
    let count = dropped.len() as u64;
    dropped.into_iter().for_each(|key| write.delete(Table::Pages, key));
    records::put(write, &TOTAL, &Total { bytes: total.saturating_sub(freed) })?;
    Ok(count)
}

/// The oldest pages that have `excess` bytes together, without the one to `spare`, and how many bytes they have.
fn oldest(view: &impl View, spare: &PageId, excess: u64) -> Result<(Vec<Vec<u8>>, u64), StoreError> {
    let (mut keys, mut freed) = (Vec::new(), 0);
    if excess == 0 {
        return Ok((keys, freed));
    }
    view.scan(Table::Pages, Bound::Unbounded, Bound::Unbounded, false, &mut |key, page| {
        if key != spare {
            keys.push(key.to_vec());
            freed += length(page);
        }
        Ok(if freed < excess { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok((keys, freed))
}

/// The pages between two ids in the order of time, or against it, until `each` answers `Break`.
pub fn scan(
    view: &impl View,
    from: Bound<PageId>,
    to: Bound<PageId>,
    reverse: bool,
    each: &mut EachPage<'_>,
) -> Result<(), StoreError> {
    let (from, to) = (from.as_ref().map(PageId::as_slice), to.as_ref().map(PageId::as_slice));
    view.scan(Table::Pages, from, to, reverse, &mut |key, page| each(&id(key)?, value::unwrap(Table::Pages, page)?))
}

/// The page in which the record `id` is, if it is anywhere: the one with the greatest first id that is not after it.
pub fn containing(view: &impl View, id: &PageId) -> Result<Option<(PageId, Vec<u8>)>, StoreError> {
    match first(view, Table::Pages, Bound::Unbounded, Bound::Included(id), true)? {
        Some((key, page)) => Ok(Some((self::id(&key)?, value::unwrap(Table::Pages, &page)?.to_vec()))),
        None => Ok(None),
    }
}

/// How many bytes the pages have together.
pub fn total_bytes(view: &impl View) -> Result<u64, StoreError> {
    Ok(records::get::<Total>(view, &TOTAL)?.unwrap_or_default().bytes)
}

/// Packs a page with LZ4.
pub fn compress(page: &[u8]) -> Vec<u8> {
    lz4_flex::block::compress_prepend_size(page)
}

/// Unpacks what [`compress`] made.
pub fn decompress(packed: &[u8]) -> Result<Vec<u8>, StoreError> {
    let corrupt = |error| StoreError::corrupt(Table::Pages.name(), error);
    let (size, rest) = lz4_flex::block::uncompressed_size(packed).map_err(corrupt)?;
    if size > MOST_UNPACKED {
        return Err(StoreError::corrupt(Table::Pages.name(), "a page larger than any"));
    }
    lz4_flex::block::decompress(rest, size).map_err(corrupt)
}

fn length(page: &[u8]) -> u64 {
    page.len() as u64
}

fn id(key: &[u8]) -> Result<PageId, StoreError> {
    key.try_into().map_err(|_| StoreError::corrupt(Table::Pages.name(), "a key of another length"))
}
