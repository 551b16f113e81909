//! What a shadow has shown: counts, costs, and the latest decisions that differ. In memory only: a restart counts anew.

use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use super::{
    cost::{Cost, Costs},
    find,
};
use crate::{
    decision::Verdict,
    domain::{Domain, decision_log::DecisionId, difference::Change, policy::Linked},
    world::Micros,
};

/// How many differing decisions are kept.
const DIFFERENCES: usize = 50;
/// How many bytes of reasons and outputs they may have together, the latest not counted.
const DIFFERENCE_BYTES: usize = 64 << 10;

/// On how many decisions a candidate was compared, and with what outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Decisions of the policy, whether picked or not.
    pub seen: u64,
    /// Decisions that the candidate was asked about: the sum of the next five.
    pub evaluated: u64,
    /// The candidate says the same.
    pub same: u64,
    /// It allows what was denied.
    pub would_allow: u64,
    /// It denies what was allowed.
    pub would_deny: u64,
    /// The outcome is the same, reasons, recoveries or outputs are not.
    pub changed_reasons: u64,
    /// The candidate could not answer, or the policy could not because of the server's situation.
    pub errors: u64,
    /// Decisions that were picked and had no place in the queue.
    pub dropped: u64,
    /// Decisions that were picked and wait.
    pub waiting: u64,
}

/// A decision that the candidate would have made otherwise.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Its name in the decision log.
    pub decision: DecisionId,
    /// How the answers differ.
    pub change: Change,
    /// What the policy said.
    pub live: Verdict,
    /// What the candidate said.
    pub candidate: Verdict,
}

/// What is counted for one shadow.
pub(super) struct Tally {
    tenant: String,
    policy: String,
    since: Micros,
    seen: AtomicU64,
    dropped: AtomicU64,
    /// The candidate, ready to be asked.
    linked: Mutex<Option<Arc<Linked>>>,
    compared: Mutex<Compared>,
}

/// What came out of comparisons.
struct Compared {
    counts: Counts,
    live: Costs,
    candidate: Costs,
    /// The latest last, each with its bytes.
    differences: VecDeque<(usize, Difference)>,
    bytes: usize,
}

impl Tally {
    /// Nothing was seen yet.
    pub(super) fn new(tenant: &str, policy: &str, since: Micros) -> Tally {
        Tally {
            tenant: tenant.to_owned(),
            policy: policy.to_owned(),
            since,
            seen: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            linked: Mutex::default(),
            compared: Mutex::new(Compared {
                counts: Counts::default(),
                live: Costs::new(),
                candidate: Costs::new(),
                differences: VecDeque::new(),
                bytes: 0,
            }),
        }
    }

    /// Whether its shadow is still there. When that cannot be said, it stays.
    pub(super) fn is_current(&self, domain: &Domain) -> bool {
        let found = find(domain, &self.tenant, &self.policy);
        found.map_or(true, |shadow| shadow.is_some_and(|shadow| shadow.since == self.since))
    }

    /// Counts a decision of the policy.
    pub(super) fn saw(&self) {
        self.seen.fetch_add(1, Relaxed);
    }

    /// Counts a decision that found no place.
    pub(super) fn dropped(&self) {
        self.dropped.fetch_add(1, Relaxed);
    }

    /// Counts a comparison.
    pub(super) fn compared(&self, decision: DecisionId, change: Change, live: Verdict, candidate: Verdict) {
        let mut compared = self.state();
        compared.count(change);
        compared.live.add(spent(&live));
        compared.candidate.add(spent(&candidate));
        if change != Change::Same {
            compared.keep(Difference { decision, change, live, candidate });
        }
    }

    /// What was counted, while `waiting` decisions wait.
    pub(super) fn shown(&self, waiting: u64) -> (Counts, Cost, Cost, Vec<Difference>) {
        let compared = self.state();
        let (seen, dropped) = (self.seen.load(Relaxed), self.dropped.load(Relaxed));
        let counts = Counts { seen, dropped, waiting, ..compared.counts };
        let differences = compared.differences.iter().rev().map(|(_, difference)| difference.clone()).collect();
        (counts, compared.live.cost(), compared.candidate.cost(), differences)
    }

    /// The candidate as it was linked last.
    pub(super) fn linked(&self) -> Option<Arc<Linked>> {
        self.linked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps it for the next decision.
    pub(super) fn keep(&self, linked: &Arc<Linked>) {
        *self.linked.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(linked));
    }

    fn state(&self) -> MutexGuard<'_, Compared> {
        self.compared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Compared {
    fn count(&mut self, change: Change) {
        let counts = &mut self.counts;
        counts.evaluated += 1;
        *match change {
            Change::Same => &mut counts.same,
            Change::Allows => &mut counts.would_allow,
            Change::Denies => &mut counts.would_deny,
            Change::Reasons => &mut counts.changed_reasons,
            Change::Unsure => &mut counts.errors,
        } += 1;
    }

    fn keep(&mut self, difference: Difference) {
        let bytes = weight(&difference.live) + weight(&difference.candidate);
        self.bytes += bytes;
        self.differences.push_back((bytes, difference));
        while self.differences.len() > DIFFERENCES || self.bytes > DIFFERENCE_BYTES && self.differences.len() > 1 {
            self.bytes -= self.differences.pop_front().map_or(0, |(bytes, _)| bytes);
        }
    }
}

/// What a verdict took in the sandbox; what it waited for is not its own.
fn spent(verdict: &Verdict) -> u64 {
    verdict.usage.instantiate_us + verdict.usage.run_us
}

fn weight(verdict: &Verdict) -> usize {
    let failures = verdict.failures.iter();
    let failures =
        failures.map(|failed| failed.validator.len() + failed.code.len() + failed.message.len() + failed.details.len());
    failures.chain(verdict.outputs.iter().map(|output| output.value.len())).sum()
}

impl fmt::Debug for Tally {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Tally").field("policy", &self.policy).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::Code;

    fn denied(details: usize) -> Verdict {
        let mut verdict = Verdict::denied("v", Code::Trap);
        verdict.failures.iter_mut().for_each(|failed| failed.details = "x".repeat(details));
        verdict
    }

    fn kept(details: usize, times: u8) -> Vec<u8> {
        let tally = Tally::new("t", "p", 1);
        for number in 0..times {
            tally.compared([number; 16], Change::Reasons, Verdict::default(), denied(details));
        }
        tally.shown(0).3.iter().map(|difference| difference.decision[0]).collect()
    }

    #[test]
    fn the_latest_differences_are_kept_newest_first() {
        let kept_of_many = kept(0, 200);
        assert_eq!((kept_of_many.len(), kept_of_many[0], kept_of_many[49]), (DIFFERENCES, 199, 150));
        assert_eq!(kept(DIFFERENCE_BYTES / 2 - 100, 9), [8, 7]);
        assert_eq!(kept(DIFFERENCE_BYTES * 2, 9), [8], "the latest, however large");
    }

    #[test]
    fn every_comparison_counts_once() {
        let tally = Tally::new("t", "p", 1);
        tally.saw();
        tally.dropped();
        for change in [Change::Same, Change::Allows, Change::Denies, Change::Reasons, Change::Unsure, Change::Same] {
            tally.compared([0; 16], change, Verdict::default(), Verdict::default());
        }
        let (counts, _, _, differences) = tally.shown(3);
        let expected = Counts {
            seen: 1,
            evaluated: 6,
            same: 2,
            would_allow: 1,
            would_deny: 1,
            changed_reasons: 1,
            errors: 1,
            dropped: 1,
            waiting: 3,
        };
        assert_eq!((counts, differences.len()), (expected, 4));
    }
}
