//! The dialect's words for failures: `{errorCode, errorText}`.

use http::{
    StatusCode,
    header::{ALLOW, WWW_AUTHENTICATE},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    api::{Answer, acp::words::challenge},
    domain::{Failure, Untimely},
};

/// What every failure looks like.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Error")]
pub struct ErrorBody {
    /// A word that programs tell failures by.
    pub error_code: &'static str,
    /// One sentence.
    pub error_text: String,
}

/// Words a failure.
pub fn word(failure: &Failure) -> Answer {
    let answer =
        Answer::json(status(failure), &ErrorBody { error_code: code(failure), error_text: failure.to_client() });
    match failure {
        Failure::Unauthenticated(credentials) => answer.header(WWW_AUTHENTICATE, challenge(*credentials)),
        Failure::NoSuchMethod { allowed } => answer.header(ALLOW, allowed),
        _ => answer,
    }
}

fn code(failure: &Failure) -> &'static str {
    match failure {
        Failure::Unauthenticated(_) => "AUTHENTICATION_FAILURE",
        Failure::Forbidden { .. } | Failure::Denied { .. } => "AUTHORIZATION_FAILURE",
        Failure::NotFound { .. } | Failure::NoSuchPath => "NOT_FOUND",
        Failure::NoSuchMethod { .. } => "METHOD_NOT_ALLOWED",
        Failure::Malformed(_)
        | Failure::Invalid(_)
        | Failure::MediaType { .. }
        | Failure::Conflict { .. }
        | Failure::Unsupported { .. } => "MALFORMED_PAYLOAD",
        Failure::Untimely { why: Untimely::Past | Untimely::Taken, .. } => "MALFORMED_PAYLOAD",
        Failure::Untimely { why: Untimely::Begun, .. } => "INVALID_SNAPSHOT",
        Failure::InUse { .. } | Failure::Outdated { .. } | Failure::Untimely { why: Untimely::Last, .. } => {
            "DELETE_FORBIDDEN"
        }
        Failure::Unavailable { .. } => "UNAVAILABLE",
        Failure::Internal { .. } => "INTERNAL_ERROR",
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
        Failure::Conflict { .. } | Failure::InUse { .. } => StatusCode::BAD_REQUEST,
        Failure::Untimely { why: Untimely::Past | Untimely::Taken, .. } => StatusCode::BAD_REQUEST,
        Failure::Untimely { why: Untimely::Begun | Untimely::Last, .. } => StatusCode::FORBIDDEN,
        Failure::Outdated { .. } => StatusCode::PRECONDITION_FAILED,
        Failure::Unsupported { .. } => StatusCode::BAD_REQUEST,
        Failure::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        Failure::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
