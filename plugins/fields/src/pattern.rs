//! Texts with wildcards: `*` stands for any characters, `\*` for a star, `\\` for a backslash.

/// A text to compare with, taken apart at its stars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    parts: Vec<String>,
}

/// Which part of a text a pattern has to cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cover {
    Whole,
    Start,
    End,
    Inside,
}

impl Pattern {
    /// Reads a text of a policy, where stars are wildcards.
    pub(crate) fn parse(text: &str) -> Result<Pattern, &'static str> {
        let mut parts = vec![String::new()];
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            let literal = match character {
                '*' => {
                    parts.push(String::new());
                    continue;
                }
                '\\' => match characters.next() {
                    Some(escaped @ ('*' | '\\')) => escaped,
                    _ => return Err(r"\ stands before * or another \"),
                },
                other => other,
            };
            if let Some(part) = parts.last_mut() {
                part.push(literal);
            }
        }
        Ok(Pattern { parts })
    }

    /// Takes a text as it is. Texts out of a request must never become wildcards.
    pub(crate) fn literal(text: &str) -> Pattern {
        Pattern { parts: vec![text.to_owned()] }
    }

    /// True for the empty text, which is the start, the end and a part of every text.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self.parts.as_slice(), [only] if only.is_empty())
    }

    /// Whether the pattern covers that part of `text`. Needs time in proportion to `text`, whatever the stars.
    pub(crate) fn covers(&self, cover: Cover, text: &str) -> bool {
        let from_start = matches!(cover, Cover::Whole | Cover::Start);
        let to_end = matches!(cover, Cover::Whole | Cover::End);
        let Some((first, others)) = self.parts.split_first() else { return false };
        let Some((last, middle)) = others.split_last() else { return plain(cover, first, text) };
        let after_first = if from_start { text.strip_prefix(first.as_str()) } else { after(text, first) };
        let after_middle = middle.iter().try_fold(after_first.unwrap_or(""), |rest, part| after(rest, part));
        match (after_first, after_middle) {
            (Some(_), Some(rest)) if to_end => rest.ends_with(last.as_str()),
            (Some(_), Some(rest)) => rest.contains(last.as_str()),
            _ => false,
        }
    }
}

fn plain(cover: Cover, wanted: &str, text: &str) -> bool {
    match cover {
        Cover::Whole => text == wanted,
        Cover::Start => text.starts_with(wanted),
        Cover::End => text.ends_with(wanted),
        Cover::Inside => text.contains(wanted),
    }
}

/// What follows the first `part` in `text`. The first is the right one: it leaves the most for the parts after it.
fn after<'t>(text: &'t str, part: &str) -> Option<&'t str> {
    text.split_once(part).map(|(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(cover: Cover, pattern: &str, text: &str) -> bool {
        Pattern::parse(pattern).unwrap().covers(cover, text)
    }

    #[test]
    fn stars_stand_for_any_characters() {
        for (pattern, text) in
            [("a*c", "abc"), ("a*c", "ac"), ("*", ""), ("**", "x"), ("a*b*a", "abba"), ("*ab", "aab")]
        {
            assert!(covers(Cover::Whole, pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a*a", "a"), ("a*b*a", "aba "), ("a*c", "bac"), ("", "x"), ("ab*ba", "aba")] {
            assert!(!covers(Cover::Whole, pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn escaped_stars_and_backslashes_are_themselves() {
        assert!(covers(Cover::Whole, r"\*\\", r"*\"));
        assert!(!covers(Cover::Whole, r"\*", "x"));
        assert!(Pattern::parse(r"a\").is_err());
        assert!(Pattern::parse(r"\a").is_err());
    }

    #[test]
    fn the_covered_part_decides() {
        assert!(covers(Cover::Start, "a*c", "xabc".trim_start_matches('x')) && covers(Cover::Start, "a*c", "abcd"));
        assert!(!covers(Cover::Start, "a*c", "xabc"));
        assert!(covers(Cover::End, "a*c", "xabc") && !covers(Cover::End, "a*c", "abcd"));
        assert!(covers(Cover::Inside, "a*c", "xabcd") && !covers(Cover::Inside, "a*c", "xcba"));
    }

    #[test]
    fn a_literal_has_no_wildcards() {
        assert!(!Pattern::literal("*").covers(Cover::Whole, "x"));
        assert!(Pattern::literal("*").covers(Cover::Whole, "*"));
    }

    /// The slow and plain definition of what a pattern covers as a whole.
    fn slow(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), None) => slow(rest, text),
            (Some((b'*', rest)), Some((_, shorter))) => slow(rest, text) || slow(pattern, shorter),
            (Some((wanted, rest)), Some((found, shorter))) => wanted == found && slow(rest, shorter),
            _ => false,
        }
    }

    #[test]
    fn agrees_with_the_plain_definition_on_all_short_texts() {
        let words = |alphabet: &[u8]| -> Vec<String> {
            let mut all = vec![String::new()];
            let mut last = all.clone();
            for _ in 0..4 {
                last = last
                    .iter()
                    .flat_map(|word| alphabet.iter().map(move |&b| format!("{word}{}", b as char)))
                    .collect();
                all.extend(last.clone());
            }
            all
        };
        for pattern in words(b"ab*") {
            for text in words(b"ab") {
                let (p, t) = (pattern.as_bytes(), text.as_bytes());
                assert_eq!(covers(Cover::Whole, &pattern, &text), slow(p, t), "{pattern} {text}");
                let anywhere = format!("*{pattern}*");
                assert_eq!(covers(Cover::Inside, &pattern, &text), slow(anywhere.as_bytes(), t), "{pattern} {text}");
            }
        }
    }
}
