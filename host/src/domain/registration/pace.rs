//! How much may be begun from one network where anybody may: clients that register themselves, logins, requests that public
//! clients push, request objects that we have to fetch, people named that nobody knows. In memory, bounded, by the world's clock.
//!
//! Called by `registration`, `authorize` and `elsewhere`. Many people share an address, so the bounds are generous: they keep a loop from
//! filling the store, and nobody who means it out.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
};

use quick_cache::sync::Cache;

use crate::domain::guesses;

/// How many clients in a window.
pub(in crate::domain) const CLIENTS: u32 = 100;
/// How many logins in a window.
pub(in crate::domain) const LOGINS: u32 = 2000;
/// How many authorization requests of public clients, pushed, in a window.
pub(in crate::domain) const PUSHED: u32 = 2000;
/// How many request objects are fetched in a window.
pub(in crate::domain) const OBJECTS: u32 = 2000;
/// How many people that nobody knows a client may ask for in a window.
pub(in crate::domain) const HINTS: u32 = 200;
/// How long a window is, in seconds.
const WINDOW: i64 = 3600;
/// How many addresses are counted.
const REMEMBERED: usize = 10_000;

/// The counters, by server and address.
pub(in crate::domain) struct Pace {
    most: u32,
    windows: Cache<String, Arc<Mutex<Window>>>,
}

/// How many there were since when, in seconds since 1970.
#[derive(Default)]
struct Window {
    since: i64,
    count: u32,
}

impl Window {
    /// Whether it counts at `now`. A clock that was set back begins a new one.
    fn is_open(&self, now: i64) -> bool {
        (0..WINDOW).contains(&now.saturating_sub(self.since))
    }
}

/// What a counter is of.
fn name(tenant: &str, server: &str, address: &str) -> String {
    format!("{tenant}/{server} {}", guesses::network(address))
}

impl Pace {
    /// Nobody has come yet; `most` may in a window.
    pub(in crate::domain) fn new(most: u32) -> Pace {
        Pace { most, windows: Cache::new(REMEMBERED) }
    }

    /// Counts one more. False when there were too many.
    pub(in crate::domain) fn allows(&self, tenant: &str, server: &str, address: &str, now: i64) -> bool {
        let Ok(window) =
            self.windows.get_or_insert_with(&name(tenant, server, address), || Ok::<_, Infallible>(Arc::default()));
        let mut window = window.lock().unwrap_or_else(PoisonError::into_inner);
        if !window.is_open(now) {
            *window = Window { since: now, count: 0 };
        }
        window.count = window.count.saturating_add(1);
        window.count <= self.most
    }

    /// Whether there were as many as there may be, for whoever counts failures only.
    pub(in crate::domain) fn is_full(&self, tenant: &str, server: &str, address: &str, now: i64) -> bool {
        let Some(window) = self.windows.get(&name(tenant, server, address)) else { return false };
        let window = window.lock().unwrap_or_else(PoisonError::into_inner);
        window.is_open(now) && window.count >= self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_pace() {
        let pace = Pace::new(CLIENTS);
        let allows = |server: &str, address: &str, now: i64| pace.allows("t", server, address, now);
        assert!((0..CLIENTS).all(|_| allows("a", "192.0.2.1", 10_000)));
        assert!(!allows("a", "192.0.2.1", 10_000 + WINDOW - 1));
        assert!(allows("a", "192.0.2.2", 10_000), "another address");
        assert!((0..CLIENTS).all(|_| allows("a", "2001:db8::1", 10_000)));
        assert!(!allows("a", "2001:db8::2", 10_000), "the same network");
        assert!(allows("b", "192.0.2.1", 10_000), "another server");
        assert!(allows("a", "192.0.2.1", 10_000 + WINDOW));
        assert!(allows("a", "192.0.2.1", 10_000), "the clock was set back");
    }

    #[test]
    fn whoever_counts_failures_only_is_told_when_there_were_enough() {
        let pace = Pace::new(2);
        let is_full = |address: &str, now: i64| pace.is_full("t", "a", address, now);
        assert!(!is_full("192.0.2.1", 10_000));
        assert!(pace.allows("t", "a", "192.0.2.1", 10_000) && !is_full("192.0.2.1", 10_000));
        assert!(pace.allows("t", "a", "192.0.2.1", 10_000) && is_full("192.0.2.1", 10_000));
        assert!(!is_full("192.0.2.2", 10_000) && !is_full("192.0.2.1", 10_000 + WINDOW));
    }
}
