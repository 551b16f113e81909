//! How often a client may ask whether a person has answered: in memory and bounded, for a second too many is no harm.
//!
//! Asked by the token endpoint while there is no answer (RFC 8628 §3.5, CIBA §11).

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
};

use quick_cache::sync::Cache;

use crate::world::Micros;

/// When each client has asked.
pub(in crate::domain) struct Polls {
    paces: Cache<String, Arc<Mutex<Option<Pace>>>>,
}

/// The pace of one request.
#[derive(Clone, Copy, Debug)]
struct Pace {
    last: Micros,
    /// In seconds.
    interval: i64,
}

/// Requests that are remembered. One that is not may ask once at any time.
const REMEMBERED: usize = 50_000;
/// How much longer the interval becomes each time that it was not kept, in seconds.
const MORE: i64 = 5;
/// The longest interval, in seconds: it must not grow beyond any patience.
const LONGEST: i64 = 300;
/// What a network may shorten an interval by, in microseconds.
const GRACE: Micros = 500_000;

impl Polls {
    /// Nobody has asked yet.
    pub(in crate::domain) fn new() -> Polls {
        Polls { paces: Cache::new(REMEMBERED) }
    }

    /// Whether the client of this request may ask now, `interval` seconds being what it was told at first. Asking too early makes
    /// the interval longer for this and all later times.
    pub(in crate::domain) fn allows(&self, request: &str, interval: i64, now: Micros) -> bool {
        let Ok(pace) = self.paces.get_or_insert_with(request, || Ok::<_, Infallible>(Arc::default()));
        let mut pace = pace.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(before) = *pace else {
            *pace = Some(Pace { last: now, interval });
            return true;
        };
        let wait = before.interval.saturating_mul(1_000_000).saturating_sub(GRACE);
        // A clock that was set back makes nobody wait.
        let early = (0..wait).contains(&now.saturating_sub(before.last));
        let interval = if early { before.interval.saturating_add(MORE).min(LONGEST) } else { before.interval };
        *pace = Some(Pace { last: now, interval });
        !early
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Micros = 1_000_000;

    #[test]
    fn who_asks_too_early_waits_longer_from_then_on() {
        let polls = Polls::new();
        assert!(polls.allows("a", 5, 0) && polls.allows("b", 5, 0));
        assert!(!polls.allows("a", 5, 4 * SECOND), "now every 10 s");
        assert!(!polls.allows("a", 5, 10 * SECOND), "now every 15 s");
        assert!(polls.allows("a", 5, 25 * SECOND));
        assert!(!polls.allows("a", 5, 31 * SECOND), "it stays so");
        assert!(polls.allows("b", 5, 5 * SECOND) && polls.allows("b", 5, 10 * SECOND - GRACE), "another keeps to it");
    }

    #[test]
    fn an_interval_does_not_grow_for_ever_and_a_clock_may_be_set_back() {
        let polls = Polls::new();
        assert!(polls.allows("a", 5, 0));
        assert!((0..1000).all(|_| !polls.allows("a", 5, 0)));
        assert!(polls.allows("a", 5, LONGEST * SECOND));
        assert!(polls.allows("a", 5, 0));
    }
}
