//! How long the store takes to open after its process was killed in the middle of a commit.
//!
//! Three roles of processes of this program: `fill` makes the file, `scribble` changes it until it is killed, `open`
//! opens it and says how long that took.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use portcullis::{
    store::{Record, Store, StoreError, Table, Write, records},
    world::Stopwatch,
};
use serde::{Deserialize, Serialize};

/// Records of one commit while the file is filled.
const BATCH: u64 = 20_000;
/// Records of one commit of the process that is killed.
const SCRIBBLED: u64 = 100;
/// What a role prints when others may go on.
const READY: &str = "ready";

#[derive(Serialize, Deserialize)]
struct Small {
    number: u64,
    name: String,
}

impl Record for Small {
    const TABLE: Table = Table::Component;
}

/// Milliseconds to open, once for every kill.
pub(crate) fn measure(path: &Path, records: u64, kills: u32) -> Vec<f64> {
    assert!(role("fill", path, records).wait().unwrap().success());
    let one = |kill: u32| {
        let mut scribbler = role("scribble", path, records);
        // Another moment every time; nearly all of its time goes into commits.
        std::thread::sleep(Duration::from_millis(20 + 13 * u64::from(kill)));
        scribbler.kill().unwrap();
        scribbler.wait().unwrap();
        opened(path, records)
    };
    (0..kills).map(one).collect()
}

/// Starts this program in a role and waits until it is ready.
fn role(name: &str, path: &Path, records: u64) -> Child {
    let mut child = command(name, path, records).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line.trim(), READY, "{name} did not get ready");
    child
}

fn opened(path: &Path, records: u64) -> f64 {
    let output = command("open", path, records).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "the store did not open");
    let micros: f64 = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
    micros / 1000.0
}

fn command(name: &str, path: &Path, records: u64) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg(name).arg(path).arg(records.to_string());
    command
}

/// Role `fill`: makes a file with `count` records.
pub(crate) fn fill(path: &Path, count: u64) {
    let store = crate::open(path);
    for first in (0..count).step_by(BATCH as usize) {
        put(&store, first..count.min(first + BATCH));
    }
    store.close();
    println!("{READY}");
}

/// Role `scribble`: writes records again until it is killed, or a minute is over.
pub(crate) fn scribble(path: &Path, count: u64) {
    let (store, watch) = (crate::open(path), Stopwatch::start());
    let places = (count / SCRIBBLED).max(1);
    for round in 0.. {
        // All over the file, so that much of it changes.
        let first = (round * 7919) % places * SCRIBBLED;
        put(&store, first..count.min(first + SCRIBBLED));
        if round == 0 {
            println!("{READY}");
        }
        if watch.elapsed() > Duration::from_secs(60) {
            return;
        }
    }
}

/// Role `open`: opens the file, looks at its last record, and prints the microseconds that the opening took.
pub(crate) fn open(path: &Path, count: u64) {
    let watch = Stopwatch::start();
    let store = crate::open(path);
    let micros = watch.micros();
    let last = store.record::<Small>(&[&key(count - 1)]).unwrap();
    assert_eq!(last.map(|record| record.number), Some(count - 1));
    println!("{micros}");
}

fn put(store: &Store, numbers: std::ops::Range<u64>) {
    let work = move |write: &mut Write<'_>| {
        for number in numbers.clone() {
            records::put(write, &[&key(number)], &Small { number, name: format!("record {number}") })?;
        }
        Ok(())
    };
    store.write_blocking::<(), StoreError>(work).unwrap();
}

fn key(number: u64) -> String {
    format!("{number:012}")
}
