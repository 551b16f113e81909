//! Entity tags (RFC 9110 §8.8.3): the version of a record's timeline, in quotes.
//!
//! Called by `route` for every dialect. Knows no noun.

use http::{
    HeaderMap,
    header::{IF_MATCH, IF_NONE_MATCH},
};

use crate::{crypto::digest, domain::Condition};

/// The tag of a version.
pub fn of(version: u64) -> String {
    format!("\"{version}\"")
}

/// The tag of an answer that is no single record: a digest of its bytes.
pub fn of_content(bytes: &[u8]) -> String {
    format!("\"{}\"", digest::sha256_hex(bytes))
}

/// Whether If-None-Match names `tag` (RFC 9110 §13.1.2, with the weak comparison it asks for). None without the header.
pub fn is_known(headers: &HeaderMap, tag: &str) -> Option<bool> {
    let mut known = None;
    for value in headers.get_all(IF_NONE_MATCH) {
        let found = value
            .as_bytes()
            .split(|byte| *byte == b',')
            .map(<[u8]>::trim_ascii)
            .any(|one| one == b"*" || one.strip_prefix(b"W/").unwrap_or(one) == tag.as_bytes());
        known = Some(known.unwrap_or(false) || found);
    }
    known
}

/// The condition of If-Match. `*` is any record that is there, which every change needs anyway. A tag that is none of
/// ours, weak ones among them (§13.1.1 asks for a strong comparison), is met by nothing.
pub fn condition(headers: &HeaderMap) -> Condition {
    let mut tags =
        headers.get_all(IF_MATCH).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b',')).peekable();
    if tags.peek().is_none() {
        return Condition::None;
    }
    let tags: Vec<&[u8]> = tags.map(<[u8]>::trim_ascii).collect();
    match tags.contains(&b"*".as_slice()) {
        true => Condition::None,
        false => Condition::Version(tags.into_iter().filter_map(version).collect()),
    }
}

fn version(tag: &[u8]) -> Option<u64> {
    let inside = tag.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    let text = std::str::from_utf8(inside).ok()?;
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Condition {
        condition(&values.iter().map(|value| (IF_MATCH, value.parse().unwrap())).collect())
    }

    #[test]
    fn reads_what_it_writes_and_lists_of_it() {
        assert_eq!(read(&[]), Condition::None);
        assert_eq!(read(&["*"]), Condition::None);
        assert_eq!(read(&[&of(7)]), Condition::Version(vec![7]));
        assert_eq!(read(&["\"1\", \"2\"", "\"3\""]), Condition::Version(vec![1, 2, 3]));
    }

    #[test]
    fn content_is_known_by_its_tag_in_any_list() {
        let tag = of_content(b"content");
        let known = |values: &[&str]| {
            is_known(&values.iter().map(|value| (IF_NONE_MATCH, value.parse().unwrap())).collect(), &tag)
        };
        assert_eq!(known(&[]), None);
        for values in [&[tag.as_str()] as &[&str], &["*"], &[&format!("\"a\", W/{tag}")], &["\"a\"", &tag]] {
            assert_eq!(known(values), Some(true), "{values:?}");
        }
        assert_eq!(known(&["\"a\""]), Some(false));
        assert_eq!(known(&[tag.trim_matches('"')]), Some(false));
    }

    #[test]
    fn what_is_no_tag_of_ours_is_met_by_nothing() {
        for value in ["7", "W/\"7\"", "\"x\"", "\"+7\"", "", "\"99999999999999999999999\""] {
            assert_eq!(read(&[value]), Condition::Version(Vec::new()), "{value}");
        }
    }
}
