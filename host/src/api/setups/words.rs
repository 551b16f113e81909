//! The dialect's words for failures: `{errorCode, errorText}`.
//!
//! The codes and how the texts begin are documented; a text may go on with the member that is wrong and why.

use http::{
    StatusCode,
    header::{ALLOW, RETRY_AFTER},
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    api::{Answer, challenge},
    domain::{
        Failure, Problem, Untimely,
        setup::{CURRENT_SETUP, SETUP, SNAPSHOT, client, resource_server, tokens::TOKEN},
    },
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

/// A failure in this dialect.
struct Words(StatusCode, &'static str, String);

/// A body that makes no sense.
const PAYLOAD: &str = "MALFORMED_PAYLOAD";
/// A query that makes no sense.
const QUERY: &str = "MALFORMED_QUERY_PARAMETER";
/// What stands before the name of a parameter of the query.
const IN_QUERY: &str = "query.";

/// Words a failure.
pub fn word(failure: &Failure) -> Answer {
    let Words(status, error_code, error_text) = words(failure);
    let answer = Answer::json(status, &ErrorBody { error_code, error_text });
    match failure {
        Failure::Unauthenticated(credentials) => challenge::add(answer, *credentials),
        Failure::NoSuchMethod { allowed } => answer.header(ALLOW, allowed),
        Failure::TooMany { seconds } => answer.header(RETRY_AFTER, &seconds.to_string()),
        _ => answer,
    }
}

fn words(failure: &Failure) -> Words {
    let said = || failure.to_client();
    match failure {
        Failure::Unauthenticated(_) => Words(StatusCode::UNAUTHORIZED, "AUTHENTICATION_FAILURE", said()),
        Failure::Forbidden { .. } | Failure::Denied { .. } => {
            Words(StatusCode::FORBIDDEN, "AUTHORIZATION_FAILURE", said())
        }
        Failure::NotFound { noun, .. } => missing(noun),
        Failure::NoSuchPath => Words(StatusCode::NOT_FOUND, "NOT_FOUND", said()),
        Failure::NoSuchMethod { .. } => Words(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", said()),
        Failure::Malformed(problem) => unreadable(problem),
        Failure::Invalid(problems) => Words(StatusCode::BAD_REQUEST, PAYLOAD, invalid(problems)),
        Failure::MediaType { .. } => Words(StatusCode::UNSUPPORTED_MEDIA_TYPE, PAYLOAD, said()),
        Failure::Conflict { .. } | Failure::Unsupported { .. } => {
            Words(StatusCode::BAD_REQUEST, PAYLOAD, format!("Invalid attribute, {}", said()))
        }
        Failure::Untimely { why, .. } => untimely(*why, &said()),
        Failure::InUse { .. } => Words(StatusCode::FORBIDDEN, "DELETE_FORBIDDEN", format!("Cannot delete, {}", said())),
        Failure::Outdated { .. } => Words(StatusCode::PRECONDITION_FAILED, "OUTDATED", said()),
        Failure::Elsewhere { .. } => Words(StatusCode::BAD_GATEWAY, "UNAVAILABLE", said()),
        Failure::TooMany { .. } => Words(StatusCode::TOO_MANY_REQUESTS, "UNAVAILABLE", said()),
        Failure::Unavailable { .. } => Words(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", said()),
        Failure::Internal { .. } => Words(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", said()),
    }
}

fn missing(noun: &'static str) -> Words {
    let (code, text) = match noun {
        SETUP => ("SETUP_NOT_FOUND", "No such setup available"),
        CURRENT_SETUP => ("SETUP_NOT_FOUND", "No current setup available"),
        client::CLIENT => ("CLIENT_NOT_FOUND", "No such client available"),
        client::CURRENT_CLIENT => ("CLIENT_NOT_FOUND", "No current client available"),
        resource_server::RESOURCE_SERVER => ("RESOURCE_SERVER_NOT_FOUND", "No such resource server available"),
        resource_server::CURRENT_RESOURCE_SERVER => {
            ("RESOURCE_SERVER_NOT_FOUND", "No current resource server available")
        }
        SNAPSHOT => ("SNAPSHOT_NOT_FOUND", "No such snapshot available"),
        TOKEN => ("TOKEN_NOT_FOUND", "No such token available"),
        _ => ("NOT_FOUND", "Not available"),
    };
    Words(StatusCode::NOT_FOUND, code, text.to_owned())
}

fn unreadable(problem: &Problem) -> Words {
    let (code, text) = match problem.member.as_str() {
        "query.validAt" => (QUERY, "Invalid date format"),
        "query" => (QUERY, "Invalid query"),
        member if member.starts_with(IN_QUERY) => (QUERY, "Invalid query parameter"),
        _ => (PAYLOAD, "Invalid JSON"),
    };
    Words(StatusCode::BAD_REQUEST, code, format!("{text}, {problem}"))
}

/// The first of several problems is the one that is told.
fn invalid(problems: &[Problem]) -> String {
    let Some(problem) = problems.first() else { return "Invalid attribute".to_owned() };
    let text = match (problem.missing, problem.member.as_str()) {
        (true, _) => "Missing attribute",
        (false, "/valid_from") => "Invalid validFrom attribute",
        (false, _) => "Invalid attribute",
    };
    format!("{text}, {problem}")
}

fn untimely(why: Untimely, said: &str) -> Words {
    match why {
        Untimely::Past | Untimely::Taken => {
            Words(StatusCode::BAD_REQUEST, PAYLOAD, format!("Invalid validFrom attribute, {said}"))
        }
        Untimely::Begun => {
            Words(StatusCode::FORBIDDEN, "INVALID_SNAPSHOT", "Past snapshots cannot be deleted".to_owned())
        }
        Untimely::Last => {
            Words(StatusCode::FORBIDDEN, "DELETE_FORBIDDEN", "Cannot delete last remaining snapshot".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_begin_as_documented_and_name_the_member() {
        let text = |failure: &Failure| {
            let Words(status, code, text) = words(failure);
            (status.as_u16(), code, text)
        };
        let payload = |text: &str| (400, "MALFORMED_PAYLOAD", text.to_owned());
        let lacking = Failure::Invalid(vec![Problem::missing("/client_defaults/grant_types")]);
        assert_eq!(text(&lacking), payload("Missing attribute, /client_defaults/grant_types: is required"));
        let past = Failure::Untimely { noun: SETUP, why: Untimely::Past };
        assert_eq!(text(&past), payload("Invalid validFrom attribute, a setup cannot change in the past"));
        let query = |text: &str| (400, "MALFORMED_QUERY_PARAMETER", text.to_owned());
        assert_eq!(text(&Failure::malformed("query.validAt", "no")), query("Invalid date format, query.validAt: no"));
        assert_eq!(text(&Failure::malformed("query.page", "no")), query("Invalid query parameter, query.page: no"));
        assert_eq!(text(&Failure::malformed("", "no")), payload("Invalid JSON, no"));
        let gone = Failure::not_found(SETUP, "x");
        assert_eq!(text(&gone), (404, "SETUP_NOT_FOUND", "No such setup available".to_owned()));
    }
}
