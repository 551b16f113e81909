//! Whether a connection does something: the clock behind the head and idle limits.
//!
//! `stream` reports bytes, `exchange` reports requests, `connection` asks when its patience ends. hyper has a limit for
//! heads of its own, but it makes a timer for every request and cannot tell a slow head from an idle connection.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Sleep, sleep};

use crate::{config::Limits, world::Stopwatch};

/// What happened last on one connection. Times are microseconds since it was accepted.
#[derive(Debug)]
pub(super) struct Activity {
    clock: Stopwatch,
    /// Requests being answered.
    open: AtomicUsize,
    /// When the last of them was answered.
    idle_since: AtomicU64,
    /// When the head that is being read began; 0 when none is. A new connection is waiting for its first head.
    head_since: AtomicU64,
    /// HTTP/2 exchanges frames between requests, so its bytes do not begin a head.
    frames: AtomicBool,
}

/// A request that is being answered, until dropped.
#[derive(Debug)]
pub(super) struct Open<'a>(&'a Activity);

impl Activity {
    pub(super) fn new() -> Arc<Activity> {
        Arc::new(Activity {
            clock: Stopwatch::start(),
            open: AtomicUsize::new(0),
            idle_since: AtomicU64::new(0),
            head_since: AtomicU64::new(1),
            frames: AtomicBool::new(false),
        })
    }

    /// The client sent something.
    pub(super) fn received(&self) {
        if self.head_since.load(Relaxed) == 0 && self.open.load(Relaxed) == 0 && !self.frames.load(Relaxed) {
            self.head_since.store(self.now().max(1), Relaxed);
        }
    }

    /// The client speaks HTTP/2.
    pub(super) fn speaks_frames(&self) {
        self.frames.store(true, Relaxed);
        self.head_since.store(0, Relaxed);
    }

    /// A head was read: a request begins.
    pub(super) fn begin(&self) -> Open<'_> {
        self.open.fetch_add(1, Relaxed);
        self.head_since.store(0, Relaxed);
        Open(self)
    }

    fn now(&self) -> u64 {
        self.clock.micros()
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.idle_since.store(self.0.now(), Relaxed);
        self.0.open.fetch_sub(1, Relaxed);
    }
}

/// Why a connection's time is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expired {
    /// Nothing was asked for a while: close politely.
    Idle,
    /// A head, or the end of a closing connection, takes too long: cut.
    Stalled,
}

/// Waits for a connection's time to be up, with one timer for its whole life.
#[derive(Debug)]
pub(super) struct Watchdog {
    activity: Arc<Activity>,
    timer: Pin<Box<Sleep>>,
    /// When the timer rings; 0 when it is not set.
    rings_at: u64,
    head: u64,
    idle: u64,
    /// When the connection began to close.
    closing: Option<u64>,
}

impl Watchdog {
    pub(super) fn new(activity: Arc<Activity>, limits: &Limits) -> Watchdog {
        Watchdog {
            activity,
            timer: Box::pin(sleep(Duration::ZERO)),
            rings_at: 0,
            head: limits.header_seconds.saturating_mul(1_000_000),
            idle: limits.idle_seconds.saturating_mul(1_000_000),
            closing: None,
        }
    }

    /// From now on the connection should end soon.
    pub(super) fn closing(&mut self) {
        self.closing.get_or_insert(self.activity.now());
    }

    /// Ready when the time is up. The connection must be polled before it, because that is what reports activity.
    pub(super) async fn expired(&mut self) -> Expired {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Expired> {
        loop {
            // While a request runs it has deadlines of its own; its end wakes the connection and so comes by here.
            let Some((due, expired)) = self.due() else { return Poll::Pending };
            let now = self.activity.now();
            if now >= due {
                return Poll::Ready(expired);
            }
            if self.rings_at == 0 || due < self.rings_at {
                self.timer.set(sleep(Duration::from_micros(due - now)));
                self.rings_at = due;
            }
            ready!(self.timer.as_mut().poll(context));
            self.rings_at = 0;
        }
    }

    fn due(&self) -> Option<(u64, Expired)> {
        if self.activity.open.load(Relaxed) > 0 {
            return None;
        }
        let idle_since = self.activity.idle_since.load(Relaxed);
        let head_since = self.activity.head_since.load(Relaxed);
        Some(match self.closing {
            Some(since) => (since.max(idle_since).saturating_add(self.head), Expired::Stalled),
            None if head_since > 0 => (head_since.saturating_add(self.head), Expired::Stalled),
            None => (idle_since.saturating_add(self.idle), Expired::Idle),
        })
    }
}
