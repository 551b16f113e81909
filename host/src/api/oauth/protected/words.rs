//! The dialect's words for failures: those of RFC 6749 §5.2 in the body, those of RFC 6750 §3.1 in the challenge, and those of
//! RFC 7591 §3.2.2 for what a client says about itself.

use http::{
    StatusCode,
    header::{ALLOW, WWW_AUTHENTICATE},
};

use crate::{
    api::{
        Answer, challenge,
        oauth::words::{self, error},
    },
    domain::{Credentials, Failure, Problem},
};

/// Words a failure.
pub fn word(failure: &Failure) -> Answer {
    let description = failure.to_client();
    match failure {
        Failure::Unauthenticated(credentials) => {
            let word = match credentials {
                Credentials::Missing => "invalid_request",
                Credentials::Proof(_) => "invalid_dpop_proof",
                _ => "invalid_token",
            };
            challenge::add(error(StatusCode::UNAUTHORIZED, word, description), *credentials)
        }
        Failure::Forbidden { .. } => error(StatusCode::FORBIDDEN, "insufficient_scope", description)
            .header(WWW_AUTHENTICATE, r#"Bearer error="insufficient_scope""#),
        Failure::Denied { verdict, .. } => {
            let reasons = verdict.failures.iter().map(|failed| failed.message.as_str());
            let description = [description.as_str()].into_iter().chain(reasons).collect::<Vec<_>>().join("; ");
            error(StatusCode::FORBIDDEN, "access_denied", description)
        }
        Failure::Invalid(problems) => {
            let description = problems.iter().map(told).collect::<Vec<_>>().join("; ");
            error(StatusCode::BAD_REQUEST, metadata_error(problems), description)
        }
        Failure::NoSuchMethod { allowed } => words::word(failure).header(ALLOW, allowed),
        Failure::NotFound { .. }
        | Failure::NoSuchPath
        | Failure::Conflict { .. }
        | Failure::InUse { .. }
        | Failure::Outdated { .. }
        | Failure::Untimely { .. }
        | Failure::Unsupported { .. }
        | Failure::Malformed(_)
        | Failure::MediaType { .. }
        | Failure::TooMany { .. }
        | Failure::Elsewhere { .. }
        | Failure::Unavailable { .. }
        | Failure::Internal { .. } => words::word(failure),
    }
}

/// Members that the administration calls otherwise.
const CALLED: [(&str, &str); 3] =
    [("/token_endpoint_signing_alg", "/token_endpoint_auth_signing_alg"), ("/scopes", "/scope"), ("/security/", "/")];

fn told(problem: &Problem) -> String {
    let Problem { member, reason, missing: _ } = problem;
    let called = CALLED.iter().find_map(|(there, here)| Some((here, member.strip_prefix(there)?)));
    match called {
        Some((here, rest)) => Problem::new(format!("{here}{rest}"), reason.as_str()).to_string(),
        None => problem.to_string(),
    }
}

/// The word of RFC 7591 §3.2.2 for wrong metadata.
fn metadata_error(problems: &[Problem]) -> &'static str {
    let about = |member: &str| problems.iter().any(|problem| problem.member.starts_with(member));
    if about("/software_statement") {
        "unapproved_software_statement"
    } else if about("/redirect_uris") {
        "invalid_redirect_uri"
    } else {
        "invalid_client_metadata"
    }
}
