//! The dialect's words for failures: a plain sentence.

use http::{
    StatusCode,
    header::{ALLOW, WWW_AUTHENTICATE},
};

use crate::{api::Answer, domain::Failure};

/// Words a failure.
pub fn word(failure: &Failure) -> Answer {
    let answer = Answer::text(status(failure), &sentence(failure));
    match failure {
        Failure::Unauthenticated(_) => answer.header(WWW_AUTHENTICATE, r#"Basic realm="Portcullis", charset="UTF-8""#),
        Failure::NoSuchMethod { allowed } => answer.header(ALLOW, allowed),
        _ => answer,
    }
}

fn sentence(failure: &Failure) -> String {
    match failure {
        Failure::Forbidden { .. } | Failure::Denied { .. } => {
            "Operation prohibited due to security constraints.".to_owned()
        }
        Failure::Internal { .. } | Failure::Unavailable { .. } => {
            "Unexpected request failure. See log(s) for more details.".to_owned()
        }
        Failure::NotFound { id, .. } => format!("An OAuth Client with name \"{id}\" does not exist."),
        Failure::Unauthenticated(_)
        | Failure::NoSuchPath
        | Failure::NoSuchMethod { .. }
        | Failure::Malformed(_)
        | Failure::Invalid(_)
        | Failure::MediaType { .. }
        | Failure::Conflict { .. }
        | Failure::InUse { .. }
        | Failure::Outdated { .. }
        | Failure::Untimely { .. }
        | Failure::Unsupported { .. } => failure.to_client(),
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
        Failure::Conflict { .. } | Failure::InUse { .. } | Failure::Untimely { .. } => StatusCode::BAD_REQUEST,
        Failure::Outdated { .. } => StatusCode::PRECONDITION_FAILED,
        Failure::Unsupported { .. } => StatusCode::BAD_REQUEST,
        Failure::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        Failure::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
