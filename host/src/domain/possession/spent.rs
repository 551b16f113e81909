//! The proofs that were used, each of which is good once (RFC 9449 §11.1).
//!
//! Called by `dpop`. In memory, since a proof is good for a minute or two and comes with every request. It is exact: what is
//! forgotten is refused from then on, also when the clock is set back; when there is no room left, proofs are refused and
//! none is forgotten; and a proof that was made before this process began may have been used before, and is refused.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Mutex, PoisonError},
};

use super::dpop::WINDOW;
use crate::crypto::digest::sha256;

/// How many are remembered: of 16 bytes each, a few tens of megabytes at worst.
const MOST: usize = 1_000_000;

/// A proof is known by the first half of the SHA-256 of its key and its name.
type Name = [u8; 16];

/// The proofs that were used.
pub(in crate::domain) struct Spent {
    most: usize,
    known: Mutex<Known>,
}

struct Known {
    names: HashSet<Name>,
    /// The same, by when they were made.
    by_time: BTreeMap<i64, Vec<Name>>,
    /// Those made before are forgotten, or of another process.
    since: i64,
}

impl Spent {
    /// None were used since `now`, when the process began, in seconds since 1970.
    pub(in crate::domain) fn new(now: i64) -> Spent {
        let known = Known { names: HashSet::new(), by_time: BTreeMap::new(), since: now };
        Spent { most: MOST, known: Mutex::new(known) }
    }

    /// Uses the proof of this key and name up, which was made at `iat`. An error when it was used before, or may have been.
    pub(super) fn spend(&self, key_and_name: [&str; 2], iat: i64, now: i64) -> Result<(), &'static str> {
        let name = name(key_and_name);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.forget_before(now.saturating_sub(WINDOW));
        if iat < known.since {
            return Err("the DPoP proof was made before this server began, or long ago");
        }
        if known.names.contains(&name) {
            return Err("the DPoP proof was used before");
        }
        if known.names.len() >= self.most {
            return Err("there are too many DPoP proofs at once, try again in a minute");
        }
        known.names.insert(name);
        known.by_time.entry(iat).or_default().push(name);
        Ok(())
    }
}

impl Known {
    /// Gives room back: what was made before is refused for its age.
    fn forget_before(&mut self, time: i64) {
        while let Some(entry) = self.by_time.first_entry().filter(|entry| *entry.key() < time) {
            for name in entry.remove() {
                self.names.remove(&name);
            }
        }
        self.since = self.since.max(time);
    }
}

/// The length of the first part is in it, so that nothing can be moved from one into the other.
fn name([key, jti]: [&str; 2]) -> Name {
    let whole = sha256(format!("{} {key}{jti}", key.len()).as_bytes());
    let mut name = Name::default();
    name.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_good_once_for_its_key() {
        let spent = Spent::new(100);
        assert!(spent.spend(["k", "a"], 100, 100).is_ok());
        assert!(spent.spend(["k", "a"], 100, 100).unwrap_err().contains("used before"));
        assert!(spent.spend(["k", "a"], 101, 101).is_err(), "the same name with another time");
        assert!(spent.spend(["k", "b"], 100, 100).is_ok());
        assert!(spent.spend(["l", "a"], 100, 100).is_ok(), "another key's name");
        assert!(spent.spend(["ka", ""], 100, 100).is_ok());
    }

    #[test]
    fn what_is_forgotten_stays_refused_when_the_clock_is_set_back() {
        let spent = Spent::new(0);
        assert!(spent.spend(["k", "a"], 100, 100).is_ok());
        assert!(spent.spend(["k", "b"], 1000, 1000).is_ok());
        assert_eq!(spent.known.lock().unwrap().names.len(), 1, "room was given back");
        assert!(spent.spend(["k", "a"], 100, 100).is_err());
        assert!(spent.spend(["k", "c"], 940, 1000).is_ok());
    }

    #[test]
    fn nothing_of_before_the_process_is_taken() {
        let spent = Spent::new(100);
        assert!(spent.spend(["k", "a"], 99, 100).is_err());
        assert!(spent.spend(["k", "a"], 100, 100).is_ok());
    }

    #[test]
    fn a_full_memory_refuses_and_forgets_nothing() {
        let spent = Spent { most: 2, ..Spent::new(0) };
        assert!(spent.spend(["k", "a"], 10, 10).is_ok() && spent.spend(["k", "b"], 10, 10).is_ok());
        assert!(spent.spend(["k", "c"], 10, 10).unwrap_err().contains("too many"));
        assert!(spent.spend(["k", "a"], 10, 10).unwrap_err().contains("used before"));
        assert!(spent.spend(["k", "c"], 71, 71).is_ok(), "there is room again");
    }
}
