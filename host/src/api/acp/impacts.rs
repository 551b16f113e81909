//! Impact analyses on the wire: a candidate, and every decision of the log that it would make otherwise, in steps. Also what
//! `portcullis policy impact` sends and gets.

use data_encoding::HEXLOWER;
use http::StatusCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    duration,
    policies::PolicyBody,
    shadows::{self, SaidBody, moment},
};
use crate::{
    api::{Answer, Call, read},
    domain::{
        Domain, Failure, decision_log,
        difference::Change,
        impact::{self, Changed, Impact, MOST, Question},
    },
};

/// Decisions that a step looks at when nothing else is said.
const LIMIT: usize = 200;

/// A candidate and which decisions it is asked about.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ImpactQuestion")]
pub struct QuestionBody {
    /// What the policy would become. `id` may be left out.
    pub candidate: PolicyBody,
    /// From when on: how long ago (`24h`, `1h30m`) or a moment (RFC 3339). All decisions that are kept when left out.
    #[serde(default)]
    pub since: Option<String>,
    /// Decisions that this step looks at: 1 to 1000, 200 when left out. It stops earlier when it takes long.
    #[serde(default)]
    pub limit: Option<usize>,
    /// Go on after this decision: `next` of the last answer.
    #[serde(default)]
    pub after: Option<String>,
}

/// What a step of an analysis has found. An analysis is the sum of its steps.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Impact")]
pub struct ImpactBody {
    /// From when on decisions are looked at (RFC 3339): `since` for the next step. Left out when all are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Decisions that this step has looked at: the sum of the next five.
    pub decided: u64,
    /// The candidate says the same.
    pub same: u64,
    /// It allows what was denied.
    pub newly_allowed: u64,
    /// It denies what was allowed.
    pub newly_denied: u64,
    /// The outcome is the same, reasons, recoveries or outputs are not.
    pub changed_reasons: u64,
    /// Then or now a validator was overloaded, late or not available: nothing can be said.
    pub not_reproducible: u64,
    /// Every decision that is not the same, newest first.
    pub changes: Vec<ChangedBody>,
    /// Where the next step goes on; left out after the last one. A step may have found nothing and still have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Pages of the log that are damaged and were left out of this step.
    pub damaged_pages: u64,
}

/// A decision that the candidate makes otherwise.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ImpactChange")]
pub struct ChangedBody {
    /// The decision's name in the log.
    pub decision_id: String,
    /// When it was made (RFC 3339).
    pub time: String,
    /// `newly_allowed`, `newly_denied`, `changed_reasons` or `not_reproducible`.
    pub change: &'static str,
    /// Whom it was about; empty when nobody was named.
    pub subject: String,
    /// What was asked for, such as `read document/7` or `GET /orders`.
    pub request: String,
    /// The caller's X-Request-ID.
    pub request_id: String,
    /// What was answered.
    pub before: SaidBody,
    /// What the candidate answers.
    pub after: SaidBody,
}

/// analysePolicyImpact
pub async fn analyse(call: Call) -> Result<Answer, Failure> {
    let body: QuestionBody = read::json(&call.request)?;
    let found = step(&call.app.domain, call.tenant(), Some(call.param("pid")), body).await?;
    Ok(call.json(StatusCode::OK, &found))
}

/// One step, for the policy of the path or else of the candidate's own id.
pub async fn step(
    domain: &Domain,
    tenant: &str,
    path: Option<&str>,
    body: QuestionBody,
) -> Result<ImpactBody, Failure> {
    let QuestionBody { candidate, since, limit, after } = body;
    let (policy_id, candidate) = shadows::parse(tenant, path, candidate)?;
    let from = since.map(|since| from(domain, &since)).transpose()?;
    let limit = limit.unwrap_or(LIMIT);
    if !(1..=MOST).contains(&limit) {
        return Err(Failure::invalid("/limit", "must be a number from 1 to 1000"));
    }
    let parsed = |after: String| {
        decision_log::parse_id(&after).ok_or_else(|| Failure::invalid("/after", "must be the id of a decision"))
    };
    let after = after.map(parsed).transpose()?;
    let question = Question { tenant: tenant.to_owned(), policy_id, candidate, from, after, limit };
    show(from, impact::step(domain, question).await?)
}

/// The microsecond from which decisions are looked at.
fn from(domain: &Domain, since: &str) -> Result<i64, Failure> {
    let ago = |seconds: i64| domain.world.now().saturating_sub(seconds.saturating_mul(1_000_000));
    let moment = || since.parse::<Timestamp>().ok().map(Timestamp::as_microsecond);
    let from = duration::parse(since).map(ago).or_else(moment);
    from.ok_or_else(|| Failure::invalid("/since", "must be how long ago, such as `24h`, or a moment as in RFC 3339"))
}

fn show(from: Option<i64>, found: Impact) -> Result<ImpactBody, Failure> {
    let Impact {
        decided,
        same,
        newly_allowed,
        newly_denied,
        changed_reasons,
        not_reproducible,
        changes,
        next,
        damaged,
    } = found;
    Ok(ImpactBody {
        from: from.map(moment).transpose()?,
        decided,
        same,
        newly_allowed,
        newly_denied,
        changed_reasons,
        not_reproducible,
        changes: changes.into_iter().map(changed).collect::<Result<_, _>>()?,
        next: next.map(|id| HEXLOWER.encode(&id)),
        damaged_pages: damaged,
    })
}

fn changed(changed: Changed) -> Result<ChangedBody, Failure> {
    let Changed { decision, change, subject, request, request_id, before, after } = changed;
    Ok(ChangedBody {
        decision_id: HEXLOWER.encode(&decision),
        time: moment(decision_log::decided_at(&decision))?,
        change: match change {
            Change::Same => "same",
            Change::Allows => "newly_allowed",
            Change::Denies => "newly_denied",
            Change::Reasons => "changed_reasons",
            Change::Unsure => "not_reproducible",
        },
        subject,
        request,
        request_id,
        before: shadows::said(before),
        after: shadows::said(after),
    })
}
