//! When a gateway was last heard of: its client fetched the configuration or asked for a decision.
//!
//! Written at most once a minute and after the answer, since gateways ask many times a second. Lives outside the timeline.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering::Relaxed},
};

use serde::{Deserialize, Serialize};

use super::{Domain, Failure, gateway::Gateway};
use crate::{
    store::{Record, Table, records, timeline},
    world::Micros,
};

/// How long one note is good for.
const MINUTE: Micros = 60_000_000;

/// When a gateway was last heard of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastActive {
    /// In microseconds.
    pub at: Micros,
}

impl Record for LastActive {
    const TABLE: Table = Table::Activity;
}

/// When the last note of this process was made, shared by everybody who serves a gateway.
#[derive(Clone, Debug)]
pub(super) struct LastNote(Arc<AtomicI64>);

impl LastNote {
    /// No note yet.
    pub(super) fn none() -> LastNote {
        LastNote(Arc::new(AtomicI64::new(Micros::MIN)))
    }

    /// True for one caller in a minute.
    fn is_due(&self, now: Micros) -> bool {
        let last = self.0.load(Relaxed);
        now.saturating_sub(last) >= MINUTE && self.0.compare_exchange(last, now, Relaxed, Relaxed).is_ok()
    }
}

/// When a gateway was last heard of, to the minute. None when it never was.
pub fn last(domain: &Domain, tenant: &str, gateway: &str) -> Result<Option<Micros>, Failure> {
    let found = domain.store.record::<LastActive>(&[tenant, gateway])?;
    Ok(found.map(|found| found.at))
}

/// Notes that a gateway was heard of now. Nobody waits for it: it is written in the background.
pub(super) fn note(domain: &Domain, tenant: &str, gateway: &str, last: &LastNote) {
    let now = domain.world.now();
    if !last.is_due(now) {
        return;
    }
    let (store, tenant, gateway) = (domain.store.clone(), tenant.to_owned(), gateway.to_owned());
    tokio::spawn(async move {
        let written: Result<(), Failure> = store
            .write(move |write| {
                // A gateway that was removed meanwhile leaves nothing behind.
                let found = timeline::current::<Gateway>(write, &tenant, &gateway, Micros::MAX)?;
                let noted = records::get::<LastActive>(write, &[&tenant, &gateway])?;
                let due = noted.is_none_or(|noted| now.saturating_sub(noted.at) >= MINUTE);
                if due && found.is_some_and(|state| !state.deleted) {
                    records::put(write, &[&tenant, &gateway], &LastActive { at: now })?;
                }
                Ok(())
            })
            .await;
        if let Err(failure) = written {
            tracing::warn!(reason = failure.to_log(), "when a gateway was last active could not be written");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_note_a_minute_is_enough() {
        let last = LastNote::none();
        assert!(last.is_due(0), "the first one is always due");
        assert!(!last.is_due(MINUTE - 1));
        assert!(last.is_due(MINUTE));
        assert!(!last.is_due(MINUTE), "only one of those who ask at once");
        assert!(!last.is_due(5), "a clock that steps back waits until it has caught up");
    }
}
