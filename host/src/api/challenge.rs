//! The challenges of answers to whoever has shown no token, or one that is not good: by the bearer scheme (RFC 6750 §3) and by that
//! of tokens that are bound to a key (RFC 9449 §7.1).
//!
//! Called by the words of every dialect that takes tokens.

use http::header::WWW_AUTHENTICATE;

use super::{Answer, oauth::protected_resource};
use crate::domain::{Credentials, Domain, Failure, Needs, Target, permit, possession};

/// The same answer with what would have been needed. There is no error where nothing was shown, and both schemes are named
/// where either would do.
#[must_use]
pub fn add(answer: Answer, credentials: Credentials) -> Answer {
    said(answer, credentials, "")
}

/// The same for a protected resource, with where its metadata is (RFC 9728 §5.1).
#[must_use]
pub fn add_for(answer: Answer, credentials: Credentials, metadata: &str) -> Answer {
    said(answer, credentials, &format!(r#"resource_metadata="{metadata}""#))
}

fn said(answer: Answer, credentials: Credentials, more: &str) -> Answer {
    let (bearer, dpop) = words(credentials);
    let algorithms = format!(r#"algs="{}""#, possession::ALGORITHMS.join(" "));
    let answer = match bearer {
        Some(words) => answer.header(WWW_AUTHENTICATE, &line("Bearer", &[words, more])),
        None => answer,
    };
    match dpop {
        Some(words) => answer.and_header(WWW_AUTHENTICATE, &line("DPoP", &[words, &algorithms, more])),
        None => answer,
    }
}

fn line(scheme: &str, parts: &[&str]) -> String {
    let parts: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    format!("{scheme} {}", parts.join(", ")).trim_end().to_owned()
}

/// Where whoever has shown no good token finds out how to get one: the metadata of the server whose tokens are good for what has
/// these needs, where it has such metadata.
pub fn metadata(domain: &Domain, failure: &Failure, needs: Needs, target: Target<'_>) -> Option<String> {
    let Failure::Unauthenticated(_) = failure else { return None };
    let (tenant, server) = permit::takes_tokens_of(needs, target)?;
    protected_resource::address_of_server(domain, tenant, server)
}

/// The same answer, whose challenges for tokens say where this metadata is (RFC 9728 §5.1).
#[must_use]
pub fn pointing(mut answer: Answer, metadata: Option<&str>) -> Answer {
    let Some(metadata) = metadata else { return answer };
    let told = answer.headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|challenge| challenge.to_str().ok());
    let told: Vec<String> = told.map(|challenge| with_metadata(challenge, metadata)).collect();
    answer.headers.remove(WWW_AUTHENTICATE);
    told.iter().fold(answer, |answer, challenge| answer.and_header(WWW_AUTHENTICATE, challenge))
}

fn with_metadata(challenge: &str, metadata: &str) -> String {
    let separator = match challenge.split_once(' ') {
        None => " ",
        Some(("Bearer" | "DPoP", _)) => ", ",
        Some(_) => return challenge.to_owned(),
    };
    format!(r#"{challenge}{separator}resource_metadata="{metadata}""#)
}

const INVALID: &str = r#"error="invalid_token""#;

/// What is said by the bearer scheme and what by the other one.
fn words(credentials: Credentials) -> (Option<&'static str>, Option<&'static str>) {
    const EXPIRED: &str = r#"error="invalid_token", error_description="expired""#;
    const PROOF: &str = r#"error="invalid_dpop_proof""#;
    match credentials {
        Credentials::Missing => (Some(""), Some("")),
        Credentials::Malformed | Credentials::Invalid | Credentials::Opaque => (Some(INVALID), Some(INVALID)),
        Credentials::Expired => (Some(EXPIRED), Some(EXPIRED)),
        Credentials::Unbound | Credentials::Uncertified | Credentials::NotHere => (Some(INVALID), None),
        Credentials::Unproven => (None, Some(INVALID)),
        Credentials::Proof(_) => (None, Some(PROOF)),
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn challenges(credentials: Credentials) -> Vec<String> {
        let answer = add(Answer::empty(StatusCode::UNAUTHORIZED), credentials);
        let values = answer.headers.get_all(WWW_AUTHENTICATE).iter();
        values.map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn both_schemes_are_named_where_either_would_do() {
        let algs = r#"algs="RS256 PS256 ES256 ES384 EdDSA""#;
        assert_eq!(challenges(Credentials::Missing), ["Bearer".to_owned(), format!("DPoP {algs}")]);
        let invalid = r#"error="invalid_token""#;
        let both = [format!("Bearer {invalid}"), format!("DPoP {invalid}, {algs}")];
        assert_eq!(challenges(Credentials::Invalid), both);
        assert_eq!(challenges(Credentials::Unproven), both[1..]);
        assert_eq!(challenges(Credentials::Unbound), both[..1]);
        assert_eq!(challenges(Credentials::Proof("")), [format!(r#"DPoP error="invalid_dpop_proof", {algs}"#)]);
    }

    #[test]
    fn challenges_for_tokens_say_where_one_is_to_be_had() {
        let told = |credentials: Credentials| {
            let answer =
                pointing(add(Answer::empty(StatusCode::UNAUTHORIZED), credentials), Some("https://id.example/x"));
            let values = answer.headers.get_all(WWW_AUTHENTICATE).iter();
            values.map(|value| value.to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let there = r#"resource_metadata="https://id.example/x""#;
        let dpop = format!(r#"DPoP algs="RS256 PS256 ES256 ES384 EdDSA", {there}"#);
        assert_eq!(told(Credentials::Missing), [format!("Bearer {there}"), dpop]);
        assert_eq!(told(Credentials::Unbound), [format!(r#"Bearer error="invalid_token", {there}"#)]);
        assert_eq!(with_metadata(r#"Basic realm="x""#, "https://id.example/x"), r#"Basic realm="x""#);
    }
}
