//! Dotted paths: `a.b.0.c`, where `\.` is a dot and `\\` a backslash inside a name.

use std::borrow::Cow;

use crate::limits::{MAX_PATH_DEPTH, MAX_PATH_LENGTH};
use crate::{Json, Kind};

/// A path, taken apart once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    text: String,
    names: Vec<Name>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Name {
    text: String,
    index: Option<usize>,
}

impl Path {
    /// Takes a path apart. The error is a sentence about the first thing wrong with it.
    pub fn parse(text: &str) -> Result<Path, &'static str> {
        if text.len() > MAX_PATH_LENGTH {
            return Err("a path has at most 512 bytes");
        }
        let mut names = Vec::new();
        for name in names_of(text) {
            let name = name?;
            if names.len() == MAX_PATH_DEPTH {
                return Err("a path has at most 32 names");
            }
            names.push(Name { index: index(&name), text: name.into_owned() });
        }
        Ok(Path { text: text.to_owned(), names })
    }

    /// The path as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What the path finds below `root`: members by name, elements by number. Nothing is guessed.
    pub fn find<'j, 'a>(&self, root: &'j Json<'a>) -> Option<&'j Json<'a>> {
        self.find_after(0, root)
    }

    /// The first name, and what the others find below `start` is [`Path::find_after`] 1.
    pub(crate) fn first(&self) -> &str {
        self.names.first().map_or("", |name| name.text.as_str())
    }

    /// True for a path of one name.
    pub(crate) fn is_single(&self) -> bool {
        self.names.len() == 1
    }

    pub(crate) fn find_after<'j, 'a>(&self, skipped: usize, start: &'j Json<'a>) -> Option<&'j Json<'a>> {
        self.names.iter().skip(skipped).try_fold(start, |here, name| step(here, &name.text, name.index))
    }
}

impl<'a> Json<'a> {
    /// What the dotted `path` finds, `None` also for a malformed path. A path used often is better kept as a [`Path`].
    pub fn get(&self, path: &str) -> Option<&Json<'a>> {
        names_of(path).try_fold(self, |here, name| {
            let name = name.ok()?;
            let index = if here.kind() == Kind::Array { index(&name) } else { None };
            step(here, &name, index)
        })
    }
}

fn step<'j, 'a>(here: &'j Json<'a>, name: &str, index: Option<usize>) -> Option<&'j Json<'a>> {
    match here {
        Json::Array(_) => here.element(index?),
        _ => here.member(name),
    }
}

/// The number a name stands for: digits without a leading zero.
fn index(name: &str) -> Option<usize> {
    let canonical = name == "0" || !name.starts_with(['0', '+']);
    if canonical { name.parse().ok() } else { None }
}

/// The names of a path, one after the other.
fn names_of(text: &str) -> impl Iterator<Item = Result<Cow<'_, str>, &'static str>> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let here = rest.take()?;
        let end = end_of_name(here);
        let (name, after) = here.split_at_checked(end).unwrap_or((here, ""));
        rest = after.strip_prefix('.');
        Some(unescape(name))
    })
}

/// Where the first name ends: at the first dot that no backslash escapes.
fn end_of_name(text: &str) -> usize {
    let mut escaped = false;
    for (position, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'.' => return position,
            _ => {}
        }
    }
    text.len()
}

fn unescape(name: &str) -> Result<Cow<'_, str>, &'static str> {
    if name.is_empty() {
        return Err("a path has no empty names");
    }
    if !name.contains('\\') {
        return Ok(Cow::Borrowed(name));
    }
    let mut plain = String::with_capacity(name.len());
    let mut characters = name.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some(escaped @ ('.' | '\\')) => plain.push(escaped),
                _ => return Err(r"in a path, \ stands before a dot or another \"),
            },
            other => plain.push(other),
        }
    }
    Ok(Cow::Owned(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(document: &str, path: &str) -> Option<String> {
        let json = Json::read(document).unwrap();
        let kept = Path::parse(path).ok().and_then(|path| path.find(&json).cloned());
        assert_eq!(kept.as_ref(), json.get(path), "kept and direct lookups agree on {path}");
        kept.map(|value| serde_json::to_string(&value).unwrap())
    }

    #[test]
    fn names_numbers_and_escapes_find_what_they_say() {
        let document = r#"{"a":{"b":[10,{"c":"x"}],"b.c":1,"0":"zero","d\\":2},"a.b":3}"#;
        assert_eq!(at(document, "a.b.1.c").as_deref(), Some("\"x\""));
        assert_eq!(at(document, r"a.b\.c").as_deref(), Some("1"));
        assert_eq!(at(document, r"a.d\\").as_deref(), Some("2"));
        assert_eq!(at(document, "a.0").as_deref(), Some("\"zero\""));
        for nothing in ["a.b.2", "a.b.01", "a.b.+1", "a.b.-1", "a.b.x", "a.c", "x", "a.b.0.c"] {
            assert_eq!(at(document, nothing), None, "{nothing}");
        }
    }

    #[test]
    fn a_dotted_key_is_not_guessed() {
        assert_eq!(at(r#"{"a.b":3}"#, "a.b"), None);
    }

    #[test]
    fn the_last_of_two_equal_names_counts() {
        assert_eq!(at(r#"{"a":1,"a":2}"#, "a").as_deref(), Some("2"));
    }

    #[test]
    fn malformed_paths_are_refused() {
        let long = "a".repeat(513);
        let deep = ["a"; 33].join(".");
        for path in ["", ".", "a.", ".a", "a..b", r"a\b", r"a\", long.as_str(), deep.as_str()] {
            assert!(Path::parse(path).is_err(), "{path}");
        }
        assert!(Path::parse(&["a"; 32].join(".")).is_ok());
    }
}
