//! Limits for those who guess the codes that devices show (RFC 8628 §5.1).
//!
//! Such a code belongs to nobody yet, so there is no account to guess for. The counters are these:
//!
//! ```text
//! who + address   5 free, then a wait that doubles from 1 s to 15 min
//! address         50 in 15 min, together with its other guesses
//! person          50 free, then at most 30 s, for whoever is logged in
//! server          1000 in 15 min, for all others together: while many guess, people who log in first still get on
//! ```
//!
//! Called by `elsewhere/device.rs`. Whoever guesses can get codes that are right from a client of their own, so a success takes back
//! itself and nothing that failed before it.

use super::{ACCOUNT, ADDRESS, Counters, Guesses, Name, PAIR, closed, count, count_window, network, take_back};

/// Who tries a code, from where.
#[derive(Clone, Copy, Debug)]
pub struct CodeTry<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The authorization server.
    pub server: &'a str,
    /// Who is logged in.
    pub subject: Option<&'a str>,
    /// From where.
    pub address: &'a str,
}

/// How many tries those who are not logged in have together, and in how many seconds.
const SERVER: (u32, i64) = (1000, 15 * 60);

struct Names {
    pair: Name,
    who: Name,
    address: Name,
}

impl Guesses {
    /// Counts a try, or says how many seconds to wait. It counts as wrong until [`Guesses::code_was_right`] says otherwise.
    pub fn code_allowed(&self, attempt: CodeTry<'_>) -> Result<(), u64> {
        let (now, names) = (self.world.now_seconds(), self.names_of_code(attempt));
        let mut counters = self.lock();
        let Counters { pairs, accounts, addresses } = &mut *counters;
        let until = closed(pairs, &names.pair, now)
            .max(closed(addresses, &names.address, now))
            .max(closed(accounts, &names.who, now));
        if until > now {
            return Err(u64::try_from(until - now).unwrap_or(1));
        }
        count(pairs, names.pair, &PAIR, now);
        count_window(addresses, names.address, ADDRESS, now);
        match attempt.subject {
            Some(_) => count(accounts, names.who, &ACCOUNT, now),
            None => count_window(accounts, names.who, SERVER, now),
        }
        Ok(())
    }

    /// The last try was right: it does not count.
    pub fn code_was_right(&self, attempt: CodeTry<'_>) {
        let names = self.names_of_code(attempt);
        let mut counters = self.lock();
        let Counters { pairs, accounts, addresses } = &mut *counters;
        take_back(pairs, &names.pair);
        take_back(addresses, &names.address);
        take_back(accounts, &names.who);
    }

    fn names_of_code(&self, CodeTry { tenant, server, subject, address }: CodeTry<'_>) -> Names {
        let network = network(address);
        let sign = |kind: &str, parts: [&str; 4]| {
            let [a, b, c, d] = parts.map(str::as_bytes);
            self.key.sign(&[kind.as_bytes(), a, b, c, d])
        };
        let kind = if subject.is_some() { "code of person" } else { "code" };
        let who = subject.unwrap_or_default();
        Names {
            pair: sign(kind, [tenant, server, who, &network]),
            who: sign(kind, [tenant, server, who, ""]),
            address: sign("address", ["", "", "", &network]),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    };

    use super::*;
    use crate::world::{Clock, Micros, Random, World};

    struct Fixed(AtomicI64);

    impl Clock for Fixed {
        fn now(&self) -> Micros {
            self.0.load(Ordering::Relaxed) * 1_000_000
        }
    }

    struct Zero;

    impl Random for Zero {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    fn guesses() -> (Guesses, Arc<Fixed>) {
        let clock = Arc::new(Fixed(AtomicI64::new(1_000_000)));
        (Guesses::new(World::new(clock.clone(), Arc::new(Zero))), clock)
    }

    fn from<'a>(address: &'a str, subject: Option<&'a str>) -> CodeTry<'a> {
        CodeTry { tenant: "t", server: "s", subject, address }
    }

    #[test]
    fn an_address_waits_longer_and_longer_whatever_it_gets_right_between() {
        let (guesses, clock) = guesses();
        let attempt = from("192.0.2.1", None);
        assert!((0..5).all(|_| guesses.code_allowed(attempt).is_ok()));
        assert_eq!(guesses.code_allowed(attempt), Err(1));
        clock.0.fetch_add(1, Ordering::Relaxed);
        assert!(guesses.code_allowed(attempt).is_ok());
        guesses.code_was_right(attempt);
        assert!(guesses.code_allowed(attempt).is_ok(), "what was right does not count");
        assert_eq!(guesses.code_allowed(attempt), Err(2), "and forgives nothing");
        assert!(guesses.code_allowed(from("192.0.2.2", None)).is_ok(), "another address");
    }

    #[test]
    fn a_server_has_so_many_guesses_and_people_who_are_logged_in_their_own() {
        let (guesses, clock) = guesses();
        let addresses: Vec<String> = (0..250).map(|n| format!("198.51.{}.{}", n / 200, n % 200)).collect();
        let tried = addresses.iter().flat_map(|address| [address; 5]).take(1001);
        let allowed = tried.filter(|address| guesses.code_allowed(from(address, None)).is_ok()).count();
        assert_eq!(allowed, 1000);
        assert!(guesses.code_allowed(from("203.0.113.1", None)).is_err());
        assert!(guesses.code_allowed(from("203.0.113.1", Some("anna"))).is_ok());
        assert!(guesses.code_allowed(CodeTry { server: "other", ..from("203.0.113.1", None) }).is_ok());
        clock.0.fetch_add(15 * 60, Ordering::Relaxed);
        assert!(guesses.code_allowed(from("203.0.113.1", None)).is_ok());
    }
}
