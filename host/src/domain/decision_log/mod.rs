//! The decision log: what was decided, on what input, by which components, and what it cost. Durable and bounded.
//!
//! `decide` offers decisions to a bounded queue; a thread of its own writes them, many at a time, as compressed pages. A
//! full queue drops the decision's record, never the decision, and counts it. Queries see a record a moment after the
//! answer (`decisions.flush_ms`). A decision is named when it is offered: ids increase in the order of the queue, also
//! over a restart, so the pages of a tenant never overlap.
//!
//! ```text
//! record   what is kept, names, pages as bytes      queue    what waits
//! writer   the thread that writes                   drops    what could not be kept
//! find     queries
//! ```

mod drops;
mod find;
mod queue;
mod record;
mod writer;

#[cfg(test)]
mod tests;

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use tokio::sync::Semaphore;

use super::{Observer, load::Load};
use crate::{
    store::{Store, StoreError, pages},
    world::Micros,
};

pub use find::{Filter, Found, find, get, get_of_any_tenant};
pub use record::{DecisionId, DecisionRecord, Named, decided_at, parse_id};

use drops::Drops;
use queue::Queue;
use writer::Writer;

/// How the log is kept.
#[derive(Clone, Copy, Debug)]
pub struct LogSettings {
    /// False keeps no log at all.
    pub enabled: bool,
    /// How many records may wait to be written.
    pub queue: usize,
    /// How many bytes they may have together.
    pub queue_bytes: usize,
    /// How long records are gathered before they are written.
    pub flush: Duration,
    /// How many bytes of compressed pages are kept.
    pub bytes: u64,
}

/// Queries at once: each may unpack many pages, on a thread of its own.
const PARALLEL_QUERIES: usize = 2;

/// The log's front: cheap, never waits.
pub struct DecisionLog {
    enabled: bool,
    queue: Arc<Queue>,
    drops: Arc<Drops>,
    writer: Mutex<Option<JoinHandle<()>>>,
    queries: Arc<Semaphore>,
}

impl DecisionLog {
    /// Starts the writing thread. Errors: the store cannot be read, or there is no thread to be had.
    pub fn start(store: Store, settings: LogSettings, observer: Arc<dyn Observer>) -> Result<DecisionLog, StoreError> {
        let LogSettings { enabled, queue, queue_bytes, flush, bytes } = settings;
        let most = Load { records: if enabled { queue } else { 0 }, bytes: queue_bytes };
        let queue = Arc::new(Queue::new(most, &pages::last(&store.read()?)?));
        let drops = Arc::new(Drops::new(Arc::clone(&observer)));
        let (theirs, counted) = (Arc::clone(&queue), Arc::clone(&drops));
        let writer = Writer { store, queue: theirs, drops: counted, observer, flush, bytes };
        let thread = || std::thread::Builder::new().name("decision-log".to_owned()).spawn(move || writer.run());
        let writer = Mutex::new(enabled.then(thread).transpose()?);
        Ok(DecisionLog { enabled, queue, drops, writer, queries: Arc::new(Semaphore::new(PARALLEL_QUERIES)) })
    }

    /// Names a decision made `now` and hands its record over, or counts it as dropped when too much waits or the log is
    /// stopped. Never waits for the disk.
    pub fn offer(&self, now: Micros, random: [u8; 4], record: impl FnOnce() -> DecisionRecord) -> DecisionId {
        if !self.enabled {
            return self.queue.name(now, random);
        }
        let (id, offered) = self.queue.push(now, random, record());
        if let Err(record) = offered {
            self.drops.count(&record.tenant, 1);
        }
        id
    }

    /// Records of a tenant dropped since the start.
    pub fn dropped(&self, tenant: &str) -> u64 {
        self.drops.of(tenant)
    }

    /// Writes what waits and ends the thread. Later decisions are counted as dropped.
    pub fn stop(&self) {
        self.queue.stop();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if writer.is_some_and(|writer| writer.join().is_err()) {
            tracing::error!("the decision log's writer had panicked");
        }
        self.drops.report();
    }
}
