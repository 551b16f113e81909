//! Decisions over HTTP beside a bare hyper server that does nothing, in one run on one machine.
//!
//! ```text
//! cargo bench --bench http               two minutes
//! cargo bench --bench http -- --quick    half a minute, rough
//! ```
//!
//! This program starts itself again as the bare server, and the real `portcullis` with a data folder of its own, with
//! nothing configured but the port (the decision log and the access log are on; stderr goes nowhere). `PORTCULLIS_*`
//! variables reach both servers. Server and load share the machine, so what counts is the ratio.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench talks to a terminal and may stop at a surprise")]

mod bare;
mod figures;
#[path = "../common/folder.rs"]
mod folder;
mod latencies;
mod line;
mod load;
#[path = "../common/question.rs"]
mod question;
#[path = "../common/report.rs"]
mod report;
mod server;
mod setup;
mod table;

use std::time::Duration;

use folder::Scratch;
use load::Load;
use server::Server;
use setup::{LARGE, Prepared, THREE, THREE_OF_ONE, TRUE};
use table::{Row, Table};

/// The program's own, so that the server to compare with gains by it as well.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Keep-alive connections of the two kinds of cells.
const CONNECTIONS: [usize; 2] = [1, 32];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [role, body] = arguments.as_slice()
        && role == bare::ROLE
    {
        return bare::serve(body.clone());
    }
    if report::wanted() {
        let quick = arguments.iter().any(|argument| argument == "--quick");
        measure(if quick { &QUICK } else { &WHOLE });
    }
}

/// How much is measured.
struct Plan {
    warm_up: Duration,
    cell: Duration,
    starts: usize,
}

const WHOLE: Plan = Plan { warm_up: Duration::from_secs(1), cell: Duration::from_secs(5), starts: 20 };
const QUICK: Plan = Plan { warm_up: Duration::from_millis(300), cell: Duration::from_secs(1), starts: 5 };

fn measure(plan: &Plan) {
    let folder = Scratch::new("http");
    let server = Server::portcullis(folder.path());
    let prepared = setup::prepare(&server);
    let table = cells(plan, &server, &prepared);
    table.print();
    let log = setup::decision_log(&server);
    let rss = server.rss();
    server.stop();
    println!(
        "decision log: {} records written, {} dropped; {:.1} MiB after the load",
        log.written,
        log.dropped,
        mib(rss)
    );
    table.judge();
    figures::starts(plan.starts, folder.path(), &prepared);
    figures::idle(folder.path(), &prepared);
    figures::binary(folder.path());
}

/// Every policy at every number of connections, with the bare server before and after.
fn cells(plan: &Plan, server: &Server, prepared: &Prepared) -> Table {
    let bare = Server::bare(&prepared.answer);
    let mut table = Table::default();
    let policies = [
        ("`true`", TRUE),
        ("three validators", THREE),
        ("three of one component", THREE_OF_ONE),
        ("70 KB conf", LARGE),
    ];
    for connections in CONNECTIONS {
        table.bare(cell(plan, &bare, table::BARE, prepared.request(&bare, THREE), connections));
        for (name, policy) in policies {
            table.decision(cell(plan, server, name, prepared.request(server, policy), connections));
        }
        table.bare(cell(plan, &bare, table::BARE, prepared.request(&bare, THREE), connections));
    }
    table
}

fn cell(plan: &Plan, server: &Server, name: &'static str, request: Vec<u8>, connections: usize) -> Row {
    let load = Load { address: server.address, request: request.into(), connections };
    load.run(plan.warm_up);
    let before = server.cpu();
    let latencies = load.run(plan.cell);
    Row { name, connections, cpu: server.cpu().saturating_sub(before), rss: server.rss(), latencies }
}

/// Bytes in MiB.
fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
