//! The dialect's words for failures: `{status, message, member}`, as in `context.error` of a batch (AuthZEN §7.2).

use http::{
    StatusCode,
    header::{ALLOW, RETRY_AFTER},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    api::{Answer, challenge},
    domain::{Failure, Problem},
};

/// What every failure looks like.
#[derive(Clone, Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub struct ErrorBody {
    /// The status code.
    pub status: u16,
    /// One sentence.
    pub message: String,
    /// The wrong member as a JSON Pointer, when there is one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub member: String,
}

/// Words a failure.
pub fn word(failure: &Failure) -> Answer {
    let (status, body) = body(failure);
    let answer = Answer::json(status, &body);
    match failure {
        Failure::Unauthenticated(credentials) => challenge::add(answer, *credentials),
        Failure::NoSuchMethod { allowed } => answer.header(ALLOW, allowed),
        Failure::TooMany { seconds } => answer.header(RETRY_AFTER, &seconds.to_string()),
        _ => answer,
    }
}

/// The status and the words; also used inside a batch, whose own status stays 200.
pub fn body(failure: &Failure) -> (StatusCode, ErrorBody) {
    let member = |problem: Option<&Problem>| problem.map(|problem| problem.member.clone()).unwrap_or_default();
    let (status, member) = match failure {
        Failure::Unauthenticated(_) => (StatusCode::UNAUTHORIZED, String::new()),
        Failure::Forbidden { .. } | Failure::Denied { .. } => (StatusCode::FORBIDDEN, String::new()),
        Failure::NotFound { .. } | Failure::NoSuchPath => (StatusCode::NOT_FOUND, String::new()),
        Failure::NoSuchMethod { .. } => (StatusCode::METHOD_NOT_ALLOWED, String::new()),
        Failure::Malformed(problem) => (StatusCode::BAD_REQUEST, member(Some(problem))),
        Failure::Invalid(problems) => (StatusCode::BAD_REQUEST, member(problems.first())),
        // 400, not 415: the certification suite asks for it.
        Failure::MediaType { .. } => (StatusCode::BAD_REQUEST, "header.content-type".to_owned()),
        Failure::Conflict { .. } | Failure::InUse { .. } | Failure::Untimely { .. } => {
            (StatusCode::CONFLICT, String::new())
        }
        Failure::Outdated { .. } => (StatusCode::PRECONDITION_FAILED, String::new()),
        Failure::Unsupported { .. } => (StatusCode::BAD_REQUEST, String::new()),
        Failure::Elsewhere { .. } => (StatusCode::BAD_GATEWAY, String::new()),
        Failure::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, String::new()),
        Failure::Unavailable { .. } => (StatusCode::SERVICE_UNAVAILABLE, String::new()),
        Failure::Internal { .. } => (StatusCode::INTERNAL_SERVER_ERROR, String::new()),
    };
    (status, ErrorBody { status: status.as_u16(), message: failure.to_client(), member })
}
