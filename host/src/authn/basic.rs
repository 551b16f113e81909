//! The basic scheme (RFC 7617), with the form encoding that OAuth clients use inside it (RFC 6749 §2.3.1).
//!
//! Called by the token endpoint. Many clients, `curl -u` among them, send the secret as it is. The two cannot be told
//! apart, so a secret that the encoding would change is handed on both ways. An id of a client never has `+` or
//! `%` in it; a person's name may.

use data_encoding::BASE64;
use http::{HeaderMap, HeaderName, header::AUTHORIZATION};

use crate::{
    crypto::Secret,
    domain::{Credentials, Failure},
};

/// A name and a secret as they were sent.
#[derive(Debug)]
pub struct Basic {
    /// User name or client id, decoded.
    pub name: String,
    /// The same as it was sent.
    pub name_as_sent: String,
    /// What the password or client secret may be: decoded first, then as it was sent where that differs.
    pub candidates: Vec<Secret>,
}

/// The basic credentials of a request, none when it uses no or another scheme.
pub fn credentials(headers: &HeaderMap) -> Result<Option<Basic>, Failure> {
    credentials_in(headers, &AUTHORIZATION)
}

/// Like [`credentials`], from another header: where Authorization is somebody else's.
pub fn credentials_in(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Basic>, Failure> {
    let malformed = || Failure::Unauthenticated(Credentials::Malformed);
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(malformed());
    }
    let Some((scheme, encoded)) = value.to_str().ok().and_then(|text| text.split_once(' ')) else {
        return Err(malformed());
    };
    if !scheme.eq_ignore_ascii_case("basic") {
        return Ok(None);
    }
    let decoded = BASE64.decode(encoded.trim().as_bytes()).map_err(|_| malformed())?;
    let decoded = String::from_utf8(decoded).map_err(|_| malformed())?;
    let (name, secret) = decoded.split_once(':').ok_or_else(malformed)?;
    Ok(Some(Basic { name: form_decode(name), name_as_sent: name.to_owned(), candidates: candidates(secret) }))
}

fn candidates(sent: &str) -> Vec<Secret> {
    let decoded = form_decode(sent);
    let raw = (decoded != sent).then(|| Secret::new(sent));
    [Secret::new(decoded)].into_iter().chain(raw).collect()
}

/// `+` and percent signs as application/x-www-form-urlencoded has them. Text without either stays as it is.
fn form_decode(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Result<Option<Basic>, Failure> {
        credentials(&[(AUTHORIZATION, value.parse().unwrap())].into_iter().collect())
    }

    fn secrets(sent: &str) -> Vec<String> {
        let basic = read(&format!("Basic {}", BASE64.encode(format!("a:{sent}").as_bytes()))).unwrap().unwrap();
        basic.candidates.iter().map(|secret| secret.expose().to_owned()).collect()
    }

    #[test]
    fn a_secret_may_be_encoded_or_not() {
        assert_eq!(secrets("plain:text"), ["plain:text"]);
        assert_eq!(secrets("s%2Be c"), ["s+e c", "s%2Be c"]);
        assert_eq!(secrets("s+e%zz"), ["s e%zz", "s+e%zz"]);
        assert_eq!(secrets(""), [""]);
    }

    #[test]
    fn decodes_the_name() {
        let basic = read(&format!("Basic {}", BASE64.encode(b"a%3Ab:c"))).unwrap().unwrap();
        assert_eq!(basic.name, "a:b");
        assert!(read("Bearer x").unwrap().is_none());
    }

    #[test]
    fn refuses_what_is_not_basic() {
        for value in ["Basic", "Basic !!!", &format!("Basic {}", BASE64.encode(b"no colon")), "Basic /w=="] {
            assert!(read(value).is_err(), "{value}");
        }
    }
}
