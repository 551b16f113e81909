//! Turns for work that takes a core for long: passwords and signing keys.
//!
//! Called by `password` and by `domain`. Knows nothing of the work.

use std::sync::Arc;

use tokio::{sync::Semaphore, task::spawn_blocking};

/// Runs work off the runtime's threads, a few at a time. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Turns(pub(super) Arc<Semaphore>);

impl Turns {
    /// At most `parallel` at once, and at least one.
    pub fn new(parallel: usize) -> Turns {
        Turns(Arc::new(Semaphore::new(parallel.clamp(1, Semaphore::MAX_PERMITS))))
    }

    /// Runs `work` on a blocking thread when its turn comes; none when it panicked, or the runtime stopped. The permit goes
    /// with the work: when the waiting request is given up, the work still counts until it ends.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let permit = Arc::clone(&self.0).acquire_owned().await.ok()?;
        let task = spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        task.await.ok()
    }
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
        assert_eq!(turns.0.available_permits(), 2);
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
                    std::thread::sleep(std::time::Duration::from_millis(5));
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
        let (started, has_started) = tokio::sync::oneshot::channel();
        let (release, released) = std::sync::mpsc::channel::<()>();
        let request = tokio::spawn({
            let turns = turns.clone();
            async move { turns.run(move || (started.send(()), released.recv())).await.is_some() }
        });
        has_started.await.unwrap();
        request.abort();
        assert!(request.await.unwrap_err().is_cancelled());
        assert_eq!(turns.0.available_permits(), 1);
        release.send(()).unwrap();
        assert!(turns.0.acquire_many(2).await.is_ok());
    }
}
