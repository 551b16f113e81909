//! The proofs that were used, each of which is good once (RFC 9449 §11.1).
//!
//! Called by `dpop`. In memory, since a proof is good for a minute or so and comes with every request. It is exact: what is
//! forgotten is refused from then on, also when the clock is set back; when there is no room left, proofs are refused and
//! none is forgotten; and a proof that the process before this one may have taken is refused (`restart`).
//!
//! Nobody can fill it alone: a client has a part of the room, and so has a tenant with all of its clients.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::dpop::WINDOW;
use crate::crypto::digest::sha256;

/// How many are remembered: of 32 bytes each and their name once more, a hundred megabytes at worst.
const MOST: usize = 1_000_000;
/// A tenant may have one of so many parts of that.
const OF_TENANT: usize = 2;
/// And a client one of so many.
const OF_CLIENT: usize = 4;

/// A proof is known by the first half of the SHA-256 of its key and its name.
type Name = [u8; 16];
/// A tenant or a client, by the same of their names.
type Whose = [u8; 8];

/// The proofs that were used.
pub(in crate::domain) struct Spent {
    most: usize,
    known: Mutex<Known>,
}

/// A proof that was used, by a client and so by its tenant.
struct Used {
    name: Name,
    by: [Whose; 2],
}

struct Known {
    names: HashSet<Name>,
    /// The same, by when they were made.
    by_time: BTreeMap<i64, Vec<Used>>,
    /// How many are whose.
    parts: HashMap<Whose, usize>,
    /// Those made before are forgotten, or of another process.
    since: i64,
    /// When the last of them was made.
    latest: i64,
}

impl Spent {
    /// None were used since `now`, when the process began, in seconds since 1970.
    pub(in crate::domain) fn new(now: i64) -> Spent {
        let known = Known {
            names: HashSet::new(),
            by_time: BTreeMap::new(),
            parts: HashMap::new(),
            since: now,
            latest: now.saturating_sub(1),
        };
        Spent { most: MOST, known: Mutex::new(known) }
    }

    /// Uses the proof of this key and name up, which was made at `iat` and which a client of a tenant has shown. An error when it
    /// was used before, or may have been.
    pub(super) fn spend(
        &self,
        [tenant, client]: [&str; 2],
        key_and_name: [&str; 2],
        iat: i64,
        now: i64,
    ) -> Result<(), &'static str> {
        let name: Name = short(key_and_name);
        let by = [short([tenant, ""]), short([tenant, client])];
        let mut known = self.known();
        known.forget_before(now.saturating_sub(WINDOW));
        if iat < known.since {
            return Err("the DPoP proof was made before this server began, or long ago");
        }
        if known.names.contains(&name) {
            return Err("the DPoP proof was used before");
        }
        if known.names.len() >= self.most || known.fills_its_part(by, self.most) {
            return Err("there are too many DPoP proofs at once, try again in a minute");
        }
        known.add(Used { name, by }, iat);
        Ok(())
    }

    /// Takes no proof that was made until then.
    pub(super) fn forget_until(&self, time: i64) {
        let mut known = self.known();
        known.forget_before(time.saturating_add(1));
        // The next process has to know of it as well, when this one takes no later proof.
        known.latest = known.latest.max(time);
    }

    /// When the last one was made that was used.
    pub(super) fn latest(&self) -> i64 {
        self.known().latest
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Whether a tenant or a client has as many as it may of so many in all.
    fn fills_its_part(&self, [tenant, client]: [Whose; 2], most: usize) -> bool {
        let has = |whose, part: usize| self.parts.get(&whose).is_some_and(|count| *count >= most / part);
        has(tenant, OF_TENANT) || has(client, OF_CLIENT)
    }

    fn add(&mut self, used: Used, iat: i64) {
        for whose in used.by {
            *self.parts.entry(whose).or_default() += 1;
        }
        self.names.insert(used.name);
        self.by_time.entry(iat).or_default().push(used);
        self.latest = self.latest.max(iat);
    }

    /// Gives room back: what was made before is refused for its age.
    fn forget_before(&mut self, time: i64) {
        while let Some(entry) = self.by_time.first_entry().filter(|entry| *entry.key() < time) {
            for Used { name, by } in entry.remove() {
                self.names.remove(&name);
                by.into_iter().for_each(|whose| give_back(&mut self.parts, whose));
            }
        }
        self.since = self.since.max(time);
    }
}

fn give_back(parts: &mut HashMap<Whose, usize>, whose: Whose) {
    let left = parts.get(&whose).map_or(0, |count| count.saturating_sub(1));
    match left {
        0 => drop(parts.remove(&whose)),
        left => drop(parts.insert(whose, left)),
    }
}

/// The length of the first part is in it, so that nothing can be moved from one into the other.
fn short<const LONG: usize>([first, second]: [&str; 2]) -> [u8; LONG] {
    let whole = sha256(format!("{} {first}{second}", first.len()).as_bytes());
    let mut short = [0; LONG];
    short.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    const TILL: [&str; 2] = ["t", "till"];

    #[test]
    fn what_a_process_forgets_until_the_next_one_hears_of_as_well() {
        let spent = Spent::new(100);
        spent.forget_until(115);
        assert!(spent.spend(TILL, ["k", "a"], 115, 110).is_err());
        assert_eq!(spent.latest(), 115, "it has taken none itself");
        assert!(spent.spend(TILL, ["k", "a"], 116, 110).is_ok());
        assert_eq!(spent.latest(), 116);
    }

    #[test]
    fn a_proof_is_good_once_for_its_key() {
        let spent = Spent::new(100);
        assert!(spent.spend(TILL, ["k", "a"], 100, 100).is_ok());
        assert!(spent.spend(TILL, ["k", "a"], 100, 100).unwrap_err().contains("used before"));
        assert!(spent.spend(["u", "scale"], ["k", "a"], 100, 100).is_err(), "whoever shows it");
        assert!(spent.spend(TILL, ["k", "a"], 101, 101).is_err(), "the same name with another time");
        assert!(spent.spend(TILL, ["k", "b"], 100, 100).is_ok());
        assert!(spent.spend(TILL, ["l", "a"], 100, 100).is_ok(), "another key's name");
        assert!(spent.spend(TILL, ["ka", ""], 100, 100).is_ok());
    }

    #[test]
    fn what_is_forgotten_stays_refused_when_the_clock_is_set_back() {
        let spent = Spent::new(0);
        assert!(spent.spend(TILL, ["k", "a"], 100, 100).is_ok());
        assert!(spent.spend(TILL, ["k", "b"], 1000, 1000).is_ok());
        assert_eq!(spent.known().names.len(), 1, "room was given back");
        assert!(spent.spend(TILL, ["k", "a"], 100, 100).is_err());
        assert!(spent.spend(TILL, ["k", "c"], 940, 1000).is_ok());
    }

    #[test]
    fn nothing_of_before_the_process_is_taken() {
        let spent = Spent::new(100);
        assert_eq!(spent.latest(), 99);
        assert!(spent.spend(TILL, ["k", "a"], 99, 100).is_err());
        assert!(spent.spend(TILL, ["k", "a"], 110, 100).is_ok());
        assert_eq!(spent.latest(), 110);
        let next = Spent::new(105);
        next.forget_until(spent.latest());
        assert!(next.spend(TILL, ["k", "a"], 110, 105).unwrap_err().contains("before this server began"));
        assert!(next.spend(TILL, ["k", "b"], 111, 105).is_ok());
    }

    #[test]
    fn a_full_memory_refuses_and_forgets_nothing() {
        let spent = Spent { most: 4, ..Spent::new(0) };
        for (tenant, client) in [("t", "a"), ("t", "b"), ("u", "a"), ("u", "b")] {
            assert!(spent.spend([tenant, client], [tenant, client], 10, 10).is_ok());
        }
        assert!(spent.spend(["v", "a"], ["k", "c"], 10, 10).unwrap_err().contains("too many"));
        assert!(spent.spend(["t", "a"], ["t", "a"], 10, 10).unwrap_err().contains("used before"));
        assert!(spent.spend(["v", "a"], ["k", "c"], 71, 71).is_ok(), "there is room again");
    }

    #[test]
    fn a_client_and_a_tenant_have_a_part_of_the_room_each() {
        let spent = Spent { most: 16, ..Spent::new(0) };
        let fill = |whose: [&str; 2], now: i64| {
            (0..16).filter(|name| spent.spend(whose, [whose[1], &format!("{now} {name}")], now, now).is_ok()).count()
        };
        assert_eq!(fill(["t", "a"], 10), 4);
        assert_eq!(fill(["t", "b"], 10), 4);
        assert_eq!(fill(["t", "c"], 10), 0, "the tenant has no more");
        assert_eq!(fill(["u", "a"], 10), 4, "others have theirs");
        assert_eq!(fill(["t", "a"], 71), 4, "there is room again");
        assert_eq!(spent.known().parts.len(), 2);
    }
}
