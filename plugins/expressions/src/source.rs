//! The text of an expression: how large and nested it may be, and where in it a name stands.
//!
//! The crate's parser bounds brackets but not chains such as `!!!!…` or `a ? b : c ? …`, so both are bounded here, before it
//! sees the text: a stack that overflows would end the component without saying why.

/// The longest expression, in bytes.
pub const LONGEST: usize = 8 * 1024;
/// How deep brackets may be nested.
const BRACKETS: usize = 48;
/// How many `!` and `-` may follow each other.
const PREFIXES: usize = 32;
/// How many `? :` an expression may have.
const CONDITIONS: usize = 48;
/// How many `(` an expression may have.
const CALLS: usize = 512;

/// Why an expression is refused, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line, counted from 1.
    pub line: usize,
    /// The character in the line, counted from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "line {}, column {}: {}", self.line, self.column, self.what)
    }
}

impl Fault {
    /// A fault at a byte of the source.
    pub(crate) fn at(source: &str, offset: usize, what: impl Into<String>) -> Fault {
        let before = source.get(..offset).unwrap_or(source);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(line_start..).unwrap_or("").chars().count() + 1;
        Fault { line: before.matches('\n').count() + 1, column, what: what.into() }
    }
}

/// Refuses what is too large to be read safely.
pub(crate) fn check(source: &str) -> Result<(), Fault> {
    if source.len() > LONGEST {
        return Err(Fault::at(source, 0, format!("an expression has at most {LONGEST} bytes")));
    }
    let (mut open, mut prefixes, mut conditions, mut calls) = (0_usize, 0, 0, 0);
    for (offset, token) in Tokens::of(source) {
        prefixes = if matches!(token, Token::Sign('!' | '-')) { prefixes + 1 } else { 0 };
        calls += usize::from(token == Token::Sign('('));
        match token {
            Token::Sign('(' | '[' | '{') => open += 1,
            Token::Sign(')' | ']' | '}') => open = open.saturating_sub(1),
            Token::Sign('?') => conditions += 1,
            _ => {}
        }
        let bounds = [
            (open, BRACKETS, "brackets inside each other"),
            (prefixes, PREFIXES, "`!` and `-` in a row"),
            (conditions, CONDITIONS, "`?`"),
            (calls, CALLS, "`(`"),
        ];
        if let Some((_, most, what)) = bounds.into_iter().find(|(found, most, _)| found > most) {
            return Err(Fault::at(source, offset, format!("more than {most} {what}")));
        }
    }
    Ok(())
}

/// A fault at the first place where `name` stands as a variable, or as a function when something is called.
pub(crate) fn at_name(source: &str, name: &str, is_called: bool, what: String) -> Fault {
    let tokens: Vec<_> = Tokens::of(source).collect();
    let stands = |at: &usize| {
        let token = |place: Option<usize>| place.and_then(|place| tokens.get(place)).map(|(_, token)| *token);
        let called = token(Some(at + 1)) == Some(Token::Sign('('));
        let member = token(at.checked_sub(1)) == Some(Token::Sign('.'));
        token(Some(*at)) == Some(Token::Name(name)) && called == is_called && (is_called || !member)
    };
    let offset = (0..tokens.len()).find(stands).and_then(|at| tokens.get(at)).map_or(0, |(offset, _)| *offset);
    Fault::at(source, offset, what)
}

/// What an expression is made of, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'s> {
    /// A name or a word of the language.
    Name(&'s str),
    /// A single character of an operator, or a bracket.
    Sign(char),
    /// A number or a text.
    Literal,
}

/// The tokens of a text, each with its place.
struct Tokens<'s> {
    source: &'s str,
    at: usize,
}

impl<'s> Tokens<'s> {
    fn of(source: &'s str) -> Tokens<'s> {
        Tokens { source, at: 0 }
    }

    fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or("")
    }

    /// Takes characters as long as they are `wanted`.
    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'s str {
        let rest = self.rest();
        let end = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or("")
    }

    /// Takes the text that begins here, to its end or to the end of everything.
    fn take_text(&mut self, raw: bool) {
        let rest = self.rest();
        let triple = ["\"\"\"", "'''"].into_iter().find(|quotes| rest.starts_with(quotes));
        let quote = triple.unwrap_or(rest.get(..1).unwrap_or(""));
        self.at += quote.len();
        while !self.rest().is_empty() && !self.rest().starts_with(quote) {
            let escaped = usize::from(!raw && self.rest().starts_with('\\'));
            self.at += self.rest().chars().take(1 + escaped).map(char::len_utf8).sum::<usize>();
        }
        self.at += quote.len().min(self.rest().len());
    }
}

impl<'s> Iterator for Tokens<'s> {
    type Item = (usize, Token<'s>);

    fn next(&mut self) -> Option<(usize, Token<'s>)> {
        self.take(char::is_whitespace);
        while self.rest().starts_with("//") {
            self.take(|c| c != '\n');
            self.take(char::is_whitespace);
        }
        let start = self.at;
        let first = self.rest().chars().next()?;
        let token = if first.is_ascii_digit() {
            self.take(|c| c.is_ascii_alphanumeric() || c == '.');
            Token::Literal
        } else if first.is_ascii_alphabetic() || first == '_' {
            let name = self.take(|c| c.is_ascii_alphanumeric() || c == '_');
            let prefix = name.len() <= 2 && name.chars().all(|c| "rRbB".contains(c));
            if prefix && self.rest().starts_with(['"', '\'']) {
                self.take_text(name.contains(['r', 'R']));
                Token::Literal
            } else {
                Token::Name(name)
            }
        } else if matches!(first, '"' | '\'' | '`') {
            self.take_text(false);
            Token::Literal
        } else {
            self.at += first.len_utf8();
            Token::Sign(first)
        };
        Some((start, token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters() {
        assert_eq!(Fault::at("ä\n öx", 6, "x").to_string(), "line 2, column 3: x");
        assert_eq!(Fault::at("", 9, "x").to_string(), "line 1, column 1: x");
    }

    #[test]
    fn names_are_found_where_they_are_names() {
        let source = "'foo' + a.foo + foo(1) // foo\n + r'\\' + foo";
        let place = |called| at_name(source, "foo", called, String::new());
        assert_eq!((place(true).line, place(true).column), (1, 17));
        assert_eq!((place(false).line, place(false).column), (2, 11));
        let texts = r#"'''a'b''' + "\"x" + b"x" + rb'x' + `x` + x"#;
        assert_eq!(at_name(texts, "x", false, String::new()).column, 42);
    }

    #[test]
    fn depth_is_bounded() {
        let deep =
            |text: &str, times: usize, end: &str| check(&format!("{}a{}", text.repeat(times), end.repeat(times)));
        assert_eq!(deep("(", 48, ")"), Ok(()));
        assert!(deep("(", 49, ")").is_err());
        assert!(deep("!", 33, "").is_err() && deep("-", 3000, "").is_err());
        assert!(deep("a ? b : ", 49, "").is_err());
        assert!(check(&".f()".repeat(513)).is_err() && check(&".f()".repeat(512)).is_ok());
        assert_eq!(check(&format!("{:?}", "(".repeat(100))), Ok(()), "a text is no nesting");
        assert!(check(&" ".repeat(LONGEST + 1)).is_err());
    }
}
