//! The time of one call: what the guest takes, apart from the time in which it waits for somebody outside.
//!
//! Made by `state` for every instance, shared with `admission`, which must not poll who waits. Knows nothing of wasmtime.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::time::timeout;

use crate::world::Stopwatch;

/// The clock of one call.
pub(super) struct Clock {
    watch: Stopwatch,
    waited_us: AtomicU64,
    waiting: AtomicBool,
}

impl Clock {
    /// Starts now.
    pub(super) fn start() -> Arc<Clock> {
        Arc::new(Clock { watch: Stopwatch::start(), waited_us: AtomicU64::new(0), waiting: AtomicBool::new(false) })
    }

    /// What the call has taken of its own time.
    pub(super) fn spent(&self) -> Duration {
        self.watch.elapsed().saturating_sub(Duration::from_micros(self.waited_us()))
    }

    /// The same, in microseconds.
    pub(super) fn micros(&self) -> u64 {
        self.watch.micros().saturating_sub(self.waited_us())
    }

    /// What it has waited for others, in microseconds.
    pub(super) fn waited_us(&self) -> u64 {
        self.waited_us.load(Relaxed)
    }

    /// Whether it waits for somebody outside, who wakes it.
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting.load(Relaxed)
    }

    /// Waits for somebody outside, with so much patience. Nothing when that was not enough.
    pub(super) async fn wait<F: Future>(&self, patience: Duration, other: F) -> Option<F::Output> {
        let _wait = Wait { clock: self, watch: Stopwatch::start() };
        self.waiting.store(true, Relaxed);
        timeout(patience, other).await.ok()
    }
}

/// One wait, however it ends.
struct Wait<'a> {
    clock: &'a Clock,
    watch: Stopwatch,
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.clock.waited_us.fetch_add(self.watch.micros(), Relaxed);
        self.clock.waiting.store(false, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waiting_takes_none_of_the_calls_own_time() {
        let clock = Clock::start();
        let patience = Duration::from_millis(20);
        assert_eq!(clock.wait(patience, std::future::pending::<()>()).await, None);
        assert!(clock.waited_us() >= 20_000);
        assert!(clock.micros() <= clock.watch.micros() - 20_000);
        assert_eq!(clock.wait(Duration::MAX, async { clock.is_waiting() }).await, Some(true));
        assert!(!clock.is_waiting());
    }
}
