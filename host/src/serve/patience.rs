//! Waiting for something, but not for ever.
//!
//! Called by `exchange` and `body`. Most of what they wait for is ready at once, so a timer is made only for what is not:
//! two timers would be a good part of a small request.

use std::{
    pin::pin,
    task::Poll::{Pending, Ready},
    time::Duration,
};

use tokio::time::timeout;

/// The future's value; none when it took longer than `patience`.
pub(super) async fn within<F: Future>(patience: Duration, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    match std::future::poll_fn(|context| Ready(future.as_mut().poll(context))).await {
        Ready(value) => Some(value),
        Pending => timeout(patience, future).await.ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_ready_needs_no_time_and_what_never_is_ends() {
        assert_eq!(within(Duration::ZERO, async { 1 }).await, Some(1));
        assert_eq!(within(Duration::from_secs(60), tokio::task::yield_now()).await, Some(()));
        assert_eq!(within(Duration::from_millis(1), std::future::pending::<()>()).await, None);
    }
}
