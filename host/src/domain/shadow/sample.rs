//! A live decision picked for a candidate. Called by `decide` for every decision, so it costs a look into the store's cache when
//! there is no shadow, and never makes an answer wait or fail.

use std::sync::Arc;

use super::{Sampled, find};
use crate::{
    decision::Verdict,
    domain::{Domain, decision_log::DecisionId},
};

/// Counts a decision of the policy with its shadow, and picks it or not. It is handed over with [`Sampled::hand_over`] when it has
/// its name.
pub(in crate::domain) fn sample(
    domain: &Domain,
    tenant: &str,
    policy: &str,
    input: &str,
    live: &Verdict,
) -> Option<Sampled> {
    let shadow = find(domain, tenant, policy).unwrap_or_else(|failure| {
        tracing::warn!(reason = failure.to_log(), tenant, policy, "a shadow could not be looked up");
        None
    })?;
    let tally = domain.shadows.tally(domain, tenant, policy, shadow.since);
    tally.saw();
    is_picked(domain, shadow.percent).then(|| Sampled {
        tenant: tenant.to_owned(),
        policy: policy.to_owned(),
        shadow: Arc::clone(&shadow),
        tally,
        input: input.to_owned(),
        live: live.clone(),
        decision: [0; 16],
    })
}

fn is_picked(domain: &Domain, percent: u8) -> bool {
    let drawn = || (u64::from(u32::from_be_bytes(domain.world.bytes())) * 100) >> u32::BITS;
    percent >= 100 || drawn() < u64::from(percent)
}

impl Sampled {
    /// Queues it under the decision's name, or counts it as dropped.
    pub(in crate::domain) fn hand_over(self, domain: &Domain, decision: DecisionId) {
        let tally = Arc::clone(&self.tally);
        if !domain.shadows.queue.push(Sampled { decision, ..self }) {
            tally.dropped();
            domain.observer.shadow_dropped();
        }
    }
}
