//! One authorization server with many clients: what listing all of them, reading one and changing one take, at 1,000,
//! 10,000 and 100,000 clients, beside a bare hyper server in the same run.
//!
//! ```text
//! cargo bench --bench clients               two minutes
//! cargo bench --bench clients -- --quick    up to 10,000 clients
//! ```

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench talks to a terminal and may stop at a surprise")]
#![allow(dead_code, reason = "the shared parts have more than this bench needs")]

#[path = "../http/bare.rs"]
mod bare;
#[path = "../common/folder.rs"]
mod folder;
#[path = "../http/latencies.rs"]
mod latencies;
#[path = "../http/line.rs"]
mod line;
mod listing;
mod making;
#[path = "../common/report.rs"]
mod report;
#[path = "../http/server.rs"]
mod server;
mod setup;

use folder::Scratch;
use latencies::Latencies;
use line::Line;
use portcullis::world::Stopwatch;
use report::{Limit, figure, ratio};
use server::Server;
use setup::Admin;

/// How often one client is read, and how often one is changed.
const READS: usize = 2000;
const CHANGES: usize = 500;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [role, body] = arguments.as_slice()
        && role == bare::ROLE
    {
        return bare::serve(body.clone());
    }
    if report::wanted() {
        let quick = arguments.iter().any(|argument| argument == "--quick");
        measure(if quick { &[1_000, 10_000] } else { &[1_000, 10_000, 100_000] });
    }
}

fn measure(sizes: &[usize]) {
    let folder = Scratch::new("clients");
    let server = Server::portcullis(folder.path());
    let admin = Admin::new(&server);
    let bare = Server::bare("{}");
    let mut there = 0;
    for size in sizes {
        let watch = Stopwatch::start();
        making::make(&admin, there..*size);
        let rate = (size - there) as f64 / watch.elapsed().as_secs_f64();
        there = *size;
        println!("\n{size} clients ({rate:.0} made a second by {} connections)", making::CONNECTIONS);
        cell(&admin, &server, &bare, *size);
    }
    server.stop();
}

fn cell(admin: &Admin, server: &Server, bare: &Server, size: usize) {
    let before = server.anonymous();
    let listing = listing::list(admin);
    assert_eq!(listing.clients, size, "the list is whole");
    figure("list", listing.seconds * 1000.0, "ms", Limit::None);
    figure("list-first-byte", listing.first_byte * 1000.0, "ms", Limit::None);
    figure("list-clients-per-second", size as f64 / listing.seconds, "", Limit::None);
    figure("list-body", listing.bytes as f64 / f64::from(1 << 20), "MiB", Limit::None);
    let grown = server.anonymous().saturating_sub(before) as f64 / f64::from(1 << 20);
    figure("list-memory", grown, "MiB", Limit::None);

    let plain = repeat(READS, &mut Line::new(bare.address), |_| admin.request(bare, "POST", "/", "{}"));
    let one = |number: usize| format!("/api/admin/default/clients/{}", making::id(number * 7919 % size));
    let mut line = Line::new(server.address);
    let reads = repeat(READS, &mut line, |number| admin.request(server, "GET", &one(number), ""));
    let changes = repeat(CHANGES, &mut line, |number| {
        let body = making::body(number * 7919 % size, &format!("changed at {size}"));
        admin.request(server, "PUT", &one(number), &body)
    });
    figure("bare", plain.percentile(0.5), "us", Limit::None);
    figure("get", reads.percentile(0.5), "us", Limit::None);
    figure("put", changes.percentile(0.5), "us", Limit::None);
    ratio("get/bare", reads.percentile(0.5) / plain.percentile(0.5), Limit::None);
    ratio("put/bare", changes.percentile(0.5) / plain.percentile(0.5), Limit::None);
}

/// Sends requests one after the other, each of which must succeed.
fn repeat(times: usize, line: &mut Line, request: impl Fn(usize) -> Vec<u8>) -> Latencies {
    let whole = Stopwatch::start();
    let nanos = (0..times).map(|number| {
        let request = request(number);
        let watch = Stopwatch::start();
        let (status, body) = line.exchange(&request);
        assert_eq!(status, 200, "{body}");
        u64::try_from(watch.elapsed().as_nanos()).unwrap_or(u64::MAX)
    });
    let nanos = nanos.collect();
    Latencies::new(nanos, whole.elapsed())
}
