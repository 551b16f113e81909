//! When each kind of configuration was changed last, so that what was worked out from many records can be kept until one
//! of them changes.
//!
//! The writer notes every commit, `Store::last_change` answers. Knows no single record: what is kept by one key is in `cache`.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{Kind, Table, key::Parts, write::Changes};

/// More than the greatest number of a kind.
const KINDS: usize = 32;

/// The commits in which each kind was changed last.
#[derive(Default)]
pub(super) struct LastChanges([AtomicU64; KINDS]);

impl LastChanges {
    /// Notes what the commit `sequence` has changed. Called once new snapshots see it.
    pub(super) fn note(&self, changes: &Changes, sequence: u64) {
        let states = changes.get(&Table::States).into_iter().flat_map(|states| states.keys());
        for place in states.filter_map(|key| kind(key)).filter_map(|kind| self.0.get(usize::from(kind))) {
            place.fetch_max(sequence, Ordering::AcqRel);
        }
    }

    /// The last commit that changed one of `kinds`.
    pub(super) fn of(&self, kinds: &[Kind]) -> u64 {
        let places = kinds.iter().filter_map(|kind| self.0.get(usize::from(*kind as u8)));
        places.map(|place| place.load(Ordering::Acquire)).max().unwrap_or(0)
    }
}

/// The kind in a state's key: tenant, kind, id.
fn kind(key: &[u8]) -> Option<u8> {
    let mut parts = Parts(key);
    parts.text()?;
    parts.0.first().copied()
}
