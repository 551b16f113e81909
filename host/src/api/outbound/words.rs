//! The dialect's words for failures: plain sentences, those that are documented to the letter.

use http::{
    StatusCode,
    header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE},
};

use crate::{
    api::Answer,
    domain::{Failure, Known, Problem, connection::Connection, noun::Named},
};

/// Words a failure.
pub fn word(failure: &Failure) -> Answer {
    let answer = Answer::text(status(failure), &text(failure));
    match failure {
        Failure::Unauthenticated(_) => answer.header(WWW_AUTHENTICATE, r#"Basic realm="Portcullis", charset="UTF-8""#),
        Failure::NoSuchMethod { allowed } => answer.header(ALLOW, allowed),
        Failure::TooMany { seconds } => answer.header(RETRY_AFTER, &seconds.to_string()),
        _ => answer,
    }
}

fn text(failure: &Failure) -> String {
    match failure {
        Failure::Forbidden { .. } | Failure::Denied { .. } => {
            "Operation prohibited due to security constraints.".to_owned()
        }
        Failure::Internal { .. } | Failure::Unavailable { .. } => {
            "Unexpected request failure. See log(s) for more details.".to_owned()
        }
        Failure::NotFound { noun, id, by } if *noun == Connection::NAME => match by {
            Known::Id => format!("An OAuth Client with id \"{id}\" does not exist."),
            Known::Name => format!("An OAuth Client with name \"{id}\" does not exist."),
        },
        Failure::Malformed(problem) => about(problem),
        Failure::Invalid(problems) => problems.iter().map(about).collect::<Vec<_>>().join(" "),
        Failure::Conflict { reason, .. } => sentence(reason),
        Failure::Unauthenticated(_)
        | Failure::NotFound { .. }
        | Failure::NoSuchPath
        | Failure::NoSuchMethod { .. }
        | Failure::MediaType { .. }
        | Failure::InUse { .. }
        | Failure::Outdated { .. }
        | Failure::Untimely { .. }
        | Failure::Unsupported { .. }
        | Failure::TooMany { .. }
        | Failure::Elsewhere { .. } => sentence(&failure.to_client()),
    }
}

/// One wrong member, by the name that it has in both forms.
fn about(problem: &Problem) -> String {
    let (member, reason) = (problem.member.as_str(), problem.reason.as_str());
    match member.trim_start_matches('/') {
        "" => sentence(&format!("the body {reason}")),
        member => sentence(&format!("invalid {}: {reason}", member.trim_start_matches("query."))),
    }
}

/// A text as a sentence.
fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    let first: String = rest.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", rest.as_str().trim_end_matches('.'))
}

fn status(failure: &Failure) -> StatusCode {
    match failure {
        Failure::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
        Failure::Forbidden { .. } | Failure::Denied { .. } => StatusCode::FORBIDDEN,
        Failure::NotFound { .. } | Failure::NoSuchPath => StatusCode::NOT_FOUND,
        Failure::NoSuchMethod { .. } => StatusCode::METHOD_NOT_ALLOWED,
        Failure::Malformed(_) | Failure::Invalid(_) => StatusCode::BAD_REQUEST,
        Failure::MediaType { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Failure::Untimely { .. } => StatusCode::BAD_REQUEST,
        Failure::Conflict { .. } | Failure::InUse { .. } => StatusCode::CONFLICT,
        Failure::Outdated { .. } => StatusCode::PRECONDITION_FAILED,
        Failure::Unsupported { .. } => StatusCode::BAD_REQUEST,
        Failure::Elsewhere { .. } => StatusCode::BAD_GATEWAY,
        Failure::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        Failure::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        Failure::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_told_as_it_was_asked_for() {
        let by_id = text(&Failure::not_found(Connection::NAME, "0a"));
        let by_name = text(&Failure::no_such_name(Connection::NAME, "Mail"));
        assert_eq!(by_id, "An OAuth Client with id \"0a\" does not exist.");
        assert_eq!(by_name, "An OAuth Client with name \"Mail\" does not exist.");
    }

    #[test]
    fn every_wrong_member_has_a_sentence() {
        let problems = vec![Problem::new("/name", "must not be empty"), Problem::new("/scopes/0", "is not one")];
        assert_eq!(text(&Failure::Invalid(problems)), "Invalid name: must not be empty. Invalid scopes/0: is not one.");
        assert_eq!(text(&Failure::malformed("", "is not XML")), "The body is not XML.");
        assert_eq!(text(&Failure::malformed("query.a", "is odd")), "Invalid a: is odd.");
    }

    #[test]
    fn what_is_for_the_log_is_not_told() {
        let told = text(&Failure::Internal { log: "a secret".to_owned() });
        assert_eq!(told, "Unexpected request failure. See log(s) for more details.");
    }
}
