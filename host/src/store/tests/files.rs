//! The data file: rights, the lock, formats, crashes, backups, damage.

use std::{
    fs,
    io::{BufRead, BufReader},
    ops::{Bound, ControlFlow},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use crate::store::{
    BackupReport, Store, StoreError, Table, View,
    migrate::{FORMAT, FORMAT_KEY, Format},
    pages, records,
    sample::{Client, Folder, User, options},
    timeline, verify,
};

fn fill(store: &Store, count: u64) {
    store
        .write_blocking(move |write| {
            for number in 0..count {
                let name = format!("client-{number}");
                timeline::append(write, "t", &name, Client::named(&name), 1, 1, "ada")?;
                records::put(write, &["t", &name], &User { logins: number })?;
            }
            let page = pages::Page { tenant: "t".to_owned(), first: [7; 16], last: [8; 16], bytes: b"opaque".to_vec() };
            pages::append(write, &page, u64::MAX)?;
            Ok::<(), StoreError>(())
        })
        .unwrap();
}

fn content(view: &impl View) -> Vec<(Table, Vec<u8>, Vec<u8>)> {
    let mut content = Vec::new();
    for table in Table::ALL {
        view.scan(table, Bound::Unbounded, Bound::Unbounded, false, &mut |key, value| {
            content.push((table, key.to_vec(), value.to_vec()));
            Ok(ControlFlow::Continue(()))
        })
        .unwrap();
    }
    content
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn the_file_and_its_folder_belong_to_the_owner_alone() {
    let folder = Folder::new();
    let path = folder.file("deep/inside/data.redb");
    Store::open(&options(&path)).unwrap().close();
    assert_eq!((mode(path.parent().unwrap()), mode(&path)), (0o700, 0o600));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    Store::open(&options(&path)).unwrap().close();
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn what_a_killed_first_start_left_is_replaced() {
    let folder = Folder::new();
    let (path, partial) = (folder.file("data.redb"), folder.file("data.making"));
    for left in [b"".as_slice(), b"half a database"] {
        fs::write(&partial, left).unwrap();
        Store::open(&options(&path)).unwrap().close();
        assert!(!partial.exists());
        verify(&path).unwrap();
        fs::remove_file(&path).unwrap();
    }
    let store = folder.open();
    fill(&store, 3);
    store.close();
    fs::write(&partial, "left, and overtaken by a restored backup").unwrap();
    assert!(folder.open().record::<User>(&["t", "client-2"]).unwrap().is_some());
    assert!(!partial.exists());
}

#[test]
fn a_file_that_lost_its_content_is_not_taken_for_a_new_one() {
    let folder = Folder::new();
    let path = folder.file("data.redb");
    fs::write(&path, "").unwrap();
    assert!(matches!(Store::open(&options(&path)).err(), Some(StoreError::Corrupt { .. })));
    assert_eq!(fs::metadata(&path).unwrap().len(), 0);
}

#[test]
fn first_openers_at_once_make_one_file() {
    let folder = Folder::new();
    let path = folder.file("data.redb");
    let open = |path: &Path| loop {
        match Store::open(&options(path)) {
            Err(StoreError::Locked) => thread::yield_now(),
            opened => return opened.unwrap(),
        }
    };
    let writers: Vec<_> = (0..4)
        .map(|number: u64| {
            let path = path.clone();
            thread::spawn(move || {
                let store = open(&path);
                let name = format!("writer-{number}");
                let put = move |write: &mut crate::store::Write<'_>| records::put(write, &[&name], &User { logins: 1 });
                store.write_blocking::<_, StoreError>(put).unwrap();
                store.close();
            })
        })
        .collect();
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    let users = verify(&path).unwrap().tables.into_iter().find(|(name, _)| *name == "user").unwrap().1;
    assert_eq!(users, 4, "nobody's file replaced another's");
}

#[test]
fn a_second_opener_is_told_that_the_file_is_in_use() {
    let folder = Folder::new();
    let store = folder.open();
    let path = folder.file("data.redb");
    assert_eq!(Store::open(&options(&path)).err(), Some(StoreError::Locked));
    assert_eq!(verify(&path), Err(StoreError::Locked));
    store.close();
    assert!(Store::open(&options(&path)).is_ok());
}

#[test]
fn a_file_of_a_later_version_is_refused() {
    let folder = Folder::new();
    let store = folder.open();
    store
        .write_blocking::<_, StoreError>(|write| records::put(write, &FORMAT_KEY, &Format { number: FORMAT + 1 }))
        .unwrap();
    store.close();
    let newer = StoreError::Newer { found: FORMAT + 1, known: FORMAT };
    let path = folder.file("data.redb");
    assert_eq!(Store::open(&options(&path)).err(), Some(newer.clone()));
    assert_eq!(verify(&path), Err(newer));
}

#[test]
fn a_file_that_is_not_ours_is_refused() {
    let folder = Folder::new();
    let path = folder.file("data.redb");
    let refused = || matches!(Store::open(&options(&path)).err(), Some(StoreError::Corrupt { .. }));
    fs::write(&path, "a text, certainly longer than any magic number at the head of a file".repeat(100)).unwrap();
    assert!(refused());
    assert!(matches!(verify(&path), Err(StoreError::Corrupt { .. })));
    fs::remove_file(&path).unwrap();
    let foreign = redb::Database::create(&path).unwrap();
    let transaction = foreign.begin_write().unwrap();
    transaction.open_table(redb::TableDefinition::<u64, u64>::new("theirs")).unwrap();
    transaction.commit().unwrap();
    foreign.close().unwrap();
    assert!(refused());
}

#[test]
fn a_missing_table_is_created_at_the_next_start() {
    let folder = Folder::new();
    let store = folder.open();
    fill(&store, 3);
    let path = folder.file("data.redb");
    store.close();
    let database = redb::Database::open(&path).unwrap();
    let transaction = crate::store::writer::begin(&database).unwrap();
    assert!(transaction.delete_table(Table::Component.definition()).unwrap());
    transaction.commit().unwrap();
    database.close().unwrap();
    assert_eq!(verify(&path).unwrap().tables.len(), Table::ALL.len() - 1);
    let store = folder.open();
    assert_eq!(content(&store.read().unwrap()).iter().filter(|(table, ..)| *table == Table::User).count(), 3);
    store.close();
    assert_eq!(verify(&path).unwrap().tables.len(), Table::ALL.len());
}

#[test]
fn what_was_answered_is_there_after_a_crash_without_any_repair() {
    let folder = Folder::new();
    let store = folder.open();
    fill(&store, 500);
    let expected = content(&store.read().unwrap());
    // The file as a killed process would leave it: never closed.
    let crashed = folder.file("crashed.redb");
    fs::copy(folder.file("data.redb"), &crashed).unwrap();
    // This open would fail if redb had to walk the file first, which takes a second for each gigabyte.
    let mut strict = redb::Builder::new();
    strict.set_repair_callback(redb::RepairSession::abort);
    strict.open(&crashed).unwrap().close().unwrap();
    fs::copy(folder.file("data.redb"), &crashed).unwrap();
    assert_eq!(content(&Store::open(&options(&crashed)).unwrap().read().unwrap()), expected);
}

const CHILD: &str = "PORTCULLIS_TEST_STORE_CHILD";

/// Not a test of its own: the process that the next test kills.
#[test]
#[expect(clippy::print_stdout, reason = "how it tells its parent")]
fn a_process_to_be_killed() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let store = Store::open(&options(Path::new(&path))).unwrap();
    for logins in 1.. {
        store.write_blocking::<_, StoreError>(move |write| records::put(write, &["ada"], &User { logins })).unwrap();
        println!("answered {logins}");
    }
}

#[test]
fn what_was_answered_survives_kill_9() {
    let folder = Folder::new();
    let path = folder.file("data.redb");
    for round in 1..=3 {
        // This very program, even when a build has replaced its file by now.
        let mut child = Command::new("/proc/self/exe")
            .args(["--exact", "store::tests::files::a_process_to_be_killed", "--nocapture", "--test-threads=1"])
            .env(CHILD, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let answered = |line: &String| -> Option<u64> { line.rsplit_once("answered ")?.1.parse().ok() };
        let mut answers = lines.map_while(Result::ok).filter_map(|line| answered(&line));
        let seen = answers.nth(40 * round).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        // What was still in the pipe had been answered as well.
        let least = answers.last().unwrap_or(seen);
        let store = folder.open();
        let found = store.record::<User>(&["ada"]).unwrap().unwrap().logins;
        assert!(found >= least && found <= least + 1, "round {round}: {least} were answered, {found} are there");
        store.close();
        verify(&path).unwrap();
    }
}

#[test]
fn a_backup_taken_while_writing_is_one_consistent_state() {
    let folder = Folder::new();
    let store = folder.open();
    fill(&store, 300);
    let done = Arc::new(AtomicBool::new(false));
    let writer = thread::spawn({
        let (store, done) = (store.clone(), Arc::clone(&done));
        move || {
            let mut round = 0;
            while !done.load(Ordering::SeqCst) {
                round += 1;
                // Both or neither: a backup that mixes two states would show it.
                let both = move |write: &mut crate::store::Write<'_>| {
                    records::put(write, &["a"], &User { logins: round })?;
                    records::put(write, &["z"], &User { logins: round })
                };
                store.write_blocking::<_, StoreError>(both).unwrap();
            }
        }
    });
    while store.commit_sequence() < 5 {
        thread::yield_now();
    }
    let copies: Vec<(BackupReport, _)> = (0..3)
        .map(|number| {
            let path = folder.file(&format!("backup-{number}.redb"));
            (store.backup(&path).unwrap(), path)
        })
        .collect();
    done.store(true, Ordering::SeqCst);
    writer.join().unwrap();
    for (report, path) in copies {
        assert_eq!(mode(&path), 0o600);
        assert_eq!(verify(&path), Ok(report.clone()));
        let copy = Store::open(&options(&path)).unwrap();
        let logins = |key| copy.record::<User>(&[key]).unwrap().unwrap().logins;
        assert_eq!(logins("a"), logins("z"));
        assert_eq!(content(&copy.read().unwrap()).len() as u64, report.entries());
        assert_eq!(copy.current::<Client>("t", "client-299", 1).unwrap().unwrap().value, Client::named("client-299"));
    }
    let last = folder.file("last.redb");
    store.backup(&last).unwrap();
    assert_eq!(content(&Store::open(&options(&last)).unwrap().read().unwrap()), content(&store.read().unwrap()));
}

#[test]
fn a_backup_does_not_replace_a_file() {
    let folder = Folder::new();
    let store = folder.open();
    let path = folder.file("taken");
    fs::write(&path, "precious").unwrap();
    assert!(matches!(store.backup(&path), Err(StoreError::Io(_))));
    assert_eq!(fs::read(&path).unwrap(), b"precious");
}

#[test]
fn verifying_finds_a_flipped_bit_and_changes_nothing() {
    let folder = Folder::new();
    let store = folder.open();
    fill(&store, 300);
    let path = folder.file("backup.redb");
    store.backup(&path).unwrap();
    let good = fs::read(&path).unwrap();
    let needle = b"client-150";
    let places: Vec<_> = (0..good.len() - needle.len()).filter(|at| good[*at..].starts_with(needle)).collect();
    assert!(places.len() >= 3, "in the keys and in the values");
    for place in places {
        let mut bad = good.clone();
        bad[place] ^= 1;
        fs::write(&path, &bad).unwrap();
        assert!(matches!(verify(&path), Err(StoreError::Corrupt { .. })), "at {place}");
        assert_eq!(fs::read(&path).unwrap(), bad);
    }
    fs::write(&path, &good[..good.len() / 2]).unwrap();
    assert!(verify(&path).is_err());
    fs::write(&path, "").unwrap();
    assert!(matches!(verify(&path), Err(StoreError::Corrupt { .. })));
    fs::write(&path, &good).unwrap();
    assert!(verify(&path).is_ok());
    assert_eq!(fs::read(&path).unwrap(), good);
    assert!(matches!(verify(&folder.file("missing")), Err(StoreError::Io(_))));
}

#[test]
fn verifying_finds_a_value_that_is_no_envelope() {
    let folder = Folder::new();
    let store = folder.open();
    store
        .write_blocking(|write| {
            write.put(Table::Credential, b"x\0".to_vec(), vec![0, 1, 0xc1]);
            Ok::<(), StoreError>(())
        })
        .unwrap();
    store.close();
    let found = verify(&folder.file("data.redb"));
    assert!(matches!(found, Err(StoreError::Corrupt { table: "credential", .. })), "{found:?}");
}
