//! Tests of the log as a whole, on real files.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{
    DecisionId, DecisionLog, DecisionRecord, Filter, Found, LogSettings, decided_at, find, get_of_any_tenant,
    record::{decode, encode, starting_at},
};
use crate::{
    decision::{ComponentId, Failed, Output, Recovery, Usage, Verdict},
    domain::Observer,
    store::{Options, Store, StoreError, pages},
    world::Micros,
};

/// A record whose input has so many bytes.
pub(super) fn record(tenant: &str, bytes: usize) -> DecisionRecord {
    DecisionRecord {
        tenant: tenant.to_owned(),
        server: "shop".to_owned(),
        caller: "test".to_owned(),
        request_id: String::new(),
        policy_id: String::new(),
        policy_digest: String::new(),
        input: "x".repeat(bytes),
        verdict: Verdict::default(),
    }
}

#[derive(Default)]
struct Counted {
    written: AtomicU64,
    dropped: AtomicU64,
}

impl Observer for Counted {
    fn store(&self, _: u64) {}
    fn decided(&self, _: &Verdict) {}
    fn answered(&self, _: u64) {}
    fn logged(&self, written: u64, dropped: u64) {
        self.written.fetch_add(written, Ordering::SeqCst);
        self.dropped.fetch_add(dropped, Ordering::SeqCst);
    }
    fn shadowed(&self, _: crate::domain::difference::Change) {}
    fn shadow_dropped(&self) {}
}

/// A store in a folder of its own, removed at the end.
struct Place(PathBuf);

impl Place {
    fn new() -> Place {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("portcullis-log-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir(&path).unwrap();
        Place(path)
    }

    fn open(&self) -> Store {
        let path = self.0.join("data.redb");
        Store::open(&Options { path, cache_items: 10, redb_cache_bytes: 4 << 20 }).unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const SETTINGS: LogSettings = LogSettings {
    enabled: true,
    queue: 8192,
    queue_bytes: 64 << 20,
    flush: Duration::from_millis(1),
    bytes: 256 << 20,
};

fn start(store: &Store) -> (DecisionLog, Arc<Counted>) {
    let counted = Arc::new(Counted::default());
    (DecisionLog::start(store.clone(), SETTINGS, Arc::clone(&counted) as Arc<dyn Observer>).unwrap(), counted)
}

/// Logs records of one tenant, each at its moment, and waits until they are written.
fn log(store: &Store, tenant: &str, moments: &[Micros]) -> Vec<DecisionId> {
    let (log, _) = start(store);
    let ids = moments.iter().map(|now| log.offer(*now, [7; 4], || record(tenant, 10))).collect();
    log.stop();
    assert_eq!(log.dropped(tenant), 0);
    ids
}

fn all_of(tenant: &str) -> Filter {
    Filter { tenant: tenant.to_owned(), ..Filter::default() }
}

fn search(store: &Store, filter: &Filter, after: Option<DecisionId>, limit: usize) -> Found {
    find::search(store, filter, after, limit).unwrap()
}

/// The ids of all answers, one after the other, and how many pages were damaged.
fn walk(store: &Store, filter: &Filter, limit: usize) -> (Vec<DecisionId>, u64) {
    let (mut ids, mut after, mut damaged) = (Vec::new(), None, 0);
    loop {
        let found = search(store, filter, after, limit);
        assert!(found.records.len() <= limit);
        ids.extend(found.records.iter().map(|(id, _)| *id));
        damaged += found.damaged;
        after = found.next;
        if after.is_none() {
            return (ids, damaged);
        }
    }
}

fn newest_first(ids: &[DecisionId]) -> Vec<DecisionId> {
    ids.iter().rev().copied().collect()
}

fn append(store: &Store, page: pages::Page) {
    store.write_blocking(move |write| pages::append(write, &page, u64::MAX)).unwrap();
}

#[test]
fn every_decision_is_met_once_in_order_over_restarts_and_clocks_set_back() {
    let place = Place::new();
    let store = place.open();
    let mut ids = Vec::new();
    for moments in [&[20, 30, 30][..], &[10, 40], &[-5, 0], &[39, 41, 60]] {
        ids.extend(log(&store, "t", moments));
        log(&store, "other", moments);
    }
    assert!(ids.is_sorted_by(|before, after| before < after));
    assert_eq!(ids.iter().copied().collect::<BTreeSet<_>>().len(), 10);
    for limit in [1, 2, 3, 10, 11] {
        assert_eq!(walk(&store, &all_of("t"), limit), (newest_first(&ids), 0), "limit {limit}");
    }
    for id in &ids {
        assert_eq!(find::get_of(&store, "t", id), Ok(Some(record("t", 10))));
        assert_eq!(find::get_of(&store, "other", id), Ok(None));
        assert_eq!(get_of_any_tenant(&store, id), Ok(Some(record("t", 10))));
    }
}

#[test]
fn moments_bound_what_is_found() {
    let place = Place::new();
    let store = place.open();
    let ids: Vec<_> = [&[10, 20][..], &[30, 40], &[50, 60]].iter().flat_map(|page| log(&store, "t", page)).collect();
    for (from, to) in
        [(None, None), (Some(i64::MIN), None), (Some(-1), Some(35)), (Some(20), Some(50)), (Some(61), None)]
    {
        let filter = Filter { from, to, ..all_of("t") };
        let inside = |id: &&DecisionId| {
            from.is_none_or(|from| decided_at(id) >= from) && to.is_none_or(|to| decided_at(id) < to)
        };
        let expected: Vec<_> = ids.iter().rev().filter(inside).copied().collect();
        for limit in [1, 2, 6] {
            assert_eq!(walk(&store, &filter, limit).0, expected, "{from:?} {to:?} {limit}");
        }
    }
    assert_eq!(search(&store, &Filter { to: Some(-1), ..all_of("t") }, None, 10), Found::default());
    let found = search(&store, &Filter { to: Some(30), ..all_of("t") }, ids.last().copied(), 10);
    assert_eq!(found.records.len(), 2, "the earlier of `to` and `after` counts");
}

#[test]
fn a_damaged_page_is_left_out_and_counted() {
    let place = Place::new();
    let store = place.open();
    let old = log(&store, "t", &[10, 20]);
    let (first, last) = (starting_at(30), starting_at(40));
    append(&store, pages::Page { tenant: "t".to_owned(), first, last, bytes: b"no page at all".to_vec() });
    let bytes = pages::compress(b"packed, but not records");
    let (also_first, last) = (starting_at(50), starting_at(60));
    append(&store, pages::Page { tenant: "t".to_owned(), first: also_first, last, bytes });
    let new = log(&store, "t", &[35, 70]);
    let ids = [old, new].concat();
    assert!(ids[2] > last, "ids go on after what the damaged pages had");
    for limit in [1, 4, 10] {
        let (met, damaged) = walk(&store, &all_of("t"), limit);
        assert_eq!((met, damaged), (newest_first(&ids), 2), "limit {limit}");
    }
    assert_eq!(find::get_of(&store, "t", &first), Ok(None));
    assert_eq!(get_of_any_tenant(&store, &ids[0]), Ok(Some(record("t", 10))));
}

#[test]
fn a_long_log_is_gone_through_in_steps() {
    let place = Place::new();
    let store = place.open();
    let (log, _) = start(&store);
    let large = |_| log.offer(1, [0; 4], || record("t", 3 << 20));
    let ids: Vec<_> = (0..30).map(large).collect();
    log.stop();
    assert_eq!(log.dropped("t"), 30 - walk(&store, &all_of("t"), 1000).0.len() as u64);
    let found = search(&store, &Filter { request_id: Some("none".to_owned()), ..all_of("t") }, None, 10);
    assert!(found.records.is_empty() && found.next.is_some(), "a part of the log is looked at");
    let found = search(&store, &all_of("t"), None, 1000);
    assert!((1..3).contains(&found.records.len()) && found.next.is_some(), "{} records", found.records.len());
    assert!(ids.contains(&found.records[0].0));
}

#[test]
fn every_record_offered_around_a_stop_is_written_or_counted() {
    let place = Place::new();
    let store = place.open();
    let (log, counted) = start(&store);
    let offer = || log.offer(1, [0; 4], || record("t", 0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..500 {
                    offer();
                }
            });
        }
        log.stop();
    });
    offer();
    let (written, dropped) = (counted.written.load(Ordering::SeqCst), counted.dropped.load(Ordering::SeqCst));
    assert_eq!(written + dropped, 2001);
    assert!(dropped > 0);
    assert_eq!((log.dropped("t"), log.dropped("other")), (dropped, 0));
    assert_eq!(walk(&store, &all_of("t"), 1000).0.len() as u64, written);
}

#[test]
fn what_cannot_be_written_is_counted() {
    let place = Place::new();
    let store = place.open();
    let (log, counted) = start(&store);
    store.close();
    log.offer(1, [0; 4], || record("t", 0));
    log.offer(1, [0; 4], || record("u", 0));
    log.stop();
    assert_eq!((log.dropped("t"), log.dropped("u"), counted.dropped.load(Ordering::SeqCst)), (1, 1, 2));
}

#[test]
fn without_a_log_decisions_have_names_and_nothing_is_dropped() {
    let place = Place::new();
    let store = place.open();
    let counted = Arc::new(Counted::default());
    let log = DecisionLog::start(store.clone(), LogSettings { enabled: false, ..SETTINGS }, counted).unwrap();
    let no_record = || unreachable!("no record is made");
    assert!(log.offer(5, [0; 4], no_record) < log.offer(5, [0; 4], no_record));
    log.stop();
    assert_eq!((log.dropped("t"), walk(&store, &all_of("t"), 10).0.len()), (0, 0));
}

#[test]
fn a_page_unpacks_to_what_it_was_and_weighs_no_more_than_was_counted() {
    let text = |length: usize| "ä".repeat(length);
    let failed = Failed {
        validator: text(9),
        index: usize::MAX,
        code: text(3),
        message: text(50),
        details: text(300),
        policy: text(20),
    };
    let usage = Usage {
        queue_us: u64::MAX,
        instantiate_us: u64::MAX,
        run_us: u64::MAX,
        memory_bytes: u64::MAX,
        instances: u32::MAX,
        cold: true,
        outside_calls: u32::MAX,
        outside_us: u64::MAX,
    };
    let output = Output { validator: text(9), index: usize::MAX, value: text(100), policy: text(20) };
    let verdict = Verdict {
        allow: true,
        would_deny: true,
        failures: vec![failed; 20],
        outputs: vec![output; 20],
        errors: usize::MAX,
        recovery: vec![Recovery { id: text(5), kind: text(70_000) }; 3],
        components: vec![ComponentId { name: text(4), digest: text(32) }; 3],
        usage,
    };
    for record in [record("t", 0), DecisionRecord { verdict, policy_id: text(128), ..record("tenant", 70_000) }] {
        let records = vec![([0xff; 16], record.clone()); 5];
        let (unpacked, bytes) = decode(&encode(&records).unwrap()).unwrap();
        assert!(bytes <= 5 * record.weight() + 5, "{bytes} > 5 * {}", record.weight());
        assert_eq!(unpacked, records);
    }
    assert!(matches!(decode(b""), Err(StoreError::Corrupt { .. })));
}
