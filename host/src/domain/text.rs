//! Texts that callers choose: how long they may be, and what a URI of theirs must be.
//!
//! Used by the nouns' checks, and by whoever sends people to such a URI. Bounds keep one record, and so every list of them, from growing without end.

use std::net::{Ipv4Addr, Ipv6Addr};

use fluent_uri::Uri;

use super::Problem;

/// The longest name, in characters.
const NAME: usize = 256;
/// The longest description, in bytes.
const DESCRIPTION: usize = 4096;
/// The longest URI, in bytes.
const URI: usize = 2048;
/// The longest list.
const ITEMS: usize = 1000;

/// Checks a name: there, short, without control characters.
pub(super) fn name(member: &str, text: &str) -> Option<Problem> {
    let reason = if text.trim().is_empty() {
        "must not be empty"
    } else if text.chars().count() > NAME {
        "must have at most 256 characters"
    } else if text.chars().any(char::is_control) {
        "must not have control characters"
    } else if text.chars().any(is_unseen) {
        "must not have characters that are not seen or turn the text around"
    } else {
        return None;
    };
    Some(Problem::new(member, reason))
}

/// Zero-width characters and those that change the direction of what follows (UAX #9): with them one name passes for another.
fn is_unseen(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A text with a sign for every character that would not be seen, or would change how the others are read.
pub fn visible(text: &str) -> String {
    let sign = |character: char| if character.is_control() || is_unseen(character) { '\u{fffd}' } else { character };
    text.chars().map(sign).collect()
}

/// Checks a description or another free text.
pub(super) fn description(member: &str, text: &str) -> Option<Problem> {
    (text.len() > DESCRIPTION).then(|| Problem::new(member, "must have at most 4096 bytes"))
}

/// Checks the length of a list.
pub(super) fn items<T>(member: &str, list: &[T]) -> Option<Problem> {
    (list.len() > ITEMS).then(|| Problem::new(member, "must have at most 1000 items"))
}

/// Checks the address of a page or a document: an absolute http or https URI without user information.
pub(super) fn web_uri(member: &str, text: &str) -> Option<Problem> {
    let good = |uri: &Uri<&str>| {
        let web = ["http", "https"].contains(&uri.scheme().as_str().to_ascii_lowercase().as_str());
        let authority = uri.authority();
        web && authority.is_some_and(|authority| !authority.host().is_empty() && authority.userinfo().is_none())
    };
    match absolute(text) {
        Some(uri) if good(&uri) => None,
        _ => Some(Problem::new(member, "must be an absolute http or https URI without user information")),
    }
}

/// A text as an absolute URI (RFC 3986), if it is one of a sensible length.
pub(super) fn absolute(text: &str) -> Option<Uri<&str>> {
    if text.len() > URI { None } else { Uri::parse(text).ok() }
}

/// Whether a host, as a URI has it, is the machine of the browser (RFC 8252 §7.3).
pub(super) fn is_loopback(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match address {
        Some(address) => address.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback()),
        None => host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|v4: Ipv4Addr| v4.is_loopback()),
    }
}

/// An address with more parameters in its query, before its fragment if it has one.
pub(super) fn with_query(address: &str, pairs: &[(&str, &str)]) -> String {
    let (base, fragment) = address.split_once('#').map_or((address, None), |(base, rest)| (base, Some(rest)));
    let joint = if base.contains('?') { '&' } else { '?' };
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    format!("{base}{joint}{query}{fragment}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_web_uri_is_absolute_and_names_a_host() {
        for uri in ["https://example.com", "http://localhost:8080/a?b#c", "HTTPS://example.com/"] {
            assert_eq!(web_uri("/m", uri), None, "{uri}");
        }
        let long = format!("https://example.com/{}", "a".repeat(2048));
        for uri in [
            "",
            "example.com",
            "/a",
            "ftp://a",
            "https://",
            "https://u:p@a",
            "javascript:alert(1)",
            "https://a b",
            &long,
        ] {
            assert!(web_uri("/m", uri).is_some(), "{uri}");
        }
    }

    #[test]
    fn parameters_are_added_before_the_fragment() {
        let with = |address: &str| with_query(address, &[("a", "b c"), ("d", "&")]);
        assert_eq!(with("https://a.example/x"), "https://a.example/x?a=b+c&d=%26");
        assert_eq!(with("https://a.example/?x=1#/y?z"), "https://a.example/?x=1&a=b+c&d=%26#/y?z");
    }

    #[test]
    fn a_name_is_there_and_short() {
        assert_eq!(name("/m", "Zürich shop"), None);
        assert_eq!(name("/m", "متجر חנות 商店"), None);
        for text in
            ["", "  ", "a\nb", &"ä".repeat(257), "Bank\u{202e} evil", "Ba\u{200b}nk", "\u{2066}Bank", "Bank\u{feff}"]
        {
            assert!(name("/m", text).is_some(), "{text:?}");
        }
    }
}
