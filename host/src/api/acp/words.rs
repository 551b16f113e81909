//! The dialect's words for failures: HttpError `{status_code, error, details}` (contract, schema Error).

use http::{
    StatusCode,
    header::{ALLOW, RETRY_AFTER},
};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::verdicts;
use crate::{
    api::{Answer, challenge},
    decision::Verdict,
    domain::{Failure, Problem},
};

/// What every failure looks like.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub struct ErrorBody {
    /// The status code of the answer.
    pub status_code: u16,
    /// One sentence.
    pub error: String,
    /// More: `problems` lists every wrong member with its reason.
    pub details: Value,
}

/// Words a failure.
pub fn word(failure: &Failure) -> Answer {
    let (status, details) = match failure {
        Failure::Unauthenticated(_) => (StatusCode::UNAUTHORIZED, json!({})),
        Failure::Forbidden { .. } => (StatusCode::FORBIDDEN, json!({})),
        Failure::NotFound { .. } | Failure::NoSuchPath => (StatusCode::NOT_FOUND, json!({})),
        Failure::NoSuchMethod { .. } => (StatusCode::METHOD_NOT_ALLOWED, json!({})),
        Failure::Conflict { .. } | Failure::Untimely { .. } => (StatusCode::CONFLICT, json!({})),
        Failure::InUse { by, .. } => (StatusCode::BAD_REQUEST, json!({ "used_by": by })),
        Failure::MediaType { .. } => (StatusCode::UNSUPPORTED_MEDIA_TYPE, json!({})),
        Failure::Outdated { .. } => (StatusCode::PRECONDITION_FAILED, json!({})),
        Failure::Denied { verdict, .. } => (StatusCode::FORBIDDEN, denied(verdict)),
        Failure::Unsupported { .. } => (StatusCode::BAD_REQUEST, json!({})),
        Failure::Malformed(problem) => (StatusCode::BAD_REQUEST, problems(std::slice::from_ref(problem))),
        Failure::Invalid(found) => (StatusCode::UNPROCESSABLE_ENTITY, problems(found)),
        Failure::Elsewhere { .. } => (StatusCode::BAD_GATEWAY, json!({})),
        Failure::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, json!({})),
        Failure::Unavailable { .. } => (StatusCode::SERVICE_UNAVAILABLE, json!({})),
        Failure::Internal { .. } => (StatusCode::INTERNAL_SERVER_ERROR, json!({})),
    };
    let body = ErrorBody { status_code: status.as_u16(), error: failure.to_client(), details };
    let answer = Answer::json(status, &body);
    match failure {
        Failure::Unauthenticated(credentials) => challenge::add(answer, *credentials),
        Failure::NoSuchMethod { allowed } => answer.header(ALLOW, allowed),
        Failure::TooMany { seconds } => answer.header(RETRY_AFTER, &seconds.to_string()),
        _ => answer,
    }
}

/// Why a policy said no: what failed, and what may help (the step-up of a recovery).
fn denied(verdict: &Verdict) -> Value {
    let failures: Vec<_> = verdict.failures.iter().cloned().map(verdicts::failing).collect();
    let recovery: Vec<_> = verdict.recovery.iter().cloned().map(verdicts::recovery).collect();
    json!({ "failures": failures, "recovery": recovery })
}

fn problems(problems: &[Problem]) -> Value {
    let one = |problem: &Problem| json!({ "member": problem.member, "reason": problem.reason });
    json!({ "problems": problems.iter().map(one).collect::<Vec<_>>() })
}
