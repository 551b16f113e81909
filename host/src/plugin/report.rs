//! What the sandbox can tell about itself, for metrics and health.
//!
//! Counters are only ever read together here. Knows nothing of Prometheus.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::Mode;
use crate::decision::Code;

/// The state of a sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How slots are cleaned, and why.
    pub mode: Mode,
    /// Images in memory.
    pub images: usize,
    /// Their bytes.
    pub image_bytes: u64,
    /// Groups answered from an image that was in memory.
    pub hits: u64,
    /// Groups whose image was not in memory.
    pub misses: u64,
    /// Calls that configured their instance first.
    pub cold_calls: u64,
    /// Images built.
    pub builds: u64,
    /// Builds that led to no image.
    pub failed_builds: u64,
    /// Images that had to leave memory.
    pub evictions: u64,
    /// Calls into guests.
    pub calls: u64,
    /// Calls without an answer, by reason.
    pub failures: Vec<(Code, u64)>,
    /// Components that cannot be snapshotted, by name, and why.
    pub not_snapshotted: Vec<(String, String)>,
}

/// The codes a call can end with.
const ENDINGS: [Code; 6] =
    [Code::Unavailable, Code::Trap, Code::Deadline, Code::ResourceLimit, Code::BadAnswer, Code::Overloaded];

/// Numbers that only grow.
#[derive(Default)]
pub(super) struct Counters {
    pub(super) hits: AtomicU64,
    pub(super) misses: AtomicU64,
    pub(super) cold_calls: AtomicU64,
    pub(super) builds: AtomicU64,
    pub(super) failed_builds: AtomicU64,
    calls: AtomicU64,
    failures: [AtomicU64; ENDINGS.len()],
}

impl Counters {
    /// Counts one call and how it failed, if it did.
    pub(super) fn called(&self, failure: Option<Code>) {
        self.calls.fetch_add(1, Relaxed);
        let Some(code) = failure else { return };
        for (_, count) in ENDINGS.iter().zip(&self.failures).filter(|(ending, _)| **ending == code) {
            count.fetch_add(1, Relaxed);
        }
    }

    /// Counts an answer that the host found malformed after the call had ended well.
    pub(super) fn bad_answer(&self) {
        for (_, count) in ENDINGS.iter().zip(&self.failures).filter(|(ending, _)| **ending == Code::BadAnswer) {
            count.fetch_add(1, Relaxed);
        }
    }

    /// All numbers, with what others know.
    pub(super) fn report(&self, mode: Mode, (images, image_bytes, evictions): (usize, u64, u64)) -> Report {
        let failures = ENDINGS.iter().zip(&self.failures).map(|(code, count)| (*code, count.load(Relaxed)));
        Report {
            mode,
            images,
            image_bytes,
            hits: self.hits.load(Relaxed),
            misses: self.misses.load(Relaxed),
            cold_calls: self.cold_calls.load(Relaxed),
            builds: self.builds.load(Relaxed),
            failed_builds: self.failed_builds.load(Relaxed),
            evictions,
            calls: self.calls.load(Relaxed),
            failures: failures.collect(),
            not_snapshotted: Vec::new(),
        }
    }
}
