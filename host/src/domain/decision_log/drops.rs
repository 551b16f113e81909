//! Records that could not be kept, counted for every tenant. Touched only when something is dropped.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::domain::Observer;

pub(super) struct Drops {
    counts: Mutex<Counts>,
    observer: Arc<dyn Observer>,
}

#[derive(Default)]
struct Counts {
    tenants: HashMap<String, u64>,
    /// Since the last line in the server's own log.
    unreported: u64,
}

impl Drops {
    pub(super) fn new(observer: Arc<dyn Observer>) -> Drops {
        Drops { counts: Mutex::default(), observer }
    }

    /// Counts records of a tenant.
    pub(super) fn count(&self, tenant: &str, records: u64) {
        let mut counts = self.counts();
        counts.unreported += records;
        match counts.tenants.get_mut(tenant) {
            Some(count) => *count += records,
            None => drop(counts.tenants.insert(tenant.to_owned(), records)),
        }
        drop(counts);
        self.observer.logged(0, records);
    }

    /// Records of a tenant since the start.
    pub(super) fn of(&self, tenant: &str) -> u64 {
        self.counts().tenants.get(tenant).copied().unwrap_or_default()
    }

    /// Puts a line into the server's own log when there is something new.
    pub(super) fn report(&self) {
        let records = std::mem::take(&mut self.counts().unreported);
        if records > 0 {
            tracing::warn!(records, "decision records were dropped");
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
