//! Where something is wrong in a text, told the way people count: from 1.
//!
//! The engine tells its errors as several lines for a terminal. What a person needs of them is the place and one sentence.

/// The longest sentence that is passed on, in bytes.
const SENTENCE: usize = 300;

/// A sentence with its place: `line 3, column 7: …`.
pub(crate) fn at(line: u32, column: u32, sentence: &str) -> String {
    format!("line {line}, column {column}: {sentence}")
}

/// What the engine says, without the excerpt of the text it draws.
pub(crate) fn said(error: &str) -> String {
    // The first place counts: what follows are the steps that led there.
    let sentence = error.split_once("\nerror: ").map_or(error, |(_, sentence)| sentence);
    let sentence = cut(sentence.lines().next().unwrap_or_default().trim());
    match place(error) {
        Some((line, column)) => at(line, column, sentence),
        None => sentence.to_owned(),
    }
}

/// The first `--> NAME:LINE:COLUMN`.
fn place(error: &str) -> Option<(u32, u32)> {
    let (_, after) = error.split_once("--> ")?;
    let mut parts = after.lines().next()?.rsplit(':');
    let column = parts.next()?.trim().parse().ok()?;
    Some((parts.next()?.parse().ok()?, column))
}

fn cut(sentence: &str) -> &str {
    let end = (0..=SENTENCE.min(sentence.len())).rev().find(|end| sentence.is_char_boundary(*end)).unwrap_or_default();
    sentence.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drawing_goes_and_the_place_stays() {
        let error =
            "\n--> source:3:7\n  |\n3 | allow if x\n  |       ^\nerror: use of undefined variable `x` is unsafe";
        assert_eq!(said(error), "line 3, column 7: use of undefined variable `x` is unsafe");
        let nested =
            "\n--> source:1:2\n  |\nerror: recursion detected when evaluating rule:\n--> source:9:9\n\nerror: x";
        assert_eq!(said(nested), "line 1, column 2: recursion detected when evaluating rule:");
    }

    #[test]
    fn an_error_without_a_place_is_its_sentence() {
        assert_eq!(said("something else"), "something else");
        assert_eq!(said(&"ä".repeat(400)).len(), 300);
    }
}
