//! The path and query of a request that a gateway asks about, read in the one way in which everybody reads them.
//!
//! Used by `enforce`. What is decided on must be what the upstream serves. Servers differ in what they make of dot segments,
//! empty segments, encoded slashes, path parameters (`;`) and double encoding, so a path with any of these is refused
//! rather than read in a way of our own: each of them is a known way around a check in front of a server.

use serde_json::{Map, Value};

/// A request target, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// The decoded path. Its slashes are the ones that were sent.
    pub(super) path: String,
    /// The decoded segments behind the first slash. The last one is empty when the path ends with a slash.
    pub(super) segments: Vec<String>,
    /// The decoded query: every name with its values in order.
    pub(super) query: Map<String, Value>,
}

/// Reads a target as it stands in a request line (RFC 9112 §3.2.1), or says why it cannot be read in one way only.
pub(super) fn read(target: &str) -> Result<Target, &'static str> {
    if target.bytes().any(|byte| !byte.is_ascii_graphic() || byte == b'#') {
        return Err("a request target has no blanks, fragments or characters beyond ASCII");
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = path.strip_prefix('/').ok_or("a path begins with a slash")?;
    let count = path.split('/').count();
    let mut segments = Vec::with_capacity(count);
    for (place, raw) in path.split('/').enumerate() {
        let segment = segment(raw)?;
        if segment.is_empty() && place + 1 < count {
            return Err("a path has no empty segments");
        }
        segments.push(segment);
    }
    Ok(Target { path: format!("/{}", segments.join("/")), segments, query: pairs(query) })
}

/// Decodes one segment, once.
pub(super) fn segment(raw: &str) -> Result<String, &'static str> {
    if !well_encoded(raw.as_bytes()) {
        return Err("a percent sign stands before two hexadecimal digits");
    }
    let decoded = percent_encoding::percent_decode_str(raw).decode_utf8();
    let decoded = decoded.map_err(|_| "a path is UTF-8")?;
    if decoded.ends_with(['.', ' ']) {
        return Err(
            "a path has no dot segments, and none that end with a dot or a blank, which some servers leave out",
        );
    }
    if decoded.contains(['/', '\\', ';', '?', '#']) || decoded.chars().any(char::is_control) {
        return Err(
            "a path has no encoded slashes, question marks or hashes, no backslashes, semicolons or control characters",
        );
    }
    if decoded.contains('%') && holds_encoding(decoded.as_bytes()) {
        return Err("a path is encoded once");
    }
    Ok(decoded.into_owned())
}

/// Whether every percent sign begins an encoded byte.
fn well_encoded(text: &[u8]) -> bool {
    let percents = text.iter().enumerate().filter(|(_, byte)| **byte == b'%');
    percents.into_iter().all(|(place, _)| encodes(text, place))
}

/// Whether any percent sign begins an encoded byte.
fn holds_encoding(text: &[u8]) -> bool {
    (0..text.len()).any(|place| text.get(place) == Some(&b'%') && encodes(text, place))
}

fn encodes(text: &[u8], percent: usize) -> bool {
    let digits = text.get(percent + 1..percent + 3);
    digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

fn pairs(query: &str) -> Map<String, Value> {
    let mut pairs: Map<String, Value> = Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let values = pairs.entry(name.into_owned()).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(values) = values {
            values.push(Value::String(value.into_owned()));
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_plain_target_is_decoded_once() {
        let target = read("/a%20b/%C3%A9/100%25/?q=1&q=%2F&r").unwrap();
        assert_eq!(target.path, "/a b/é/100%/");
        assert_eq!(target.segments, ["a b", "é", "100%", ""]);
        assert_eq!(Value::Object(target.query), json!({ "q": ["1", "/"], "r": [""] }));
        assert_eq!(read("/").unwrap().segments, [""]);
        assert_eq!(read("/a?b/../c").unwrap().segments, ["a"], "a query may hold anything");
        assert_eq!(read("/a...b/...c").unwrap().segments, ["a...b", "...c"]);
    }

    #[test]
    fn what_servers_read_differently_is_refused() {
        for target in [
            "",
            "a",
            "*",
            "http://host/a",
            "//a",
            "/a//b",
            "/a//",
            "/./a",
            "/a/.",
            "/a/../b",
            "/..",
            "/%2e%2e/a",
            "/.%2E/a",
            "/a%2fb",
            "/a%2Fb",
            "/a%5cb",
            "/a\\b",
            "/a;x=1",
            "/a%3bx",
            "/a%00",
            "/a%0d%0a",
            "/a%7f",
            "/a%",
            "/a%2",
            "/a%zz",
            "/%252e%252e/a",
            "/a%252fb",
            "/%ff",
            "/a#b",
            "/a b",
            "/a\tb",
            "/é",
            "/%c0%ae",
            "/...",
            "/admin.",
            "/admin%2e",
            "/admin./b",
            "/admin%20",
            "/admin%20/b",
            "/admin%3fx",
            "/admin%23x",
        ] {
            assert!(read(target).is_err(), "{target:?} was read as {:?}", read(target));
        }
    }
}
