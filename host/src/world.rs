//! The clock and randomness, handed in: the only file that asks the system for either.
//!
//! Tests hand in a fixed clock and a seeded source. (aws-lc-rs draws the randomness inside key generation and ECDSA
//! signatures itself; nothing that a decision depends on comes from there. Here the kernel is asked, because aws-lc's
//! own generator takes 30 ms to gather its first seed.)

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Microseconds since 1970-01-01T00:00:00Z. Negative before.
pub type Micros = i64;

/// A source of time.
pub trait Clock: Send + Sync {
    /// The wall clock.
    fn now(&self) -> Micros;
}

/// A source of unpredictable bytes.
pub trait Random: Send + Sync {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// Time and randomness for everything in one server.
#[derive(Clone)]
pub struct World {
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl World {
    /// The system's clock and its random generator.
    pub fn system() -> World {
        World::new(Arc::new(SystemClock), Arc::new(SystemRandom))
    }

    /// Time and randomness of the caller's choosing.
    pub fn new(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> World {
        World { clock, random }
    }

    /// The wall clock, in microseconds.
    pub fn now(&self) -> Micros {
        self.clock.now()
    }

    /// The wall clock, in whole seconds, as in a JWT's NumericDate.
    pub fn now_seconds(&self) -> i64 {
        self.clock.now().div_euclid(1_000_000)
    }

    /// `N` unpredictable bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes);
        bytes
    }
}

/// A stop watch for measurements and deadlines. Not part of any decision.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[expect(clippy::disallowed_methods, reason = "this is the file that may ask the system")]
    pub fn start() -> Stopwatch {
        Stopwatch(Instant::now())
    }

    /// Time since the start.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    /// Time since the start, in whole microseconds.
    pub fn micros(self) -> u64 {
        u64::try_from(self.0.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the file that may ask the system")]
    fn now(&self) -> Micros {
        let micros = |duration: Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => micros(since),
            Err(before) => -micros(before.duration()),
        }
    }
}

struct SystemRandom;

impl Random for SystemRandom {
    #[expect(clippy::disallowed_methods, reason = "this is the file that may ask the system")]
    fn fill(&self, bytes: &mut [u8]) {
        if getrandom::fill(bytes).is_err() {
            // Without randomness no secret can be made, and the kernel has none to give.
            std::process::abort();
        }
    }
}
