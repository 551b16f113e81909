//! The dialect's words for failures: `{error, error_description}` (RFC 6749 §5.2).

use std::borrow::Cow;

use http::{
    StatusCode,
    header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    api::{Answer, challenge},
    domain::{Credentials, Failure},
};

/// What every failure looks like.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub struct ErrorBody {
    /// A word of RFC 6749.
    pub error: Cow<'static, str>,
    /// One sentence.
    pub error_description: String,
}

/// Words a failure.
pub fn word(failure: &Failure) -> Answer {
    let description = failure.to_client();
    match failure {
        Failure::Unauthenticated(_) => invalid_client(&description),
        Failure::Forbidden { .. } | Failure::Denied { .. } => {
            error(StatusCode::FORBIDDEN, "access_denied", description)
        }
        Failure::NotFound { .. } | Failure::NoSuchPath => error(StatusCode::NOT_FOUND, "not_found", description),
        Failure::NoSuchMethod { allowed } => {
            error(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", description).header(ALLOW, allowed)
        }
        Failure::Conflict { .. }
        | Failure::InUse { .. }
        | Failure::Outdated { .. }
        | Failure::Untimely { .. }
        | Failure::Unsupported { .. }
        | Failure::Malformed(_)
        | Failure::MediaType { .. }
        | Failure::Invalid(_) => error(StatusCode::BAD_REQUEST, "invalid_request", description),
        Failure::Elsewhere { .. } => error(StatusCode::BAD_GATEWAY, "temporarily_unavailable", description),
        Failure::TooMany { seconds } => error(StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable", description)
            .header(RETRY_AFTER, &seconds.to_string()),
        Failure::Unavailable { .. } => error(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", description),
        Failure::Internal { .. } => error(StatusCode::INTERNAL_SERVER_ERROR, "server_error", description),
    }
}

/// A client that could not be authenticated, with the challenge RFC 6749 §5.2 asks for.
pub fn invalid_client(description: &str) -> Answer {
    error(StatusCode::UNAUTHORIZED, "invalid_client", description)
        .header(WWW_AUTHENTICATE, r#"Basic realm="token endpoint""#)
}

/// A token that is not, or no longer, good, with the challenge RFC 6750 §3 asks for.
pub fn invalid_token(credentials: Credentials) -> Answer {
    let description = Failure::Unauthenticated(credentials).to_client();
    challenge::add(error(StatusCode::UNAUTHORIZED, "invalid_token", description), credentials)
}

/// An error answer.
pub fn error(status: StatusCode, error: impl Into<Cow<'static, str>>, description: impl Into<String>) -> Answer {
    Answer::json(status, &ErrorBody { error: error.into(), error_description: description.into() })
}
