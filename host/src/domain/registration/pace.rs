//! How much may be begun from one network where anybody may: clients that register themselves, logins, requests that public
//! clients push, request objects that we have to fetch. In memory, bounded, by
//! the world's clock.
//!
//! Called by `registration` and `authorize`. Many people share an address, so the bounds are generous: they keep a loop from
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

impl Pace {
    /// Nobody has come yet; `most` may in a window.
    pub(in crate::domain) fn new(most: u32) -> Pace {
        Pace { most, windows: Cache::new(REMEMBERED) }
    }

    /// Counts one more. False when there were too many.
    pub(in crate::domain) fn allows(&self, tenant: &str, server: &str, address: &str, now: i64) -> bool {
        let name = format!("{tenant}/{server} {}", guesses::network(address));
        let Ok(window) = self.windows.get_or_insert_with(&name, || Ok::<_, Infallible>(Arc::default()));
        let mut window = window.lock().unwrap_or_else(PoisonError::into_inner);
        if !(0..WINDOW).contains(&now.saturating_sub(window.since)) {
            *window = Window { since: now, count: 0 };
        }
        window.count = window.count.saturating_add(1);
        window.count <= self.most
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
}
