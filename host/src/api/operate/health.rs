//! Health and metrics.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    api::{Answer, Call},
    domain::Failure,
};

/// How the process is doing.
#[derive(Serialize, JsonSchema)]
pub struct Health {
    /// `ok`, `degraded` when a part does not work, or `stopping`.
    pub status: &'static str,
    /// What does not work.
    pub trouble: Vec<Trouble>,
}

/// A part that does not work. Policies that need it deny.
#[derive(Serialize, JsonSchema)]
pub struct Trouble {
    /// The part.
    pub part: String,
    /// Why.
    pub reason: String,
}

/// healthLive
pub async fn live(_: Call) -> Result<Answer, Failure> {
    Ok(Answer::json(StatusCode::OK, &Health { status: "ok", trouble: Vec::new() }))
}

/// healthReady: a broken component degrades its own policies, not the server, so it does not make the server unready.
pub async fn ready(call: Call) -> Result<Answer, Failure> {
    let operations = &call.app.operations;
    let trouble: Vec<_> = operations.trouble().into_iter().map(|(part, reason)| Trouble { part, reason }).collect();
    let (code, status) = match (operations.accepting(), trouble.is_empty()) {
        (false, _) => (StatusCode::SERVICE_UNAVAILABLE, "stopping"),
        (true, true) => (StatusCode::OK, "ok"),
        (true, false) => (StatusCode::OK, "degraded"),
    };
    Ok(Answer::json(code, &Health { status, trouble }))
}

/// metrics
pub async fn metrics(call: Call) -> Result<Answer, Failure> {
    Ok(Answer::with(StatusCode::OK, crate::metrics::CONTENT_TYPE, call.app.operations.metrics()))
}
