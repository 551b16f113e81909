//! A thousand policies in four languages, over a hundred tenants, in one server: what they take of memory and disk, how soon
//! the server is ready with them, and what a decision costs when one policy is asked and when all of them are, by turns.
//!
//! ```text
//! cargo bench --bench policies               up to 45 minutes, most of it building a thousand images
//! cargo bench --bench policies -- --quick    100 policies over 10 tenants, five minutes at most
//! cargo bench --bench policies -- 300        all thousand, but no longer than so many seconds for the images
//! ```
//!
//! The real program runs with its default settings as a process of its own, and everything goes over HTTP. No two policies
//! are the same, so each has an image of its own: many more than stay loaded (`sandbox.images` and `sandbox.image_bytes`), so that a
//! round over all of them loads each one from disk. An image holds the machine code of its language's engine (0.6 MB for fields,
//! 3 MB for CEL, 7 MB for Rego, 14 MB for Cedar), compiled anew; that is what takes the time. Builds that are not done by then are
//! given up, and the decisions without an image configure their instance. It prints, with limits where there are any:
//!
//! * `rss-empty`, `rss-saved`, `rss-asked`, `rss-restarted`: resident memory of the server at that point
//! * `engines`: how long the first tenant's policies take to save, whose languages' engines are compiled meanwhile;
//!   `saved-per-second`: how fast all others are saved, by one connection. Builds go on beside it
//! * `ready-empty`, `ready-full`: from the start of the process to the answer of `/health/ready`
//! * `first/…`: the first decisions, whose images are not built yet; `hot/…`: one policy asked again and again; `round/…`: all of
//!   them, one after the other; `restarted/…`: the same after a restart. p50 and p99 each, and by language; `denied` counts
//!   decisions that were no allow (a first one may run out of its 50 ms on a busy machine), after the first round none may be
//! * `images-built`, `build`: how many images there were in the end, and how long one took
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

use std::{thread, time::Duration};

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
        let seconds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(2400);
        match quick {
            true => measure(10, Duration::from_secs(180)),
            false => measure(100, Duration::from_secs(seconds)),
        }
    }
}

fn measure(tenants: usize, patience: Duration) {
    let folder = Scratch::new("policies");
    let (server, ready) = start(&folder);
    figure("ready-empty", ready, "ms", Limit::None);
    megabytes("rss-empty", server.rss(), Limit::None);

    let building = Stopwatch::start();
    let mut policies = setup::make(&server, 0..1, EACH);
    figure("engines", building.elapsed().as_secs_f64(), "s", Limit::None);
    let watch = Stopwatch::start();
    policies.extend(setup::make(&server, 1..tenants, EACH));
    let saved = (policies.len() - EACH) as f64;
    figure("saved-per-second", saved / watch.elapsed().as_secs_f64(), "", Limit::None);
    println!("{} policies over {tenants} tenants", policies.len());
    megabytes("rss-saved", server.rss(), Limit::None);

    asking::round(&server, &policies, 1).show("first", Limit::None);
    built(&server, &policies, patience);
    figure("build", building.elapsed().as_secs_f64() / state::built(&server), "s", Limit::None);
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

/// Waits until every policy has its image, or for as long as `patience` lasts.
fn built(server: &Server, policies: &[Policy], patience: Duration) {
    let watch = Stopwatch::start();
    let wanted = policies.len() as f64;
    while state::built(server) < wanted && watch.elapsed() < patience {
        thread::sleep(Duration::from_secs(5));
        // Only so many builds may wait: who was turned away is built when it is asked again.
        asking::round(server, policies, 1);
    }
    figure("images-built", state::built(server), "", Limit::AtLeast(wanted));
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
