//! Snapshots that readers share: one between two commits, never an older one than what was answered for, and none that
//! stays when nobody reads.

use std::{sync::Arc, thread};

use crate::store::{
    Store, StoreError, records,
    sample::{Folder, User},
};

fn put(store: &Store, key: &str, logins: u64) {
    let key = key.to_owned();
    store.write_blocking::<(), StoreError>(move |write| records::put(write, &["t", &key], &User { logins })).unwrap();
}

fn logins(view: &impl crate::store::View, key: &str) -> Option<u64> {
    records::get::<User>(view, &["t", key]).unwrap().map(|user| user.logins)
}

#[test]
fn readers_share_a_snapshot_until_the_next_commit() {
    let folder = Folder::new();
    let store = folder.open();
    put(&store, "ada", 1);
    let (one, two) = (store.read().unwrap(), store.read().unwrap());
    assert!(Arc::ptr_eq(&one, &two));
    put(&store, "ada", 2);
    let three = store.read().unwrap();
    assert_eq!([logins(&one, "ada"), logins(&two, "ada"), logins(&three, "ada")], [Some(1), Some(1), Some(2)]);
    let nothing = store.write_blocking::<(), StoreError>(|_| Ok(()));
    nothing.unwrap();
    assert!(Arc::ptr_eq(&three, &store.read().unwrap()), "nothing was committed");
}

#[test]
fn a_commit_lets_go_of_the_snapshot_before_it() {
    let folder = Folder::new();
    let store = folder.open();
    let before = Arc::downgrade(&store.read().unwrap());
    assert!(before.upgrade().is_some());
    put(&store, "ada", 1);
    assert!(before.upgrade().is_none());
}

#[test]
fn everybody_reads_what_they_have_written_and_nothing_goes_back() {
    let folder = Folder::new();
    let store = folder.open();
    thread::scope(|scope| {
        for writer in 0..4 {
            let store = &store;
            scope.spawn(move || {
                let key = format!("user-{writer}");
                for logins_now in 1..=100 {
                    put(store, &key, logins_now);
                    assert_eq!(logins(&store.read().unwrap(), &key), Some(logins_now));
                }
            });
        }
        for _ in 0..2 {
            scope.spawn(|| {
                let mut last = [0; 4];
                while last != [100; 4] {
                    let read = store.read().unwrap();
                    for (writer, last) in last.iter_mut().enumerate() {
                        let now = logins(&read, &format!("user-{writer}")).unwrap_or_default();
                        assert!(now >= *last, "{now} after {last}");
                        *last = now;
                    }
                }
            });
        }
    });
}
