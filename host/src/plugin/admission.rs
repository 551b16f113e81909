//! Who may run: a bounded number of instances, a bounded queue, and a slow lane for guests that do not answer at once.
//!
//! Used by `call`. Knows nothing of wasmtime.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::Poll,
    time::Duration,
};

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use super::{Limits, clock::Clock};
use crate::{decision::Code, world::Stopwatch};

/// The doors of the sandbox.
pub(super) struct Admission {
    seats: Semaphore,
    queue: usize,
    waiting: AtomicUsize,
    patience: Duration,
    slow_lane: Semaphore,
    /// Instances that may wait for other servers.
    pub(super) waits: Arc<Semaphore>,
}

/// Permission to make one instance.
pub(super) struct Seat<'a> {
    _permit: SemaphorePermit<'a>,
    /// How long it was waited for, in microseconds.
    pub(super) queue_us: u64,
}

impl Admission {
    /// Doors for `limits.slots` instances on a runtime of `workers` threads.
    pub(super) fn new(limits: &Limits, workers: usize) -> Admission {
        Admission {
            seats: Semaphore::new(limits.slots as usize),
            queue: limits.queue,
            waiting: AtomicUsize::new(0),
            // Every seat is free again after a deadline, so who has waited twice as long meets a flood.
            patience: limits.deadline.saturating_mul(2),
            slow_lane: Semaphore::new(workers.saturating_sub(1).max(1)),
            waits: Arc::new(Semaphore::new((limits.slots as usize / 2).max(1))),
        }
    }

    /// Waits for a seat, unless too many wait already.
    pub(super) async fn enter(&self) -> Result<Seat<'_>, Code> {
        if let Ok(permit) = self.seats.try_acquire() {
            return Ok(Seat { _permit: permit, queue_us: 0 });
        }
        let _place = self.line_up()?;
        let watch = Stopwatch::start();
        match timeout(self.patience, self.seats.acquire()).await {
            Ok(Ok(permit)) => Ok(Seat { _permit: permit, queue_us: watch.micros() }),
            _ => Err(Code::Overloaded),
        }
    }

    fn line_up(&self) -> Result<Place<'_>, Code> {
        let before = self.waiting.fetch_add(1, Relaxed);
        let place = Place(&self.waiting);
        if before < self.queue { Ok(place) } else { Err(Code::Overloaded) }
    }

    /// Runs `call`. A call that is not done after its first slice goes on in the slow lane, whose width leaves one
    /// worker for everybody else. Waiting for the lane counts against the deadline, waiting for somebody outside does not.
    pub(super) async fn run<F: Future>(&self, call: F, deadline: Duration, clock: &Clock) -> Result<F::Output, Code> {
        let mut call = pin!(call);
        if let Poll::Ready(done) = slice(call.as_mut()).await {
            return Ok(done);
        }
        loop {
            if clock.is_waiting() {
                match woken(call.as_mut(), clock).await {
                    Poll::Ready(done) => return Ok(done),
                    Poll::Pending => continue,
                }
            }
            let left = deadline.saturating_sub(clock.spent());
            let Ok(Ok(permit)) = timeout(left, self.slow_lane.acquire()).await else { return Err(Code::Deadline) };
            // One slice, then the next in line: a call that was merely unlucky must not wait for endless ones to end.
            if let Poll::Ready(done) = slice(call.as_mut()).await {
                return Ok(done);
            }
            drop(permit);
            tokio::task::yield_now().await;
        }
    }
}

/// One slice of a call.
async fn slice<F: Future>(mut call: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await
}

/// The first slice of a call after it has waited for somebody outside. Till then the worker is free.
async fn woken<F: Future>(mut call: Pin<&mut F>, clock: &Clock) -> Poll<F::Output> {
    poll_fn(|context| match call.as_mut().poll(context) {
        Poll::Pending if clock.is_waiting() => Poll::Pending,
        polled => Poll::Ready(polled),
    })
    .await
}

/// A place in the queue.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(slots: u32, queue: usize) -> Admission {
        let deadline = Duration::from_millis(5);
        Admission::new(&Limits { slots, queue, deadline, ..Limits::default() }, 2)
    }

    #[tokio::test]
    async fn waits_for_a_seat_but_not_in_an_endless_queue() {
        let admission = admission(1, 1);
        let seat = admission.enter().await.map_err(|_| ()).unwrap();
        let (waiting, turned_away) = tokio::join!(biased; admission.enter(), admission.enter());
        assert_eq!(waiting.err(), Some(Code::Overloaded), "nobody left in time");
        assert_eq!(turned_away.err(), Some(Code::Overloaded), "the queue holds one");
        drop(seat);
        assert!(admission.enter().await.is_ok());
    }

    #[tokio::test]
    async fn who_is_done_at_once_needs_no_slow_lane() {
        let admission = admission(1, 1);
        let _busy = admission.slow_lane.acquire().await.unwrap();
        assert_eq!(admission.run(async { 7 }, Duration::from_secs(1), &Clock::start()).await, Ok(7));
        let slow = async { tokio::task::yield_now().await };
        assert_eq!(admission.run(slow, Duration::from_millis(5), &Clock::start()).await, Err(Code::Deadline));
    }

    #[tokio::test]
    async fn who_waits_for_somebody_outside_is_not_polled_and_needs_no_lane() {
        let admission = admission(1, 1);
        let _busy = admission.slow_lane.acquire().await.unwrap();
        let clock = Clock::start();
        let polls = AtomicUsize::new(0);
        let call = async {
            let answer = clock.wait(Duration::from_secs(60), tokio::time::sleep(Duration::from_millis(20)));
            let mut answer = pin!(answer);
            poll_fn(|context| {
                polls.fetch_add(1, Relaxed);
                answer.as_mut().poll(context)
            })
            .await
        };
        assert_eq!(admission.run(call, Duration::from_millis(5), &clock).await, Ok(Some(())));
        assert!(polls.load(Relaxed) < 6, "polled {} times", polls.load(Relaxed));
    }
}
