//! The dialect's words for failures: `{error}`, with a sentence.

use http::{
    StatusCode,
    header::{ALLOW, RETRY_AFTER},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    api::{Answer, challenge},
    domain::Failure,
};

/// What every failure looks like.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub struct ErrorBody {
    /// One sentence.
    pub error: String,
}

/// Words a failure.
pub fn word(failure: &Failure) -> Answer {
    let answer = Answer::json(status(failure), &ErrorBody { error: failure.to_client() });
    match failure {
        Failure::Unauthenticated(credentials) => challenge::add(answer, *credentials),
        Failure::NoSuchMethod { allowed } => answer.header(ALLOW, allowed),
        Failure::TooMany { seconds } => answer.header(RETRY_AFTER, &seconds.to_string()),
        _ => answer,
    }
}

fn status(failure: &Failure) -> StatusCode {
    match failure {
        Failure::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
        Failure::Forbidden { .. } | Failure::Denied { .. } => StatusCode::FORBIDDEN,
        Failure::NotFound { .. } | Failure::NoSuchPath => StatusCode::NOT_FOUND,
        Failure::NoSuchMethod { .. } => StatusCode::METHOD_NOT_ALLOWED,
        Failure::Malformed(_) | Failure::Invalid(_) => StatusCode::BAD_REQUEST,
        Failure::MediaType { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Failure::Conflict { .. } | Failure::InUse { .. } | Failure::Untimely { .. } => StatusCode::CONFLICT,
        Failure::Outdated { .. } => StatusCode::PRECONDITION_FAILED,
        Failure::Unsupported { .. } => StatusCode::BAD_REQUEST,
        Failure::Elsewhere { .. } => StatusCode::BAD_GATEWAY,
        Failure::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        Failure::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        Failure::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
