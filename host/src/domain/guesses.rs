//! Limits for those who guess passwords and codes: in memory, bounded, by the world's clock.
//!
//! Asked before every check of something that people choose or type. Three counters have a say:
//!
//! ```text
//! account + address   5 free, then a wait that doubles from 1 s to 15 min: whoever guesses from one place
//! account             50 free, then at most 30 s: guessing from many places is slow, and nobody is locked out by it for long
//! address             50 in 15 min: whoever tries many accounts
//! ```
//!
//! An address from which an account was entered before does not feel the second one, so a person gets in at home while
//! strangers guess. What is counted is what is tried, and a success takes it back: many tries at once count as many.

pub mod codes;

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{crypto::vault::MacKey, world::World};

/// Who tries what, from where.
#[derive(Clone, Copy, Debug)]
pub struct Try<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The authorization server.
    pub server: &'a str,
    /// Whose password or code it would be, whether there is such an account or not.
    pub account: &'a str,
    /// From where. Empty when that must not matter: whoever guesses codes knows the password, and may come from anywhere.
    pub address: &'a str,
}

/// The counters of one process.
pub struct Guesses {
    world: World,
    key: MacKey,
    counters: Mutex<Counters>,
}

#[derive(Default)]
struct Counters {
    pairs: HashMap<Name, Counter>,
    accounts: HashMap<Name, Counter>,
    addresses: HashMap<Name, Counter>,
}

/// What a counter is of, hashed: what people type into the wrong field is kept nowhere.
type Name = [u8; 32];

#[derive(Clone, Copy, Debug, Default)]
struct Counter {
    failed: u32,
    /// No try before then, in seconds since 1970.
    closed_until: i64,
    /// When the failures are forgotten, in seconds since 1970.
    ends: i64,
    /// Until when it is known that the account was entered from there, in seconds since 1970.
    entered_until: i64,
}

impl Counter {
    /// What is left of it at `now`.
    fn at(self, now: i64) -> Counter {
        match self.ends > now {
            true => self,
            false => Counter { entered_until: self.entered_until, ..Counter::default() },
        }
    }

    fn is_over(&self, now: i64) -> bool {
        self.ends <= now && self.entered_until <= now
    }

    /// The heavier, the later it is forgotten when there are too many.
    fn weight(&self) -> u32 {
        if self.entered_until > 0 { self.failed.max(4) } else { self.failed }
    }
}

/// How a counter waits.
struct Rule {
    free: u32,
    longest: i64,
    remembered: i64,
}

const PAIR: Rule = Rule { free: 5, longest: 15 * 60, remembered: 3600 };
const ACCOUNT: Rule = Rule { free: 50, longest: 30, remembered: 3600 };
/// How many tries an address has in its window, and how long that is, in seconds.
const ADDRESS: (u32, i64) = (50, 15 * 60);
/// How long it is known that an account was entered from an address, in seconds.
const ENTERED: i64 = 30 * 24 * 3600;
/// Counters of one kind at most. About 12 MB for all three when full.
const MOST: usize = 50_000;

impl Guesses {
    /// Nobody has tried anything.
    pub fn new(world: World) -> Guesses {
        // The key lives and dies with the process, like what is counted under it.
        let key = MacKey::of_process(&world);
        Guesses { world, key, counters: Mutex::default() }
    }

    /// Counts a try, or says how many seconds to wait. It counts as failed until [`Guesses::succeeded`] says otherwise.
    pub fn allowed(&self, attempt: Try<'_>) -> Result<(), u64> {
        let now = self.world.now_seconds();
        let names = self.names(attempt);
        let mut counters = self.lock();
        let Counters { pairs, accounts, addresses } = &mut *counters;
        let entered = pairs.get(&names.pair).is_some_and(|pair| pair.entered_until > now);
        let mut until = closed(pairs, &names.pair, now);
        if let Some(address) = &names.address {
            until = until.max(closed(addresses, address, now));
            if !entered {
                until = until.max(closed(accounts, &names.account, now));
            }
        }
        if until > now {
            return Err(u64::try_from(until - now).unwrap_or(1));
        }
        count(pairs, names.pair, &PAIR, now);
        if let Some(address) = names.address {
            count_window(addresses, address, ADDRESS, now);
            count(accounts, names.account, &ACCOUNT, now);
        }
        Ok(())
    }

    /// The last try was right: it and what failed before it from there no longer count.
    pub fn succeeded(&self, attempt: Try<'_>) {
        let now = self.world.now_seconds();
        let names = self.names(attempt);
        let mut counters = self.lock();
        let Counters { pairs, accounts, addresses } = &mut *counters;
        pairs.remove(&names.pair);
        let Some(address) = names.address else { return };
        let known = Counter { entered_until: now.saturating_add(ENTERED), ..Counter::default() };
        insert(pairs, names.pair, known, now);
        take_back(addresses, &address);
        take_back(accounts, &names.account);
    }

    fn names(&self, Try { tenant, server, account, address }: Try<'_>) -> Names {
        let network = network(address);
        let sign = |kind: &str, parts: [&str; 4]| {
            let [a, b, c, d] = parts.map(str::as_bytes);
            self.key.sign(&[kind.as_bytes(), a, b, c, d])
        };
        Names {
            pair: sign("pair", [tenant, server, account, &network]),
            account: sign("account", [tenant, server, account, ""]),
            address: (!network.is_empty()).then(|| sign("address", ["", "", "", &network])),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counters> {
        // A panic while counting leaves numbers, and any numbers are good enough to go on with.
        self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Names {
    pair: Name,
    account: Name,
    address: Option<Name>,
}

/// The network of an address: for IPv6 the 64 bits that one subscriber has.
pub(super) fn network(address: &str) -> String {
    match address.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string()
        }
        Ok(IpAddr::V4(address)) => address.to_string(),
        Err(_) => address.to_owned(),
    }
}

fn closed(counters: &HashMap<Name, Counter>, name: &Name, now: i64) -> i64 {
    counters.get(name).filter(|counter| counter.ends > now).map_or(0, |counter| counter.closed_until)
}

/// Counts a try. Behind the free ones each closes the door for twice as long as the one before.
fn count(counters: &mut HashMap<Name, Counter>, name: Name, rule: &Rule, now: i64) {
    let mut counter = current(counters, &name, now);
    counter.failed = counter.failed.saturating_add(1);
    if let Some(over) = counter.failed.checked_sub(rule.free) {
        let wait = 1_i64.checked_shl(over.min(32)).unwrap_or(rule.longest).min(rule.longest);
        counter.closed_until = now.saturating_add(wait);
    }
    counter.ends = now.saturating_add(rule.remembered);
    insert(counters, name, counter, now);
}

/// Counts a try within a window, which does not move.
fn count_window(counters: &mut HashMap<Name, Counter>, name: Name, (most, window): (u32, i64), now: i64) {
    let mut counter = current(counters, &name, now);
    if counter.failed == 0 {
        counter.ends = now.saturating_add(window);
    }
    counter.failed = counter.failed.saturating_add(1);
    if counter.failed >= most {
        counter.closed_until = counter.ends;
    }
    insert(counters, name, counter, now);
}

fn take_back(counters: &mut HashMap<Name, Counter>, name: &Name) {
    if let Some(counter) = counters.get_mut(name) {
        counter.failed = counter.failed.saturating_sub(1);
        counter.closed_until = 0;
    }
}

fn current(counters: &HashMap<Name, Counter>, name: &Name, now: i64) -> Counter {
    counters.get(name).copied().unwrap_or_default().at(now)
}

fn insert(counters: &mut HashMap<Name, Counter>, name: Name, counter: Counter, now: i64) {
    if counters.len() >= MOST && !counters.contains_key(&name) {
        make_room(counters, now);
    }
    counters.insert(name, counter);
}

/// Forgets what has ended, and then the lightest: whoever makes many new counters pushes out those, not the ones that count.
fn make_room(counters: &mut HashMap<Name, Counter>, now: i64) {
    counters.retain(|_, counter| !counter.is_over(now));
    let mut least = 1;
    while counters.len() > MOST / 2 {
        counters.retain(|_, counter| counter.weight() > least);
        least = least.saturating_mul(2);
    }
}

#[cfg(test)]
mod tests;
