//! Resource identifiers: the names by which clients say for which services a token is to be good (RFC 8707 §2).
//!
//! Used by services, which have them, and by whoever compares one that was sent. Knows no store.

use super::{Problem, text};

/// The most resources that one request may name.
pub const MOST: usize = 16;

/// Checks an identifier: absolute, without a fragment (RFC 8707 §2), https (RFC 9728 §1.2), or http on the machine itself.
pub(super) fn problem(member: &str, identifier: &str) -> Option<Problem> {
    let sound = text::absolute(identifier).is_some_and(|uri| {
        let host = uri.authority().filter(|authority| authority.userinfo().is_none()).map(|authority| authority.host());
        let secure = match uri.scheme().as_str().to_ascii_lowercase().as_str() {
            "https" => host.is_some_and(|host| !host.is_empty()),
            "http" => host.is_some_and(text::is_loopback),
            _ => false,
        };
        secure && uri.fragment().is_none()
    });
    (!sound).then(|| Problem::new(member, "must be an absolute https URI without fragment and user information"))
}

/// The one spelling of an identifier, none when it is no absolute URI. Clients read identifiers into URLs and write them out
/// again, which adds the slash of an empty path (RFC 3986 §6.2.3).
pub(super) fn canonical(identifier: &str) -> Option<String> {
    let uri = text::absolute(identifier)?.normalize();
    match uri.authority() {
        Some(authority) if uri.path().as_str().is_empty() && uri.fragment().is_none() => {
            let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
            Some(format!("{}://{}/{query}", uri.scheme(), authority.as_str()))
        }
        _ => Some(uri.as_str().to_owned()),
    }
}

/// The scheme, host and port of an address, as it has them.
pub fn origin(address: &str) -> Option<&str> {
    let host = address.find("://")? + "://".len();
    let rest = address.get(host..)?;
    let ends = rest.find(['/', '?', '#']).map_or(address.len(), |length| host + length);
    address.get(..ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_absolute_and_secure_and_has_no_fragment() {
        for sound in
            ["https://api.example", "https://api.example/v1?tenant=a", "http://127.0.0.1:8080/mcp", "http://[::1]/"]
        {
            assert_eq!(problem("/resource", sound), None, "{sound}");
        }
        let long = format!("https://api.example/{}", "a".repeat(2048));
        for wrong in [
            "",
            "api.example",
            "/orders",
            "https://",
            "http://api.example",
            "urn:orders",
            "https://api.example/#orders",
            "https://api.example#",
            "https://user@api.example/",
            "https://api example",
            &long,
        ] {
            assert!(problem("/resource", wrong).is_some(), "{wrong}");
        }
    }

    #[test]
    fn an_origin_ends_before_the_path() {
        for (address, expected) in [
            ("https://api.example", "https://api.example"),
            ("https://api.example:444/a?b", "https://api.example:444"),
            ("http://[::1]:8080/", "http://[::1]:8080"),
            ("https://api.example?a", "https://api.example"),
            ("https://api.example#a/b", "https://api.example"),
        ] {
            assert_eq!(origin(address), Some(expected));
        }
        assert_eq!(origin("urn:orders"), None);
    }

    #[test]
    fn spellings_of_one_identifier_are_one() {
        let same = |one, other| canonical(one).is_some() && canonical(one) == canonical(other);
        assert!(same("https://api.example", "https://api.example/"));
        assert!(same("HTTPS://API.example/a", "https://api.example/a"));
        assert!(same("https://api.example?a", "https://api.example/?a"));
        for other in
            ["https://api.example/a/", "https://api.example/A", "https://api.example:8443/a", "https://api.example/a#b"]
        {
            assert!(!same("https://api.example/a", other), "{other}");
        }
        assert_eq!(canonical("orders"), None);
    }
}
