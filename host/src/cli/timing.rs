//! `bench`: how long calls into the sandbox take, one after the other, as this machine runs them.
//!
//! Used by `policy bench` and `plugin bench`.

use std::{future::Future, time::Duration};

use serde::Serialize;

use super::{Error, output, workbench::Workbench};
use crate::{
    decision::{RuleSet, Usage},
    world::Stopwatch,
};

/// The most calls that are measured; their times are all kept.
const MOST: usize = 1_000_000;

/// What a bench measures: a call that answers how it went.
pub trait Subject {
    /// The rules that are asked.
    fn rules(&self) -> &RuleSet;
    /// Asks once. Answers what it spent, and the code of the first rule that could not answer.
    fn ask(&self, bench: &Workbench) -> impl Future<Output = (Usage, Option<String>)>;
}

/// What a bench found out.
#[derive(Serialize)]
pub struct Report {
    /// How slots are cleaned between calls, which is half the cost.
    machine: Machine,
    /// A fresh instance that is configured first, for every call.
    without_snapshot: Times,
    /// A fresh instance of the snapshot taken after configuring.
    #[serde(skip_serializing_if = "Option::is_none")]
    with_snapshot: Option<Times>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    no_snapshot: Option<String>,
}

#[derive(Serialize)]
struct Machine {
    pagemap_scan: bool,
    reason: String,
}

/// Times in microseconds.
#[derive(Serialize)]
struct Times {
    calls: usize,
    p50_us: f64,
    p99_us: f64,
    mean_us: f64,
    fastest_us: f64,
    slowest_us: f64,
    per_second: f64,
    memory_bytes: u64,
    instances: u32,
    /// Calls without an answer.
    errors: usize,
    /// The first of their codes.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Measures for `seconds`, half of them without and half of them with a snapshot. `prepared` puts into a workbench what the
/// subject needs.
pub fn measure<S: Subject>(
    subject: &S,
    seconds: f64,
    prepared: impl Fn(&Workbench) -> Result<(), Error>,
) -> Result<Report, Error> {
    let half = Duration::try_from_secs_f64(seconds / 2.0).map_err(|_| Error::new("--seconds must be a time"))?;
    let cold = Workbench::cold()?;
    prepared(&cold)?;
    let without_snapshot = run(&cold, subject, half);
    drop(cold);
    let warm = Workbench::with_snapshots()?;
    prepared(&warm)?;
    let snapshot = warm.wait(warm.sandbox().snapshot(subject.rules()));
    let with_snapshot = snapshot.is_ok().then(|| run(&warm, subject, half));
    let mode = warm.sandbox().report().mode;
    let machine = Machine { pagemap_scan: mode.pagemap_scan, reason: mode.reason };
    Ok(Report { machine, without_snapshot, with_snapshot, no_snapshot: snapshot.err() })
}

fn run(bench: &Workbench, subject: &impl Subject, time: Duration) -> Times {
    bench.wait(async {
        // The first call compiles, or loads what is compiled.
        let (first, _) = subject.ask(bench).await;
        let mut times = Vec::new();
        let (mut memory_bytes, mut errors, mut error) = (0, 0, None);
        let watch = Stopwatch::start();
        while times.is_empty() || (watch.elapsed() < time && times.len() < MOST) {
            let call = Stopwatch::start();
            let (usage, fault) = subject.ask(bench).await;
            times.push(call.elapsed());
            memory_bytes = usage.memory_bytes.max(memory_bytes);
            errors += usize::from(fault.is_some());
            error = error.or(fault);
        }
        Times { memory_bytes, instances: first.instances, errors, error, ..summary(times, watch.elapsed()) }
    })
}

fn summary(mut times: Vec<Duration>, total: Duration) -> Times {
    times.sort_unstable();
    let us = |time: Duration| (time.as_secs_f64() * 1e8).round() / 100.0;
    let at = |share: usize| us(times.get(times.len() * share / 100).or(times.last()).copied().unwrap_or_default());
    let calls = times.len();
    let sum: Duration = times.iter().sum();
    Times {
        calls,
        p50_us: at(50),
        p99_us: at(99),
        mean_us: us(sum / u32::try_from(calls.max(1)).unwrap_or(u32::MAX)),
        fastest_us: us(times.first().copied().unwrap_or_default()),
        slowest_us: us(times.last().copied().unwrap_or_default()),
        per_second: (calls as f64 / total.as_secs_f64()).round(),
        memory_bytes: 0,
        instances: 0,
        errors: 0,
        error: None,
    }
}

/// Prints a report for people.
pub fn tell(report: &Report) {
    let Report { machine, without_snapshot, with_snapshot, no_snapshot } = report;
    output::say("                       p50 us     p99 us   calls/s   memory  instances   calls");
    tell_times("fresh, no snapshot", without_snapshot);
    if let Some(times) = with_snapshot {
        tell_times("fresh from snapshot", times);
    }
    if let Some(why) = no_snapshot {
        output::say(&format!("fresh from snapshot   none: {why}"));
    }
    let mode = if machine.pagemap_scan { "on" } else { "off" };
    output::say(&format!("one thread; pagemap_scan {mode}: {}", machine.reason));
    if cfg!(debug_assertions) {
        output::say("this program was built without optimisation: only compare times with each other");
    }
}

fn tell_times(name: &str, times: &Times) {
    let Times { calls, p50_us, p99_us, per_second, memory_bytes, instances, errors, error, .. } = times;
    let kib = memory_bytes / 1024;
    output::say(&format!(
        "{name:<20} {p50_us:>8} {p99_us:>10} {per_second:>9} {kib:>5} KiB {instances:>10} {calls:>7}"
    ));
    if let Some(code) = error {
        output::say(&format!("                     {errors} of the calls had no answer, the first for {code}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_slow_end_are_told() {
        let times: Vec<Duration> = (1..=200).rev().map(Duration::from_micros).collect();
        let told = summary(times, Duration::from_millis(20));
        assert_eq!((told.calls, told.p50_us, told.p99_us), (200, 101.0, 199.0));
        assert_eq!((told.fastest_us, told.slowest_us, told.mean_us), (1.0, 200.0, 100.5));
        assert_eq!(told.per_second, 10_000.0);
        assert_eq!(summary(vec![Duration::from_micros(7)], Duration::from_secs(1)).p99_us, 7.0);
    }
}
