//! One evaluation (AuthZEN §6).

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    entity::{self, Action, Entity},
    words::ErrorBody,
};
use crate::{
    api::{
        Answer, Call,
        acp::verdicts::{self, Failing, OutputBody, RecoveryBody},
        read,
    },
    domain::{
        Failure,
        decide::{self, Decision, Question},
    },
};

/// The request.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Evaluation")]
pub struct EvaluationBody {
    /// Who asks to act.
    pub subject: Entity,
    /// What is to be done.
    pub action: Action,
    /// On what. A resource of type `policy` names the policy that decides.
    pub resource: Entity,
    /// The circumstances.
    #[serde(default)]
    pub context: Map<String, Value>,
}

/// The answer.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Decision")]
pub struct DecisionAnswer {
    /// True allows.
    pub decision: bool,
    /// Why, and how to find the decision again.
    pub context: DecisionContext,
}

/// What the answer adds to its decision.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum DecisionContext {
    /// A policy was asked, or none was found.
    Decided {
        /// The decision's name in the log.
        id: String,
        /// The policy that decided; empty when none did.
        policy_id: String,
        /// True when it is allowed only because policies are monitored: the reasons say why it would be denied.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        would_deny: bool,
        /// Everything for which it is denied, or would be.
        reasons: Vec<Failing>,
        /// How to pass.
        recovery: Vec<RecoveryBody>,
        /// What validators that passed hand over, such as the outputs of a Rego policy.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        outputs: Vec<OutputBody>,
    },
    /// This item of a batch could not be evaluated.
    Failed {
        /// Why.
        error: ErrorBody,
    },
}

/// evaluate
pub async fn evaluate(call: Call) -> Result<Answer, Failure> {
    let body: EvaluationBody = read::json(&call.request)?;
    Ok(call.json(StatusCode::OK, &decide(&call, body).await?))
}

/// Decides one evaluation.
pub async fn decide(call: &Call, body: EvaluationBody) -> Result<DecisionAnswer, Failure> {
    let EvaluationBody { subject, action, resource, context } = body;
    let question = Question {
        tenant: call.tenant(),
        server: call.param("aid"),
        input: entity::input(subject, action, resource, context),
        request_id: &call.request.request_id,
    };
    decide::decide(&call.app.domain, &call.caller, question).await.map(show)
}

fn show(decision: Decision) -> DecisionAnswer {
    let Decision { id, policy_id, verdict } = decision;
    let context = DecisionContext::Decided {
        id,
        policy_id,
        would_deny: verdict.would_deny,
        reasons: verdict.failures.into_iter().map(verdicts::failing).collect(),
        recovery: verdict.recovery.into_iter().map(verdicts::recovery).collect(),
        outputs: verdict.outputs.into_iter().map(verdicts::output).collect(),
    };
    DecisionAnswer { decision: verdict.allow, context }
}
