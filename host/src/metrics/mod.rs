//! What the server counts: one registry, handed around, no globals.
//!
//! Counted by `serve`, `store`, `plugin` and the decision log; rendered by the `operate` dialect at /metrics. Handles are resolved
//! before the hot path: counting a request costs an atomic addition, observing a phase a short lock. Knows nothing of
//! what the numbers mean.

mod operation;

use std::{fmt, sync::atomic::Ordering::Relaxed};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Registry, Unit},
};

pub use operation::Operation;
use operation::RequestLabels;

/// The media type of [`Metrics::render`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds in microseconds: 1 us to 1 s in steps of 1, 2, 5.
const MICROSECONDS: [f64; 19] =
    [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6];
/// Upper bounds in seconds for a whole request.
const SECONDS: [f64; 14] = [1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1.0, 5.0];

/// The part of a request that a duration belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Waiting for a sandbox.
    Queue,
    /// Reading or writing the store.
    Store,
    /// Making a fresh instance.
    Instantiate,
    /// Running the guest.
    Run,
    /// Shaping the answer.
    Answer,
}

/// How a decision ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// Allowed.
    Allow,
    /// Denied by a rule.
    Deny,
    /// Denied because of an error.
    Error,
    /// Allowed since the policy is only monitored; it would deny.
    WouldDeny,
}

/// What came out when a candidate was asked what its policy was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shadowed {
    /// The same.
    Same,
    /// It allows what was denied.
    WouldAllow,
    /// It denies what was allowed.
    WouldDeny,
    /// The outcome is the same, its reasons are not.
    ChangedReasons,
    /// There is nothing to compare.
    Error,
}

/// What the sandbox counted since the start.
#[derive(Clone, Debug, Default)]
pub struct SandboxCounts {
    /// Calls into fresh instances.
    pub calls: u64,
    /// Calls that configured their instance first.
    pub cold_calls: u64,
    /// Images built.
    pub builds: u64,
    /// Images dropped to stay within bounds.
    pub evictions: u64,
    /// Calls that failed, by reason code.
    pub failures: Vec<(&'static str, u64)>,
}

/// Everything the server counts.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    phases: [Histogram; 5],
    decisions: [Counter; 4],
    shadows: [Counter; 5],
    sandbox: [Counter; 4],
    sandbox_failures: Family<ResultLabels, Counter>,
    request_seconds: Histogram,
    /// Connections open now.
    pub connections: Gauge,
    /// Times the accept loop had to wait because all connections were in use.
    pub connections_full: Counter,
    /// TLS handshakes that failed or took too long.
    pub handshakes_failed: Counter,
    /// Panics caught at the edge.
    pub panics: Counter,
    /// Requests turned away because too much was waiting.
    pub shed: Counter,
    /// Records written to the decision log.
    pub decision_log_records: Counter,
    /// Records the decision log had to drop.
    pub decision_log_dropped: Counter,
    /// Decisions that were picked for a candidate and found no place.
    pub shadow_dropped: Counter,
    /// Configured images in memory.
    pub sandbox_images: Gauge,
    /// Components that cannot be loaded.
    pub components_broken: Gauge,
    /// Commits of the store (one fsync each).
    pub store_commits: Counter,
    /// Write transactions in those commits.
    pub store_transactions: Counter,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct PhaseLabels {
    phase: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ResultLabels {
    result: &'static str,
}

impl Metrics {
    /// All counters at zero.
    pub fn new() -> Metrics {
        let mut registry = Registry::with_prefix("portcullis");
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The running program", version);
        Metrics {
            requests: added(&mut registry, "http_requests", "Requests answered", Family::default()),
            request_seconds: seconds(&mut registry),
            phases: phases(&mut registry),
            decisions: results(&mut registry, "decisions", "Decisions made", ["allow", "deny", "error", "would_deny"]),
            shadows: results(
                &mut registry,
                "shadow_evaluations",
                "Live decisions that a candidate was asked about, by what would have changed",
                ["same", "would_allow", "would_deny", "changed_reasons", "error"],
            ),
            shadow_dropped: counter(&mut registry, "shadow_dropped", "Decisions with no place in a candidate's queue"),
            sandbox: sandbox(&mut registry),
            sandbox_failures: added(
                &mut registry,
                "sandbox_failures",
                "Calls that failed, by reason",
                Family::default(),
            ),
            connections: added(&mut registry, "connections", "Connections open now", Gauge::default()),
            connections_full: counter(&mut registry, "connections_full", "Waits because all connections were in use"),
            handshakes_failed: counter(&mut registry, "tls_handshakes_failed", "TLS handshakes that failed"),
            panics: counter(&mut registry, "panics", "Panics caught at the edge"),
            shed: counter(&mut registry, "shed", "Requests turned away because too much was waiting"),
            decision_log_records: counter(&mut registry, "decision_log_records", "Records written"),
            decision_log_dropped: counter(&mut registry, "decision_log_dropped", "Records that had to be dropped"),
            components_broken: added(
                &mut registry,
                "components_broken",
                "Components that cannot be loaded; their policies deny",
                Gauge::default(),
            ),
            sandbox_images: added(&mut registry, "sandbox_images", "Configured images in memory", Gauge::default()),
            store_commits: counter(&mut registry, "store_commits", "Commits, one fsync each"),
            store_transactions: counter(&mut registry, "store_transactions", "Write transactions in those commits"),
            registry,
        }
    }

    /// The handle of an operation's requests. Resolve it when the routes are built, not for every request.
    pub fn operation(&self, id: &'static str) -> Operation {
        Operation::new(id, self.requests.clone())
    }

    /// Adds a duration to a phase.
    pub fn observe(&self, phase: Phase, micros: u64) {
        let [queue, store, instantiate, run, answer] = &self.phases;
        let histogram = match phase {
            Phase::Queue => queue,
            Phase::Store => store,
            Phase::Instantiate => instantiate,
            Phase::Run => run,
            Phase::Answer => answer,
        };
        histogram.observe(micros as f64);
    }

    /// Adds the duration of a whole request.
    pub fn request_took(&self, micros: u64) {
        self.request_seconds.observe(micros as f64 / 1e6);
    }

    /// Takes over what the store counted itself: commits, and the write transactions in them.
    pub fn store_is(&self, commits: u64, transactions: u64) {
        self.store_commits.inner().store(commits, Relaxed);
        self.store_transactions.inner().store(transactions, Relaxed);
    }

    /// Takes over what the sandbox counted itself.
    pub fn sandbox_is(&self, counts: &SandboxCounts) {
        let SandboxCounts { calls, cold_calls, builds, evictions, failures } = counts;
        let [all, cold, built, evicted] = &self.sandbox;
        for (counter, count) in [(all, calls), (cold, cold_calls), (built, builds), (evicted, evictions)] {
            counter.inner().store(*count, Relaxed);
        }
        for (result, count) in failures {
            self.sandbox_failures.get_or_create(&ResultLabels { result }).inner().store(*count, Relaxed);
        }
    }

    /// Counts a decision.
    pub fn decided(&self, how: Decided) {
        let [allow, deny, error, would_deny] = &self.decisions;
        match how {
            Decided::Allow => allow,
            Decided::Deny => deny,
            Decided::Error => error,
            Decided::WouldDeny => would_deny,
        }
        .inc();
    }

    /// Counts what came out of asking a candidate.
    pub fn shadowed(&self, what: Shadowed) {
        let [same, would_allow, would_deny, changed_reasons, error] = &self.shadows;
        match what {
            Shadowed::Same => same,
            Shadowed::WouldAllow => would_allow,
            Shadowed::WouldDeny => would_deny,
            Shadowed::ChangedReasons => changed_reasons,
            Shadowed::Error => error,
        }
        .inc();
    }

    /// Everything as OpenMetrics text, see [`CONTENT_TYPE`].
    pub fn render(&self) -> String {
        let mut text = String::with_capacity(16 * 1024);
        if encode(&mut text, &self.registry).is_err() {
            // Writing to a String cannot fail; a label that cannot be written would be our mistake.
            tracing::error!("the metrics could not be rendered");
        }
        text
    }
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics::new()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Metrics")
    }
}

fn added<M>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M
where
    M: prometheus_client::registry::Metric + Clone,
{
    registry.register(name, help, metric.clone());
    metric
}

fn counter(registry: &mut Registry, name: &str, help: &str) -> Counter {
    added(registry, name, help, Counter::default())
}

fn results<const N: usize>(
    registry: &mut Registry,
    name: &str,
    help: &str,
    results: [&'static str; N],
) -> [Counter; N] {
    let family = added(registry, name, help, Family::<ResultLabels, Counter>::default());
    results.map(|result| family.get_or_create_owned(&ResultLabels { result }))
}

fn phases(registry: &mut Registry) -> [Histogram; 5] {
    let family = Family::<PhaseLabels, Histogram>::new_with_constructor(|| Histogram::new(MICROSECONDS));
    let family = added(registry, "phase_microseconds", "Time spent in a phase of a request", family);
    let phases = ["queue", "store", "instantiate", "run", "answer"];
    phases.map(|phase| family.get_or_create_owned(&PhaseLabels { phase }))
}

fn seconds(registry: &mut Registry) -> Histogram {
    let histogram = Histogram::new(SECONDS);
    registry.register_with_unit("http_request", "Time of a whole request", Unit::Seconds, histogram.clone());
    histogram
}

fn sandbox(registry: &mut Registry) -> [Counter; 4] {
    [
        counter(registry, "sandbox_calls", "Calls into fresh instances"),
        counter(registry, "sandbox_cold_calls", "Calls that configured their instance first"),
        counter(registry, "sandbox_builds", "Images built"),
        counter(registry, "sandbox_evictions", "Images dropped to stay within bounds"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_operation_and_status() {
        let metrics = Metrics::new();
        let operation = metrics.operation("listClients");
        operation.answered(200);
        operation.answered(200);
        operation.answered(418);
        let text = metrics.render();
        assert!(
            text.contains("portcullis_http_requests_total{operation=\"listClients\",status=\"200\"} 2\n"),
            "{text}"
        );
        assert!(
            text.contains("portcullis_http_requests_total{operation=\"listClients\",status=\"418\"} 1\n"),
            "{text}"
        );
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn phases_have_microsecond_buckets() {
        let metrics = Metrics::new();
        metrics.observe(Phase::Run, 7);
        let text = metrics.render();
        assert!(text.contains("portcullis_phase_microseconds_bucket{le=\"5.0\",phase=\"run\"} 0\n"), "{text}");
        assert!(text.contains("portcullis_phase_microseconds_bucket{le=\"10.0\",phase=\"run\"} 1\n"), "{text}");
        assert!(text.contains("portcullis_phase_microseconds_count{phase=\"queue\"} 0\n"), "{text}");
    }

    #[test]
    fn results_and_commits_are_counted() {
        let metrics = Metrics::new();
        metrics.decided(Decided::Error);
        metrics.sandbox_is(&SandboxCounts { calls: 7, failures: vec![("overloaded", 1)], ..SandboxCounts::default() });
        metrics.store_is(2, 3);
        let text = metrics.render();
        assert!(text.contains("portcullis_decisions_total{result=\"error\"} 1\n"), "{text}");
        assert!(text.contains("portcullis_sandbox_calls_total 7\n"), "{text}");
        assert!(text.contains("portcullis_sandbox_failures_total{result=\"overloaded\"} 1\n"), "{text}");
        assert!(text.contains("portcullis_store_transactions_total 3\n"), "{text}");
        assert!(text.contains("portcullis_build_info{version="), "{text}");
    }
}
