//! The issuers whose assertions about people a server takes for tokens (RFC 7523 §2.1, §3).
//!
//! A part of a server's `security`. Kept with what it says of them: which keys are theirs, what they may give away, and how the
//! people they name are called here.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::domain::{
    Problem,
    client::{ClientKeys, key_set, secure_uri},
    resource, text,
};

/// The most issuers that a server trusts.
const MOST: usize = 50;
/// What a prefix may end with: with it no name of theirs runs into one of ours.
const ENDS: [char; 4] = [':', '#', '/', '|'];
/// The member that holds them.
const MEMBER: &str = "/security/trusted_issuers";

/// An issuer that is trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrustedIssuer {
    /// Its name, as its assertions say it (`iss`): an absolute URI, so it is never the id of a way to log in.
    pub issuer: String,
    /// Its keys.
    pub keys: ClientKeys,
    /// What it calls the server, where that is neither its issuer nor its token endpoint.
    pub audience: Option<String>,
    /// The scopes that it may give away.
    pub scopes: Vec<String>,
    /// The resources without scopes that tokens for its people may be for (RFC 8707).
    pub resources: Vec<String>,
    /// What stands before its names of people; none for its own name and a `#`.
    pub subject_prefix: Option<String>,
}

impl TrustedIssuer {
    /// What we call somebody whom it calls `name`.
    pub fn subject(&self, name: &str) -> String {
        format!("{}{name}", self.prefix())
    }

    /// What stands before its names of people.
    fn prefix(&self) -> Cow<'_, str> {
        match &self.subject_prefix {
            Some(prefix) => Cow::Borrowed(prefix),
            None => Cow::Owned(format!("{}#", self.issuer)),
        }
    }

    /// Whether it may call somebody what another one calls somebody else: the prefix of one begins with that of the other.
    fn could_name_people_of(&self, other: &TrustedIssuer) -> bool {
        let (own, theirs) = (self.prefix(), other.prefix());
        own.starts_with(theirs.as_ref()) || theirs.starts_with(own.as_ref())
    }
}

/// Everything that is wrong with them, as far as that needs no store.
pub(super) fn problems(issuers: &[TrustedIssuer]) -> Vec<Problem> {
    if issuers.len() > MOST {
        return vec![Problem::new(MEMBER, format!("must have at most {MOST} items"))];
    }
    let mut problems = Vec::new();
    for (place, one) in issuers.iter().enumerate() {
        let at = format!("{MEMBER}/{place}");
        let TrustedIssuer { issuer, keys, audience, scopes, resources, subject_prefix } = one;
        let mut earlier = issuers.iter().take(place);
        // With a fragment, the name of one and a name of its people could read as another one and theirs.
        if text::absolute(issuer).is_none_or(|uri| uri.fragment().is_some()) {
            problems.push(Problem::new(format!("{at}/issuer"), "must be an absolute URI without fragment"));
        } else if earlier.clone().any(|earlier| earlier.issuer == *issuer) {
            problems.push(Problem::new(format!("{at}/issuer"), "is there twice"));
        } else if earlier.any(|earlier| one.could_name_people_of(earlier)) {
            let reason = "must not begin with that of another issuer, nor the other way round";
            problems.push(Problem::new(format!("{at}/subject_prefix"), reason));
        }
        problems.extend(of_keys(&at, keys));
        problems.extend(audience.as_ref().and_then(|audience| text::name(&format!("{at}/audience"), audience)));
        problems.extend(text::items(&format!("{at}/scopes"), scopes));
        problems.extend(text::items(&format!("{at}/resources"), resources));
        let unsound = |(number, one): (usize, &String)| resource::problem(&format!("{at}/resources/{number}"), one);
        problems.extend(resources.iter().enumerate().filter_map(unsound));
        let prefix = subject_prefix.as_ref().filter(|prefix| prefix.len() > 128 || !prefix.ends_with(ENDS));
        let reason = "must end with `:`, `#`, `/` or `|` and have at most 128 bytes";
        problems.extend(prefix.map(|_| Problem::new(format!("{at}/subject_prefix"), reason)));
    }
    problems
}

fn of_keys(at: &str, keys: &ClientKeys) -> Vec<Problem> {
    let below = |problem: Problem| Problem { member: format!("{at}{}", problem.member), ..problem };
    match keys {
        ClientKeys::None => vec![Problem::new(format!("{at}/jwks"), "is required, unless there is `jwks_uri`")],
        ClientKeys::Uri(uri) => secure_uri(&format!("{at}/jwks_uri"), uri).into_iter().collect(),
        ClientKeys::Set(text) => key_set(text, "").into_iter().map(below).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

    fn good() -> TrustedIssuer {
        let keys = ClientKeys::Set(KEYS.to_owned());
        TrustedIssuer { issuer: "https://corp.example".to_owned(), keys, ..TrustedIssuer::default() }
    }

    fn wrong(issuers: &[TrustedIssuer]) -> Vec<String> {
        problems(issuers).into_iter().map(|problem| problem.member).collect()
    }

    #[test]
    fn an_issuer_is_named_once_and_has_keys() {
        assert!(wrong(&[good()]).is_empty());
        assert_eq!(wrong(&[good(), good()]), [format!("{MEMBER}/1/issuer")]);
        let keyless = TrustedIssuer { keys: ClientKeys::None, ..good() };
        let plain = TrustedIssuer { keys: ClientKeys::Uri("http://corp.example/keys".to_owned()), ..good() };
        let private = KEYS.replace("\"x\"", "\"d\":\"AAAA\",\"x\"");
        let private = TrustedIssuer { keys: ClientKeys::Set(private), ..good() };
        for (issuer, member) in [
            (keyless, "jwks"),
            (plain, "jwks_uri"),
            (private, "jwks/keys/0"),
            (TrustedIssuer { issuer: "corp".to_owned(), ..good() }, "issuer"),
            (TrustedIssuer { audience: Some(String::new()), ..good() }, "audience"),
            (TrustedIssuer { resources: vec![String::new()], ..good() }, "resources/0"),
            (TrustedIssuer { subject_prefix: Some("corp".to_owned()), ..good() }, "subject_prefix"),
        ] {
            assert_eq!(wrong(&[issuer]), [format!("{MEMBER}/0/{member}")]);
        }
        assert_eq!(wrong(&vec![good(); MOST + 1]), [MEMBER]);
    }

    #[test]
    fn no_issuer_names_people_of_another_one() {
        let known = |issuer: &str, prefix: Option<&str>| TrustedIssuer {
            issuer: issuer.to_owned(),
            subject_prefix: prefix.map(str::to_owned),
            ..good()
        };
        let (a, b) = ("https://a.example", "https://b.example");
        for (one, other) in [(Some("corp:"), Some("corporate:")), (Some("corp:eu:"), Some("corp:us:")), (None, None)] {
            assert!(wrong(&[known(a, one), known(b, other)]).is_empty(), "{one:?} {other:?}");
        }
        assert!(wrong(&[known(a, None), known("https://a.example/b", None)]).is_empty());
        for (one, other) in [
            (Some("corp:"), Some("corp:eu:")),
            (Some("corp:eu:"), Some("corp:")),
            (Some("corp:"), Some("corp:")),
            (None, Some("https://a.example#eu:")),
            (Some("https:"), None),
        ] {
            let found = wrong(&[known(a, one), known(b, other)]);
            assert_eq!(found, [format!("{MEMBER}/1/subject_prefix")], "{one:?} {other:?}");
        }
        assert_eq!(wrong(&[known("https://a.example#x", None)]), [format!("{MEMBER}/0/issuer")]);
    }

    #[test]
    fn their_people_have_names_of_their_own() {
        assert_eq!(good().subject("ada"), "https://corp.example#ada");
        let mapped = TrustedIssuer { subject_prefix: Some("corp:".to_owned()), ..good() };
        assert_eq!(mapped.subject("ada"), "corp:ada");
    }
}
