//! Impact analysis: the decisions of a policy that are in the log, made once more by a candidate, step by step from the newest
//! back. Only what was asked and what was answered counts, whichever rules answered then.
//!
//! Asked by the admin group and the command line. A step is bounded in decisions, time and memory, and says where the next one
//! goes on; whoever goes away ends it.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    Domain, Failure,
    decision_log::{self, DecisionId, DecisionRecord, Filter, Named},
    difference::Change,
    policy::{self, Linked, Policy},
    tenant,
};
use crate::{
    decision::{self, Verdict},
    world::{Micros, Stopwatch},
};

/// Decisions that one step may look at.
pub const MOST: usize = 1000;
/// How long a step takes at most, but for the decision that it is at.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes of changed decisions in one answer, the last one not counted.
const ANSWER_BYTES: usize = 4 << 20;
/// Steps at once: each keeps a place in the sandbox busy.
const PARALLEL: usize = 1;

/// Whose turn it is: decisions that somebody waits for come first.
pub(super) struct Turns(Arc<Semaphore>);

impl Turns {
    /// Nobody is waiting.
    pub(super) fn new() -> Turns {
        Turns(Arc::new(Semaphore::new(PARALLEL)))
    }

    async fn wait(&self) -> Result<OwnedSemaphorePermit, Failure> {
        let turn = Arc::clone(&self.0).acquire_owned().await;
        turn.map_err(|error| Failure::Internal { log: error.to_string() })
    }
}

/// What is to be found out.
#[derive(Clone, Debug)]
pub struct Question {
    /// The tenant.
    pub tenant: String,
    /// The policy whose decisions are looked at. It need not be there any more.
    pub policy_id: String,
    /// What is asked instead.
    pub candidate: Policy,
    /// Decisions from this moment on; all that are kept when there is none.
    pub from: Option<Micros>,
    /// Where the last step has ended.
    pub after: Option<DecisionId>,
    /// Decisions that this step looks at, at most [`MOST`].
    pub limit: usize,
}

/// What a step has found.
#[derive(Debug, Default)]
pub struct Impact {
    /// Decisions that were looked at: the sum of the next five.
    pub decided: u64,
    /// The candidate says the same.
    pub same: u64,
    /// It allows what was denied.
    pub newly_allowed: u64,
    /// It denies what was allowed.
    pub newly_denied: u64,
    /// The outcome is the same, reasons, recoveries or outputs are not.
    pub changed_reasons: u64,
    /// Then or now the server's situation kept a validator from answering.
    pub not_reproducible: u64,
    /// What changes, newest first.
    pub changes: Vec<Changed>,
    /// Where to go on, when there may be more.
    pub next: Option<DecisionId>,
    /// Pages of the log that could not be read and were left out.
    pub damaged: u64,
}

/// A decision that the candidate makes otherwise.
#[derive(Debug)]
pub struct Changed {
    /// Its name in the log.
    pub decision: DecisionId,
    /// How the answers differ.
    pub change: Change,
    /// Whom it was about; empty when nobody was named.
    pub subject: String,
    /// What was asked for, such as `read document/7` or `GET /orders`.
    pub request: String,
    /// The caller's X-Request-ID.
    pub request_id: String,
    /// What was answered.
    pub before: Verdict,
    /// What the candidate answers.
    pub after: Verdict,
}

/// Takes one step.
pub async fn step(domain: &Domain, question: Question) -> Result<Impact, Failure> {
    let Question { tenant, policy_id, candidate, from, after, limit } = question;
    tenant::current(domain, &tenant)?;
    let _turn = domain.impacts.wait().await?;
    policy::check(domain, &tenant, &candidate).await.map_err(|failure| failure.below("/candidate"))?;
    let linked =
        policy::link_unsaved(domain, &tenant, &policy_id, &candidate).map_err(|failure| failure.below("/candidate"))?;
    let filter = Filter { tenant, policy_id: Some(policy_id), from, ..Filter::default() };
    let found = decision_log::find(domain, filter, after, limit.clamp(1, MOST)).await?;
    let mut impact = Impact { damaged: found.damaged, ..Impact::default() };
    impact.next = match impact.take(domain, &linked, found.records).await {
        Some(stopped) => Some(stopped),
        None => found.next,
    };
    Ok(impact)
}

impl Impact {
    /// Asks about one decision after the other. Answers the last one when there were more than the step has room for.
    async fn take(&mut self, domain: &Domain, linked: &Linked, records: Vec<Named>) -> Option<DecisionId> {
        let (watch, mut room) = (Stopwatch::start(), ANSWER_BYTES);
        let mut records = records.into_iter().peekable();
        while let Some((id, record)) = records.next() {
            let after = decision::decide(&linked.rules, &record.input, domain.validators.as_ref()).await;
            let weight = record.weight();
            if self.compare(id, record, after) {
                room = room.saturating_sub(weight);
            }
            if records.peek().is_some() && (room == 0 || watch.elapsed() >= PATIENCE) {
                return Some(id);
            }
        }
        None
    }

    /// Answers whether the decision is listed.
    fn compare(&mut self, decision: DecisionId, record: DecisionRecord, after: Verdict) -> bool {
        let change = Change::between(&record.verdict, &after);
        self.decided += 1;
        *match change {
            Change::Same => &mut self.same,
            Change::Allows => &mut self.newly_allowed,
            Change::Denies => &mut self.newly_denied,
            Change::Reasons => &mut self.changed_reasons,
            Change::Unsure => &mut self.not_reproducible,
        } += 1;
        let listed = change != Change::Same;
        if listed {
            let (subject, request) = about(&record.input);
            let DecisionRecord { request_id, verdict: before, .. } = record;
            self.changes.push(Changed { decision, change, subject, request, request_id, before, after });
        }
        listed
    }
}

/// Whom an input is about and what it asks for, in words.
fn about(input: &str) -> (String, String) {
    let input: Value = serde_json::from_str(input).unwrap_or_default();
    let text = |pointer: &str| input.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let subject = match text("/subject/id") {
        "" => text("/authn_ctx/sub"),
        id => id,
    };
    let request = match (text("/request/method"), text("/action/name")) {
        ("", "") => String::new(),
        ("", action) => format!("{action} {}/{}", text("/resource/type"), text("/resource/id")),
        (method, _) => format!("{method} {}", text("/request/path")),
    };
    (subject.to_owned(), request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_told_by_whom_and_what_it_was_about() {
        let own = |subject: &str, request: &str| (subject.to_owned(), request.to_owned());
        let question =
            r#"{"subject":{"type":"user","id":"anna"},"action":{"name":"read"},"resource":{"type":"file","id":"7"}}"#;
        assert_eq!(about(question), own("anna", "read file/7"));
        let request = r#"{"authn_ctx":{"sub":"bob"},"request":{"method":"GET","path":"/orders"}}"#;
        assert_eq!(about(request), own("bob", "GET /orders"));
        assert_eq!(about("{}"), own("", ""));
        assert_eq!(about("not JSON"), own("", ""));
    }
}
