//! The thread that moves the epoch: one tick a millisecond while guests run, asleep otherwise.
//!
//! Started by `Sandbox::start`, ends with it. Calls hold a [`Ticking`] while they run. Knows nothing of what runs.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use wasmtime::Engine;

/// Time between two ticks.
const TICK: Duration = Duration::from_millis(1);
/// Ticks without a call after which the thread parks.
const IDLE_TICKS: u32 = 100;

/// Owner of the ticking thread.
pub(super) struct Ticker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    running: AtomicUsize,
    parked: AtomicBool,
    stop: AtomicBool,
}

/// Keeps the epoch moving while it lives.
pub(super) struct Ticking<'a>(&'a Ticker);

impl Ticker {
    /// Starts the thread that ticks for `engines`.
    pub(super) fn start(engines: Vec<Engine>) -> std::io::Result<Ticker> {
        let shared = Arc::new(Shared {
            running: AtomicUsize::new(0),
            parked: AtomicBool::new(false),
            stop: AtomicBool::new(false),
        });
        let theirs = shared.clone();
        let thread = thread::Builder::new().name("epoch".to_owned()).spawn(move || tick(&theirs, &engines))?;
        Ok(Ticker { shared, thread: Some(thread) })
    }

    /// Makes the epoch move until the answer is dropped.
    pub(super) fn hold(&self) -> Ticking<'_> {
        self.shared.running.fetch_add(1, SeqCst);
        if self.shared.parked.load(SeqCst) {
            self.wake();
        }
        Ticking(self)
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Ticking<'_> {
    fn drop(&mut self) {
        self.0.shared.running.fetch_sub(1, SeqCst);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.stop.store(true, SeqCst);
        self.wake();
        if let Some(thread) = self.thread.take() {
            // The thread does nothing that could panic, and ends within a tick.
            let _ = thread.join();
        }
    }
}

fn tick(shared: &Shared, engines: &[Engine]) {
    let mut idle = 0;
    while !shared.stop.load(SeqCst) {
        // Sleeping and then counting once skips the ticks that a busy machine missed.
        thread::sleep(TICK);
        engines.iter().for_each(Engine::increment_epoch);
        idle = if shared.running.load(SeqCst) == 0 { idle + 1 } else { 0 };
        if idle >= IDLE_TICKS {
            park(shared);
            idle = 0;
        }
    }
}

fn park(shared: &Shared) {
    shared.parked.store(true, SeqCst);
    // Looked at again after `parked` is set: a call that came in between has either been seen here or unparks us.
    while shared.running.load(SeqCst) == 0 && !shared.stop.load(SeqCst) {
        thread::park();
    }
    shared.parked.store(false, SeqCst);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parks_when_idle_and_wakes_for_a_call() {
        let ticker = Ticker::start(Vec::new()).unwrap();
        let parked = |wanted| {
            while ticker.shared.parked.load(SeqCst) != wanted {
                thread::sleep(TICK);
            }
        };
        parked(true);
        let ticking = ticker.hold();
        parked(false);
        drop(ticking);
        parked(true);
    }
}
