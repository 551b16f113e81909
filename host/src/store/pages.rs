//! The decision log's pages: a ring for every tenant, with one bound in bytes for all of them.
//!
//! A page is opaque here. Its key is its tenant and the time-ordered id of its first record, so that a query reads no
//! other tenant's pages. When the bound is passed, the tenant with the most bytes loses its oldest page: whoever logs
//! much cannot push out the records of those who log little. The log writer compresses a page with [`compress`] before
//! it hands it in, outside any transaction.

use std::{
    collections::BTreeMap,
    ops::{Bound, ControlFlow},
};

use serde::{Deserialize, Serialize};

use super::{
    Record, StoreError, Table, View, Write,
    key::{Key, beyond, borrow},
    records, value,
};

/// The id of a record, as a page's key has it.
pub type PageId = [u8; 16];

/// What [`scan`] hands out one page at a time, or why the page cannot be read; `Break` ends it.
pub type EachPage<'a> = dyn FnMut(&PageId, Result<&[u8], StoreError>) -> ControlFlow<()> + 'a;

/// A page as it is handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Whose records are in it.
    pub tenant: String,
    /// The id of its first record.
    pub first: PageId,
    /// The id of its last record.
    pub last: PageId,
    /// The records, packed.
    pub bytes: Vec<u8>,
}

/// No page is larger when unpacked; a damaged length must not reserve the whole memory.
const MOST_UNPACKED: usize = 64 << 20;

/// What the rings hold.
#[derive(Default, Serialize, Deserialize)]
struct Rings {
    /// How many bytes the pages of each tenant have together.
    #[serde(default)]
    tenants: BTreeMap<String, u64>,
    /// The greatest id that was ever in a page.
    #[serde(default)]
    last: PageId,
}

impl Record for Rings {
    const TABLE: Table = Table::Meta;
}

const RINGS: [&str; 2] = ["store", "pages"];

/// Adds a page and drops old ones, always of the tenant with the most bytes, until all have at most `limit_bytes`
/// together. The page just added stays, even when it alone is larger. Answers how many were dropped.
pub fn append(write: &mut Write<'_>, page: &Page, limit_bytes: u64) -> Result<u64, StoreError> {
    let mut rings = rings(&*write)?;
    let key = key(&page.tenant, &page.first)?;
    let replaced = write.get(Table::Pages, &key)?.map_or(0, |old| length(&old));
    let added = value::wrap(Table::Pages, &page.bytes)?;
    let spare = Spare { tenant: &page.tenant, key: &key, bytes: length(&added) };
    let bytes = rings.tenants.entry(page.tenant.clone()).or_default();
    *bytes = bytes.saturating_sub(replaced) + spare.bytes;
    rings.last = rings.last.max(page.last);
    write.put(Table::Pages, key.clone(), added);
    let dropped = make_room(write, &mut rings, &spare, limit_bytes)?;
    records::put(write, &RINGS, &rings)?;
    Ok(dropped)
}

/// The page that was just added, which is not dropped.
struct Spare<'a> {
    tenant: &'a str,
    key: &'a [u8],
    bytes: u64,
}

fn make_room(write: &mut Write<'_>, rings: &mut Rings, spare: &Spare<'_>, limit: u64) -> Result<u64, StoreError> {
    let mut dropped = 0;
    while rings.total() > limit
        && let Some(tenant) = rings.largest(spare)
    {
        let kept = if tenant == spare.tenant { spare.bytes } else { 0 };
        let left = match oldest(&*write, &tenant, spare.key)? {
            Some((key, bytes)) => {
                write.delete(Table::Pages, key);
                dropped += 1;
                rings.tenants.get(&tenant).map_or(kept, |all| all.saturating_sub(bytes).max(kept))
            }
            // There are fewer pages than was counted.
            None => kept,
        };
        if left == 0 {
            rings.tenants.remove(&tenant);
        } else {
            rings.tenants.insert(tenant, left);
        }
    }
    Ok(dropped)
}

/// Removes all pages of a tenant. Answers how many there were.
pub fn erase(write: &mut Write<'_>, tenant: &str) -> Result<usize, StoreError> {
    let prefix = Key::new().text(tenant)?.into_bytes();
    let mut keys = Vec::new();
    write.scan(Table::Pages, Bound::Included(&prefix), borrow(&beyond(&prefix)), false, &mut |key, _| {
        keys.push(key.to_vec());
        Ok(ControlFlow::Continue(()))
    })?;
    let mut rings = rings(&*write)?;
    if rings.tenants.remove(tenant).is_some() {
        records::put(write, &RINGS, &rings)?;
    }
    let count = keys.len();
    keys.into_iter().for_each(|key| write.delete(Table::Pages, key));
    Ok(count)
}

/// The key and the bytes of a tenant's oldest page, without the one to spare.
fn oldest(view: &impl View, tenant: &str, spare: &[u8]) -> Result<Option<(Vec<u8>, u64)>, StoreError> {
    let prefix = Key::new().text(tenant)?.into_bytes();
    let mut found = None;
    view.scan(Table::Pages, Bound::Included(&prefix), borrow(&beyond(&prefix)), false, &mut |key, page| {
        if key == spare {
            return Ok(ControlFlow::Continue(()));
        }
        found = Some((key.to_vec(), length(page)));
        Ok(ControlFlow::Break(()))
    })?;
    Ok(found)
}

/// The pages of a tenant whose first ids are between two ids, in the order of time, or against it, until `each` answers
/// `Break`.
pub fn scan(
    view: &impl View,
    tenant: &str,
    from: Bound<PageId>,
    to: Bound<PageId>,
    reverse: bool,
    each: &mut EachPage<'_>,
) -> Result<(), StoreError> {
    let prefix = Key::new().text(tenant)?.into_bytes();
    let whole = |bound: Bound<PageId>| bound.map(|id| [prefix.as_slice(), &id].concat());
    let from = Some(whole(from)).filter(|from| *from != Bound::Unbounded);
    let from = from.unwrap_or_else(|| Bound::Included(prefix.clone()));
    let to = Some(whole(to)).filter(|to| *to != Bound::Unbounded).unwrap_or_else(|| beyond(&prefix));
    view.scan(Table::Pages, borrow(&from), borrow(&to), reverse, &mut |key, page| {
        Ok(each(&id(key)?, value::unwrap(Table::Pages, page)))
    })
}

/// The page of a tenant in which the record `id` is, if it is anywhere: the one with the greatest first id that is not
/// after it.
pub fn containing(view: &impl View, tenant: &str, id: &PageId) -> Result<Option<(PageId, Vec<u8>)>, StoreError> {
    let mut found = None;
    scan(view, tenant, Bound::Unbounded, Bound::Included(*id), true, &mut |first, page| {
        found = Some(page.map(|page| (*first, page.to_vec())));
        ControlFlow::Break(())
    })?;
    found.transpose()
}

/// The tenants that have pages.
pub fn tenants(view: &impl View) -> Result<Vec<String>, StoreError> {
    Ok(rings(view)?.tenants.into_keys().collect())
}

/// The greatest id that was ever in a page; zero before the first.
pub fn last(view: &impl View) -> Result<PageId, StoreError> {
    Ok(rings(view)?.last)
}

/// How many bytes the pages of all tenants have together.
pub fn total_bytes(view: &impl View) -> Result<u64, StoreError> {
    Ok(rings(view)?.total())
}

/// Packs a page with LZ4.
pub fn compress(page: &[u8]) -> Vec<u8> {
    lz4_flex::block::compress_prepend_size(page)
}

/// Unpacks what [`compress`] made.
pub fn decompress(packed: &[u8]) -> Result<Vec<u8>, StoreError> {
    let (size, rest) = lz4_flex::block::uncompressed_size(packed).map_err(damaged)?;
    if size > MOST_UNPACKED {
        return Err(damaged("a page larger than any"));
    }
    lz4_flex::block::decompress(rest, size).map_err(damaged)
}

/// A page that is not what it should be.
pub fn damaged(reason: impl std::fmt::Display) -> StoreError {
    StoreError::corrupt(Table::Pages.name(), reason)
}

impl Rings {
    fn total(&self) -> u64 {
        self.tenants.values().sum()
    }

    /// The tenant with the most bytes that may be dropped.
    fn largest(&self, spare: &Spare<'_>) -> Option<String> {
        let may_go = |tenant: &str, bytes: u64| {
            let kept = if tenant == spare.tenant { spare.bytes } else { 0 };
            bytes.saturating_sub(kept)
        };
        let most = self.tenants.iter().map(|(tenant, bytes)| (may_go(tenant, *bytes), tenant)).max();
        most.filter(|(bytes, _)| *bytes > 0).map(|(_, tenant)| tenant.clone())
    }
}

fn rings(view: &impl View) -> Result<Rings, StoreError> {
    Ok(records::get::<Rings>(view, &RINGS)?.unwrap_or_default())
}

fn length(page: &[u8]) -> u64 {
    page.len() as u64
}

fn key(tenant: &str, first: &PageId) -> Result<Vec<u8>, StoreError> {
    let mut key = Key::new().text(tenant)?.into_bytes();
    key.extend_from_slice(first);
    Ok(key)
}

fn id(key: &[u8]) -> Result<PageId, StoreError> {
    key.last_chunk::<16>().copied().ok_or_else(|| damaged("a key without an id"))
}
