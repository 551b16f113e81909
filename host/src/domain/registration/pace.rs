//! How many clients may register themselves from one address where anybody may: in memory, bounded, by the world's clock.
//!
//! Called by `registration`. Behind a proxy all have its address, so the bound is generous: it keeps a loop from filling the
//! store, and nobody who means it from registering.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
};

use quick_cache::sync::Cache;

/// How many in a window.
const MOST: u32 = 100;
/// How long a window is, in seconds.
const WINDOW: i64 = 3600;
/// How many addresses are counted.
const REMEMBERED: usize = 10_000;

/// The counters, by server and address.
pub(in crate::domain) struct Pace(Cache<String, Arc<Mutex<Window>>>);

/// How many there were since when, in seconds since 1970.
#[derive(Default)]
struct Window {
    since: i64,
    count: u32,
}

impl Pace {
    /// Nobody has come yet.
    pub(in crate::domain) fn new() -> Pace {
        Pace(Cache::new(REMEMBERED))
    }

    /// Counts one more. False when there were too many.
    pub(super) fn allows(&self, tenant: &str, server: &str, address: &str, now: i64) -> bool {
        let name = format!("{tenant}/{server} {address}");
        let Ok(window) = self.0.get_or_insert_with(&name, || Ok::<_, Infallible>(Arc::default()));
        let mut window = window.lock().unwrap_or_else(PoisonError::into_inner);
        if !(0..WINDOW).contains(&now.saturating_sub(window.since)) {
            *window = Window { since: now, count: 0 };
        }
        window.count = window.count.saturating_add(1);
        window.count <= MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_pace() {
        let pace = Pace::new();
        let allows = |server: &str, address: &str, now: i64| pace.allows("t", server, address, now);
        assert!((0..MOST).all(|_| allows("a", "192.0.2.1", 10_000)));
        assert!(!allows("a", "192.0.2.1", 10_000 + WINDOW - 1));
        assert!(allows("a", "192.0.2.2", 10_000), "another address");
        assert!(allows("b", "192.0.2.1", 10_000), "another server");
        assert!(allows("a", "192.0.2.1", 10_000 + WINDOW));
        assert!(allows("a", "192.0.2.1", 10_000), "the clock was set back");
    }
}
