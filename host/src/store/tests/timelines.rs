//! Timelines: what is current when, versions, deletion, retention.

use crate::store::{
    State, Store, StoreError, Table, View,
    key::LONGEST_TEXT,
    sample::{Client, Folder},
    timeline,
};

fn append(store: &Store, id: &'static str, name: &'static str, valid_from: i64, recorded_at: i64) -> State<Client> {
    store
        .write_blocking::<_, StoreError>(move |write| {
            timeline::append(write, "t", id, Client::named(name), valid_from, recorded_at, "ada")
        })
        .unwrap()
}

fn name_at(store: &Store, id: &str, at: i64) -> Option<String> {
    let read = store.read().unwrap();
    let uncached = timeline::current::<Client>(&read, "t", id, at).unwrap().filter(|state| !state.deleted);
    let cached = store.current::<Client>("t", id, at).unwrap();
    assert_eq!(cached.as_deref(), uncached.as_ref(), "the cache and the table disagree at {at}");
    uncached.map(|state| state.value.name)
}

fn listed(store: &Store, at: i64, after: Option<&str>, limit: usize) -> Vec<String> {
    let read = store.read().unwrap();
    timeline::list::<Client>(&read, "t", at, after, limit).unwrap().into_iter().map(|(id, _)| id).collect()
}

#[test]
fn the_newest_state_that_has_begun_is_current() {
    let folder = Folder::new();
    let store = folder.open();
    assert_eq!(name_at(&store, "c", 0), None);
    assert_eq!(append(&store, "c", "first", 10, 10).version, 1);
    assert_eq!(append(&store, "c", "scheduled", 100, 20).version, 2);
    let third = append(&store, "c", "second", 50, 50);
    let expected = State {
        tongue: String::new(),
        value: Client::named("second"),
        valid_from: 50,
        recorded_at: 50,
        version: 3,
        author: "ada".into(),
        deleted: false,
    };
    assert_eq!(third, expected);
    // Twice, and not in the order of time, so that a cached state must know where it ends.
    for at in [9, 10, 49, 50, 99, 100, i64::MAX, 50, 9, i64::MIN, 100] {
        let expected = match at {
            ..10 => None,
            10..50 => Some("first"),
            50..100 => Some("second"),
            _ => Some("scheduled"),
        };
        assert_eq!(name_at(&store, "c", at).as_deref(), expected, "at {at}");
        assert_eq!(name_at(&store, "c", at).as_deref(), expected, "again at {at}");
    }
    let read = store.read().unwrap();
    let names: Vec<_> = timeline::history::<Client>(&read, "t", "c")
        .unwrap()
        .into_iter()
        .map(|state| (state.version, state.value.name))
        .collect();
    assert_eq!(names, [(1, "first".into()), (3, "second".into()), (2, "scheduled".into())]);
}

#[test]
fn of_two_states_of_one_instant_the_later_recorded_one_wins() {
    let folder = Folder::new();
    let store = folder.open();
    append(&store, "c", "one", 10, 10);
    append(&store, "c", "two", 10, 11);
    append(&store, "before the epoch", "old", -5, 11);
    assert_eq!(name_at(&store, "c", 10).as_deref(), Some("two"));
    assert_eq!(name_at(&store, "before the epoch", -5).as_deref(), Some("old"));
    assert_eq!(name_at(&store, "before the epoch", -6), None);
    assert_eq!(timeline::history::<Client>(&store.read().unwrap(), "t", "c").unwrap().len(), 2);
}

#[test]
fn lists_are_by_id_and_leave_out_what_is_not_there_yet_or_deleted() {
    let folder = Folder::new();
    let store = folder.open();
    for id in ["b", "a", "d", "c"] {
        append(&store, id, id, 10, 10);
    }
    append(&store, "later", "later", 100, 10);
    store
        .write_blocking::<_, StoreError>(|write| timeline::append(write, "other", "x", Client::named("x"), 1, 1, ""))
        .unwrap();
    store.write_blocking::<_, StoreError>(|write| timeline::soft_delete::<Client>(write, "t", "b", 20, "eve")).unwrap();
    assert_eq!(listed(&store, 15, None, 10), ["a", "b", "c", "d"]);
    assert_eq!(listed(&store, 20, None, 10), ["a", "c", "d"]);
    assert_eq!(listed(&store, 100, None, 10), ["a", "c", "d", "later"]);
    assert_eq!(listed(&store, 20, None, 2), ["a", "c"]);
    assert_eq!(listed(&store, 20, Some("a"), 2), ["c", "d"]);
    assert_eq!(listed(&store, 20, Some("bb"), 1), ["c"]);
    assert_eq!(listed(&store, 20, Some("z"), 1), [""; 0]);
    assert_eq!(listed(&store, 20, None, 0), [""; 0]);
    let read = store.read().unwrap();
    let all = timeline::list_with_deleted::<Client>(&read, "t", 20, None, 10).unwrap();
    assert_eq!(
        all.iter().map(|(id, state)| (id.as_str(), state.deleted)).collect::<Vec<_>>(),
        [("a", false), ("b", true), ("c", false), ("d", false)]
    );
}

fn delete(store: &Store, at: i64) -> bool {
    store
        .write_blocking::<_, StoreError>(move |write| timeline::soft_delete::<Client>(write, "t", "c", at, "eve"))
        .unwrap()
}

#[test]
fn a_soft_deleted_record_keeps_its_history_and_does_not_come_back_by_itself() {
    let folder = Folder::new();
    let store = folder.open();
    assert!(!delete(&store, 5), "there is nothing to delete");
    append(&store, "c", "first", 10, 10);
    append(&store, "c", "scheduled", 100, 20);
    assert!(delete(&store, 50));
    assert_eq!(name_at(&store, "c", 49).as_deref(), Some("first"));
    for at in [50, 99, 100, 1000] {
        assert_eq!(name_at(&store, "c", at), None, "at {at}");
    }
    assert!(!delete(&store, 60), "it is deleted already");
    let read = store.read().unwrap();
    let deleted = timeline::current::<Client>(&read, "t", "c", 70).unwrap().unwrap();
    assert_eq!((deleted.deleted, deleted.author.as_str(), deleted.version), (true, "eve", 3));
    assert_eq!(deleted.value, Client::named("first"), "what was deleted can be seen");
    assert_eq!(timeline::history::<Client>(&read, "t", "c").unwrap().len(), 2, "what never held is gone");

    assert_eq!(append(&store, "c", "again", 80, 80).version, 4);
    assert_eq!(name_at(&store, "c", 100).as_deref(), Some("again"), "what was scheduled before does not end it");
    assert_eq!(name_at(&store, "c", 200).as_deref(), Some("again"));
}

#[test]
fn what_was_yet_to_begin_can_be_deleted_and_looked_at() {
    let folder = Folder::new();
    let store = folder.open();
    append(&store, "c", "scheduled", 100, 20);
    append(&store, "c", "scheduled later", 200, 20);
    assert!(delete(&store, 50));
    assert!(!delete(&store, 60));
    assert_eq!((name_at(&store, "c", 100), name_at(&store, "c", 200)), (None, None));
    let read = store.read().unwrap();
    let deleted = timeline::current::<Client>(&read, "t", "c", 70).unwrap().unwrap();
    assert_eq!((deleted.deleted, deleted.value), (true, Client::named("scheduled")));
}

#[test]
fn a_state_can_end_a_record_for_a_while_and_be_amended_until_it_begins() {
    let folder = Folder::new();
    let store = folder.open();
    append(&store, "c", "first", 10, 10);
    append(&store, "c", "scheduled", 100, 20);
    store
        .write_blocking::<_, StoreError>(|write| {
            timeline::end::<Client>(write, "t", "c", 50, 20, "eve")?;
            timeline::end::<Client>(write, "t", "c", 60, 20, "eve")?;
            timeline::end::<Client>(write, "t", "never", 60, 20, "eve")?;
            for state in timeline::scheduled::<Client>(&*write, "t", "c", 50)? {
                timeline::amend(write, "t", "c", State { value: Client::named("amended"), ..state })?;
            }
            Ok(())
        })
        .unwrap();
    let read = store.read().unwrap();
    let until = |at| timeline::current_until::<Client>(&read, "t", "c", at).unwrap();
    assert_eq!(until(10).0.map(|state| state.value), Some(Client::named("first")));
    assert_eq!((until(5).1, until(10).1, until(60).1, until(100).1), (9, 49, 99, i64::MAX));
    assert_eq!((name_at(&store, "c", 50), name_at(&store, "c", 100).as_deref()), (None, Some("amended")));
    let last = timeline::current::<Client>(&read, "t", "c", 100).unwrap().unwrap();
    assert_eq!((last.version, last.recorded_at), (2, 20), "the same state");
    assert_eq!(timeline::history::<Client>(&read, "t", "c").unwrap().len(), 3);
    let known = |id| timeline::known::<Client>(&read, "t", id).unwrap();
    assert_eq!((known("c"), known("never")), (true, false));
}

#[test]
fn only_what_is_scheduled_can_be_taken_back() {
    let folder = Folder::new();
    let store = folder.open();
    append(&store, "c", "first", 10, 10);
    append(&store, "c", "scheduled", 100, 20);
    let unschedule = |valid_from, now| {
        store
            .write_blocking::<_, StoreError>(move |write| {
                timeline::unschedule::<Client>(write, "t", "c", valid_from, now)
            })
            .unwrap()
    };
    assert!(!unschedule(10, 50));
    assert!(!unschedule(100, 100));
    assert!(!unschedule(99, 50));
    assert_eq!(name_at(&store, "c", 100).as_deref(), Some("scheduled"));
    assert!(unschedule(100, 50));
    assert_eq!(name_at(&store, "c", 100).as_deref(), Some("first"));
    assert_eq!(append(&store, "c", "next", 60, 60).version, 3, "a version is never given out twice");
}

#[test]
fn retention_keeps_the_current_state_the_future_and_the_newest_of_the_past() {
    let folder = Folder::new();
    let store = folder.open();
    for at in [10, 20, 30, 40, 100] {
        append(&store, "c", "state", at, 1);
    }
    let trim = |keep| {
        store.write_blocking::<_, StoreError>(move |write| timeline::trim::<Client>(write, "t", "c", 50, keep)).unwrap()
    };
    let left = || -> Vec<i64> {
        let states = timeline::history::<Client>(&store.read().unwrap(), "t", "c").unwrap();
        states.iter().map(|state| state.valid_from).collect()
    };
    assert_eq!(trim(3), 0);
    assert_eq!(trim(usize::MAX), 0);
    assert_eq!(trim(1), 2);
    assert_eq!(left(), [30, 40, 100]);
    assert_eq!(trim(0), 1);
    assert_eq!(left(), [40, 100]);
    assert_eq!(trim(0), 0);
    assert_eq!(append(&store, "c", "next", 60, 60).version, 6);
}

#[test]
fn an_erased_record_leaves_nothing_and_its_neighbours_alone() {
    let folder = Folder::new();
    let store = folder.open();
    for id in ["c", "c2", "b"] {
        append(&store, id, id, 10, 10);
        append(&store, id, id, 100, 10);
    }
    let erase = || store.write_blocking::<_, StoreError>(|write| timeline::erase::<Client>(write, "t", "c")).unwrap();
    assert_eq!(name_at(&store, "c", 10).as_deref(), Some("c"));
    assert!(erase());
    assert!(!erase());
    assert_eq!(name_at(&store, "c", 10), None);
    assert_eq!(listed(&store, 10, None, 10), ["b", "c2"]);
    assert_eq!(timeline::history::<Client>(&store.read().unwrap(), "t", "c2").unwrap().len(), 2);
    assert_eq!(append(&store, "c", "new", 10, 10).version, 1);
}

#[test]
fn what_can_be_no_id_is_not_there_and_a_damaged_value_is_an_error() {
    let folder = Folder::new();
    let store = folder.open();
    let read = store.read().unwrap();
    for bad in ["a\0b", "\0", &"x".repeat(LONGEST_TEXT + 1)] {
        for (tenant, id) in [("t", bad), (bad, "c")] {
            assert_eq!(store.current::<Client>(tenant, id, 0), Ok(None));
            assert_eq!(timeline::current::<Client>(&read, tenant, id, 0), Ok(None));
            assert_eq!(timeline::history::<Client>(&read, tenant, id), Ok(Vec::new()));
        }
        assert_eq!(timeline::list::<Client>(&read, bad, 0, None, 9), Ok(Vec::new()));
        let bad = bad.to_owned();
        let refused = store.write_blocking(move |write| {
            assert_eq!(timeline::current::<Client>(&*write, "t", &bad, 0), Ok(None), "also inside a transaction");
            timeline::append(write, "t", &bad, Client::named("c"), 1, 1, "ada").map(drop)
        });
        assert_eq!(refused, Err(StoreError::BadKey));
    }
    let stats = store.stats();
    assert_eq!((stats.cache_hits, stats.cache_misses), (0, 0), "the cache was not asked");
    append(&store, "c", "c", 10, 10);
    store
        .write_blocking(|write| {
            let identity = timeline::identity::<Client>("t", "c")?;
            let key = identity.signed(10).number(1).into_bytes();
            assert!(write.get(Table::States, &key)?.is_some());
            write.put(Table::States, key, vec![0, 1, 0x81]);
            Ok::<(), StoreError>(())
        })
        .unwrap();
    assert!(matches!(store.current::<Client>("t", "c", 10), Err(StoreError::Corrupt { table: "states", .. })));
}
