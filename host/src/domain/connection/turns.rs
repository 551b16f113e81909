//! Turns: of one connection only one request at a time is on its way to the provider, so that a refresh token that is good
//! once (RFC 9700 §4.14.2) is never used twice, and a code neither.
//!
//! Called by `authorize` and `tokens`, and for one name and password at a time by `administrator`. In memory only: one process holds the store.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

/// Whose turn it is, by tenant and connection. Connections that nobody waits for are not in it.
#[derive(Default)]
pub(in crate::domain) struct Turns(Mutex<HashMap<(String, String), Weak<Turn<()>>>>);

impl Turns {
    /// Waits for the turn of a connection, which ends when the guard is dropped.
    pub(in crate::domain) async fn wait(&self, tenant: &str, id: &str) -> OwnedMutexGuard<()> {
        let turn = self.of((tenant.to_owned(), id.to_owned()));
        turn.lock_owned().await
    }

    fn of(&self, key: (String, String)) -> Arc<Turn<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| turn.strong_count() > 0);
        let known = turns.get(&key).and_then(Weak::upgrade);
        known.unwrap_or_else(|| {
            let turn = Arc::new(Turn::new(()));
            turns.insert(key, Arc::downgrade(&turn));
            turn
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_at_a_time_for_each_connection() {
        let turns = Turns::default();
        let one = turns.wait("t", "a").await;
        let _other = turns.wait("t", "b").await;
        let again = turns.of(("t".to_owned(), "a".to_owned()));
        assert!(again.try_lock().is_err());
        drop(one);
        assert!(again.try_lock().is_ok());
        drop(again);
        let _more = turns.wait("t", "c").await;
        assert_eq!(turns.0.lock().unwrap().len(), 2, "who is done is forgotten");
    }
}
