//! The end of a server: stop accepting, let running requests finish, cut what takes too long.
//!
//! `listen` moves from phase to phase, every connection watches. [`terminated`] is the signal that `cli` waits for.

use std::time::Duration;

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::{Semaphore, watch},
    time::timeout,
};

/// How the server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were cut because they did not end in time.
    pub cut: usize,
}

/// Where a server is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Requests are welcome.
    Serving,
    /// Running requests may finish.
    Draining,
    /// Everything ends now.
    Cut,
}

/// A connection's view of the phase.
#[derive(Clone, Debug)]
pub(super) struct Watch(watch::Receiver<Phase>);

impl Watch {
    /// The next phase. A server that is gone wants its connections gone too.
    pub(super) async fn next(&mut self) -> Phase {
        match self.0.changed().await {
            Ok(()) => *self.0.borrow_and_update(),
            Err(_) => Phase::Cut,
        }
    }
}

/// The first phase, and a view of it.
pub(super) fn phases() -> (watch::Sender<Phase>, Watch) {
    let (sender, receiver) = watch::channel(Phase::Serving);
    (sender, Watch(receiver))
}

/// Lets the connections end: `total` permits are back when all have.
pub(super) async fn drain(
    phase: &watch::Sender<Phase>,
    permits: &Semaphore,
    total: u32,
    patience: Duration,
) -> Drained {
    phase.send_replace(Phase::Draining);
    if timeout(patience, permits.acquire_many(total)).await.is_ok() {
        return Drained { cut: 0 };
    }
    let cut = (total as usize).saturating_sub(permits.available_permits());
    phase.send_replace(Phase::Cut);
    // Cutting needs no answer from anybody: a moment suffices for the tasks to see it.
    let _ = timeout(Duration::from_secs(1), permits.acquire_many(total)).await;
    Drained { cut }
}

/// From this call on SIGTERM and SIGINT no longer just end the process; the answer resolves when one arrives. Must be
/// called inside a runtime.
pub fn terminated() -> impl Future<Output = ()> + Send + 'static {
    let (terminate, interrupt) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    async {
        tokio::select! {
            () = arrival(terminate) => tracing::info!("SIGTERM: finishing what runs"),
            () = arrival(interrupt) => tracing::info!("SIGINT: finishing what runs"),
        }
    }
}

/// Without a handler the signal ends the process as it always does, so there is nothing to wait for.
async fn arrival(signal: std::io::Result<Signal>) {
    match signal {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(error) => {
            tracing::error!(%error, "a signal cannot be handled: the server will stop without draining");
            std::future::pending::<()>().await;
        }
    }
}
