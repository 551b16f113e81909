//! Many evaluations in one request (AuthZEN §7): defaults at the top, whole objects overridden by each item.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    evaluation::{self, DecisionAnswer, DecisionContext, EvaluationBody},
    words,
};
use crate::{
    api::{Answer, Call, read},
    domain::{Failure, Problem},
};

/// The most items of one request.
const MOST: usize = 1000;
/// The most bytes that the items together may take from the defaults. Each item gets its own copy, so without a bound a
/// small body would become a large amount of work, of answers and of records.
const MOST_INHERITED: usize = 16 * 1024 * 1024;
/// What an item may override.
const MEMBERS: [&str; 4] = ["subject", "action", "resource", "context"];

/// The request.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Evaluations")]
pub struct EvaluationsBody {
    /// Default subject.
    #[serde(default)]
    pub subject: Option<Value>,
    /// Default action.
    #[serde(default)]
    pub action: Option<Value>,
    /// Default resource.
    #[serde(default)]
    pub resource: Option<Value>,
    /// Default context.
    #[serde(default)]
    pub context: Option<Value>,
    /// The items. Without any, this is a single evaluation.
    #[serde(default)]
    pub evaluations: Option<Vec<Map<String, Value>>>,
    /// How far to go.
    #[serde(default)]
    pub options: Options,
}

/// The options of a batch.
#[derive(Default, Deserialize, JsonSchema)]
pub struct Options {
    /// When to stop.
    #[serde(default)]
    pub evaluations_semantic: Semantic,
}

/// When a batch stops.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Semantic {
    /// Never.
    #[default]
    ExecuteAll,
    /// After the first deny.
    DenyOnFirstDeny,
    /// After the first permit.
    PermitOnFirstPermit,
}

impl Semantic {
    fn stops_at(self, decision: bool) -> bool {
        match self {
            Semantic::ExecuteAll => false,
            Semantic::DenyOnFirstDeny => !decision,
            Semantic::PermitOnFirstPermit => decision,
        }
    }
}

/// The answer: one decision for every item that was evaluated, in order.
#[derive(Serialize, JsonSchema)]
pub struct EvaluationsAnswer {
    /// The decisions.
    pub evaluations: Vec<DecisionAnswer>,
}

/// evaluateMany
pub async fn evaluate(call: Call) -> Result<Answer, Failure> {
    let EvaluationsBody { subject, action, resource, context, evaluations, options } = read::json(&call.request)?;
    let defaults: Map<String, Value> = MEMBERS
        .into_iter()
        .zip([subject, action, resource, context])
        .filter_map(|(name, value)| value.map(|value| (name.to_owned(), value)))
        .collect();
    let items = evaluations.unwrap_or_default();
    if items.is_empty() {
        return single(&call, defaults).await;
    }
    if items.len() > MOST {
        return Err(Failure::malformed("/evaluations", format!("may have at most {MOST} items")));
    }
    if inherited(&defaults, &items) > MOST_INHERITED {
        let reason = format!("may take at most {MOST_INHERITED} bytes from the defaults in all");
        return Err(Failure::malformed("/evaluations", reason));
    }
    let evaluations = batch(&call, &defaults, items, options.evaluations_semantic).await;
    Ok(call.json(StatusCode::OK, &EvaluationsAnswer { evaluations }))
}

async fn single(call: &Call, members: Map<String, Value>) -> Result<Answer, Failure> {
    let body = parse(members).map_err(Failure::Malformed)?;
    Ok(call.json(StatusCode::OK, &evaluation::decide(call, body).await?))
}

/// How many bytes the items take from the defaults.
fn inherited(defaults: &Map<String, Value>, items: &[Map<String, Value>]) -> usize {
    let takers = |name: &str| items.iter().filter(|item| !item.contains_key(name)).count();
    defaults.iter().map(|(name, value)| weight(value).saturating_mul(takers(name))).fold(0, usize::saturating_add)
}

/// About the bytes of a value in memory.
fn weight(value: &Value) -> usize {
    let below = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(members) => members.iter().map(|(name, value)| name.len() + weight(value)).sum(),
    };
    size_of::<Value>() + below
}

async fn batch(
    call: &Call,
    defaults: &Map<String, Value>,
    items: Vec<Map<String, Value>>,
    semantic: Semantic,
) -> Vec<DecisionAnswer> {
    let mut answers = Vec::with_capacity(items.len());
    for (place, mut item) in items.into_iter().enumerate() {
        for (name, value) in defaults {
            item.entry(name).or_insert_with(|| value.clone());
        }
        let answer = match parse(item).map_err(|problem| below(place, problem)) {
            Ok(body) => evaluation::decide(call, body).await,
            Err(failure) => Err(failure),
        };
        let answer = answer.unwrap_or_else(|failure| failed(&failure));
        let decision = answer.decision;
        answers.push(answer);
        if semantic.stops_at(decision) {
            break;
        }
        // An item without a policy waits for nothing; the other requests of this thread must get their turn all the same.
        tokio::task::yield_now().await;
    }
    answers
}

fn parse(members: Map<String, Value>) -> Result<EvaluationBody, Problem> {
    read::from_value(Value::Object(members))
}

fn below(place: usize, problem: Problem) -> Failure {
    Failure::malformed(format!("/evaluations/{place}{}", problem.member), problem.reason)
}

/// A fault in one item denies that item; the batch goes on (AuthZEN §7.2.1).
fn failed(failure: &Failure) -> DecisionAnswer {
    if let Some(log) = failure.to_log() {
        tracing::error!(reason = log, "an evaluation failed");
    }
    let (_, error) = words::body(failure);
    DecisionAnswer { decision: false, context: DecisionContext::Failed { error } }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn only_what_an_item_leaves_out_is_taken_from_the_defaults() {
        let defaults = object(json!({ "subject": "x".repeat(1000), "action": { "name": "read" } }));
        let own = object(json!({ "subject": "y", "action": "z" }));
        assert_eq!(inherited(&defaults, &[own.clone(), own.clone()]), 0);
        assert_eq!(inherited(&Map::new(), &[own.clone(), Map::new()]), 0);
        let one = inherited(&defaults, &[own, Map::new()]);
        assert!((1008..1400).contains(&one), "{one}");
        assert_eq!(inherited(&defaults, &[Map::new(), Map::new(), Map::new()]), 3 * one);
    }

    #[test]
    fn many_small_members_weigh_what_they_take() {
        assert!(weight(&json!([[], {}, 1, null])) >= 5 * size_of::<Value>());
    }
}
