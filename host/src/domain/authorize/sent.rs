//! The parameters of an authorization request as they were sent: the known ones, each at most once (but for `resource`) and none
//! too long.
//!
//! Called by `trust` and `checks`. What is not known is ignored (RFC 6749 §3.1), however often it is there. Knows no rule
//! but these.

use crate::domain::details;

/// The known parameters, with how long each may be in bytes. The edge bounds the whole request.
const KNOWN: [(&str, usize); 23] = [
    ("client_id", 256),
    ("redirect_uri", 2048),
    ("response_type", 64),
    ("response_mode", 32),
    ("scope", 8192),
    ("state", 4096),
    ("nonce", 1024),
    ("code_challenge", 128),
    ("code_challenge_method", 16),
    ("dpop_jkt", 64),
    ("prompt", 64),
    ("max_age", 12),
    ("login_hint", 512),
    ("id_token_hint", 16 * 1024),
    ("acr_values", 2048),
    ("claims", 8192),
    ("ui_locales", 512),
    ("display", 32),
    ("resource", 2048),
    ("authorization_details", details::MOST_BYTES),
    ("request", usize::MAX),
    ("request_uri", 2048),
    ("registration", usize::MAX),
];

/// The parameter that may be there more than once (RFC 8707 §2).
const SEVERAL: &str = "resource";

/// The parameters of a request, in order.
#[derive(Clone, Copy)]
pub(super) struct Sent<'a>(&'a [(String, String)]);

impl<'a> Sent<'a> {
    pub(super) fn new(pairs: &'a [(String, String)]) -> Sent<'a> {
        Sent(pairs)
    }

    /// The value of a parameter: none when it is empty (RFC 6749 §3.1), there twice, or too long.
    pub(super) fn get(self, name: &str) -> Option<&'a str> {
        let value = self.all(name).next().filter(|value| !value.is_empty())?;
        self.wrong(name).is_none().then_some(value)
    }

    /// Whether a parameter is there at all, however often.
    pub(super) fn has(self, name: &str) -> bool {
        self.all(name).any(|value| !value.is_empty())
    }

    /// The parameters that say something, to be kept. What proves the client is not among them.
    pub(super) fn kept(self) -> Vec<(String, String)> {
        let known = |name: &str| KNOWN.iter().any(|(known, _)| *known == name);
        self.0.iter().filter(|(name, value)| known(name) && !value.is_empty()).cloned().collect()
    }

    /// What is wrong with the first known parameter that is there twice or too long: its name and why.
    pub(super) fn first_wrong(self) -> Option<(&'static str, &'static str)> {
        KNOWN.iter().find_map(|(name, _)| Some((*name, self.wrong(name)?)))
    }

    /// What is wrong with a parameter.
    pub(super) fn wrong(self, name: &str) -> Option<&'static str> {
        let longest = KNOWN.iter().find(|(known, _)| *known == name).map_or(0, |(_, longest)| *longest);
        if name != SEVERAL && self.all(name).nth(1).is_some() {
            Some("is given more than once")
        } else if self.all(name).any(|value| value.len() > longest) {
            Some("is too long")
        } else {
            None
        }
    }

    /// Every value of a parameter that may be there more than once.
    pub(super) fn every(self, name: &str) -> impl Iterator<Item = &'a str> {
        self.all(name).filter(|value| !value.is_empty())
    }

    fn all(self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_known_parameter_is_there_once_and_not_too_long() {
        let twice = pairs(&[("state", "a"), ("nonce", "n"), ("state", "a")]);
        let sent = Sent::new(&twice);
        assert_eq!((sent.get("state"), sent.get("nonce")), (None, Some("n")));
        assert_eq!(sent.first_wrong(), Some(("state", "is given more than once")));
        let long = "x".repeat(4097);
        let long = pairs(&[("state", &long)]);
        assert_eq!(Sent::new(&long).first_wrong(), Some(("state", "is too long")));
        assert_eq!(Sent::new(&long).get("state"), None);
        let longest = "x".repeat(4096);
        let fine = pairs(&[("state", &longest)]);
        assert_eq!((Sent::new(&fine).first_wrong(), Sent::new(&fine).get("state")), (None, Some(longest.as_str())));
    }

    #[test]
    fn what_is_not_known_does_not_matter_and_what_is_empty_is_not_there() {
        let sent = pairs(&[
            ("magic", "a"),
            ("magic", "b"),
            ("resource", "a"),
            ("resource", ""),
            ("resource", "b"),
            ("nonce", ""),
        ]);
        assert_eq!(Sent::new(&sent).first_wrong(), None);
        assert_eq!(Sent::new(&sent).every("resource").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(Sent::new(&sent).get("nonce"), None);
    }
}
