//! The thread that writes the log: takes what waits, makes pages of it, one for each tenant, and adds them in one
//! transaction. Started by the log's front; knows nothing of decisions in flight.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{
    drops::Drops,
    queue::Queue,
    record::{Named, encode},
};
use crate::{
    domain::{Observer, tenant::Tenant},
    store::{Store, StoreError, Write, pages, pages::Page, timeline},
    world::Micros,
};

pub(super) struct Writer {
    pub(super) store: Store,
    pub(super) queue: Arc<Queue>,
    pub(super) drops: Arc<Drops>,
    pub(super) observer: Arc<dyn Observer>,
    /// How long records are gathered before they are written.
    pub(super) flush: Duration,
    /// How many bytes of pages are kept.
    pub(super) bytes: u64,
}

impl Writer {
    /// Writes until the queue is stopped and empty.
    pub(super) fn run(&self) {
        while let Some(records) = self.queue.take(self.flush) {
            let tenants = by_tenant(records);
            let counts: Vec<_> = tenants.iter().map(|(tenant, records)| (tenant.clone(), records.len())).collect();
            match self.write(tenants) {
                Ok(()) => self.observer.logged(counts.iter().map(|(_, count)| *count as u64).sum(), 0),
                Err(error) => {
                    tracing::error!(%error, "decision records could not be written");
                    counts.iter().for_each(|(tenant, count)| self.drops.count(tenant, *count as u64));
                }
            }
            self.drops.report();
        }
    }

    fn write(&self, tenants: BTreeMap<String, Vec<Named>>) -> Result<(), StoreError> {
        let pages: Result<Vec<_>, _> = tenants.into_iter().filter_map(page).collect();
        let (pages, limit) = (pages?, self.bytes);
        self.store.write_blocking(move |write| {
            for page in &pages {
                if !is_gone(write, &page.tenant)? {
                    pages::append(write, page, limit)?;
                }
            }
            Ok(())
        })
    }
}

/// What a tenant decided just before it was removed must not come to light in a later one of its name.
fn is_gone(write: &Write<'_>, tenant: &str) -> Result<bool, StoreError> {
    Ok(timeline::current::<Tenant>(write, tenant, tenant, Micros::MAX)?.is_some_and(|state| state.deleted))
}

/// The order within a tenant stays.
fn by_tenant(records: Vec<Named>) -> BTreeMap<String, Vec<Named>> {
    let mut tenants: BTreeMap<String, Vec<Named>> = BTreeMap::new();
    for (id, record) in records {
        match tenants.get_mut(&record.tenant) {
            Some(own) => own.push((id, record)),
            None => drop(tenants.insert(record.tenant.clone(), vec![(id, record)])),
        }
    }
    tenants
}

fn page((tenant, records): (String, Vec<Named>)) -> Option<Result<Page, StoreError>> {
    let (first, last) = (records.first()?.0, records.last()?.0);
    Some(encode(&records).map(|bytes| Page { tenant, first, last, bytes }))
}
