//! THE ENGINE: the only place that knows redb.
//!
//! Called by `domain` (and by `cli` for backups). It knows bytes, tables, timelines and transactions; it knows nothing of
//! what a client or a policy is, of HTTP, or of who asks. Of the rest of the program it uses only the type of an instant.
//!
//! ```text
//! tables    every table on one page          key, value   how parts and structs become bytes
//! timeline  records, index, pages, tenants   what lies in the tables, written against View and Write
//! clock     instants that only grow
//! read      MVCC snapshots                   write        the write set a closure fills
//! writer    the one thread that commits      cache        decoded values of hot records
//! latest    the snapshot that readers share
//! open      the file     migrate  its format     backup, verify  copies of it
//! ```
//!
//! Answered means durable: when `write` answers, the change survives kill -9 and a power failure.

mod backup;
mod cache;
mod changes;
mod clock;
mod error;
pub mod index;
mod key;
mod latest;
mod migrate;
mod open;
pub mod pages;
mod read;
pub mod records;
mod tables;
pub mod tenants;
pub mod timeline;
mod value;
mod verify;
mod write;
mod writer;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use std::{
    any::Any,
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
        mpsc::sync_channel,
    },
    thread::JoinHandle,
};

use redb::{Database, ReadableDatabase};
use tokio::sync::oneshot;

use crate::world::Micros;

pub use backup::BackupReport;
pub use error::StoreError;
pub use open::Options;
pub use read::{Each, Read, View};
pub use tables::{Index, Kind, Noun, Record, Table};
pub use timeline::State;
pub use verify::verify;
pub use write::Write;

use cache::{Cache, CacheKey, Cached, Loaded};
use changes::LastChanges;
use clock::Clock;
use error::engine;
use key::sought;
use latest::Latest;
use writer::{Queue, Shared};

/// The open store. Clones are the same store; the file is released when the last one is gone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

/// A way to the store that does not keep it open.
#[derive(Clone)]
pub struct WeakStore(Weak<Inner>);

impl WeakStore {
    /// The store, unless everybody else has let go of it.
    pub fn open(&self) -> Option<Store> {
        self.0.upgrade().map(|inner| Store { inner })
    }
}

struct Inner {
    path: PathBuf,
    shared: Arc<Shared>,
    queue: Queue,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

/// What the store has done since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Bytes of the data file.
    pub file_bytes: u64,
    /// Commits, each with one wait for the disk.
    pub commits: u64,
    /// Closures that changed something; divided by the commits, how well group commit works.
    pub batched_writes: u64,
    /// Lookups answered from the cache of decoded records.
    pub cache_hits: u64,
    /// Lookups that had to read and decode.
    pub cache_misses: u64,
}

impl Store {
    /// A way to it for those who outlive it, such as work in the background.
    pub fn downgrade(&self) -> WeakStore {
        WeakStore(Arc::downgrade(&self.inner))
    }

    /// Opens the data file, creating or migrating it when needed, and starts the writer thread.
    pub fn open(options: &Options) -> Result<Store, StoreError> {
        Store::start(open::database(options)?, options)
    }

    fn start(database: Database, options: &Options) -> Result<Store, StoreError> {
        migrate::run(&database)?;
        let highest = clock::highest(&Read::new(database.begin_read().map_err(engine)?))?;
        let shared = Arc::new(Shared {
            latest: Latest::default(),
            database,
            cache: Cache::new(options.cache_items),
            clock: Clock::new(highest),
            sequence: AtomicU64::new(0),
            changes: LastChanges::default(),
            writes: AtomicU64::new(0),
        });
        let (queue, thread) = writer::start(Arc::clone(&shared))?;
        let inner = Inner { path: options.path.clone(), shared, queue, thread: Mutex::new(Some(thread)) };
        Ok(Store { inner: Arc::new(inner) })
    }

    /// A snapshot of everything committed until now, read on the calling thread.
    pub fn read(&self) -> Result<Arc<Read>, StoreError> {
        let shared = &self.inner.shared;
        shared.latest.of(self.commit_sequence(), || Ok(Read::new(shared.database.begin_read().map_err(engine)?)))
    }

    /// Runs `work` on the writer thread and answers after its changes are durable. When it answers an error or panics,
    /// nothing is changed. It may run more than once, so it must not have side effects, nor write to the store again.
    ///
    /// Dropping the future while it waits for the answer does not stop the write.
    pub async fn write<R, E>(&self, work: impl FnMut(&mut Write<'_>) -> Result<R, E> + Send + 'static) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let place = self.inner.queue.room().await?;
        let (answer, answered) = oneshot::channel();
        // Sending fails when nobody waits any more.
        self.inner.queue.send(Some(place), work, move |result| drop(answer.send(result)))?;
        answered.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    /// Like [`Store::write`], blocking the calling thread: for the command line, start-up and threads of their own.
    pub fn write_blocking<R, E>(
        &self,
        work: impl FnMut(&mut Write<'_>) -> Result<R, E> + Send + 'static,
    ) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, answered) = sync_channel(1);
        self.inner.queue.send(None, work, move |result| drop(answer.send(result)))?;
        answered.recv().unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    /// What `work` would answer, on a snapshot and on the calling thread: what it changes is seen by itself only, and gone
    /// when it ends. Nobody waits for it.
    pub fn rehearse<R, E: From<StoreError>>(&self, work: impl FnOnce(&mut Write<'_>) -> Result<R, E>) -> Result<R, E> {
        let snapshot = self.read()?;
        work(&mut Write::new(&*snapshot))
    }

    /// Now, for reading: `wall`, the wall clock's, or the instant of the last change when that is later. So what was
    /// answered holds, also after the clock stepped back.
    pub fn now(&self, wall: Micros) -> Micros {
        self.inner.shared.clock.now(wall)
    }

    /// The state of a record that is current at `at`, through the cache; `None` when there is none or it is deleted.
    pub fn current<T: Noun>(&self, tenant: &str, id: &str, at: Micros) -> Result<Option<Arc<State<T>>>, StoreError> {
        let Some(identity) = sought(timeline::identity::<T>(tenant, id))? else { return Ok(None) };
        let key = self.inner.shared.cache.key(Table::States, identity.as_bytes());
        self.cached(key, at, |read| timeline::load(read, &identity, at))
    }

    /// A plain record, through the cache.
    pub fn record<T: Record>(&self, key: &[&str]) -> Result<Option<Arc<T>>, StoreError> {
        let Some(key) = sought(records::encoded::<T>(key))? else { return Ok(None) };
        self.cached(self.inner.shared.cache.key(T::TABLE, &key), 0, |read| records::load(read, &key))
    }

    fn cached<T: Send + Sync + 'static>(
        &self,
        key: CacheKey,
        at: Micros,
        load: impl FnOnce(&Read) -> Result<Loaded<T>, StoreError>,
    ) -> Result<Option<Arc<T>>, StoreError> {
        let cache = &self.inner.shared.cache;
        if let Some(found) = cache.get(key, at) {
            return Ok(found);
        }
        // Asked before the snapshot is taken, see cache.rs.
        let seen = self.commit_sequence();
        let Loaded { value, bytes, holds } = load(self.read()?.as_ref())?;
        let value = value.map(Arc::new);
        let erased = value.clone().map(|value| value as Arc<dyn Any + Send + Sync>);
        cache.insert(key, Cached { value: erased, bytes, holds }, seen);
        Ok(value)
    }

    /// How many commits there were since the store was opened. A snapshot taken afterwards sees all of them.
    pub fn commit_sequence(&self) -> u64 {
        self.inner.shared.sequence.load(Ordering::Acquire)
    }

    /// In which commit, counted as in [`Store::commit_sequence`], one of these kinds of a tenant's configuration was
    /// changed last. A snapshot taken afterwards sees that change, so what was worked out from one stays right as long as this does.
    pub fn last_change(&self, tenant: &str, kinds: &[Kind]) -> u64 {
        self.inner.shared.changes.of(tenant, kinds)
    }

    /// What the store has done since it was opened.
    pub fn stats(&self) -> Stats {
        let (cache_hits, cache_misses) = self.inner.shared.cache.hits_and_misses();
        Stats {
            file_bytes: std::fs::metadata(&self.inner.path).map_or(0, |file| file.len()),
            commits: self.commit_sequence(),
            batched_writes: self.inner.shared.writes.load(Ordering::Relaxed),
            cache_hits,
            cache_misses,
        }
    }

    /// Copies one snapshot into the new file `to` while reading and writing go on. Answers when the copy is durable.
    pub fn backup(&self, to: &Path) -> Result<BackupReport, StoreError> {
        backup::write(self.read()?.as_ref(), to)
    }

    /// Finishes the writes that wait, then ends the writer. Other clones can still read; their writes answer
    /// [`StoreError::Closed`].
    pub fn close(self) {
        self.inner.queue.stop();
        let thread = self.inner.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the store's writer thread had panicked");
        }
    }
}
