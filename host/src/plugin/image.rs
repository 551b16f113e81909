//! Images in memory: configured components ready for fresh instances, the least recently used leave first.
//!
//! Read on every decision, so a look-up takes a shared lock and touches one number.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use super::{Limits, guest::Loaded, key::Key};

/// A snapshot taken after `configure`.
pub(super) struct Image {
    /// Makes fresh instances.
    pub(super) loaded: Loaded,
    /// Machine code and memory image, in bytes.
    pub(super) bytes: u64,
}

/// The loaded images.
pub(super) struct Images {
    most: usize,
    most_bytes: u64,
    held: RwLock<Held>,
    clock: AtomicU64,
    evictions: AtomicU64,
}

#[derive(Default)]
struct Held {
    entries: HashMap<Key, Entry>,
    bytes: u64,
}

struct Entry {
    image: Arc<Image>,
    used: AtomicU64,
}

impl Images {
    /// An empty shelf with the bounds of `limits`.
    pub(super) fn new(limits: &Limits) -> Images {
        Images {
            most: limits.images,
            most_bytes: limits.image_bytes,
            held: RwLock::default(),
            clock: AtomicU64::new(0),
            evictions: AtomicU64::new(0),
        }
    }

    /// Whether an image of `bytes` bytes can be kept at all.
    pub(super) fn fits(&self, bytes: u64) -> bool {
        self.most > 0 && bytes <= self.most_bytes
    }

    /// The image of `key`.
    pub(super) fn get(&self, key: &Key) -> Option<Arc<Image>> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let entry = held.entries.get(key)?;
        entry.used.store(self.clock.fetch_add(1, Relaxed), Relaxed);
        Some(entry.image.clone())
    }

    /// Keeps `image`, and lets go of others until the bounds hold again.
    pub(super) fn put(&self, key: Key, image: Arc<Image>) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.bytes += image.bytes;
        let entry = Entry { image, used: AtomicU64::new(self.clock.fetch_add(1, Relaxed)) };
        if let Some(before) = held.entries.insert(key, entry) {
            held.bytes -= before.image.bytes;
        }
        while held.entries.len() > self.most || held.bytes > self.most_bytes {
            if !held.drop_oldest() {
                break;
            }
            self.evictions.fetch_add(1, Relaxed);
        }
    }

    /// How many images are held, their bytes, and how many had to leave so far.
    pub(super) fn count(&self) -> (usize, u64, u64) {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        (held.entries.len(), held.bytes, self.evictions.load(Relaxed))
    }
}

impl Held {
    fn drop_oldest(&mut self) -> bool {
        // A walk over some hundred entries, only when an image is added to a full shelf.
        let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.used.load(Relaxed)).map(|(key, _)| *key);
        let entry = oldest.and_then(|key| self.entries.remove(&key));
        self.bytes -= entry.as_ref().map_or(0, |entry| entry.image.bytes);
        entry.is_some()
    }
}
