//! The decision log as admins query it.

use data_encoding::HEXLOWER;
use http::StatusCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, value::RawValue};

use super::verdicts::{self, Failing, OutputBody, RecoveryBody};
use crate::{
    api::{Answer, Call, read},
    decision::{ComponentId, Said, Usage, Verdict},
    domain::{
        Failure,
        decision_log::{self, DecisionId, DecisionRecord, Filter},
        tenant,
    },
};

/// The filters and the paging of the list.
pub const QUERY: &[(&str, &str)] = &[
    ("server_id", "decisions of this authorization server"),
    ("policy_id", "decisions of this policy"),
    ("result", "`allow`, `deny` or `would_deny`"),
    ("subject", "the AuthZEN subject's id"),
    ("request_id", "the caller's X-Request-ID"),
    ("from", "not before this moment (RFC 3339)"),
    ("to", "before this moment (RFC 3339)"),
    ("limit", "1 to 1000, 100 when left out"),
    ("after", "go on after this decision: `next` of the last answer"),
];

const LIMIT: usize = 100;
const LARGEST_LIMIT: usize = 1000;

/// A page of decisions.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Decisions")]
pub struct DecisionsBody {
    /// Newest first.
    pub decisions: Vec<DecisionBody>,
    /// Where to go on; left out when there is no more. An answer looks at a part of the log, so it may be short or empty
    /// and still have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Records of the tenant that were dropped since the start because the log could not keep up.
    pub dropped_since_start: u64,
    /// Pages of the log that are damaged and were left out of this answer.
    pub damaged_pages: u64,
}

/// One decision.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Decision")]
pub struct DecisionBody {
    /// Its name.
    pub id: String,
    /// When it was decided (RFC 3339).
    pub time: String,
    /// The authorization server that was asked.
    pub server_id: String,
    /// Who asked.
    pub caller: String,
    /// The caller's X-Request-ID.
    pub request_id: String,
    /// `allow`, `deny`, or `would_deny` of a monitored policy: it was allowed.
    pub result: &'static str,
    /// The policy that decided; empty when none did.
    pub policy_id: String,
    /// The digest of exactly the rules that decided.
    pub policy_digest: String,
    /// The components that answered, with the digests of their bytes.
    pub components: Vec<Component>,
    /// Everything for which it was denied, or would have been.
    pub failures: Vec<Failing>,
    /// How to pass.
    pub recovery: Vec<RecoveryBody>,
    /// What validators that passed have handed over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<OutputBody>,
    /// What the sandbox spent.
    pub usage: Spent,
    /// What the policy saw, byte for byte.
    #[schemars(with = "Value")]
    pub input: Box<RawValue>,
}

/// A component, exactly.
#[derive(Serialize, JsonSchema)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// SHA-256 of its bytes, in hex.
    pub digest: String,
}

/// What the sandbox spent, times in microseconds.
#[derive(Serialize, JsonSchema)]
pub struct Spent {
    /// Waiting for a free sandbox.
    pub queue_us: u64,
    /// Making the instances.
    pub instantiate_us: u64,
    /// Running guest code.
    pub run_us: u64,
    /// The largest linear memory of any instance, in bytes.
    pub memory_bytes: u64,
    /// Fresh instances.
    pub instances: u32,
    /// True when an instance was configured first, for want of a snapshot.
    pub cold: bool,
    /// Requests to other servers, and values of the tenant's data that were read. What such a decision was based on may be
    /// different when it is replayed.
    pub outside_calls: u32,
    /// Waiting for other servers.
    pub outside_us: u64,
}

/// listDecisions
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let domain = &call.app.domain;
    tenant::current(domain, call.tenant())?;
    let query = read::query(&call.request)?;
    query.only(&QUERY.iter().map(|(name, _)| *name).collect::<Vec<_>>())?;
    let within = |text: &str| text.parse().ok().filter(|limit| (1..=LARGEST_LIMIT).contains(limit));
    let limit = query.parsed("limit", within, "a number from 1 to 1000")?.unwrap_or(LIMIT);
    let after = query.parsed("after", decision_log::parse_id, "the id of a decision")?;
    let filter = filter(call.tenant(), &query)?;
    let found = decision_log::find(domain, filter, after, limit).await?;
    let decisions: Result<Vec<_>, _> = found.records.into_iter().map(|(id, record)| show(&id, record)).collect();
    let body = DecisionsBody {
        decisions: decisions?,
        next: found.next.map(|id| HEXLOWER.encode(&id)),
        dropped_since_start: domain.log.dropped(call.tenant()),
        damaged_pages: found.damaged,
    };
    Ok(call.json(StatusCode::OK, &body))
}

/// getDecision
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let name = call.param("did");
    let missing = || Failure::not_found("decision", name);
    let id = decision_log::parse_id(name).ok_or_else(missing)?;
    let record = decision_log::get(&call.app.domain, call.tenant(), id).await?.ok_or_else(missing)?;
    Ok(call.json(StatusCode::OK, &show(&id, record)?))
}

fn filter(tenant: &str, query: &read::Pairs) -> Result<Filter, Failure> {
    let text = |name: &str| query.get(name).map(str::to_owned);
    let moment = |text: &str| text.parse::<Timestamp>().ok().map(Timestamp::as_microsecond);
    Ok(Filter {
        tenant: tenant.to_owned(),
        server: text("server_id"),
        policy_id: text("policy_id"),
        said: query.parsed("result", Said::parse, "`allow`, `deny` or `would_deny`")?,
        subject: text("subject"),
        request_id: text("request_id"),
        from: query.parsed("from", moment, "a moment as in RFC 3339")?,
        to: query.parsed("to", moment, "a moment as in RFC 3339")?,
    })
}

fn show(id: &DecisionId, record: DecisionRecord) -> Result<DecisionBody, Failure> {
    let DecisionRecord {
        tenant: _, // the path's
        server,
        caller,
        request_id,
        policy_id,
        policy_digest,
        input,
        verdict,
    } = record;
    let result = verdict.said().as_str();
    let Verdict { allow: _, would_deny: _, failures, errors: _, recovery, outputs, components, usage } = verdict;
    let internal = |error: String| Failure::Internal { log: error };
    let time =
        Timestamp::from_microsecond(decision_log::decided_at(id)).map_err(|error| internal(error.to_string()))?;
    Ok(DecisionBody {
        id: HEXLOWER.encode(id),
        time: time.to_string(),
        server_id: server,
        caller,
        request_id,
        result,
        policy_id,
        policy_digest,
        components: components.into_iter().map(component).collect(),
        failures: failures.into_iter().map(verdicts::failing).collect(),
        recovery: recovery.into_iter().map(verdicts::recovery).collect(),
        outputs: outputs.into_iter().map(verdicts::output).collect(),
        usage: spent(usage),
        input: RawValue::from_string(input).map_err(|error| internal(error.to_string()))?,
    })
}

fn component(component: ComponentId) -> Component {
    let ComponentId { name, digest } = component;
    Component { name, digest }
}

/// What the sandbox spent.
pub(super) fn spent(usage: Usage) -> Spent {
    let Usage { queue_us, instantiate_us, run_us, memory_bytes, instances, cold, outside_calls, outside_us } = usage;
    Spent { queue_us, instantiate_us, run_us, memory_bytes, instances, cold, outside_calls, outside_us }
}
