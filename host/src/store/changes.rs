//! When each kind of a tenant's configuration was changed last, so that what was worked out from many records can be kept
//! until one of them changes.
//!
//! The writer notes every commit, `Store::last_change` answers. Knows no single record: what is kept by one key is in `cache`.

use std::{
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    sync::atomic::{AtomicU64, Ordering},
};

use super::{Kind, Table, key::Parts, write::Changes};

/// More than the greatest number of a kind.
const KINDS: usize = 32;

/// How many places tenants share. Two that share one only look again more often than they must.
const PLACES: usize = 256;

/// The commits in which each kind was changed last, by tenant.
pub(super) struct LastChanges(Box<[[AtomicU64; KINDS]]>);

impl Default for LastChanges {
    fn default() -> LastChanges {
        LastChanges((0..PLACES).map(|_| Default::default()).collect())
    }
}

impl LastChanges {
    /// Notes what the commit `sequence` has changed. Called once new snapshots see it.
    pub(super) fn note(&self, changes: &Changes, sequence: u64) {
        let states = changes.get(&Table::States).into_iter().flat_map(|states| states.keys());
        for (tenant, kind) in states.filter_map(|key| tenant_and_kind(key)) {
            if let Some(place) = self.row(tenant).and_then(|row| row.get(usize::from(kind))) {
                place.fetch_max(sequence, Ordering::AcqRel);
            }
        }
    }

    /// The last commit that changed one of `kinds` of a tenant.
    pub(super) fn of(&self, tenant: &str, kinds: &[Kind]) -> u64 {
        let row = self.row(tenant).into_iter();
        let places = row.flat_map(|row| kinds.iter().filter_map(|kind| row.get(usize::from(*kind as u8))));
        places.map(|place| place.load(Ordering::Acquire)).max().unwrap_or(0)
    }

    fn row(&self, tenant: &str) -> Option<&[AtomicU64; KINDS]> {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(tenant);
        self.0.get(usize::try_from(hash % PLACES as u64).unwrap_or_default())
    }
}

/// The tenant and the kind in a state's key: tenant, kind, id.
fn tenant_and_kind(key: &[u8]) -> Option<(&str, u8)> {
    let mut parts = Parts(key);
    let tenant = parts.text()?;
    Some((tenant, *parts.0.first()?))
}
