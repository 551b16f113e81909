//! Telling clients that sessions are over, while the server runs: whose turn it is, each in a task of its own.
//!
//! Started by `server` once it runs. Does not keep a server alive that has ended.

use std::{
    collections::HashMap,
    future::pending,
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::{
    task::{self, JoinError, JoinSet},
    time::{sleep, timeout},
};

use crate::{
    api::App,
    domain::{Failure, logged_out},
};

/// How often clients are looked for that have yet to hear of a logout.
const LOGOUTS_EVERY: Duration = Duration::from_secs(1);

/// Tells clients that sessions are over, until the server is gone.
pub(super) async fn tell(app: Weak<App>) {
    let mut telling = Telling::default();
    loop {
        telling.rest().await;
        let Some(app) = app.upgrade() else { return };
        match logged_out::due(&app.domain) {
            Ok(due) => telling.begin(&app, due),
            Err(failure) => tracing::warn!(reason = failure.to_log(), "nobody can be told of logouts"),
        }
    }
}

/// The clients that are being told, each in a task of its own.
#[derive(Default)]
struct Telling {
    tasks: JoinSet<Result<(), Failure>>,
    /// The notice of each task.
    keys: HashMap<task::Id, Vec<String>>,
    turns: logged_out::Turns,
}

/// How a task has ended.
type Ended = Result<(task::Id, Result<(), Failure>), JoinError>;

impl Telling {
    /// Waits until somebody was told, so that it is the next one's turn, or until somebody new may wait; and in any case until there
    /// is a place.
    async fn rest(&mut self) {
        loop {
            let ended = async {
                match self.tasks.join_next_with_id().await {
                    Some(ended) => ended,
                    None => pending().await,
                }
            };
            let mut sound = true;
            if let Ok(first) = timeout(LOGOUTS_EVERY, ended).await {
                sound = self.end(first);
                while let Some(more) = self.tasks.try_join_next_with_id() {
                    sound &= self.end(more);
                }
            }
            // What could not be noted is due at once, and the store may be at fault.
            if !sound {
                sleep(LOGOUTS_EVERY).await;
            }
            if self.turns.have_room() {
                return;
            }
        }
    }

    /// Begins to tell those whose turn it is.
    fn begin(&mut self, app: &Arc<App>, due: Vec<logged_out::Due>) {
        for one in self.turns.take(due) {
            let (app, key) = (Arc::clone(app), one.key.clone());
            let task = self.tasks.spawn(async move { logged_out::tell(&app.domain, one).await });
            self.keys.insert(task.id(), key);
        }
    }

    /// Frees the place of a task. Answers whether what came of it is noted.
    fn end(&mut self, ended: Ended) -> bool {
        let (id, told) = match ended {
            Ok((id, told)) => (id, told),
            Err(broken) => (broken.id(), Ok(())),
        };
        if let Some(key) = self.keys.remove(&id) {
            self.turns.end(&key);
        }
        if let Err(failure) = &told {
            tracing::warn!(reason = failure.to_log(), "it could not be noted that a client was told of a logout");
        }
        told.is_ok()
    }
}
