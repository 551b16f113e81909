//! Turns a panic of somebody else's future into a value.
//!
//! Used by `exchange` and `control`: one request that panics must not take its connection, or others, with it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

/// The future panicked. The panic hook has logged where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Panicked;

/// The future's value, unless it panics.
///
/// Unwind safe because the future is dropped after a panic, never polled again; what it shares with others are locks
/// and atomics, which stay whole.
pub(super) async fn caught<F: Future>(future: F) -> Result<F::Output, Panicked> {
    let mut future = pin!(future);
    std::future::poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
        Ok(Poll::Pending) => Poll::Pending,
        Err(_) => Poll::Ready(Err(Panicked)),
    })
    .await
}
