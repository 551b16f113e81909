//! Distinguished names as text (RFC 4514), and whether two are the same.
//!
//! Called by `certificate` with names of certificates, and by `domain` with those that clients are registered with. Values are
//! compared byte for byte, which is stricter than every directory: nobody is let in for being called nearly alike.

use std::collections::BTreeSet;

/// The words for types of attributes: those of RFC 4514 §3, and others that programs print.
const TYPES: [(&str, &str); 24] = [
    ("CN", "2.5.4.3"),
    ("L", "2.5.4.7"),
    ("ST", "2.5.4.8"),
    ("O", "2.5.4.10"),
    ("OU", "2.5.4.11"),
    ("C", "2.5.4.6"),
    ("STREET", "2.5.4.9"),
    ("DC", "0.9.2342.19200300.100.1.25"),
    ("UID", "0.9.2342.19200300.100.1.1"),
    ("SN", "2.5.4.4"),
    ("SURNAME", "2.5.4.4"),
    ("GN", "2.5.4.42"),
    ("GIVENNAME", "2.5.4.42"),
    ("SERIALNUMBER", "2.5.4.5"),
    ("T", "2.5.4.12"),
    ("TITLE", "2.5.4.12"),
    ("BUSINESSCATEGORY", "2.5.4.15"),
    ("POSTALCODE", "2.5.4.17"),
    ("DNQUALIFIER", "2.5.4.46"),
    ("ORGANIZATIONIDENTIFIER", "2.5.4.97"),
    ("E", "1.2.840.113549.1.9.1"),
    ("EMAILADDRESS", "1.2.840.113549.1.9.1"),
    ("JURISDICTIONC", "1.3.6.1.4.1.311.60.2.1.3"),
    ("JURISDICTIONCOUNTRYNAME", "1.3.6.1.4.1.311.60.2.1.3"),
];

/// One part of a name: the type of an attribute as an object identifier, and its value. None is no text, and like nothing.
type Part = BTreeSet<(String, Option<String>)>;

/// A distinguished name. The most specific part is the first, as in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistinguishedName(Vec<Part>);

impl DistinguishedName {
    /// The name in a certificate, which has its parts in the other order (RFC 4514 §2.1).
    pub(super) fn of_certificate(mut parts: Vec<Part>) -> DistinguishedName {
        parts.reverse();
        DistinguishedName(parts)
    }

    /// Reads a name from text. None when it is none, or has a value that is not written as text (`#0401`).
    pub fn parse(text: &str) -> Option<DistinguishedName> {
        let parts: Option<Vec<Part>> = split(text, ',').into_iter().map(part).collect();
        parts.map(DistinguishedName)
    }

    /// Whether this is the name of a certificate. A name without parts is nobody's.
    pub fn names(&self, other: &DistinguishedName) -> bool {
        let readable = |part: &Part| part.iter().all(|(_, value)| value.is_some());
        !self.0.is_empty() && self.0.iter().all(readable) && self == other
    }
}

/// The pieces between separators that are not escaped.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut pieces, mut start, mut escaped) = (Vec::new(), 0, false);
    for (place, letter) in text.char_indices() {
        if !escaped && letter == separator {
            pieces.push(text.get(start..place).unwrap_or_default());
            start = place + separator.len_utf8();
        }
        escaped = letter == '\\' && !escaped;
    }
    pieces.push(text.get(start..).unwrap_or_default());
    pieces
}

fn part(text: &str) -> Option<Part> {
    split(text, '+').into_iter().map(attribute).collect()
}

fn attribute(text: &str) -> Option<(String, Option<String>)> {
    let (kind, value) = text.split_once('=')?;
    Some((identifier(kind.trim())?, Some(unescape(trim(value))?)))
}

/// The object identifier of a type, by its word or by itself.
fn identifier(kind: &str) -> Option<String> {
    let known = TYPES.iter().find(|(word, _)| kind.eq_ignore_ascii_case(word));
    let dotted =
        || kind.contains('.') && kind.split('.').all(|arc| !arc.is_empty() && arc.bytes().all(|b| b.is_ascii_digit()));
    known.map(|(_, id)| (*id).to_owned()).or_else(|| dotted().then(|| kind.to_owned()))
}

/// Without the blanks around it that are not escaped (RFC 4514 §3 has none, its predecessors let programs write them).
fn trim(value: &str) -> &str {
    let front = value.trim_start_matches(' ');
    let short = front.trim_end_matches(' ');
    let backslashes = short.bytes().rev().take_while(|byte| *byte == b'\\').count();
    let is_escaped = backslashes % 2 == 1;
    let end = if is_escaped && short.len() < front.len() { short.len() + 1 } else { short.len() };
    front.get(..end).unwrap_or_default()
}

/// The value that a text stands for: a backslash makes the next letter one like others, or goes before two hex digits.
fn unescape(text: &str) -> Option<String> {
    const MUST_BE_ESCAPED: [u8; 4] = *b"\"<>;";
    if text.is_empty() || text.starts_with('#') {
        return None;
    }
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    loop {
        match rest {
            [] => return String::from_utf8(bytes).ok(),
            [b'\\', high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let digits = [*high, *low];
                bytes.push(u8::from_str_radix(str::from_utf8(&digits).ok()?, 16).ok()?);
                rest = after;
            }
            [b'\\', letter, after @ ..] if b"\"+,;<>#= \\".contains(letter) => {
                bytes.push(*letter);
                rest = after;
            }
            [letter, after @ ..] if *letter != b'\\' && *letter != 0 && !MUST_BE_ESCAPED.contains(letter) => {
                bytes.push(*letter);
                rest = after;
            }
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name as a certificate has it, from the least specific part on.
    fn certified(parts: &[&[(&str, &str)]]) -> DistinguishedName {
        let pair = |(kind, value): &(&str, &str)| ((*kind).to_owned(), Some((*value).to_owned()));
        DistinguishedName::of_certificate(parts.iter().map(|part| part.iter().map(pair).collect()).collect())
    }

    fn is(text: &str, name: &DistinguishedName) -> bool {
        DistinguishedName::parse(text).is_some_and(|read| read.names(name))
    }

    #[test]
    fn a_name_is_written_from_its_most_specific_part_on() {
        let name = certified(&[&[("2.5.4.6", "DE")], &[("2.5.4.10", "Sm\"ith, Inc.")], &[("2.5.4.3", "till")]]);
        for right in [
            r#"CN=till,O=Sm\"ith\, Inc.,C=DE"#,
            r#"cn=till, o=Sm\22ith\2C Inc. , c = DE"#,
            r#"2.5.4.3=till,O=Sm\"ith\, Inc.,C=D\45"#,
        ] {
            assert!(is(right, &name), "{right}");
        }
        for wrong in [
            r#"C=DE,O=Sm\"ith\, Inc.,CN=till"#,
            r#"CN=Till,O=Sm\"ith\, Inc.,C=DE"#,
            r#"CN=till,O=Sm\"ith\, Inc."#,
            r#"CN=till,O=Sm"ith\, Inc.,C=DE"#,
            r#"CN=till,O=Sm\"ith, Inc.,C=DE"#,
            r#"CN=till,OU=Sm\"ith\, Inc.,C=DE"#,
            r#"CN=till,O=Sm\"ith\, Inc.,C=DE,C=DE"#,
            "CN=#0404746c6c",
            "",
            "till",
        ] {
            assert!(!is(wrong, &name), "{wrong}");
        }
    }

    #[test]
    fn attributes_of_one_part_have_no_order_and_blanks_count_where_they_are_escaped() {
        let name = certified(&[&[("2.5.4.11", "Sales"), ("2.5.4.3", "J. Smith")], &[("2.5.4.3", "# a+b ")]]);
        for right in [r"CN=\# a\+b\ ,OU=Sales+CN=J. Smith", r"CN=\# a\+b\ , CN=J. Smith + OU=Sales"] {
            assert!(is(right, &name), "{right}");
        }
        for wrong in
            [r"CN=\# a\+b,OU=Sales+CN=J. Smith", r"CN=\# a\+b\ ,CN=J. Smith,OU=Sales", r"CN=\# a\+b\\ ,OU=Sales"]
        {
            assert!(!is(wrong, &name), "{wrong}");
        }
        assert!(is(r"CN=Lu\C4\8Di\C4\87", &certified(&[&[("2.5.4.3", "Lučić")]])));
        assert!(!is(r"CN=\C4", &certified(&[&[("2.5.4.3", "\u{c4}")]])), "half a letter");
    }

    #[test]
    fn what_cannot_be_read_is_like_nothing() {
        let unreadable = DistinguishedName(vec![[("2.5.4.3".to_owned(), None)].into()]);
        assert!(!unreadable.names(&unreadable) && !DistinguishedName(Vec::new()).names(&DistinguishedName(Vec::new())));
    }
}
