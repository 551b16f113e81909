//! The limits, by a clock that is moved.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use super::*;
use crate::world::{Clock, Micros, Random};

struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Micros {
        self.0.load(Ordering::SeqCst)
    }
}

struct Zeros;

impl Random for Zeros {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

fn guesses() -> (Guesses, Arc<Hand>) {
    let hand = Arc::new(Hand(AtomicI64::new(1_000_000_000_000_000)));
    (Guesses::new(World::new(Arc::clone(&hand) as Arc<dyn Clock>, Arc::new(Zeros))), hand)
}

fn wait(hand: &Hand, seconds: u64) {
    hand.0.fetch_add(i64::try_from(seconds).unwrap() * 1_000_000, Ordering::SeqCst);
}

fn of<'a>(account: &'a str, address: &'a str) -> Try<'a> {
    Try { tenant: "t", server: "s", account, address }
}

#[test]
fn after_five_failures_the_waits_grow_to_a_quarter_of_an_hour() {
    let (guesses, hand) = guesses();
    let ann = of("ann", "192.0.2.1");
    for _ in 0..5 {
        assert_eq!(guesses.allowed(ann), Ok(()));
    }
    let mut waits = Vec::new();
    for _ in 0..12 {
        let seconds = guesses.allowed(ann).unwrap_err();
        waits.push(seconds);
        wait(&hand, seconds - 1);
        assert!(guesses.allowed(ann).is_err(), "one second before its time");
        wait(&hand, 1);
        assert_eq!(guesses.allowed(ann), Ok(()));
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
    assert_eq!(guesses.allowed(of("bob", "192.0.2.1")), Ok(()), "somebody else");
    assert_eq!(guesses.allowed(of("ann", "192.0.2.2")), Ok(()), "from elsewhere");
    let elsewhere = Try { server: "other", ..ann };
    assert_eq!(guesses.allowed(elsewhere), Ok(()), "another server's person");
}

#[test]
fn a_success_clears_what_failed_before() {
    let (guesses, _) = guesses();
    let ann = of("ann", "192.0.2.1");
    for _ in 0..20 {
        for _ in 0..4 {
            guesses.allowed(ann).unwrap();
        }
        guesses.allowed(ann).unwrap();
        guesses.succeeded(ann);
        // Other accounts of the address have failed four times as often as it may.
        guesses.lock().addresses.clear();
    }
    assert_eq!(guesses.allowed(ann), Ok(()));
}

#[test]
fn an_address_has_fifty_failures_in_a_quarter_of_an_hour() {
    let (guesses, hand) = guesses();
    let names: Vec<String> = (0..60).map(|number| format!("user{number}")).collect();
    for name in &names[..50] {
        assert_eq!(guesses.allowed(of(name, "2001:db8::1")), Ok(()));
    }
    assert_eq!(guesses.allowed(of("somebody", "2001:db8::2")), Err(900), "the same subscriber");
    assert_eq!(guesses.allowed(of("somebody", "2001:db8:0:1::2")), Ok(()), "another one");
    wait(&hand, 900);
    assert_eq!(guesses.allowed(of("somebody", "2001:db8::2")), Ok(()));
}

#[test]
fn successes_of_an_address_are_not_counted() {
    let (guesses, _) = guesses();
    let names: Vec<String> = (0..200).map(|number| format!("user{number}")).collect();
    for name in &names {
        guesses.allowed(of(name, "192.0.2.1")).unwrap();
        guesses.succeeded(of(name, "192.0.2.1"));
    }
}

#[test]
fn guessing_from_everywhere_is_slow_and_locks_nobody_out() {
    let (guesses, hand) = guesses();
    guesses.allowed(of("ann", "198.51.100.1")).unwrap();
    guesses.succeeded(of("ann", "198.51.100.1"));
    let addresses: Vec<String> = (0..100).map(|number| format!("192.0.2.{number}")).collect();
    let mut refused = 0;
    for address in &addresses {
        refused += u32::from(guesses.allowed(of("ann", address)).is_err());
    }
    assert_eq!(refused, 50);
    assert_eq!(guesses.allowed(of("ann", "198.51.100.1")), Ok(()), "where she has been before");
    wait(&hand, 30);
    assert_eq!(guesses.allowed(of("ann", "203.0.113.1")), Ok(()), "thirty seconds at most, from anywhere");
}

#[test]
fn tries_at_once_count_as_many() {
    let (guesses, _) = guesses();
    let tried = (0..100).filter(|_| guesses.allowed(of("ann", "192.0.2.1")).is_ok()).count();
    assert_eq!(tried, 5);
}

#[test]
fn without_an_address_every_place_counts() {
    let (guesses, hand) = guesses();
    for _ in 0..5 {
        guesses.allowed(of("code of ann", "")).unwrap();
    }
    assert_eq!(guesses.allowed(of("code of ann", "")), Err(1));
    assert_eq!(guesses.allowed(of("code of bob", "")), Ok(()));
    wait(&hand, 1);
    guesses.allowed(of("code of ann", "")).unwrap();
    guesses.succeeded(of("code of ann", ""));
    assert_eq!(guesses.allowed(of("code of ann", "")), Ok(()));
}

#[test]
fn the_table_is_bounded_and_cannot_be_flushed() {
    let (guesses, _) = guesses();
    let ann = of("ann", "192.0.2.1");
    while guesses.allowed(ann).is_ok() {}
    for number in 0..MOST * 2 {
        let (account, address) =
            (format!("a{number}"), format!("10.{}.{}.{}", number >> 16, (number >> 8) & 255, number & 255));
        guesses.allowed(of(&account, &address)).unwrap();
    }
    let counters = guesses.lock();
    for kept in [counters.pairs.len(), counters.accounts.len(), counters.addresses.len()] {
        assert!(kept <= MOST, "{kept}");
    }
    drop(counters);
    assert!(guesses.allowed(ann).is_err(), "what counts is still there");
}
