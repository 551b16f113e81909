//! What the domain tells the metrics. Put together by `server`; neither side knows the other.

use std::sync::Arc;

use crate::{
    decision::{Said, Verdict},
    domain::{Observer, difference::Change},
    metrics::{Decided, Metrics, Phase, Shadowed},
};

/// Counts with the server's metrics.
pub(super) struct MetricsObserver(pub(super) Arc<Metrics>);

impl Observer for MetricsObserver {
    fn store(&self, micros: u64) {
        self.0.observe(Phase::Store, micros);
    }

    fn decided(&self, verdict: &Verdict) {
        self.0.observe(Phase::Queue, verdict.usage.queue_us);
        self.0.observe(Phase::Instantiate, verdict.usage.instantiate_us);
        self.0.observe(Phase::Run, verdict.usage.run_us);
        self.0.decided(match (verdict.said(), verdict.errors) {
            (Said::Allow, _) => Decided::Allow,
            (Said::WouldDeny, _) => Decided::WouldDeny,
            (Said::Deny, 0) => Decided::Deny,
            (Said::Deny, _) => Decided::Error,
        });
    }

    fn answered(&self, micros: u64) {
        self.0.observe(Phase::Answer, micros);
    }

    fn logged(&self, written: u64, dropped: u64) {
        self.0.decision_log_records.inc_by(written);
        self.0.decision_log_dropped.inc_by(dropped);
    }

    fn shadowed(&self, change: Change) {
        self.0.shadowed(match change {
            Change::Same => Shadowed::Same,
            Change::Allows => Shadowed::WouldAllow,
            Change::Denies => Shadowed::WouldDeny,
            Change::Reasons => Shadowed::ChangedReasons,
            Change::Unsure => Shadowed::Error,
        });
    }

    fn shadow_dropped(&self) {
        self.0.shadow_dropped.inc();
    }
}
