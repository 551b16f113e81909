//! Where the decision endpoints of an authorization server are (AuthZEN §9).

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    api::{Answer, Call},
    domain::{Failure, server},
};

/// The metadata document.
#[derive(Serialize, JsonSchema)]
pub struct Metadata {
    /// The base address.
    pub policy_decision_point: String,
    /// One evaluation.
    pub access_evaluation_endpoint: String,
    /// Many.
    pub access_evaluations_endpoint: String,
}

/// authzenConfiguration
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let (domain, id) = (&call.app.domain, call.param("aid"));
    server::current(domain, call.tenant(), id)?;
    let base = domain.issuer(call.tenant(), id);
    let body = Metadata {
        access_evaluation_endpoint: format!("{base}/access/v1/evaluation"),
        access_evaluations_endpoint: format!("{base}/access/v1/evaluations"),
        policy_decision_point: base,
    };
    Ok(call.json(StatusCode::OK, &body))
}
