//! Turns: of one connection only one request at a time is on its way to the provider, so that a refresh token that is good
//! once (RFC 9700 §4.14.2) is never used twice, and a code neither. A renewal that failed has failed for everybody who waited.
//!
//! Called by `authorize` and `tokens`, and for one name and password at a time by `administrator`. In memory only: one process
//! holds the store.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use tokio::{
    sync::{Mutex as Turn, OwnedMutexGuard},
    time::timeout,
};

use super::{exchange, tokens::Kept};
use crate::domain::Failure;

/// How long anybody waits for a turn: less than a request may take, so that nobody who has given up still stands in the queue.
const PATIENCE: Duration = Duration::from_secs(15);
/// For how many seconds a failure is told again without asking the provider.
const REMEMBERED: i64 = 5;

/// A tenant and a connection.
type Key = (String, String);

/// Whose turn it is, by tenant and connection. Connections that nobody waits for are not in it.
#[derive(Default)]
pub(in crate::domain) struct Turns {
    turns: Mutex<HashMap<Key, Weak<Turn<()>>>>,
    failed: Mutex<HashMap<Key, Failed>>,
}

/// A renewal that has failed.
struct Failed {
    /// The tokens that were to be renewed: others are another matter.
    kept: Kept,
    /// When, in seconds since 1970.
    at: i64,
    failure: Failure,
}

impl Turns {
    /// Waits for a turn, which ends when the guard is dropped.
    pub(in crate::domain) async fn wait(&self, tenant: &str, id: &str) -> OwnedMutexGuard<()> {
        let turn = self.of(key(tenant, id));
        turn.lock_owned().await
    }

    /// The same for a connection, whose provider may take long: a failure for whoever has waited long enough.
    pub(super) async fn patiently(&self, tenant: &str, id: &str) -> Result<OwnedMutexGuard<()>, Failure> {
        let gone = |_| exchange::elsewhere("others wait for the provider of this OAuth Client already".to_owned());
        timeout(PATIENCE, self.wait(tenant, id)).await.map_err(gone)
    }

    /// How the renewal of these tokens has failed a moment ago, if it has.
    pub(super) fn failure(&self, (tenant, id): (&str, &str), kept: &Kept, now: i64) -> Option<Failure> {
        let failed = lock(&self.failed);
        let found = failed.get(&key(tenant, id)).filter(|failed| failed.is_recent(now) && failed.kept == *kept);
        found.map(|failed| failed.failure.clone())
    }

    /// Remembers that these tokens could not be renewed.
    pub(super) fn has_failed(&self, (tenant, id): (&str, &str), kept: Kept, now: i64, failure: Failure) {
        let mut failed = lock(&self.failed);
        failed.retain(|_, failed| failed.is_recent(now));
        failed.insert(key(tenant, id), Failed { kept, at: now, failure });
    }

    fn of(&self, key: Key) -> Arc<Turn<()>> {
        let mut turns = lock(&self.turns);
        turns.retain(|_, turn| turn.strong_count() > 0);
        let known = turns.get(&key).and_then(Weak::upgrade);
        known.unwrap_or_else(|| {
            let turn = Arc::new(Turn::new(()));
            turns.insert(key, Arc::downgrade(&turn));
            turn
        })
    }
}

impl Failed {
    fn is_recent(&self, now: i64) -> bool {
        (0..REMEMBERED).contains(&now.saturating_sub(self.at))
    }
}

fn key(tenant: &str, id: &str) -> Key {
    (tenant.to_owned(), id.to_owned())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_at_a_time_for_each_connection() {
        let turns = Turns::default();
        let one = turns.wait("t", "a").await;
        let _other = turns.wait("t", "b").await;
        let again = turns.of(key("t", "a"));
        assert!(again.try_lock().is_err());
        drop(one);
        assert!(again.try_lock().is_ok());
        drop(again);
        let _more = turns.wait("t", "c").await;
        assert_eq!(lock(&turns.turns).len(), 2, "who is done is forgotten");
    }
}
