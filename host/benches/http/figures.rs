//! What a start costs: time, memory, the size of the program. The data folder is one that was used before, so the
//! compiled components are there, and the token is still good.

use std::{fs, path::Path, process::Command, thread, time::Duration};

use portcullis::world::Stopwatch;

use crate::{
    line::Line,
    mib,
    report::{self, Limit},
    server::{PROGRAM, Server},
    setup::{ALLOWED, Prepared, THREE, TRUE},
};

/// After the first decision, for what the server does in the background.
const SETTLE: Duration = Duration::from_secs(1);

/// The time from the start of the process to the first decision's answer.
pub(crate) fn starts(times: usize, folder: &Path, prepared: &Prepared) {
    let once = |policy: &str| {
        let (server, millis) = start(folder, prepared, policy);
        server.stop();
        millis
    };
    let median = |policy: &str| report::median((0..times).map(|_| once(policy)).collect());
    report::figure("exec-to-first-decision-true", median(TRUE), "ms", Limit::None);
    report::figure("exec-to-first-decision", median(THREE), "ms", Limit::AtMost(20.0));
}

/// Memory of a server that made one decision.
pub(crate) fn idle(folder: &Path, prepared: &Prepared) {
    let (server, _) = start(folder, prepared, THREE);
    thread::sleep(SETTLE);
    report::figure("idle-rss-anonymous", mib(server.anonymous()), "MiB", Limit::None);
    report::figure("idle-rss", mib(server.rss()), "MiB", Limit::AtMost(25.0));
    server.stop();
}

/// The size of the program, without the symbols that a build for benches keeps.
pub(crate) fn binary(folder: &Path) {
    let stripped = folder.join("portcullis-stripped");
    let done =
        Command::new("strip").arg("-o").arg(&stripped).arg(PROGRAM).status().is_ok_and(|status| status.success());
    let (name, file) =
        if done { ("binary-stripped", stripped.as_path()) } else { ("binary-with-symbols", Path::new(PROGRAM)) };
    report::figure(name, mib(fs::metadata(file).unwrap().len()), "MiB", Limit::AtMost(25.0));
}

/// Starts a server, gets one decision, and answers both with the milliseconds that took.
fn start(folder: &Path, prepared: &Prepared, policy: &str) -> (Server, f64) {
    let watch = Stopwatch::start();
    let server = Server::portcullis(folder);
    let (status, body) = Line::new(server.address).exchange(&prepared.request(&server, policy));
    let took = watch.elapsed();
    assert!(status == 200 && body.as_bytes().starts_with(ALLOWED), "{status} {body}");
    (server, took.as_secs_f64() * 1000.0)
}
