//! Replay: the same rules, input and components once more. They must say the same.

use super::{
    Failure,
    decision_log::{self, DecisionId, DecisionRecord},
    policy::PolicyRules,
};
use crate::{
    decision::{self, ComponentId, Validators, Verdict},
    store::Store,
};

/// What a replay found.
#[derive(Debug)]
pub struct Replay {
    /// The decision as it was.
    pub record: DecisionRecord,
    /// The decision as it is now.
    pub now: Verdict,
    /// Components that are no longer the ones that decided.
    pub changed: Vec<ComponentId>,
}

impl Replay {
    /// True when outcome, failures and recoveries are the same, by the same components.
    pub fn agrees(&self) -> bool {
        let before = &self.record.verdict;
        self.changed.is_empty()
            && before.allow == self.now.allow
            && before.failures == self.now.failures
            && before.recovery == self.now.recovery
    }
}

/// Runs the decision `id` again.
pub async fn replay(store: &Store, validators: &dyn Validators, id: &DecisionId) -> Result<Replay, Failure> {
    let record = decision_log::get(store, id)?;
    let record = record.ok_or_else(|| Failure::not_found("decision", data_encoding::HEXLOWER.encode(id)))?;
    if record.policy_digest.is_empty() {
        // No policy was found then, and a policy made since does not change what was decided.
        let now = record.verdict.clone();
        return Ok(Replay { record, now, changed: Vec::new() });
    }
    let rules = store.record::<PolicyRules>(&[&record.policy_digest])?;
    let rules = rules.ok_or_else(|| Failure::not_found("policy with digest", record.policy_digest.clone()))?;
    let now = decision::decide(&rules.0, &record.input, validators).await;
    let changed = record.verdict.components.iter().filter(|before| !now.components.contains(before)).cloned().collect();
    Ok(Replay { record, now, changed })
}
