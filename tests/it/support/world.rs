//! A clock that stands until it is moved, and random bytes that come out the same every time.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, Ordering},
};

use portcullis::{
    crypto::digest,
    world::{Clock, Micros, Random, World},
};

/// 2026-01-01T12:00:00Z, a Thursday.
pub const START: Micros = 1_767_268_800_000_000;

/// Time and randomness in the test's hand.
#[derive(Clone)]
pub struct TestWorld(Arc<State>);

struct State {
    now: AtomicI64,
    drawn: Mutex<u64>,
}

impl TestWorld {
    /// At [`START`].
    pub fn new() -> TestWorld {
        TestWorld(Arc::new(State { now: AtomicI64::new(START), drawn: Mutex::new(0) }))
    }

    /// Moves the clock.
    pub fn advance_seconds(&self, seconds: i64) {
        self.0.now.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }

    /// Moves the clock a little.
    pub fn advance_micros(&self, micros: i64) {
        self.0.now.fetch_add(micros, Ordering::SeqCst);
    }

    /// For the server.
    pub fn world(&self) -> World {
        World::new(Arc::clone(&self.0) as Arc<dyn Clock>, Arc::clone(&self.0) as Arc<dyn Random>)
    }
}

impl Clock for State {
    fn now(&self) -> Micros {
        self.now.load(Ordering::SeqCst)
    }
}

impl Random for State {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let mut drawn = self.drawn.lock().unwrap();
            *drawn += 1;
            let block = digest::sha256(&drawn.to_be_bytes());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}
