//! Replay: the same rules, input and components once more. They must say the same.

use super::{
    Failure,
    decision_log::{self, DecisionId, DecisionRecord},
    policy::PolicyRules,
};
use crate::{
    decision::{self, Code, ComponentId, Validators, Verdict},
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

/// What a replay says about a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Outcome, failures and recoveries are the same, by the same components.
    Agrees,
    /// They are not.
    Differs,
    /// They are not, and need not be: then or now the server could not ask a validator (see [`CIRCUMSTANCES`]), or a validator
    /// asked somebody outside, who need not say the same again.
    NotReproducible,
}

/// Denials that come from the server's situation, such as its load, and not from rules, input and components.
const CIRCUMSTANCES: [Code; 3] = [Code::Overloaded, Code::Deadline, Code::Unavailable];

impl Replay {
    /// What the comparison says.
    pub fn outcome(&self) -> Outcome {
        let before = &self.record.verdict;
        let same = self.changed.is_empty()
            && before.said() == self.now.said()
            && before.failures == self.now.failures
            && before.recovery == self.now.recovery;
        match same {
            true => Outcome::Agrees,
            false if by_others(before) || by_others(&self.now) => Outcome::NotReproducible,
            false => Outcome::Differs,
        }
    }
}

/// Whether the verdict rests on more than rules, input and components.
fn by_others(verdict: &Verdict) -> bool {
    by_circumstances(verdict) || verdict.usage.outside_calls > 0
}

/// Whether a rule failed because of the server's situation. A component may use the same word for a reason of its own,
/// which is no error.
pub(super) fn by_circumstances(verdict: &Verdict) -> bool {
    let by_code = |word: &str| CIRCUMSTANCES.iter().any(|code| code.as_str() == word);
    verdict.errors > 0 && verdict.failures.iter().any(|failed| by_code(&failed.code))
}

/// Runs the decision `id` again.
pub async fn replay(store: &Store, validators: &dyn Validators, id: &DecisionId) -> Result<Replay, Failure> {
    let record = find(store, *id).await?;
    let record = record.ok_or_else(|| Failure::not_found("decision", data_encoding::HEXLOWER.encode(id)))?;
    if record.policy_digest.is_empty() {
        // No policy was found then, and a policy made since does not change what was decided.
        let now = record.verdict.clone();
        return Ok(Replay { record, now, changed: Vec::new() });
    }
    let rules = store.record::<PolicyRules>(&[&record.policy_digest])?;
    let rules = rules.ok_or_else(|| Failure::not_found("policy with digest", record.policy_digest.clone()))?;
    let now = decision::decide(&rules.0, &record.input, validators).await;
    // The rules do not say that their policy was only monitored, the record does.
    let now = if record.verdict.would_deny { now.monitored() } else { now };
    let changed = record.verdict.components.iter().filter(|before| !now.components.contains(before)).cloned().collect();
    Ok(Replay { record, now, changed })
}

/// Reads the log on a thread where it may block.
async fn find(store: &Store, id: DecisionId) -> Result<Option<DecisionRecord>, Failure> {
    let store = store.clone();
    let found = tokio::task::spawn_blocking(move || decision_log::get_of_any_tenant(&store, &id)).await;
    Ok(found.map_err(|error| Failure::Internal { log: error.to_string() })??)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::{Failed, Usage};

    fn verdict(code: Option<Code>) -> Verdict {
        let failed = |code: Code| Failed {
            validator: "true".to_owned(),
            index: 0,
            code: code.as_str().to_owned(),
            message: String::new(),
            details: String::new(),
            policy: String::new(),
        };
        Verdict {
            allow: code.is_none(),
            errors: usize::from(code.is_some()),
            failures: code.map(failed).into_iter().collect(),
            ..Verdict::default()
        }
    }

    fn outcome(before: Verdict, now: Verdict) -> Outcome {
        let record = DecisionRecord {
            tenant: String::new(),
            server: String::new(),
            caller: String::new(),
            request_id: String::new(),
            policy_id: String::new(),
            policy_digest: String::new(),
            input: String::new(),
            verdict: before,
        };
        Replay { record, now, changed: Vec::new() }.outcome()
    }

    #[test]
    fn circumstances_of_then_or_now_cannot_be_reproduced() {
        assert_eq!(outcome(verdict(None), verdict(None)), Outcome::Agrees);
        for code in CIRCUMSTANCES {
            assert_eq!(outcome(verdict(Some(code)), verdict(None)), Outcome::NotReproducible, "{code:?}");
            assert_eq!(outcome(verdict(None), verdict(Some(code))), Outcome::NotReproducible, "{code:?}");
            assert_eq!(outcome(verdict(Some(code)), verdict(Some(code))), Outcome::Agrees, "{code:?}");
            let own = Verdict { errors: 0, ..verdict(Some(code)) };
            assert_eq!(outcome(own, verdict(None)), Outcome::Differs, "the component's own word");
        }
        assert_eq!(outcome(verdict(Some(Code::Trap)), verdict(None)), Outcome::Differs);
        let usage = Usage { outside_calls: 1, ..Usage::default() };
        let asked = Verdict { usage, ..verdict(Some(Code::Trap)) };
        assert_eq!(outcome(asked.clone(), verdict(None)), Outcome::NotReproducible, "nobody outside is asked again");
        assert_eq!(outcome(asked.clone(), asked), Outcome::Agrees);
        let monitored = || verdict(Some(Code::Trap)).monitored();
        assert_eq!(outcome(monitored(), monitored()), Outcome::Agrees);
        assert_eq!(outcome(monitored(), verdict(None)), Outcome::Differs);
    }
}
