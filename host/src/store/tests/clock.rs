//! Stamps under a wall clock that does what it likes.

use std::{
    sync::{Arc, Mutex},
    thread,
};

use crate::{
    store::{
        Store, StoreError, clock,
        migrate::{FORMAT_KEY, Format},
        records,
        sample::{Client, Folder, Numbers, Refused, User},
        timeline,
    },
    world::Micros,
};

/// Changes the client `c` when the wall clock says `wall`.
fn change(store: &Store, wall: Micros, name: &str) -> Micros {
    let name = name.to_owned();
    store
        .write_blocking::<_, StoreError>(move |write| {
            let now = write.instant(wall)?;
            timeline::append(write, "t", "c", Client::named(&name), now, now, "ada").map(|state| state.valid_from)
        })
        .unwrap()
}

fn name(store: &Store, wall: Micros) -> Option<String> {
    let found = store.current::<Client>("t", "c", store.now(wall)).unwrap();
    found.map(|state| state.value.name.clone())
}

#[test]
fn a_clock_that_steps_back_hides_no_change_also_not_after_a_restart() {
    let folder = Folder::new();
    let store = folder.open();
    assert_eq!((store.now(7), name(&store, 100)), (7, None));
    assert_eq!(change(&store, 1000, "first"), 1000);
    assert_eq!(name(&store, 1000).as_deref(), Some("first"));
    assert_eq!(change(&store, 400, "second"), 1001);
    assert_eq!((store.now(400), name(&store, 400).as_deref()), (1001, Some("second")));
    store.close();

    let store = folder.open();
    assert_eq!((store.now(300), name(&store, 300).as_deref()), (1001, Some("second")));
    assert_eq!(change(&store, 300, "third"), 1002);
    assert_eq!(name(&store, 300).as_deref(), Some("third"));
    let gone = store.write_blocking::<_, StoreError>(|write| {
        let now = write.instant(300)?;
        timeline::soft_delete::<Client>(write, "t", "c", now, "ada")
    });
    assert!(gone.unwrap());
    assert_eq!((name(&store, 300), name(&store, 5000)), (None, None));
    assert_eq!(change(&store, 5000, "back"), 5000, "the wall clock leads again");
}

#[test]
fn an_instant_is_taken_only_by_what_is_committed() {
    let folder = Folder::new();
    let store = folder.open();
    let refused = store.write_blocking(|write| {
        write.instant(9000)?;
        Err::<(), Refused>(Refused::Rule("no"))
    });
    assert_eq!(refused, Err(Refused::Rule("no")));
    assert_eq!(store.now(5), 5);
    let two = store.write_blocking::<_, StoreError>(|write| Ok((write.instant(10)?, write.instant(10)?))).unwrap();
    assert_eq!((two, store.now(5)), ((10, 11), 11));
}

#[test]
fn stamps_are_in_the_order_of_the_commits() {
    let folder = Folder::new();
    let store = folder.open();
    let taken = Arc::new(Mutex::new(Vec::new()));
    let writer = |seed| {
        let (store, taken) = (store.clone(), Arc::clone(&taken));
        move || {
            let mut numbers = Numbers::seeded(seed);
            for _ in 0..50 {
                // Every writer has read the clock at some time of its own before its turn came.
                let wall = numbers.below(500) as Micros;
                let stamp = store.write_blocking::<_, StoreError>(move |write| {
                    let count = records::get::<User>(&*write, &["count"])?.map_or(0, |user| user.logins) + 1;
                    records::put(write, &["count"], &User { logins: count })?;
                    Ok((count, write.instant(wall)?))
                });
                let (count, instant) = stamp.unwrap();
                assert!(store.now(0) >= instant, "answered, so it holds for every reader");
                taken.lock().unwrap().push((count, instant));
            }
        }
    };
    let writers: Vec<_> = (1..=4).map(|seed| thread::spawn(writer(seed))).collect();
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    let mut taken = taken.lock().unwrap().clone();
    taken.sort_unstable();
    assert_eq!(taken.len(), 200);
    assert!(taken.is_sorted_by(|(_, earlier), (_, later)| earlier < later), "{taken:?}");
}

#[test]
fn a_file_of_the_first_format_continues_after_its_last_change() {
    let folder = Folder::new();
    let store = folder.open();
    let older = store.write_blocking::<_, StoreError>(|write| {
        for (id, recorded_at) in [("a", 70), ("b", 90), ("c", 80)] {
            timeline::append(write, "t", id, Client::named(id), 5000, recorded_at, "ada")?;
        }
        records::put(write, &FORMAT_KEY, &Format { number: 1 })
    });
    older.unwrap();
    assert_eq!(clock::highest(&store.read().unwrap()), Ok(None), "as the first format had none");
    store.close();
    let store = folder.open();
    assert_eq!(store.now(0), 90, "the last one recorded, not one scheduled for later");
    assert_eq!(change(&store, 50, "next"), 91);
}
