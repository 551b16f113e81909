//! Durable writes a second: one writer, many writers that share commits, and redb itself with batches as large.
//!
//! All write the same bytes under the same kind of keys, with the same durability. redb alone gets them encoded.

use std::{path::Path, time::Duration};

use portcullis::{
    store::{Record, Store, StoreError, Table, Write, records},
    world::Stopwatch,
};
use redb::{Builder, Database, Durability, TableDefinition};
use serde::{Deserialize, Serialize};
use tokio::{runtime::Runtime, task::JoinSet};

/// Writers that write at the same time.
const WRITERS: usize = 32;
/// The table of [`Sample`] under the name that the store gives it.
const TABLE: TableDefinition<'static, &'static [u8], &'static [u8]> = TableDefinition::new("component");

/// A record of some 300 bytes, about as large as a client.
#[derive(Clone, Serialize, Deserialize)]
struct Sample {
    name: String,
    server: String,
    grant_types: Vec<String>,
    description: String,
    number: u64,
}

impl Record for Sample {
    const TABLE: Table = Table::Component;
}

impl Sample {
    fn new() -> Sample {
        Sample {
            name: "The client of a bench".to_owned(),
            server: "default".to_owned(),
            grant_types: vec!["client_credentials".to_owned(), "authorization_code".to_owned()],
            description: "made to be written ".repeat(8),
            number: 4711,
        }
    }

    /// As the store encodes it: the format's number, then MessagePack with names.
    fn encoded(&self) -> Vec<u8> {
        [1_u16.to_be_bytes().as_slice(), &rmp_serde::to_vec_named(self).unwrap()].concat()
    }
}

/// A store, a bare database beside it, and how many records each of them got.
pub(crate) struct Bench {
    runtime: Runtime,
    store: Store,
    redb: Database,
    sample: Sample,
    written: u64,
    written_alone: u64,
}

impl Bench {
    /// Both files new in `folder`.
    pub(crate) fn new(folder: &Path) -> Bench {
        let cache = crate::options(folder).redb_cache_bytes;
        Bench {
            runtime: tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap(),
            store: crate::open(&folder.join("store.redb")),
            redb: Builder::new().set_cache_size(cache).create(folder.join("bare.redb")).unwrap(),
            sample: Sample::new(),
            written: 0,
            written_alone: 0,
        }
    }

    /// One writer that waits for each write.
    pub(crate) fn one_by_one(&mut self, turn: Duration) -> f64 {
        self.write(1, turn)
    }

    /// Writers that wait for their own writes only; also how many shared a commit on average.
    pub(crate) fn together(&mut self, turn: Duration) -> (f64, f64) {
        let before = self.store.stats();
        let rate = self.write(WRITERS, turn);
        let after = self.store.stats();
        let (writes, commits) = (after.batched_writes - before.batched_writes, after.commits - before.commits);
        (rate, writes as f64 / commits as f64)
    }

    fn write(&mut self, writers: usize, turn: Duration) -> f64 {
        let (first, watch) = (self.written, Stopwatch::start());
        let mut tasks = JoinSet::new();
        for writer in 0..writers {
            let (store, sample) = (self.store.clone(), self.sample.clone());
            tasks.spawn_on(one(store, sample, writer, first, turn), self.runtime.handle());
        }
        let written: u64 = self.runtime.block_on(tasks.join_all()).into_iter().sum();
        self.written += written;
        written as f64 / watch.elapsed().as_secs_f64()
    }

    /// One thread that commits `batch` records at a time, on average.
    pub(crate) fn redb_alone(&mut self, turn: Duration, batch: f64) -> f64 {
        let (value, first, watch) = (self.sample.encoded(), self.written_alone, Stopwatch::start());
        let (mut done, mut commits) = (0, 0_u32);
        while watch.elapsed() < turn {
            commits += 1;
            let until = (f64::from(commits) * batch).round() as u64;
            let mut transaction = self.redb.begin_write().unwrap();
            transaction.set_durability(Durability::Immediate).unwrap();
            transaction.set_quick_repair(true);
            let mut table = transaction.open_table(TABLE).unwrap();
            for number in done..until {
                let key = bare_key(number as usize % WRITERS, first + number / WRITERS as u64);
                table.insert(key.as_slice(), value.as_slice()).unwrap();
            }
            drop(table);
            transaction.commit().unwrap();
            done = until;
        }
        self.written_alone += done;
        done as f64 / watch.elapsed().as_secs_f64()
    }
}

/// Writes until the turn is over, and answers how many records.
async fn one(store: Store, sample: Sample, writer: usize, first: u64, turn: Duration) -> u64 {
    let (watch, mut written) = (Stopwatch::start(), 0);
    while watch.elapsed() < turn {
        let (writer, number, sample) = (writer_name(writer), number_name(first + written), sample.clone());
        let work = move |write: &mut Write<'_>| records::put(write, &[&writer, &number], &sample);
        store.write::<(), StoreError>(work).await.unwrap();
        written += 1;
    }
    written
}

fn writer_name(writer: usize) -> String {
    format!("writer-{writer:02}")
}

fn number_name(number: u64) -> String {
    format!("{number:012}")
}

/// A key as the store lays it out: each text with a NUL behind it.
fn bare_key(writer: usize, number: u64) -> Vec<u8> {
    format!("{}\0{}\0", writer_name(writer), number_name(number)).into_bytes()
}
