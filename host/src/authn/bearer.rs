//! The bearer scheme (RFC 6750 §2.1): a token in the Authorization header, nowhere else.

use http::{HeaderMap, HeaderName, header::AUTHORIZATION};

use crate::domain::{Credentials, Failure};

/// The token of a request, none when it uses no or another scheme. Two Authorization headers are refused.
pub fn token(headers: &HeaderMap) -> Result<Option<&str>, Failure> {
    token_in(headers, &AUTHORIZATION)
}

/// Like [`token`], from another header: where Authorization is somebody else's.
pub fn token_in<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Failure> {
    let malformed = Failure::Unauthenticated(Credentials::Malformed);
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let (Ok(text), None) = (value.to_str(), values.next()) else { return Err(malformed) };
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => match token.trim() {
            "" => Err(malformed),
            token => Ok(Some(token)),
        },
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (AUTHORIZATION, value.parse().unwrap())).collect()
    }

    #[test]
    fn takes_one_token_and_ignores_other_schemes() {
        assert_eq!(token(&headers(&["Bearer abc"])), Ok(Some("abc")));
        assert_eq!(token(&headers(&["bearer  abc "])), Ok(Some("abc")));
        assert_eq!(token(&headers(&["Basic abc"])), Ok(None));
        assert_eq!(token(&headers(&[])), Ok(None));
        assert!(token(&headers(&["Bearer  "])).is_err());
        assert!(token(&headers(&["Bearer a", "Bearer b"])).is_err());
    }
}
