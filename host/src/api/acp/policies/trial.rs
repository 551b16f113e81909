//! What the author of a policy asks before it is saved: what it would say and why, whether it can be saved, what it may name.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{PolicyBody, parse, unless_reserved};
use crate::{
    api::{
        Answer, Call,
        acp::{
            decisions::{self, Spent},
            verdicts::{self, Failing, OutputBody, RecoveryBody},
        },
        read,
    },
    decision::{self, About, ComponentId, Explained, Input, RuleSaid, Truth, Verdict},
    domain::{Domain, Failure, Problem, policy},
};

/// A policy to test and what to test it on (reference/acp.md §1.6).
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestBody {
    /// Must exist when given.
    #[serde(default)]
    pub server_id: Option<String>,
    /// The policy. `id` and `policy_name` may be left out.
    pub policy: PolicyBody,
    /// The policy input document.
    #[serde(default)]
    #[schemars(with = "Map<String, Value>")]
    pub input: Input,
    /// Whether to tell how the answer came about.
    #[serde(default)]
    pub explain: bool,
}

/// What a test answers (reference/acp.md §1.3).
#[derive(Serialize, JsonSchema)]
pub struct TestAnswer {
    /// True when whoever asks would be allowed.
    pub status: bool,
    /// `allow`, `deny`, or `would_deny` of a policy that is only monitored.
    pub result: &'static str,
    /// Everything for which it is denied, or would be.
    pub failures: Vec<Failing>,
    /// How to pass.
    pub recovery: Vec<RecoveryBody>,
    /// What validators that passed hand over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<OutputBody>,
    /// What the sandbox spent. Only when it is to be explained.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Spent>,
    /// How the answer came about. Only when it is to be explained.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceBody>,
}

/// What one condition came to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Trace")]
pub struct TraceBody {
    /// `rule`, `all`, `any`, `not` or `policy`. A policy's own list is an `all`.
    pub condition: &'static str,
    /// `pass`, `fail`, or `error` when nobody can say.
    pub outcome: &'static str,
    /// The embedded policy that this stands for or is of; left out for the policy's own.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub policy: String,
    /// True for an embedded policy that is only monitored, which counts as passing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub monitored: bool,
    /// What a rule says.
    #[serde(flatten)]
    pub rule: Option<TracedRule>,
    /// What is inside, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inside: Vec<TraceBody>,
}

/// What one rule says.
#[derive(Serialize, JsonSchema)]
pub struct TracedRule {
    /// The validator.
    pub validator: String,
    /// Its place among the validators of its policy in the order they are written, counted from 0.
    pub index: usize,
    /// Why it does not pass: a stable word.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
    /// The same in a sentence.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// What it adds to its refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
    /// What it hands over when it passes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Value>,
    /// What its call spent. Validators of one component with the same timeout share a call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Spent>,
}

/// Whether a policy can be saved.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PolicyCheck")]
pub struct CheckAnswer {
    /// True when it can.
    pub valid: bool,
    /// Everything that is wrong with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<PlacedProblem>,
}

/// Something that is wrong with a policy.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "PolicyProblem")]
pub struct PlacedProblem {
    /// Where, as a JSON Pointer into the policy.
    pub pointer: String,
    /// What.
    pub message: String,
    /// The line of a script, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The column in this line, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
}

/// The validators that policies may name.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Validators")]
pub struct KnownBody {
    /// By name.
    pub validators: Vec<KnownValidator>,
}

/// A validator that policies may name.
#[derive(Serialize, JsonSchema)]
pub struct KnownValidator {
    /// The name.
    pub name: String,
    /// SHA-256 of its bytes, in hex.
    pub digest: String,
    /// Its own version.
    pub version: String,
    /// What it does, for the author of a policy.
    pub help: String,
    /// JSON Schema (2020-12) of its configuration.
    pub conf_schema: Value,
}

/// testPolicy
pub async fn test(call: Call) -> Result<Answer, Failure> {
    let TestBody { server_id, policy: mut body, mut input, explain } = read::json(&call.request)?;
    let domain = &call.app.domain;
    if let Some(server) = server_id {
        crate::domain::server::current(domain, call.tenant(), &server)
            .map_err(|_| Failure::invalid("/server_id", format!("there is no server `{server}`")))?;
    }
    named(&mut body);
    let (_, policy) = parse(body).map_err(|failure| failure.below("/policy"))?;
    if input.now == 0 {
        input.now = domain.world.now_seconds();
    }
    let text = serde_json::to_string(&input).map_err(|error| Failure::Internal { log: error.to_string() })?;
    let tested = match explain {
        true => policy::explain(domain, call.tenant(), &policy, &text).await.map(explained),
        false => policy::test(domain, call.tenant(), &policy, &text).await.map(answer),
    };
    Ok(call.json(StatusCode::OK, &tested.map_err(|failure| failure.below("/policy"))?))
}

/// checkPolicy
pub async fn check(call: Call) -> Result<Answer, Failure> {
    let problems = match checked(&call.app.domain, &call).await {
        Ok(()) => Vec::new(),
        Err(Failure::Invalid(problems)) => problems.into_iter().map(placed).collect(),
        Err(failure) => return Err(failure),
    };
    Ok(call.json(StatusCode::OK, &CheckAnswer { valid: problems.is_empty(), problems }))
}

async fn checked(domain: &Domain, call: &Call) -> Result<(), Failure> {
    let mut body: PolicyBody = read::json(&call.request)?;
    read::agrees("/tenant_id", body.tenant_id.clone(), call.tenant())?;
    let id = read::said(body.id.clone());
    unless_reserved(id.as_deref().unwrap_or_default())?;
    named(&mut body);
    let (_, policy) = parse(body)?;
    policy::try_draft(domain, call.tenant(), id.as_deref(), &policy).await
}

/// listValidators
pub async fn validators(call: Call) -> Result<Answer, Failure> {
    crate::domain::tenant::current(&call.app.domain, call.tenant())?;
    let known = policy::known(&call.app.domain).await;
    Ok(call.json(StatusCode::OK, &KnownBody { validators: known.into_iter().map(known_validator).collect() }))
}

/// A policy that is not saved needs no id and no name.
fn named(body: &mut PolicyBody) {
    body.id.get_or_insert_with(|| "test".to_owned());
    body.policy_name.get_or_insert_with(|| "test".to_owned());
}

fn answer(verdict: Verdict) -> TestAnswer {
    let result = verdict.said().as_str();
    TestAnswer {
        status: verdict.allow,
        result,
        failures: verdict.failures.into_iter().map(verdicts::failing).collect(),
        recovery: verdict.recovery.into_iter().map(verdicts::recovery).collect(),
        outputs: verdict.outputs.into_iter().map(verdicts::output).collect(),
        usage: None,
        trace: None,
    }
}

fn explained(Explained { verdict, trace }: Explained) -> TestAnswer {
    let usage = Some(decisions::spent(verdict.usage));
    TestAnswer { usage, trace: Some(traced(trace)), ..answer(verdict) }
}

/// A trace on the wire. Also what the command line prints.
pub fn traced(trace: decision::Trace) -> TraceBody {
    let decision::Trace { what, truth, policy, monitored, rule, inside } = trace;
    let outcome = match truth {
        Truth::Holds => "pass",
        Truth::Fails => "fail",
        Truth::Unknown => "error",
    };
    let inside = inside.into_iter().map(traced).collect();
    TraceBody { condition: what, outcome, policy, monitored, rule: rule.map(traced_rule), inside }
}

fn traced_rule(RuleSaid { validator, index, answer, usage }: RuleSaid) -> TracedRule {
    let some = |text: String| (!text.is_empty()).then(|| verdicts::details_value(&text));
    let (code, message, details, output) = match answer {
        decision::Answer::Pass { output } => (String::new(), String::new(), None, some(output)),
        decision::Answer::Fail { code, message, details } => (code, message, some(details), None),
        decision::Answer::Error(code) => (code.as_str().to_owned(), code.message().to_owned(), None, None),
    };
    TracedRule { validator, index, code, message, details, output, usage: usage.map(decisions::spent) }
}

/// Script engines begin their messages with where in the script something is wrong.
fn placed(Problem { member, reason, missing: _ }: Problem) -> PlacedProblem {
    let (line, column) = match position(&reason) {
        Some((line, column)) => (Some(line), Some(column)),
        None => (None, None),
    };
    PlacedProblem { pointer: member, message: reason, line, column }
}

/// The numbers of a beginning `line L, column C:`.
fn position(message: &str) -> Option<(u32, u32)> {
    let (line, rest) = message.strip_prefix("line ")?.split_once(", column ")?;
    let (column, _) = rest.split_once(':')?;
    Some((line.parse().ok()?, column.parse().ok()?))
}

fn known_validator(about: About) -> KnownValidator {
    let About { component: ComponentId { name, digest }, version, help, conf_schema } = about;
    // A schema that is no JSON takes no configuration: it is shown as one that nothing matches.
    let conf_schema = serde_json::from_str(&conf_schema).unwrap_or(Value::Bool(false));
    KnownValidator { name, digest, version, help, conf_schema }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_are_read_where_a_message_begins_with_them() {
        let problem = |reason: &str| placed(Problem::new("/definition", reason));
        let found = problem("line 3, column 14: no such function");
        assert_eq!((found.line, found.column), (Some(3), Some(14)));
        assert_eq!(found.message, "line 3, column 14: no such function");
        for other in
            ["at line 3, column 4: x", "line 3: x", "line x, column 1: y", "line 1, column 2", "line -1, column 2:"]
        {
            assert_eq!(problem(other).line, None, "{other}");
        }
    }
}
