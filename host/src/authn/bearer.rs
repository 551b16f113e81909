//! Tokens in the Authorization header, nowhere else: by the bearer scheme (RFC 6750 §2.1), or by that of tokens that are bound to
//! the key of DPoP proofs (RFC 9449 §7.1).

use http::{HeaderMap, HeaderName, header::AUTHORIZATION};

use super::{Head, possession};
use crate::domain::{
    Credentials, Failure,
    possession::{Presented, Scheme},
};

/// The token of a request with what else it shows, none when it uses no or another scheme. Two Authorization headers are refused.
pub fn presented(head: Head<'_>) -> Result<Option<Presented<'_>>, Failure> {
    let found = token_in(head.headers, &AUTHORIZATION)?;
    Ok(found.map(|(scheme, token)| Presented { token, scheme, evidence: Some(possession::evidence(head)) }))
}

/// The token in a header, and by which scheme it is shown.
pub fn token_in<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<(Scheme, &'a str)>, Failure> {
    let malformed = Failure::Unauthenticated(Credentials::Malformed);
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let (Ok(text), None) = (value.to_str(), values.next()) else { return Err(malformed) };
    let Some((word, token)) = text.split_once(' ') else { return Ok(None) };
    let schemes = [("bearer", Scheme::Bearer), ("dpop", Scheme::Dpop)];
    let Some((_, scheme)) = schemes.into_iter().find(|(known, _)| word.eq_ignore_ascii_case(known)) else {
        return Ok(None);
    };
    match token.trim() {
        "" => Err(malformed),
        token => Ok(Some((scheme, token))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (AUTHORIZATION, value.parse().unwrap())).collect()
    }

    fn token(headers: &HeaderMap) -> Result<Option<(Scheme, &str)>, Failure> {
        token_in(headers, &AUTHORIZATION)
    }

    #[test]
    fn takes_one_token_and_ignores_other_schemes() {
        assert_eq!(token(&headers(&["Bearer abc"])), Ok(Some((Scheme::Bearer, "abc"))));
        assert_eq!(token(&headers(&["dpop abc"])), Ok(Some((Scheme::Dpop, "abc"))));
        assert_eq!(token(&headers(&["bearer  abc "])), Ok(Some((Scheme::Bearer, "abc"))));
        assert_eq!(token(&headers(&["Basic abc"])), Ok(None));
        assert_eq!(token(&headers(&[])), Ok(None));
        assert!(token(&headers(&["Bearer  "])).is_err());
        assert!(token(&headers(&["Bearer a", "Bearer b"])).is_err());
    }
}
