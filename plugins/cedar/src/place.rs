//! Where something is wrong in a text, told the way people count: from 1.

use std::error::Error;

use miette::Diagnostic;

/// The longest sentence that is passed on, in bytes.
const SENTENCE: usize = 300;

/// A sentence with the place of the byte `offset` in `text`: `line 3, column 7: …`.
pub(crate) fn at(text: &str, offset: usize, sentence: &str) -> String {
    let before = text.get(..offset.min(text.len())).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("line {line}, column {column}: {}", cut(sentence))
}

/// The byte at which an error is; an error of no place comes last.
pub(crate) fn offset(error: &impl Diagnostic) -> usize {
    error.labels().and_then(|mut labels| labels.next()).map_or(usize::MAX, |label| label.offset())
}

/// What an error says and where in `text` it is.
pub(crate) fn said<E: Diagnostic>(text: &str, error: &E) -> String {
    let label = error.labels().and_then(|mut labels| labels.next());
    let mut sentence = chain(error);
    match label {
        Some(label) => {
            if let Some(expected) = label.label() {
                sentence = format!("{sentence}, {expected}");
            }
            at(text, label.offset(), &sentence)
        }
        None => cut(&sentence).to_owned(),
    }
}

/// An error with the errors it came from, in one line.
pub(crate) fn chain(error: &(impl Error + ?Sized)) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !said.contains(&more) {
            said = format!("{said}: {more}");
        }
        cause = error.source();
    }
    cut(&said.replace('\n', " ")).to_owned()
}

fn cut(sentence: &str) -> &str {
    let end = (0..=SENTENCE.min(sentence.len())).rev().find(|end| sentence.is_char_boundary(*end)).unwrap_or_default();
    sentence.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_from_one_and_in_characters() {
        assert_eq!(at("", 0, "x"), "line 1, column 1: x");
        assert_eq!(at("ä\nüö!", 7, "x"), "line 2, column 3: x");
        assert_eq!(at("a", 99, "x"), "line 1, column 2: x");
        assert_eq!(at("a", 0, &"ä".repeat(400)).len(), "line 1, column 1: ".len() + SENTENCE);
    }
}
