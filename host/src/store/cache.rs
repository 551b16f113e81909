//! Decoded values of hot records, so that a request does not decode the same client again and again.
//!
//! An entry of a timeline knows the interval in which it holds, so a scheduled state takes over at its instant without
//! any write. "There is none" is cached too. What a write set touches decides what is invalidated. The cache is bounded
//! in items and in bytes: callers decide what is asked for, so neither many absent ids nor a few large values may fill
//! the memory.
//!
//! The race to beat: a reader takes its snapshot, a commit changes the record and invalidates it, then the reader puts
//! the old value in. So every insert names the commit sequence that was current before its snapshot was taken, and is
//! refused when the key's shard has been invalidated for a later one.

use std::{
    any::Any,
    hash::{BuildHasher, RandomState},
    ops::RangeInclusive,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter, sync::DefaultLifecycle};

use crate::world::Micros;

use super::{Table, timeline, write::Changes};

const SHARDS: usize = 64;

/// Bytes of encoded values for each item that may be cached, and for a cache of few items.
const BYTES_PER_ITEM: u64 = 1 << 10;
const LEAST_BYTES: u64 = 16 << 20;

/// Parts of the cache with a lock and a share of the bytes each. More would be too small for a large policy.
const PARTS: usize = 16;

/// As how many items one counts that does not exist: whoever asks for what is not there must not crowd out what is.
const ABSENT: u64 = 4;

/// What an entry costs beside its value.
const OVERHEAD: u64 = 128;

/// Which record: the keyed hash of its table and its key; for a timeline of its identity under [`Table::States`]. 128 bits under
/// keys that live and die with the process: nobody finds two records with one hash. A lookup touches no key in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct CacheKey(u128);

/// A decoded value, or that there is none, and when that holds.
#[derive(Clone)]
pub(super) struct Cached {
    pub(super) value: Option<Arc<dyn Any + Send + Sync>>,
    /// Bytes of the encoded value.
    pub(super) bytes: usize,
    pub(super) holds: RangeInclusive<Micros>,
}

/// What a lookup found: the decoded value or none, how many bytes it has in the file, and when that holds.
pub(super) struct Loaded<T> {
    pub(super) value: Option<T>,
    pub(super) bytes: usize,
    pub(super) holds: RangeInclusive<Micros>,
}

/// An entry weighs its bytes, but at least an item's share of them all: so one capacity bounds both.
#[derive(Clone)]
struct Weight {
    share: u64,
}

impl Weighter<CacheKey, Cached> for Weight {
    fn weight(&self, _: &CacheKey, entry: &Cached) -> u64 {
        let items = if entry.value.is_some() { 1 } else { ABSENT };
        (OVERHEAD + entry.bytes as u64).max(self.share * items)
    }
}

type Entries = quick_cache::sync::Cache<CacheKey, Cached, Weight>;

pub(super) struct Cache {
    entries: Entries,
    hashers: [RandomState; 2],
    /// For every shard of keys the commit it was last invalidated for.
    invalidated: [Mutex<u64>; SHARDS],
    hits: AtomicU64,
    misses: AtomicU64,
}

impl Cache {
    pub(super) fn new(items: usize) -> Cache {
        Cache {
            entries: entries(items),
            hashers: std::array::from_fn(|_| RandomState::new()),
            invalidated: std::array::from_fn(|_| Mutex::new(0)),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    /// The name that a record has here.
    pub(super) fn key(&self, table: Table, key: &[u8]) -> CacheKey {
        let [high, low] = self.hashers.each_ref().map(|hasher| u128::from(hasher.hash_one((table as u8, key))));
        CacheKey(high << 64 | low)
    }

    /// What is known of a record at an instant: `None` when nothing is, `Some(None)` when it does not exist.
    pub(super) fn get<T: Send + Sync + 'static>(&self, key: CacheKey, at: Micros) -> Option<Option<Arc<T>>> {
        let found = self.entries.get(&key).filter(|entry| entry.holds.contains(&at));
        let found = found.and_then(|entry| match entry.value {
            None => Some(None),
            // Another type under the same key is a programmer's mistake, and not worth a wrong answer.
            Some(value) => value.downcast().ok().map(Some),
        });
        let counter = if found.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        found
    }

    /// Keeps `entry`, which was read from a snapshot taken when at least `seen` commits were done.
    pub(super) fn insert(&self, key: CacheKey, entry: Cached, seen: u64) {
        let Some(shard) = self.shard(key) else { return };
        // Held until after the insert: an invalidation in between would be lost.
        let invalidated = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if *invalidated <= seen {
            self.entries.insert(key, entry);
        }
    }

    /// Forgets everything `changes` touch, on behalf of commit number `sequence`.
    pub(super) fn invalidate(&self, changes: &Changes, sequence: u64) {
        for (table, changes) in changes {
            for key in changes.keys().filter_map(|key| named(*table, key)) {
                let key = self.key(*table, key);
                let Some(shard) = self.shard(key) else { continue };
                let mut invalidated = shard.lock().unwrap_or_else(PoisonError::into_inner);
                *invalidated = sequence;
                self.entries.remove(&key);
            }
        }
    }

    /// Lookups answered from the cache, and those that were not.
    pub(super) fn hits_and_misses(&self) -> (u64, u64) {
        (self.hits.load(Ordering::Relaxed), self.misses.load(Ordering::Relaxed))
    }

    fn shard(&self, key: CacheKey) -> Option<&Mutex<u64>> {
        self.invalidated.get(usize::try_from(key.0 % SHARDS as u128).ok()?)
    }
}

fn entries(items: usize) -> Entries {
    let bytes = match items {
        0 => 0,
        items => (items as u64).saturating_mul(BYTES_PER_ITEM).max(LEAST_BYTES),
    };
    let weight = Weight { share: bytes.checked_div(items as u64).unwrap_or_default().max(1) };
    let options = OptionsBuilder::new().estimated_items_capacity(items).weight_capacity(bytes).shards(PARTS).build();
    match options {
        Ok(options) => {
            Entries::with_options(options, weight, DefaultHashBuilder::default(), DefaultLifecycle::default())
        }
        // Only for options that are not set.
        Err(_) => Entries::with_weighter(items, bytes, weight),
    }
}

/// What a changed key's cached record is named by, if its table is cached at all.
fn named(table: Table, key: &[u8]) -> Option<&[u8]> {
    match table {
        Table::States => timeline::identity_of(key),
        _ => table.holds_records().then_some(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"ada\0";

    fn key(cache: &Cache) -> CacheKey {
        cache.key(Table::User, KEY)
    }

    fn entry(value: u32, holds: RangeInclusive<Micros>) -> Cached {
        Cached { value: Some(Arc::new(value)), bytes: 4, holds }
    }

    fn touched() -> Changes {
        [(Table::User, [(KEY.to_vec(), None)].into())].into()
    }

    #[test]
    fn a_value_from_before_an_invalidation_is_not_kept() {
        let cache = Cache::new(100);
        cache.insert(key(&cache), entry(1, 0..=9), 5);
        assert_eq!(cache.get::<u32>(key(&cache), 0), Some(Some(Arc::new(1))));
        cache.invalidate(&touched(), 6);
        assert_eq!(cache.get::<u32>(key(&cache), 0), None);
        cache.insert(key(&cache), entry(1, 0..=9), 5);
        assert_eq!(cache.get::<u32>(key(&cache), 0), None, "read before commit 6, inserted after it");
        cache.insert(key(&cache), entry(2, 0..=9), 6);
        assert_eq!(cache.get::<u32>(key(&cache), 0), Some(Some(Arc::new(2))));
        assert_eq!(cache.hits_and_misses(), (2, 2));
    }

    #[test]
    fn an_entry_answers_only_inside_its_interval_and_for_its_type() {
        let cache = Cache::new(100);
        cache.insert(key(&cache), entry(1, 5..=9), 0);
        assert_eq!(cache.get::<u32>(key(&cache), 4), None);
        assert_eq!(cache.get::<u32>(key(&cache), 9), Some(Some(Arc::new(1))));
        assert_eq!(cache.get::<u32>(key(&cache), 10), None);
        assert_eq!(cache.get::<u64>(key(&cache), 9), None);
        cache.insert(key(&cache), Cached { value: None, bytes: 0, holds: 0..=9 }, 0);
        assert_eq!(cache.get::<u32>(key(&cache), 9), Some(None));
    }

    #[test]
    fn the_cache_is_bounded_in_items_and_in_bytes() {
        let fill = |items: usize, bytes: usize| {
            let cache = Cache::new(items);
            for number in 0..5_000_u32 {
                let key = cache.key(Table::User, &number.to_be_bytes());
                cache.insert(key, Cached { value: None, bytes, holds: 0..=9 }, 0);
            }
            cache.entries.len()
        };
        let many = fill(1_000, 0);
        assert!((200..=250).contains(&many), "{many} absent records");
        let large = fill(1_000, 1 << 16);
        assert!((100..=256).contains(&large), "{large} values of 64 KiB in 16 MiB");
        assert_eq!(fill(1_000, 17 << 20), 0, "larger than the cache");
    }

    #[test]
    fn a_cache_without_room_is_merely_useless() {
        let cache = Cache::new(0);
        cache.insert(key(&cache), entry(1, 0..=9), 0);
        cache.invalidate(&touched(), 1);
        assert_eq!(cache.get::<u32>(key(&cache), 0), None);
    }
}
