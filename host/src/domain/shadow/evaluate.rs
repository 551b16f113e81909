//! The candidate asked about one live decision, and the answers compared. Run by the server's own task, one at a time, so all
//! shadows together take one place in the sandbox at most.

use std::sync::Arc;

use super::{Sampled, find, tally::Tally};
use crate::{
    decision::{self, Code, Verdict},
    domain::{
        Domain, Failure,
        difference::Change,
        policy::{self, Linked},
    },
};

/// Asks the candidate and counts what it says, unless the shadow has ended or was replaced meanwhile.
pub async fn evaluate(domain: &Domain, sampled: Sampled) {
    if !matches!(find(domain, &sampled.tenant, &sampled.policy), Ok(Some(now)) if now.since == sampled.shadow.since) {
        return;
    }
    let said = match linked(domain, &sampled) {
        Ok(linked) => decision::decide(&linked.rules, &sampled.input, domain.validators.as_ref()).await,
        Err(failure) => {
            tracing::warn!(reason = failure.to_log(), policy = sampled.policy, "a candidate could not be linked");
            Verdict::denied("", Code::Unavailable)
        }
    };
    let change = compare(&sampled.live, &said);
    domain.observer.shadowed(change);
    sampled.tally.compared(sampled.decision, change, sampled.live, said);
}

/// A candidate that cannot answer says nothing about its rules.
fn compare(live: &Verdict, candidate: &Verdict) -> Change {
    match Change::between(live, candidate) {
        Change::Same => Change::Same,
        _ if candidate.errors > 0 => Change::Unsure,
        change => change,
    }
}

/// The candidate as it is asked now, kept until a policy or a plugin of the tenant changes.
fn linked(domain: &Domain, sampled: &Sampled) -> Result<Arc<Linked>, Failure> {
    let Sampled { tenant, shadow, tally, .. } = sampled;
    let known = |tally: &Tally| tally.linked().filter(|linked| linked.holds(domain, tenant));
    if let Some(linked) = known(tally) {
        return Ok(linked);
    }
    let linked = Arc::new(policy::link_unsaved(domain, tenant, &sampled.policy, &shadow.candidate)?);
    tally.keep(&linked);
    Ok(linked)
}
