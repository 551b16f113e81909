//! How deep a text is nested. What is read by recursion has to be bounded before it is read.

/// Brackets inside of brackets that a policy may have. Policies that people write have five.
const DEPTH: usize = 32;

/// The byte at which brackets are nested too deep.
pub(crate) fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut letters = text.char_indices().peekable();
    while let Some((offset, letter)) = letters.next() {
        match letter {
            '"' => {
                while let Some((_, letter)) = letters.next() {
                    match letter {
                        '\\' => _ = letters.next(),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            '/' if letters.peek().is_some_and(|(_, next)| *next == '/') => {
                letters.by_ref().find(|(_, letter)| *letter == '\n');
            }
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEPTH {
            return Some(offset);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_count_and_texts_and_comments_do_not() {
        assert_eq!(too_deep(&"(".repeat(DEPTH)), None);
        assert_eq!(too_deep(&"(".repeat(DEPTH + 1)), Some(DEPTH));
        assert_eq!(too_deep(&"()".repeat(5 * DEPTH)), None);
        assert_eq!(too_deep(&format!("\"\\\"{}\" // {}", "(".repeat(99), "[".repeat(99))), None);
        assert_eq!(too_deep(&format!("//\n{}", "{".repeat(99))), Some(3 + DEPTH));
    }
}
