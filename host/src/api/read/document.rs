//! Documents that people write, such as OpenAPI: JSON or YAML, read into a value as strictly as a JSON body.
//!
//! Called by the handlers through `read`. Whatever the text says, reading takes memory and time in proportion to it: the
//! number of values, the nesting and the repetition by YAML's aliases are bounded. Must not know what a document is about.

use serde::de::DeserializeSeed;
use serde_json::Value;
use serde_saphyr::{Error, Options, with_deserializer_from_str_with_options};

use super::json::{Reader, Reading, value_within};
use crate::domain::Problem;

/// The most values in a document: about fifty for each of ten thousand operations.
const VALUES: usize = 500_000;
/// More values than a file of this machine holds.
const LARGE: usize = 1 << 40;
/// The longest name of a member, in bytes. What is wrong below it is told with the name.
const LONGEST_NAME: usize = 4096;
/// The deepest nesting of YAML. A description of an API has some thirty levels.
const DEPTH: usize = 64;
/// Stack for reading YAML. A level takes up to 20 KiB of it in a build that is not optimised.
const STACK: usize = 8 * 1024 * 1024;
/// The most values that aliases may repeat.
const REPEATED: usize = 100_000;

/// A document as a value. Text that begins with `{` is JSON, any other is YAML 1.2 with merge keys.
pub fn document(text: &[u8]) -> Result<Value, Problem> {
    document_within(text, VALUES, LONGEST_NAME)
}

/// Like [`document`], of any size: for files of the operator's own.
pub fn large_document(text: &[u8]) -> Result<Value, Problem> {
    document_within(text, LARGE, usize::MAX)
}

fn document_within(text: &[u8], most: usize, longest: usize) -> Result<Value, Problem> {
    let text = std::str::from_utf8(text).map_err(|_| Problem::new("", "is not UTF-8 text"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match text.trim_start().starts_with('{') {
        true => value_within(text.as_bytes(), most, longest),
        false => yaml(text, most, longest),
    }
}

/// Reads YAML on a thread whose stack is known to be large enough.
fn yaml(text: &str, most: usize, longest: usize) -> Result<Value, Problem> {
    let busy = || Problem::new("", "cannot be read now, try again");
    std::thread::scope(|scope| {
        let thread =
            std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || read_yaml(text, most, longest));
        thread.map_err(|_| busy())?.join().map_err(|_| busy())?
    })
}

fn read_yaml(text: &str, most: usize, longest: usize) -> Result<Value, Problem> {
    let mut reading = Reading::within(most, DEPTH, longest);
    let read = with_deserializer_from_str_with_options(text, options(most), |deserializer| {
        Reader(&mut reading).deserialize(deserializer)
    });
    read.map_err(|error| match reading.refused() {
        true => reading.problem(),
        false => Problem::new("", not_yaml(&error)),
    })
}

/// Words of our own: the error's show pieces of the text, which may come from an address that the caller cannot read.
fn not_yaml(error: &Error) -> String {
    let what = match error.without_snippet() {
        Error::DuplicateMappingKey { .. } => "has a member twice",
        Error::MultipleDocuments { .. } => "has more than one document",
        Error::Budget { .. } => "is larger than a document may be",
        _ => "is not YAML",
    };
    match error.location() {
        Some(at) => format!("{what} (line {}, column {})", at.line(), at.column()),
        None => what.to_owned(),
    }
}

fn options(most: usize) -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: DEPTH,
            max_documents: 1,
            max_nodes: most,
            max_events: 2 * most + REPEATED,
            max_recorded_anchor_events: REPEATED,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: REPEATED },
        strict_booleans: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn refused(text: &str) -> Problem {
        document(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn yaml_and_json_say_the_same_in_the_same_order() {
        let expected = json!({ "z": [1, 2.5, "no", null, true], "200": { "a": "0x", "b": "1_0" }, "on": "2026-01-01" });
        let yaml = "# a comment\nz: [1, 2.5, no, ~, true]\n200:\n  a: 0x\n  b: 1_0\non: 2026-01-01\n";
        for text in [yaml.to_owned(), format!("\u{feff}{yaml}"), expected.to_string(), format!(" \n{expected}")] {
            let value = document(text.as_bytes()).unwrap();
            assert_eq!(value.to_string(), expected.to_string());
        }
    }

    #[test]
    fn aliases_and_merge_keys_are_resolved() {
        let value = document(b"base: &base { a: 1, b: 2 }\nmore: { <<: *base, b: 3 }\nsame: *base\n").unwrap();
        assert_eq!(value["same"], json!({ "a": 1, "b": 2 }));
        assert_eq!(value["more"], json!({ "a": 1, "b": 3 }));
    }

    #[test]
    fn a_repeated_key_is_named() {
        assert_eq!(refused(r#"{"paths": {"/a": 1, "/a": 2}}"#).member, "/paths/~1a");
        assert!(document(b"paths:\n  /a: 1\n  /a: 2\n").is_err());
    }

    #[test]
    fn long_names_of_members_are_refused_without_repeating_them() {
        let (longest, longer) = ("a".repeat(LONGEST_NAME), "a".repeat(LONGEST_NAME + 1));
        let text = format!(r#"{{"b": {{"{longer}": 1}}}}"#);
        let problem = refused(&text);
        assert_eq!((problem.member.as_str(), problem.to_string().len() < 100), ("/b", true), "{problem}");
        assert!(large_document(text.as_bytes()).is_ok());
        assert!(document(format!(r#"{{"{longest}": 1}}"#).as_bytes()).is_ok());
    }

    #[test]
    fn bombs_are_refused() {
        let mut laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
        for level in 1..12 {
            let below = vec![format!("*a{}", level - 1); 10].join(", ");
            laughs.push_str(&format!("a{level}: &a{level} [{below}]\n"));
        }
        let mut nested = format!("a0: &a0 {}{}\n", "[".repeat(50), "]".repeat(50));
        for level in 1..40 {
            nested.push_str(&format!("a{level}: &a{level} {}*a{}{}\n", "[".repeat(50), level - 1, "]".repeat(50)));
        }
        let many = format!("[{}]", vec!["0"; VALUES + 1].join(","));
        let texts = [
            laughs,
            many.clone(),
            format!("{{\"a\":{many}}}"),
            "[".repeat(100_000),
            format!("{{\"a\":{}", "[".repeat(100_000)),
            format!("{}1{}", "[".repeat(200), "]".repeat(200)),
            "- ".repeat(100_000),
            "&a [*a]".to_owned(),
            nested,
        ];
        for text in texts {
            refused(&text);
        }
    }

    #[test]
    fn what_is_neither_is_refused_without_showing_it() {
        for text in [
            "a: [secret",
            "\t{secret: 1]",
            "secret: 1\n---\nsecret: 2",
            "a: b: secret",
            "%YAML 9.9\n--- secret",
            "x: !!int secret",
            "secret: 1\nsecret: 2",
            "x: *secret",
            "x: &secret [*secret]",
            "x: \"\\q secret\"",
        ] {
            let problem = refused(text);
            assert!(!problem.reason.contains("secret"), "{text:?}: {problem}");
        }
        assert_eq!(document(b"\xff").unwrap_err().reason, "is not UTF-8 text");
    }
}
