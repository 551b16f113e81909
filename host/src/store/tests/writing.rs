//! The write set, group commit, and what an error, a panic or a broken disk leaves behind.

use std::{
    collections::BTreeMap,
    ops::{Bound, ControlFlow, RangeBounds},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    task::{Context, Poll, Waker},
};

use redb::{Builder, StorageBackend, backends::InMemoryBackend};

use crate::store::{
    Store, StoreError, Table, View, Write, records,
    sample::{Folder, Numbers, Refused, User, options},
};

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

fn everything(
    view: &impl View,
    from: Bound<&[u8]>,
    to: Bound<&[u8]>,
    reverse: bool,
    most: usize,
) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut found = Vec::new();
    view.scan(Table::User, from, to, reverse, &mut |key, value| {
        found.push((key.to_vec(), value.to_vec()));
        Ok(if found.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })
    .unwrap();
    found
}

fn bound<'a>(numbers: &mut Numbers, key: &'a [u8]) -> Bound<&'a [u8]> {
    [Bound::Included(key), Bound::Excluded(key), Bound::Unbounded][numbers.below(3)]
}

/// Changes some keys and compares every kind of reading with an ordinary map.
fn change_and_compare(write: &mut Write<'_>, model: &mut Model, numbers: &mut Numbers) {
    for _ in 0..numbers.below(12) {
        let (key, value) = (vec![numbers.below(16) as u8], vec![numbers.below(256) as u8]);
        if numbers.below(3) == 0 {
            model.remove(&key);
            write.delete(Table::User, key);
        } else {
            model.insert(key.clone(), value.clone());
            write.put(Table::User, key, value);
        }
    }
    for _ in 0..20 {
        let (low, high) = ([numbers.below(18) as u8], [numbers.below(18) as u8]);
        let (from, to) = (bound(numbers, &low), bound(numbers, &high));
        let (reverse, most) = (numbers.below(2) == 0, 1 + numbers.below(20));
        let inside = |key: &[u8]| RangeBounds::<[u8]>::contains(&(from, to), key);
        let mut expected: Vec<_> =
            model.iter().filter(|(key, _)| inside(key)).map(|(key, value)| (key.clone(), value.clone())).collect();
        if reverse {
            expected.reverse();
        }
        expected.truncate(most);
        assert_eq!(everything(write, from, to, reverse, most), expected, "{from:?} {to:?} {reverse} {most}");
        assert_eq!(write.get(Table::User, &low).unwrap(), model.get(low.as_slice()).cloned());
    }
}

#[test]
fn a_write_set_reads_as_if_it_were_stored() {
    let folder = Folder::new();
    let store = folder.open();
    let mut model = Model::new();
    for seed in 0..60 {
        let before = model.clone();
        let keep = seed % 3 != 0;
        let after: Result<Model, Refused> = store.write_blocking(move |write| {
            let (mut model, mut numbers) = (before.clone(), Numbers::seeded(seed));
            change_and_compare(write, &mut model, &mut numbers);
            change_and_compare(write, &mut model, &mut numbers);
            if keep { Ok(model) } else { Err(Refused::Rule("not kept")) }
        });
        match after {
            Ok(after) => model = after,
            // A failed comparison panics inside the closure, which the writer would answer as an error.
            Err(error) => assert_eq!(error, Refused::Rule("not kept"), "seed {seed}"),
        }
        let stored = everything(&store.read().unwrap(), Bound::Unbounded, Bound::Unbounded, false, usize::MAX);
        assert_eq!(stored, model.clone().into_iter().collect::<Vec<_>>(), "seed {seed}");
    }
}

/// Holds the writer thread inside a closure until the sender is used or dropped.
fn hold(store: &Store) -> Sender<()> {
    let (started, is_started) = channel();
    let (release, released) = channel();
    let work = move |_: &mut Write<'_>| {
        started.send(()).unwrap();
        let _ = released.recv();
        Ok::<(), StoreError>(())
    };
    store.inner.queue.send(None, work, drop).unwrap();
    is_started.recv().unwrap();
    release
}

fn count_up(write: &mut Write<'_>) -> Result<u64, Refused> {
    let logins = records::get::<User>(&*write, &["ada"])?.map_or(0, |user| user.logins) + 1;
    records::put(write, &["ada"], &User { logins })?;
    Ok(logins)
}

fn enqueue(
    store: &Store,
    work: impl FnMut(&mut Write<'_>) -> Result<u64, Refused> + Send + 'static,
) -> Receiver<Result<u64, Refused>> {
    let (answer, answered) = channel();
    store.inner.queue.send(None, work, move |result| answer.send(result).unwrap()).unwrap();
    answered
}

#[test]
fn a_batch_is_one_commit_in_which_each_sees_the_ones_before_and_failures_leave_nothing() {
    let folder = Folder::new();
    let store = folder.open();
    let held = hold(&store);
    let mut answers = Vec::new();
    for place in 0..30 {
        answers.push(enqueue(&store, move |write| {
            let count = count_up(write)?;
            match place % 10 {
                3 => Err(Refused::Rule("three")),
                7 => panic!("seven"),
                _ => Ok(count),
            }
        }));
    }
    drop(held);
    let mut kept = 0;
    for (place, answer) in answers.iter().enumerate() {
        let expected = match place % 10 {
            3 => Err(Refused::Rule("three")),
            7 => Err(Refused::Store(StoreError::Panicked)),
            _ => {
                kept += 1;
                Ok(kept)
            }
        };
        assert_eq!(answer.recv().unwrap(), expected, "place {place}");
    }
    assert_eq!(store.record::<User>(&["ada"]).unwrap().unwrap().logins, 24);
    let stats = store.stats();
    assert_eq!((stats.commits, stats.batched_writes), (1, 24), "the held closure changed nothing and needs no commit");
}

#[tokio::test]
async fn answers_reach_asynchronous_writers_and_are_durable_by_then() {
    let folder = Folder::new();
    let store = folder.open();
    let tasks: Vec<_> = (0..40)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let mine = store.write(count_up).await.unwrap();
                assert!(store.record::<User>(&["ada"]).unwrap().unwrap().logins >= mine);
                mine
            })
        })
        .collect();
    let mut counts = Vec::new();
    for task in tasks {
        counts.push(task.await.unwrap());
    }
    counts.sort_unstable();
    assert_eq!(counts, (1..=40).collect::<Vec<_>>());
    // Blocking must not panic on a thread of the runtime, since start-up runs there.
    assert_eq!(store.write_blocking(count_up), Ok(41));
}

/// Without tokio's budget, which makes a task that polls hundreds of futures in one go wait for no other reason.
fn unconstrained<F: Future>(future: F) -> tokio::task::coop::Unconstrained<F> {
    tokio::task::coop::unconstrained(future)
}

#[tokio::test]
async fn the_queue_is_bounded_and_a_place_comes_back_with_the_answer() {
    let folder = Folder::new();
    let store = folder.open();
    let held = hold(&store);
    let mut waiting: Vec<_> = (0..1024).map(|_| Box::pin(unconstrained(store.write(count_up)))).collect();
    let mut context = Context::from_waker(Waker::noop());
    for write in &mut waiting {
        assert!(write.as_mut().poll(&mut context).is_pending());
    }
    {
        let mut room = pin!(unconstrained(store.inner.queue.room()));
        assert!(room.as_mut().poll(&mut context).is_pending(), "the queue is full");
    }
    drop(held);
    for write in waiting {
        write.await.unwrap();
    }
    let mut room = pin!(unconstrained(store.inner.queue.room()));
    assert!(matches!(room.as_mut().poll(&mut context), Poll::Ready(Ok(_))));
    assert_eq!(store.record::<User>(&["ada"]).unwrap().unwrap().logins, 1024);
    assert_eq!(store.stats().commits, 4, "1024 closures in batches of 256");
}

#[test]
fn closing_finishes_what_waits_and_refuses_the_rest() {
    let folder = Folder::new();
    let store = folder.open();
    let other = store.clone();
    let held = hold(&store);
    let waiting = enqueue(&store, count_up);
    store.inner.queue.stop();
    let late = enqueue(&store, count_up);
    drop(held);
    store.close();
    assert_eq!(waiting.recv().unwrap(), Ok(1));
    assert!(late.recv().is_err(), "dropped without an answer, which a writer sees as closed");
    assert_eq!(other.write_blocking(count_up), Err(Refused::Store(StoreError::Closed)));
    assert_eq!(other.record::<User>(&["ada"]).unwrap().unwrap().logins, 1);
    drop(other);
    assert_eq!(folder.open().record::<User>(&["ada"]).unwrap().unwrap().logins, 1);
}

/// A disk that breaks on command.
#[derive(Debug)]
struct Disk {
    memory: InMemoryBackend,
    broken: Arc<AtomicBool>,
}

impl Disk {
    fn check(&self) -> std::io::Result<()> {
        if self.broken.load(Ordering::SeqCst) { Err(std::io::Error::other("the disk is gone")) } else { Ok(()) }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> std::io::Result<u64> {
        self.memory.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> std::io::Result<()> {
        self.memory.read(offset, out)
    }

    fn set_len(&self, len: u64) -> std::io::Result<()> {
        self.check()?;
        self.memory.set_len(len)
    }

    fn sync_data(&self) -> std::io::Result<()> {
        self.check()
    }

    fn write(&self, offset: u64, data: &[u8]) -> std::io::Result<()> {
        self.check()?;
        self.memory.write(offset, data)
    }
}

#[test]
fn after_a_failed_commit_everyone_is_told_and_nothing_is_written_any_more() {
    let folder = Folder::new();
    let broken = Arc::new(AtomicBool::new(false));
    let disk = Disk { memory: InMemoryBackend::new(), broken: Arc::clone(&broken) };
    let database = Builder::new().create_with_backend(disk).unwrap();
    let store = Store::start(database, &options(&folder.file("none"))).unwrap();
    assert_eq!(store.write_blocking(count_up), Ok(1));

    let held = hold(&store);
    let good = enqueue(&store, count_up);
    let refused = enqueue(&store, |_| Err(Refused::Rule("mine")));
    broken.store(true, Ordering::SeqCst);
    drop(held);
    let failed = |result| matches!(result, Err(Refused::Store(StoreError::Io(_))));
    assert!(failed(good.recv().unwrap()));
    assert!(failed(refused.recv().unwrap()), "its error may rest on what was not committed");

    broken.store(false, Ordering::SeqCst);
    let Err(Refused::Store(StoreError::Io(reason))) = store.write_blocking(count_up) else {
        panic!("a store that lost a commit must not go on")
    };
    assert!(reason.contains("until a restart"), "{reason}");
}
