//! Listing setups as they are at an instant, with a long history and without one: the same records, the same number of answers.

use std::path::Path;

use portcullis::{
    domain::server::Server,
    store::{Store, StoreError, timeline},
    world::Stopwatch,
};

use crate::open;

/// Setups in each store.
pub(crate) const SETUPS: usize = 10_000;
/// States of each in the store with a history.
pub(crate) const STATES: i64 = 10;
/// Setups written in one transaction.
const AT_ONCE: usize = 500;
/// Tries of each, which take turns.
const TRIES: usize = 7;

/// How long it takes, in seconds, to list all setups without a history and with one.
pub(crate) fn measure(folder: &Path) -> (Vec<f64>, Vec<f64>) {
    let (plain, long) = (fill(&folder.join("plain.redb"), 1), fill(&folder.join("long.redb"), STATES));
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..TRIES {
        without.push(list(&plain, 1));
        // In the middle: as many states lie before it as after.
        with.push(list(&long, STATES / 2));
    }
    (without, with)
}

fn fill(path: &Path, states: i64) -> Store {
    let store = open(path);
    for first in (0..SETUPS).step_by(AT_ONCE) {
        let write = store.write_blocking::<_, StoreError>(move |write| {
            for number in first..(first + AT_ONCE).min(SETUPS) {
                let id = format!("{number:032x}");
                for at in 1..=states {
                    let server = Server { name: format!("Setup {number}, {at}"), ..Server::default() };
                    timeline::append(write, "default", &id, server, at, at, "bench")?;
                }
            }
            Ok(())
        });
        write.unwrap();
    }
    store
}

fn list(store: &Store, at: i64) -> f64 {
    let clock = Stopwatch::start();
    let read = store.read().unwrap();
    let listed = timeline::list_with_deleted::<Server>(&read, "default", at, None, usize::MAX).unwrap();
    assert_eq!(listed.len(), SETUPS);
    clock.elapsed().as_secs_f64()
}
