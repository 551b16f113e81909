//! `matches`: regular expressions, those that stand in the source compiled once.
//!
//! regex-lite needs time in proportion to text and pattern, whatever they are, and bounds what a pattern grows to.

use std::{cell::RefCell, collections::BTreeMap};

use cel::{
    ExecutionError,
    common::{
        types::{CelBool, CelString},
        value::CowVal,
    },
};
use regex_lite::{Regex, RegexBuilder};

/// The largest compiled pattern, in bytes: as in the field language.
const LARGEST: usize = 64 * 1024;

thread_local! {
    /// The patterns that stand in a source.
    static KNOWN: RefCell<BTreeMap<String, Regex>> = const { RefCell::new(BTreeMap::new()) };
}

/// Compiles a pattern that stands in a source, for all evaluations to come.
pub(crate) fn remember(pattern: &str) -> Result<(), String> {
    let regex = compile(pattern)?;
    KNOWN.with_borrow_mut(|known| known.insert(pattern.to_owned(), regex));
    Ok(())
}

/// The overloads `matches(text, pattern)` and `text.matches(pattern)`.
pub(crate) fn matches<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let texts: Vec<&CelString<'v>> = arguments.iter().filter_map(|argument| argument.downcast_ref()).collect();
    let [text, pattern] = texts.as_slice() else { return Err(ExecutionError::missing_argument_or_target()) };
    is_match(text.inner(), pattern.inner())
        .map(|found| CowVal::owned(CelBool::from(found)))
        .map_err(|why| ExecutionError::function_error("matches", why))
}

fn is_match(text: &str, pattern: &str) -> Result<bool, String> {
    let known = KNOWN.with_borrow(|known| known.get(pattern).map(|regex| regex.is_match(text)));
    known.map_or_else(|| compile(pattern).map(|regex| regex.is_match(text)), Ok)
}

fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern).size_limit(LARGEST).build().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_find_and_are_bounded() {
        assert_eq!(is_match("seed", "^s.*d$"), Ok(true));
        remember("^x$").unwrap();
        assert_eq!(is_match("xx", "^x$"), Ok(false));
        assert!(remember("(").is_err() && remember("(a{1000}){1000}").is_err());
        assert!(is_match("a", "(").is_err());
        assert_eq!(is_match(&"a".repeat(20_000), "(a*)*b"), Ok(false));
    }
}
