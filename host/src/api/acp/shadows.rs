//! Candidates beside policies on the wire: what is put there, and what they have shown.

use data_encoding::HEXLOWER;
use http::StatusCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    policies::{self, PolicyBody},
    verdicts::{self, Failing, OutputBody, RecoveryBody},
};
use crate::{
    api::{Answer, Call, read},
    decision::Verdict,
    domain::{
        Failure, decision_log,
        difference::Change,
        policy::Policy,
        shadow::{self, Cost, Counts, Difference, Shadow, Shown},
    },
};

/// A candidate to put beside a policy.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewShadow")]
pub struct NewShadowBody {
    /// What the policy would become. `id` may be left out.
    pub candidate: PolicyBody,
    /// How many of a hundred decisions it is asked about: 1 to 100, all of them when left out.
    #[serde(default = "all")]
    #[schemars(range(min = 1, max = 100))]
    pub percent: u8,
}

/// A candidate beside a policy, and what it has shown.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Shadow")]
pub struct ShadowBody {
    /// The policy.
    pub policy_id: String,
    /// What the policy would become.
    pub candidate: PolicyBody,
    /// How many of a hundred decisions it is asked about.
    pub percent: u8,
    /// When it was put there (RFC 3339).
    pub since: String,
    /// By whom.
    pub author: String,
    /// How many decisions it was compared on, and with what outcome. Counted since the server's last start at most.
    pub counts: CountsBody,
    /// What both took for the decisions that were compared.
    pub cost: CostsBody,
    /// The latest decisions that differ, newest first.
    pub differences: Vec<DifferenceBody>,
}

/// On how many decisions a candidate was compared, and with what outcome.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ShadowCounts")]
pub struct CountsBody {
    /// Decisions of the policy, whether picked or not.
    pub seen: u64,
    /// Decisions that the candidate was asked about: the sum of the next five.
    pub evaluated: u64,
    /// It says the same.
    pub same: u64,
    /// It allows what was denied.
    pub would_allow: u64,
    /// It denies what was allowed.
    pub would_deny: u64,
    /// The outcome is the same, reasons, recoveries or outputs are not.
    pub changed_reasons: u64,
    /// It could not answer, or the policy could not because of the server's situation.
    pub errors: u64,
    /// Decisions that were picked and could not be kept until its turn.
    pub dropped: u64,
    /// Decisions that were picked and wait.
    pub waiting: u64,
}

/// What policy and candidate took.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ShadowCosts")]
pub struct CostsBody {
    /// The policy.
    pub live: CostBody,
    /// The candidate.
    pub candidate: CostBody,
}

/// What decisions took in the sandbox.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ShadowCost")]
pub struct CostBody {
    /// On average, in microseconds.
    pub mean_us: u64,
    /// At most, for ninety-nine of a hundred, in microseconds; up to an eighth too high.
    pub p99_us: u64,
}

/// A decision that the candidate would have made otherwise.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ShadowDifference")]
pub struct DifferenceBody {
    /// The decision's name in the log.
    pub decision_id: String,
    /// When it was made (RFC 3339).
    pub time: String,
    /// `would_allow`, `would_deny`, `changed_reasons` or `error`.
    pub change: &'static str,
    /// What the policy says.
    pub live: SaidBody,
    /// What the candidate says.
    pub candidate: SaidBody,
}

/// A verdict, for comparing.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Said")]
pub struct SaidBody {
    /// `allow` or `deny`.
    pub result: &'static str,
    /// Every validator that did not pass.
    pub failures: Vec<Failing>,
    /// How to pass.
    pub recovery: Vec<RecoveryBody>,
    /// What validators that passed hand over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<OutputBody>,
}

fn all() -> u8 {
    100
}

/// getPolicyShadow
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let id = call.param("pid");
    let shown = shadow::show(&call.app.domain, call.tenant(), id)?;
    Ok(call.json(StatusCode::OK, &show(call.tenant(), id, shown)?))
}

/// putPolicyShadow
pub async fn put(call: Call) -> Result<Answer, Failure> {
    let NewShadowBody { candidate, percent } = read::json(&call.request)?;
    let id = call.param("pid");
    let candidate = parse(call.tenant(), Some(id), candidate)?.1;
    let shown = shadow::put(&call.app.domain, &call.by(), call.tenant(), id, candidate, percent).await?;
    Ok(call.json(StatusCode::OK, &show(call.tenant(), id, shown)?))
}

/// deletePolicyShadow
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    shadow::end(&call.app.domain, &call.by(), call.tenant(), call.param("pid")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// promotePolicyShadow
pub async fn promote(call: Call) -> Result<Answer, Failure> {
    let id = call.param("pid");
    let state = shadow::promote(&call.app.domain, &call.by(), call.tenant(), id).await?;
    Ok(call.one(StatusCode::OK, &policies::show(call.tenant(), id, state.value), state.version))
}

/// The candidate of a body, with the id of the policy: the path's, or its own.
pub(super) fn parse(tenant: &str, path: Option<&str>, mut body: PolicyBody) -> Result<(String, Policy), Failure> {
    let agreed = read::agrees("/tenant_id", body.tenant_id.clone(), tenant).and_then(|()| match path {
        Some(id) => read::agrees("/id", body.id.replace(id.to_owned()), id),
        None => Ok(()),
    });
    agreed.and_then(|()| policies::parse(body)).map_err(|failure| failure.below("/candidate"))
}

fn show(tenant: &str, id: &str, shown: Shown) -> Result<ShadowBody, Failure> {
    let Shown { shadow, counts, live, candidate: took, differences } = shown;
    let Shadow { candidate, percent, since, author } = (*shadow).clone();
    Ok(ShadowBody {
        policy_id: id.to_owned(),
        candidate: policies::show(tenant, id, candidate),
        percent,
        since: moment(since)?,
        author,
        counts: counted(counts),
        cost: CostsBody { live: cost(live), candidate: cost(took) },
        differences: differences.into_iter().map(difference).collect::<Result<_, _>>()?,
    })
}

fn counted(counts: Counts) -> CountsBody {
    let Counts { seen, evaluated, same, would_allow, would_deny, changed_reasons, errors, dropped, waiting } = counts;
    CountsBody { seen, evaluated, same, would_allow, would_deny, changed_reasons, errors, dropped, waiting }
}

fn cost(Cost { mean_us, p99_us }: Cost) -> CostBody {
    CostBody { mean_us, p99_us }
}

fn difference(difference: Difference) -> Result<DifferenceBody, Failure> {
    let Difference { decision, change, live, candidate } = difference;
    Ok(DifferenceBody {
        decision_id: HEXLOWER.encode(&decision),
        time: moment(decision_log::decided_at(&decision))?,
        change: match change {
            Change::Same => "same",
            Change::Allows => "would_allow",
            Change::Denies => "would_deny",
            Change::Reasons => "changed_reasons",
            Change::Unsure => "error",
        },
        live: said(live),
        candidate: said(candidate),
    })
}

/// A verdict on the wire; what it cost is told elsewhere.
pub(super) fn said(verdict: Verdict) -> SaidBody {
    let result = verdict.said().as_str();
    let Verdict { allow: _, would_deny: _, failures, errors: _, recovery, outputs, components: _, usage: _ } = verdict;
    SaidBody {
        result,
        failures: failures.into_iter().map(verdicts::failing).collect(),
        recovery: recovery.into_iter().map(verdicts::recovery).collect(),
        outputs: outputs.into_iter().map(verdicts::output).collect(),
    }
}

/// A moment, in microseconds, as RFC 3339 has it.
pub(super) fn moment(micros: i64) -> Result<String, Failure> {
    let moment = Timestamp::from_microsecond(micros).map_err(|error| Failure::Internal { log: error.to_string() })?;
    Ok(moment.to_string())
}
