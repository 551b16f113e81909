//! The cache of decoded values under commits: never older than what was answered.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use crate::store::{
    Store, StoreError,
    cache::Cached,
    records,
    sample::{Client, Folder, User},
    timeline,
};

fn put(store: &Store, logins: u64) {
    store.write_blocking::<_, StoreError>(move |write| records::put(write, &["ada"], &User { logins })).unwrap();
}

#[test]
fn records_and_their_absence_are_cached_until_they_change() {
    let folder = Folder::new();
    let store = folder.open();
    let logins = || store.record::<User>(&["ada"]).unwrap().map(|user| user.logins);
    assert_eq!((logins(), logins()), (None, None));
    put(&store, 1);
    assert_eq!((logins(), logins()), (Some(1), Some(1)));
    let stats = store.stats();
    assert_eq!((stats.cache_hits, stats.cache_misses), (2, 2));
    store.write_blocking::<_, StoreError>(|write| records::delete::<User>(write, &["ada"])).unwrap();
    assert_eq!(logins(), None);
}

#[test]
fn a_slow_reader_does_not_bring_an_old_value_back() {
    let folder = Folder::new();
    let store = folder.open();
    put(&store, 1);
    // A reader takes its snapshot and is held up ...
    let seen = store.commit_sequence();
    let read = store.read().unwrap();
    let old: User = records::get(&read, &["ada"]).unwrap().unwrap();
    // ... while a commit changes the record and is answered ...
    put(&store, 2);
    // ... and then goes on.
    let key = store.inner.shared.cache.key(crate::store::Table::User, b"ada\0");
    let entry = Cached { value: Some(Arc::new(old)), bytes: 0, holds: i64::MIN..=i64::MAX };
    store.inner.shared.cache.insert(key, entry, seen);
    assert_eq!(store.record::<User>(&["ada"]).unwrap().unwrap().logins, 2);
}

#[test]
fn nobody_reads_anything_older_than_what_was_answered() {
    const IDS: [&str; 3] = ["a", "b", "c"];
    let folder = Folder::new();
    let store = folder.open();
    let answered: Arc<[AtomicU64; 3]> = Arc::default();
    let done = Arc::new(AtomicBool::new(false));
    let writer = |offset: usize| {
        let (store, answered) = (store.clone(), Arc::clone(&answered));
        move || {
            for round in 0..60 {
                let which = (round + offset) % IDS.len();
                let state = store
                    .write_blocking::<_, StoreError>(move |write| {
                        timeline::append(write, "t", IDS[which], Client::named("x"), 1, 1, "")
                    })
                    .unwrap();
                answered[which].fetch_max(state.version, Ordering::SeqCst);
            }
        }
    };
    let reader = || {
        let (store, answered, done) = (store.clone(), Arc::clone(&answered), Arc::clone(&done));
        move || {
            let mut last = [0; 3];
            while !done.load(Ordering::SeqCst) {
                for (which, id) in IDS.iter().enumerate() {
                    let least = answered[which].load(Ordering::SeqCst).max(last[which]);
                    last[which] = store.current::<Client>("t", id, 5).unwrap().map_or(0, |state| state.version);
                    assert!(last[which] >= least, "{id}: read {}, {least} was answered before", last[which]);
                }
            }
        }
    };
    let writers = [thread::spawn(writer(0)), thread::spawn(writer(1))];
    let readers = [thread::spawn(reader()), thread::spawn(reader()), thread::spawn(reader())];
    let written = writers.map(|writer| writer.join());
    done.store(true, Ordering::SeqCst);
    readers.into_iter().for_each(|reader| reader.join().unwrap());
    written.into_iter().for_each(|written| written.unwrap());
    let versions: u64 = IDS.iter().map(|id| store.current::<Client>("t", id, 5).unwrap().unwrap().version).sum();
    assert_eq!(versions, 120);
}
