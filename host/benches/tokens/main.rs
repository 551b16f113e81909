//! Tokens over HTTP beside what they cannot be faster than, in one run on one machine: a bare hyper server, and one that
//! parses the form, hashes the secret and signs.
//!
//! ```text
//! cargo bench --bench tokens               seven minutes
//! cargo bench --bench tokens -- --quick    a minute, rough, with 1/10 of the tokens, clients and issuers
//! cargo bench --bench tokens -- durable    only that part; the others are endpoints, bound, pushed, tokens, clients, issuers
//! ```
//!
//! This program starts itself again as the servers to compare with, and the real `portcullis` with a data folder of its own.
//! Server and load share the machine, so what counts is the ratio.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench talks to a terminal and may stop at a surprise")]
#![allow(dead_code, reason = "the shared parts have more than this bench needs")]

#[path = "../http/bare.rs"]
mod bare;
mod bound;
mod cells;
mod certificates;
mod crowds;
mod floor;
#[path = "../common/folder.rs"]
mod folder;
#[path = "../http/latencies.rs"]
mod latencies;
#[path = "../http/line.rs"]
mod line;
mod load;
mod pushed;
#[path = "../common/report.rs"]
mod report;
#[path = "../http/server.rs"]
mod server;
mod setup;
mod stored;
mod table;
mod turns;

use std::time::Duration;

/// The program's own, so that the servers to compare with gain by it as well.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Keep-alive connections of the two kinds of cells.
const CONNECTIONS: [usize; 2] = [1, 32];

/// How much is measured.
struct Plan {
    warm_up: Duration,
    cell: Duration,
    /// Stored opaque tokens of the two kinds of cells.
    tokens: [usize; 2],
    /// Clients of one server, the same.
    clients: usize,
    /// Authorization servers.
    issuers: usize,
    starts: usize,
}

const WHOLE: Plan = Plan {
    warm_up: Duration::from_secs(1),
    cell: Duration::from_secs(4),
    tokens: [1_000, 1_000_000],
    clients: 100_000,
    issuers: 1_000,
    starts: 10,
};

const QUICK: Plan = Plan {
    warm_up: Duration::from_millis(300),
    cell: Duration::from_secs(1),
    tokens: [1_000, 100_000],
    clients: 10_000,
    issuers: 100,
    starts: 3,
};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [role, body] if role == bare::ROLE => return bare::serve(body.clone()),
        [role, algorithm] if role == floor::ROLE => return floor::serve(algorithm),
        _ => {}
    }
    if report::wanted() {
        let quick = arguments.iter().any(|argument| argument == "--quick");
        let parts: Vec<&str> = arguments.iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
        measure(if quick { &QUICK } else { &WHOLE }, |part| parts.is_empty() || parts.contains(&part));
    }
}

fn measure(plan: &Plan, wanted: impl Fn(&str) -> bool) {
    if wanted("endpoints") {
        cells::endpoints(plan);
    }
    if wanted("bound") {
        bound::bound(plan);
        certificates::bound(plan);
    }
    if wanted("pushed") {
        pushed::flows(plan);
    }
    if wanted("durable") {
        cells::durable(plan);
    }
    if wanted("tokens") {
        crowds::tokens(plan);
    }
    if wanted("clients") {
        crowds::clients(plan);
    }
    if wanted("issuers") {
        crowds::issuers(plan);
    }
}

/// Bytes in MiB.
fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
