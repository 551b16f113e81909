//! Entity tags (RFC 9110 §8.8.3): the version of a record's timeline, in quotes.
//!
//! Called by `route` for every dialect. Knows no noun.

use http::{HeaderMap, header::IF_MATCH};

use crate::domain::Condition;

/// The tag of a version.
pub fn of(version: u64) -> String {
    format!("\"{version}\"")
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
    fn what_is_no_tag_of_ours_is_met_by_nothing() {
        for value in ["7", "W/\"7\"", "\"x\"", "\"+7\"", "", "\"99999999999999999999999\""] {
            assert_eq!(read(&[value]), Condition::Version(Vec::new()), "{value}");
        }
    }
}
