//! Turns for work that takes a core for long: passwords and signing keys.
//!
//! Called by `password` and by `domain`. Knows nothing of the work.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, OnceLock, PoisonError, mpsc},
    thread,
};

use tokio::sync::{Semaphore, oneshot};

/// Runs work off the runtime's threads, a few at a time. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Turns {
    pub(super) permits: Arc<Semaphore>,
    threads: Arc<Threads>,
}

/// Threads of our own, started with the first work. Work on the runtime's blocking threads would leave its memory (19 MiB
/// for a password) with every thread that ever had a turn, since each keeps what it has freed for later.
#[derive(Debug)]
struct Threads {
    count: usize,
    queue: OnceLock<Option<mpsc::Sender<Work>>>,
}

type Work = Box<dyn FnOnce() + Send>;

impl Turns {
    /// At most `parallel` at once, and at least one.
    pub fn new(parallel: usize) -> Turns {
        let count = parallel.clamp(1, Semaphore::MAX_PERMITS);
        let threads = Threads { count, queue: OnceLock::new() };
        Turns { permits: Arc::new(Semaphore::new(count)), threads: Arc::new(threads) }
    }

    /// Runs `work` on a thread for it when its turn comes; none when it panicked. The permit goes with the work: when the
    /// waiting request is given up, the work still counts until it ends.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok()?;
        let (answer, answered) = oneshot::channel();
        let work = Box::new(move || {
            let result = catch_unwind(AssertUnwindSafe(work));
            drop(permit);
            // Nobody waits any more, or the work has failed: both show at the other end.
            let _ = result.map(|result| answer.send(result));
        });
        self.threads.queue()?.send(work).ok()?;
        answered.await.ok()
    }
}

impl Threads {
    /// Where work is handed in; none when no thread could be started.
    fn queue(&self) -> Option<&mpsc::Sender<Work>> {
        self.queue.get_or_init(|| start(self.count)).as_ref()
    }
}

/// The threads end when nobody can hand in work any more.
fn start(count: usize) -> Option<mpsc::Sender<Work>> {
    let (queue, waiting) = mpsc::channel::<Work>();
    let waiting = Arc::new(Mutex::new(waiting));
    for _ in 0..count {
        let waiting = Arc::clone(&waiting);
        let next = move || waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let all = move || {
            while let Ok(work) = next() {
                work()
            }
        };
        thread::Builder::new().name("turns".to_owned()).spawn(all).ok()?;
    }
    Some(queue)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use super::*;

    #[tokio::test]
    async fn every_turn_is_given_back() {
        let turns = Turns::new(2);
        assert_eq!(turns.run(|| 7).await, Some(7));
        assert_eq!(turns.run(|| -> () { panic!("work that fails") }).await, None);
        assert_eq!(turns.permits.available_permits(), 2);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn no_more_than_allowed_run_at_once() {
        let (turns, running, most) = (Turns::new(2), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut requests = tokio::task::JoinSet::new();
        for _ in 0..12 {
            let (turns, running, most) = (turns.clone(), Arc::clone(&running), Arc::clone(&most));
            requests.spawn(async move {
                let work = move || {
                    most.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
                    thread::sleep(std::time::Duration::from_millis(5));
                    running.fetch_sub(1, SeqCst);
                };
                turns.run(work).await
            });
        }
        assert!(requests.join_all().await.iter().all(Option::is_some));
        assert!((1..=2).contains(&most.load(SeqCst)), "{}", most.load(SeqCst));
    }

    #[tokio::test]
    async fn a_request_given_up_keeps_its_turn_until_the_work_ends() {
        let turns = Turns::new(2);
        let (started, has_started) = oneshot::channel();
        let (release, released) = mpsc::channel::<()>();
        let request = tokio::spawn({
            let turns = turns.clone();
            async move { turns.run(move || (started.send(()), released.recv())).await.is_some() }
        });
        has_started.await.unwrap();
        request.abort();
        assert!(request.await.unwrap_err().is_cancelled());
        assert_eq!(turns.permits.available_permits(), 1);
        release.send(()).unwrap();
        assert!(turns.permits.acquire_many(2).await.is_ok());
    }
}
