//! The writer thread: group commit.
//!
//! Closures wait in a bounded queue. The thread takes whatever waits (up to [`MOST_IN_BATCH`]), runs each over a write
//! set of its own, puts the sets of those that answered `Ok` into one redb transaction, makes that durable with one
//! commit, and only then answers everyone. A closure that answers `Err` or panics leaves nothing behind. When the commit
//! fails, everyone in the batch is told so, also those who had an error of their own: it may rest on what another closure
//! of the batch had written.
//!
//! After a failed commit nobody knows what reached the disk, so the thread refuses all later work.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use redb::{Database, Durability, WriteTransaction};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::world::Stopwatch;

use super::{
    StoreError, Write,
    cache::Cache,
    changes::LastChanges,
    clock::{Clock, Stamped},
    error::engine,
    latest::Latest,
    write::{Changes, Tables},
};

/// Closures that share one commit at most: a late one should not make the early ones wait for long.
const MOST_IN_BATCH: usize = 256;

/// Asynchronous writers that wait at most; the next ones wait for room without a place in the queue.
const ROOM: usize = 1024;

/// What the writer and the readers share.
pub(super) struct Shared {
    /// Goes before the database that it reads.
    pub(super) latest: Latest,
    pub(super) database: Database,
    pub(super) cache: Cache,
    pub(super) clock: Clock,
    /// How many commits are done and visible to new snapshots.
    pub(super) sequence: AtomicU64,
    /// In which commit each kind of configuration was changed last.
    pub(super) changes: LastChanges,
    /// How many closures those commits held.
    pub(super) writes: AtomicU64,
}

/// A closure and who waits for it, with their types hidden.
trait Job: Send {
    /// Runs the closure and keeps its result. Answers whether its changes are to be kept.
    fn run(&mut self, write: &mut Write<'_>) -> bool;

    /// Hands the result over, or the reason why nothing was committed.
    fn answer(self: Box<Self>, commit: Result<(), StoreError>);
}

struct Task<W, R, E, A> {
    work: W,
    result: Option<Result<R, E>>,
    answer: A,
}

impl<W, R, E, A> Job for Task<W, R, E, A>
where
    W: FnMut(&mut Write<'_>) -> Result<R, E> + Send,
    R: Send,
    E: From<StoreError> + Send,
    A: FnOnce(Result<R, E>) + Send,
{
    fn run(&mut self, write: &mut Write<'_>) -> bool {
        // Sound to go on after a panic: the write set is thrown away, and a closure has no side effects.
        let ran = catch_unwind(AssertUnwindSafe(|| (self.work)(write)));
        let result = ran.unwrap_or_else(|_| Err(StoreError::Panicked.into()));
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }

    fn answer(self: Box<Self>, commit: Result<(), StoreError>) {
        let result = match (commit, self.result) {
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(StoreError::Closed.into()),
            (Err(error), _) => Err(error.into()),
        };
        (self.answer)(result);
    }
}

enum Message {
    /// Work, with its place among the waiting ones, which is given up when it is dropped. A blocking writer has none:
    /// its thread is its place.
    Work(Box<dyn Job>, Option<OwnedSemaphorePermit>),
    /// Finish what came before this, then end.
    Stop,
}

/// The way to the writer thread.
pub(super) struct Queue {
    messages: Sender<Message>,
    room: Arc<Semaphore>,
}

impl Queue {
    /// Waits for room in the queue. Dropping the future gives the place up.
    pub(super) async fn room(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        Arc::clone(&self.room).acquire_owned().await.map_err(|_| StoreError::Closed)
    }

    /// Hands `work` to the writer, which calls `answer` once. When the writer ends first, `answer` is dropped instead.
    pub(super) fn send<R, E>(
        &self,
        place: Option<OwnedSemaphorePermit>,
        work: impl FnMut(&mut Write<'_>) -> Result<R, E> + Send + 'static,
        answer: impl FnOnce(Result<R, E>) + Send + 'static,
    ) -> Result<(), StoreError>
    where
        R: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let task = Task { work, result: None, answer };
        self.messages.send(Message::Work(Box::new(task), place)).map_err(|_| StoreError::Closed)
    }

    /// Lets the writer finish what waits now and end.
    pub(super) fn stop(&self) {
        self.room.close();
        // An error means that it has ended already.
        let _ = self.messages.send(Message::Stop);
    }
}

/// Starts the writer thread. It ends after [`Queue::stop`], or when the queue is dropped and empty.
pub(super) fn start(shared: Arc<Shared>) -> Result<(Queue, JoinHandle<()>), StoreError> {
    let (messages, inbox) = channel();
    let thread = std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || run(&shared, &inbox))?;
    Ok((Queue { messages, room: Arc::new(Semaphore::new(ROOM)) }, thread))
}

fn run(shared: &Shared, inbox: &Receiver<Message>) {
    let mut broken = None;
    let mut last = Company::default();
    while let Ok(first) = inbox.recv() {
        let (mut batch, stop) = gather(first, inbox, &last);
        let watch = Stopwatch::start();
        let outcome = match &broken {
            Some(error) => Err(StoreError::clone(error)),
            None => commit(shared, &mut batch),
        };
        if let (Err(error), None) = (&outcome, &broken) {
            tracing::error!(%error, "the store cannot write any more");
            broken = Some(error.clone().lasting());
        }
        last = Company { closures: batch.len(), took: watch.elapsed() };
        for (job, _place) in batch {
            job.answer(outcome.clone());
        }
        if stop {
            return;
        }
    }
}

type Batch = Vec<(Box<dyn Job>, Option<OwnedSemaphorePermit>)>;

/// How many closures shared the last commit, and how long it took.
#[derive(Default)]
struct Company {
    closures: usize,
    took: Duration,
}

/// Takes what waits behind `first`, and says whether the writer is to end after it.
///
/// Those who shared the last commit are likely to write again, so as many are waited for, at most a quarter of the time that it
/// took: a commit costs nearly the same for one closure and for many. Whoever writes alone waits for nobody.
fn gather(first: Message, inbox: &Receiver<Message>, last: &Company) -> (Batch, bool) {
    let (watch, patience) = (Stopwatch::start(), last.took / 4);
    let mut batch = Batch::new();
    let mut next = Some(first);
    while let Some(message) = next {
        match message {
            Message::Work(job, place) => batch.push((job, place)),
            Message::Stop => return (batch, true),
        }
        next = match batch.len() {
            MOST_IN_BATCH.. => None,
            few if few < last.closures => inbox.recv_timeout(patience.saturating_sub(watch.elapsed())).ok(),
            _ => inbox.try_recv().ok(),
        };
    }
    (batch, false)
}

/// Runs a batch and makes what it changed durable.
fn commit(shared: &Shared, batch: &mut Batch) -> Result<(), StoreError> {
    let transaction = begin(&shared.database)?;
    let Collected { changed, stamped } = collect(&transaction, batch)?;
    if changed.is_empty() {
        return transaction.abort().map_err(engine);
    }
    let next = shared.sequence.load(Ordering::Acquire) + 1;
    // Before the commit: from here until the sequence moves on, nobody can put a value read from an older snapshot into
    // the cache, and nobody finds one there.
    changed.iter().for_each(|changes| shared.cache.invalidate(changes, next));
    transaction.commit().map_err(engine)?;
    // Before anybody is answered: a state that is answered for holds at every reader's now.
    stamped.into_iter().for_each(|stamped| shared.clock.committed(stamped));
    shared.sequence.store(next, Ordering::Release);
    shared.latest.forget();
    changed.iter().for_each(|changes| shared.changes.note(changes, next));
    shared.writes.fetch_add(changed.len() as u64, Ordering::Relaxed);
    Ok(())
}

/// What a batch leaves in its transaction.
#[derive(Default)]
struct Collected {
    /// The write sets that hold something.
    changed: Vec<Changes>,
    /// The last instant that one of them took.
    stamped: Option<Stamped>,
}

/// Runs every closure and puts what it changed into the transaction.
fn collect(transaction: &WriteTransaction, batch: &mut Batch) -> Result<Collected, StoreError> {
    let mut tables = Tables::new(transaction);
    let mut collected = Collected::default();
    for (job, _) in batch {
        let mut write = Write::new(&tables);
        let keep = job.run(&mut write);
        let (stamped, changes) = (write.stamped(), write.into_changes());
        if keep && !changes.is_empty() {
            tables.apply(&changes)?;
            collected.changed.push(changes);
            collected.stamped = stamped.or(collected.stamped);
        }
    }
    Ok(collected)
}

/// A redb transaction as every commit of the store is made: durable when `commit` returns, and with the allocator's
/// state, so that opening after a crash does not walk the whole file.
pub(super) fn begin(database: &Database) -> Result<WriteTransaction, StoreError> {
    let mut transaction = database.begin_write().map_err(engine)?;
    transaction.set_durability(Durability::Immediate).map_err(engine)?;
    transaction.set_quick_repair(true);
    Ok(transaction)
}
