//! Decoded values of hot records, so that a request does not decode the same client again and again.
//!
//! An entry of a timeline knows the interval in which it holds, so a scheduled state takes over at its instant without
//! any write. "There is none" is cached too. What a write set touches decides what is invalidated.
//!
//! The race to beat: a reader takes its snapshot, a commit changes the record and invalidates it, then the reader puts
//! the old value in. So every insert names the commit sequence that was current before its snapshot was taken, and is
//! refused when the key's shard has been invalidated for a later one.

use std::{
    any::Any,
    collections::hash_map::DefaultHasher,
    hash::{Hash, Hasher},
    ops::RangeInclusive,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::world::Micros;

use super::{Table, timeline, write::Changes};

const SHARDS: usize = 64;

/// Which record: for a timeline its identity under [`Table::States`], otherwise the record's own key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct CacheKey {
    pub(super) table: Table,
    pub(super) key: Vec<u8>,
}

/// A decoded value, or that there is none, and when that holds.
#[derive(Clone)]
pub(super) struct Cached {
    pub(super) value: Option<Arc<dyn Any + Send + Sync>>,
    pub(super) holds: RangeInclusive<Micros>,
}

pub(super) struct Cache {
    entries: quick_cache::sync::Cache<CacheKey, Cached>,
    /// For every shard of keys the commit it was last invalidated for.
    invalidated: [Mutex<u64>; SHARDS],
    hits: AtomicU64,
    misses: AtomicU64,
}

impl Cache {
    pub(super) fn new(items: usize) -> Cache {
        Cache {
            entries: quick_cache::sync::Cache::new(items),
            invalidated: std::array::from_fn(|_| Mutex::new(0)),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }

    /// What is known of a record at an instant: `None` when nothing is, `Some(None)` when it does not exist.
    pub(super) fn get<T: Send + Sync + 'static>(&self, key: &CacheKey, at: Micros) -> Option<Option<Arc<T>>> {
        let found = self.entries.get(key).filter(|entry| entry.holds.contains(&at));
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
        let Some(shard) = self.shard(&key) else { return };
        // Held until after the insert: an invalidation in between would be lost.
        let invalidated = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if *invalidated <= seen {
            self.entries.insert(key, entry);
        }
    }

    /// Forgets everything `changes` touch, on behalf of commit number `sequence`.
    pub(super) fn invalidate(&self, changes: &Changes, sequence: u64) {
        for (table, changes) in changes {
            for key in changes.keys().filter_map(|key| cache_key(*table, key)) {
                let Some(shard) = self.shard(&key) else { continue };
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

    fn shard(&self, key: &CacheKey) -> Option<&Mutex<u64>> {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        self.invalidated.get(usize::try_from(hasher.finish() % SHARDS as u64).ok()?)
    }
}

/// The cached record a changed key belongs to, if its table is cached at all.
fn cache_key(table: Table, key: &[u8]) -> Option<CacheKey> {
    match table {
        Table::States => Some(CacheKey { table, key: timeline::identity_of(key)?.to_vec() }),
        _ => table.holds_records().then(|| CacheKey { table, key: key.to_vec() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> CacheKey {
        CacheKey { table: Table::User, key: b"ada\0".to_vec() }
    }

    fn entry(value: u32, holds: RangeInclusive<Micros>) -> Cached {
        Cached { value: Some(Arc::new(value)), holds }
    }

    fn touched() -> Changes {
        [(Table::User, [(key().key, None)].into())].into()
    }

    #[test]
    fn a_value_from_before_an_invalidation_is_not_kept() {
        let cache = Cache::new(100);
        cache.insert(key(), entry(1, 0..=9), 5);
        assert_eq!(cache.get::<u32>(&key(), 0), Some(Some(Arc::new(1))));
        cache.invalidate(&touched(), 6);
        assert_eq!(cache.get::<u32>(&key(), 0), None);
        cache.insert(key(), entry(1, 0..=9), 5);
        assert_eq!(cache.get::<u32>(&key(), 0), None, "read before commit 6, inserted after it");
        cache.insert(key(), entry(2, 0..=9), 6);
        assert_eq!(cache.get::<u32>(&key(), 0), Some(Some(Arc::new(2))));
        assert_eq!(cache.hits_and_misses(), (2, 2));
    }

    #[test]
    fn an_entry_answers_only_inside_its_interval_and_for_its_type() {
        let cache = Cache::new(100);
        cache.insert(key(), entry(1, 5..=9), 0);
        assert_eq!(cache.get::<u32>(&key(), 4), None);
        assert_eq!(cache.get::<u32>(&key(), 9), Some(Some(Arc::new(1))));
        assert_eq!(cache.get::<u32>(&key(), 10), None);
        assert_eq!(cache.get::<u64>(&key(), 9), None);
        cache.insert(key(), Cached { value: None, holds: 0..=9 }, 0);
        assert_eq!(cache.get::<u32>(&key(), 9), Some(None));
    }

    #[test]
    fn a_cache_without_room_is_merely_useless() {
        let cache = Cache::new(0);
        cache.insert(key(), entry(1, 0..=9), 0);
        cache.invalidate(&touched(), 1);
        assert_eq!(cache.get::<u32>(&key(), 0), None);
    }
}
