//! A thousand policies in four languages, over a hundred tenants, in one server: what they take of memory and disk, how soon
//! the server is ready with them, and what a decision costs when one policy is asked and when all of them are, by turns.
//!
//! ```text
//! cargo bench --bench policies               some minutes, most of it building a thousand images
//! cargo bench --bench policies -- --quick    100 policies over 10 tenants, half a minute
//! ```
//!
//! The real program runs with its default settings as a process of its own, and everything goes over HTTP. No two policies
//! are the same, so each has an image: many more than stay loaded (`sandbox.images`, 256), so that a round over all of them
//! loads each one from disk. It prints, with limits where there are any:
//!
//! * `rss-empty`, `rss-saved`, `rss-asked`, `rss-restarted`: resident memory of the server at that point
//! * `saved-per-second`: how fast policies are saved, by one connection
//! * `ready-empty`, `ready-full`: from the start of the process to the answer of `/health/ready`
//! * `first/…`: the first decisions, whose images are not built yet; `hot/…`: one policy asked again and again; `round/…`: all of
//!   them, one after the other; `restarted/…`: the same after a restart. p50 and p99 each, and by language; `denied` counts
//!   decisions that were no allow (a first one may run out of its 50 ms on a busy machine), after the first round none may be
//! * `images`, `artefacts`, `artefact-bytes`: what is loaded, and what is kept on disk

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench talks to a terminal and may stop at a surprise")]
#![allow(dead_code, reason = "the shared parts have more than this bench needs")]

mod asking;
#[path = "../http/bare.rs"]
mod bare;
#[path = "../common/folder.rs"]
mod folder;
#[path = "../http/latencies.rs"]
mod latencies;
#[path = "../http/line.rs"]
mod line;
#[path = "../common/report.rs"]
mod report;
#[path = "../http/server.rs"]
mod server;
mod setup;
mod state;

use folder::Scratch;
use portcullis::{plugin::Limits, world::Stopwatch};
use report::{Limit, figure, ratio};
use server::Server;
use setup::{LANGUAGES, Policy};

/// Policies of one tenant.
const EACH: usize = 10;
/// How often every policy is asked in a measured round.
const ROUNDS: usize = 5;
/// How often one policy is asked.
const HOT: usize = 2000;

fn main() {
    if report::wanted() {
        let quick = std::env::args().any(|argument| argument == "--quick");
        measure(if quick { 10 } else { 100 });
    }
}

fn measure(tenants: usize) {
    let folder = Scratch::new("policies");
    let (server, ready) = start(&folder);
    figure("ready-empty", ready, "ms", Limit::None);
    megabytes("rss-empty", server.rss(), Limit::None);

    let watch = Stopwatch::start();
    let policies = setup::make(&server, tenants, EACH);
    figure("saved-per-second", policies.len() as f64 / watch.elapsed().as_secs_f64(), "", Limit::None);
    println!("{} policies over {tenants} tenants", policies.len());
    megabytes("rss-saved", server.rss(), Limit::None);

    asking::round(&server, &policies, 1).show("first", Limit::None);
    state::settled(&server);
    let hot = hot(&server, &policies);
    let round = asking::round(&server, &policies, ROUNDS);
    round.show("round", Limit::AtMost(0.0));
    ratio("round/hot", round.middle() / hot, Limit::None);
    kept(&folder, &server);
    megabytes("rss-asked", server.rss(), Limit::None);
    server.stop();

    let (server, ready) = start(&folder);
    figure("ready-full", ready, "ms", Limit::None);
    asking::round(&server, &policies, 1).show("restarted", Limit::AtMost(0.0));
    megabytes("rss-restarted", server.rss(), Limit::None);
    println!("images built after the restart: {}", state::built(&server));
    server.stop();
}

/// Starts the server on what is in the folder; milliseconds until it was ready.
fn start(folder: &Scratch) -> (Server, f64) {
    let watch = Stopwatch::start();
    let server = Server::portcullis(folder.path());
    state::ready(&server);
    (server, watch.micros() as f64 / 1000.0)
}

/// One policy of each language, asked again and again. Answers the median of all.
fn hot(server: &Server, policies: &[Policy]) -> f64 {
    let of_each = LANGUAGES.iter().filter_map(|language| policies.iter().find(|policy| policy.language == *language));
    let medians = of_each.map(|policy| {
        // The first answer may have to load the image.
        asking::round(server, std::slice::from_ref(policy), 10);
        let asked = asking::round(server, std::slice::from_ref(policy), HOT);
        asked.show("hot", Limit::AtMost(0.0));
        asked.middle()
    });
    report::median(medians.collect())
}

/// What the server keeps loaded and on disk, against its bounds.
fn kept(folder: &Scratch, server: &Server) {
    let limits = Limits::default();
    figure("images", state::images(server), "", Limit::AtMost(limits.images as f64));
    let (files, bytes) = state::artefacts(&folder.path().join("data").join("artefacts"));
    figure("artefacts", files as f64, "", Limit::AtMost(4096.0));
    megabytes("artefact-bytes", bytes, Limit::AtMost(mebi(limits.artefact_bytes)));
}

fn megabytes(name: &str, bytes: u64, limit: Limit) {
    figure(name, mebi(bytes), "MiB", limit);
}

fn mebi(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
