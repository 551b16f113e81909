//! What durable writes cost through the store's group commit, beside redb itself, how soon a killed store opens, and what
//! listing costs where records have a history.
//!
//! ```text
//! cargo bench --bench store               about a minute, most of it writing a million records
//! cargo bench --bench store -- --quick    some seconds, a tenth of the records
//! ```
//!
//! The three ways to write take turns on the same disk, so that what else the disk does touches all of them alike. For
//! the restart this program starts itself again: one process fills and is killed in the middle of a commit, another one
//! opens what is left.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench talks to a terminal and may stop at a surprise")]

#[path = "../common/folder.rs"]
mod folder;
mod listing;
#[path = "../common/report.rs"]
mod report;
mod restart;
mod writing;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use portcullis::store::{Options, Store};

use folder::Scratch;
use report::Limit;

/// Turns of each way to write.
const ROUNDS: usize = 3;
/// Kills, each followed by an opening.
const KILLS: u32 = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["fill", path, count] => restart::fill(Path::new(path), count.parse().unwrap()),
        ["scribble", path, count] => restart::scribble(Path::new(path), count.parse().unwrap()),
        ["open", path, count] => restart::open(Path::new(path), count.parse().unwrap()),
        _ if report::wanted() => measure(arguments.contains(&"--quick")),
        _ => {}
    }
}

fn measure(quick: bool) {
    let (turn, records) =
        if quick { (Duration::from_millis(500), 100_000) } else { (Duration::from_secs(2), 1_000_000) };
    let folder = Scratch::new("store");
    writes(&folder, turn);
    lists(&folder);
    let took: Vec<f64> = restart::measure(&folder.path().join("filled.redb"), records, KILLS);
    println!("opened after kill -9 with {records} records, ms: {took:.1?}");
    report::figure("restart-after-kill", took.iter().copied().fold(0.0, f64::max), "ms", Limit::AtMost(100.0));
}

fn lists(folder: &Scratch) {
    let (without, with) = listing::measure(folder.path());
    let [without, with] = [without, with].map(|took| report::median(took) * 1000.0);
    let (setups, states) = (listing::SETUPS, listing::STATES);
    println!(
        "listed {setups} setups at an instant, ms: {without:.1} without a history, {with:.1} with {states} states each"
    );
    report::ratio("list-with-history/without", with / without, Limit::AtMost(2.0));
}

fn writes(folder: &Scratch, turn: Duration) {
    let mut bench = writing::Bench::new(folder.path());
    let (mut single, mut group, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        let one = bench.one_by_one(turn);
        let (many, batch) = bench.together(turn);
        let redb = bench.redb_alone(turn, batch);
        println!(
            "round {round}: one by one {one:.0}/s, together {many:.0}/s in batches of {batch:.1}, redb {redb:.0}/s"
        );
        single.push(one);
        group.push(many);
        bare.push(redb);
    }
    let [single, group, bare] = [single, group, bare].map(report::median);
    println!("medians, durable writes a second: one by one {single:.0}, together {group:.0}, redb alone {bare:.0}");
    report::ratio("together/one-by-one", group / single, Limit::AtLeast(4.0));
    report::ratio("together/redb-alone", group / bare, Limit::AtLeast(0.7));
}

/// How the server opens its store when nothing is configured.
fn options(path: &Path) -> Options {
    Options { path: PathBuf::from(path), cache_items: 4096, redb_cache_bytes: 16 << 20 }
}

fn open(path: &Path) -> Store {
    Store::open(&options(path)).unwrap()
}
