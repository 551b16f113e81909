//! Keys: rows of parts as bytes that sort like the parts and never run together.
//!
//! Text ends with a NUL byte (text that contains one, or is too long for an id, is refused), numbers are big-endian,
//! signed ones with the sign bit flipped. Used by every file of the store that lays out a table; knows nothing of what the parts mean.

use std::ops::Bound;

use super::StoreError;

const SIGN: u64 = 1 << 63;

/// The longest text in a key, in bytes. Ids that people choose have at most 128; derived ones, such as a server's id and
/// the name of a claim, somewhat more. Whatever is longer cannot have been stored.
pub(super) const LONGEST_TEXT: usize = 256;

/// Room for nearly every key, so that it need not grow with each of its parts.
const USUAL: usize = 96;

/// A key under construction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Key(Vec<u8>);

impl Key {
    pub(super) fn new() -> Key {
        Key(Vec::with_capacity(USUAL))
    }

    /// Adds one byte, such as a kind.
    pub(super) fn byte(mut self, byte: u8) -> Key {
        self.0.push(byte);
        self
    }

    /// Adds text; refuses a NUL inside it, and what is longer than [`LONGEST_TEXT`].
    pub(super) fn text(mut self, text: &str) -> Result<Key, StoreError> {
        if text.len() > LONGEST_TEXT || text.as_bytes().contains(&0) {
            return Err(StoreError::BadKey);
        }
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(0);
        Ok(self)
    }

    /// Adds text after text.
    pub(super) fn texts(self, texts: &[&str]) -> Result<Key, StoreError> {
        texts.iter().try_fold(self, |key, text| key.text(text))
    }

    /// Adds a number.
    pub(super) fn number(mut self, number: u64) -> Key {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// Adds a number that may be negative.
    pub(super) fn signed(self, number: i64) -> Key {
        self.number(number.cast_unsigned() ^ SIGN)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// The key of something to read. What can be no key is not there, so there is none and no error.
pub(super) fn sought<K>(key: Result<K, StoreError>) -> Result<Option<K>, StoreError> {
    match key {
        Err(StoreError::BadKey) => Ok(None),
        key => key.map(Some),
    }
}

/// Takes a key apart, from the front. Every step answers `None` when the key does not have that shape.
pub(super) struct Parts<'a>(pub(super) &'a [u8]);

impl<'a> Parts<'a> {
    pub(super) fn text(&mut self) -> Option<&'a str> {
        let end = self.0.iter().position(|byte| *byte == 0)?;
        let (text, rest) = self.0.split_at_checked(end)?;
        self.0 = rest.get(1..)?;
        std::str::from_utf8(text).ok()
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let (number, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_be_bytes(*number))
    }

    pub(super) fn signed(&mut self) -> Option<i64> {
        self.number().map(|number| (number ^ SIGN).cast_signed())
    }

    /// All that is left, as texts.
    pub(super) fn texts(&mut self) -> Option<Vec<String>> {
        let mut texts = Vec::new();
        while !self.0.is_empty() {
            texts.push(self.text()?.to_owned());
        }
        Some(texts)
    }
}

/// The upper bound of all keys that start with `prefix`.
pub(super) fn beyond(prefix: &[u8]) -> Bound<Vec<u8>> {
    let mut bound = prefix.to_vec();
    while let Some(last) = bound.pop() {
        if let Some(next) = last.checked_add(1) {
            bound.push(next);
            return Bound::Excluded(bound);
        }
    }
    Bound::Unbounded
}

/// The same bound, borrowed.
pub(super) fn borrow(bound: &Bound<Vec<u8>>) -> Bound<&[u8]> {
    bound.as_ref().map(Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sample::Numbers;

    type Row = (u8, String, String, i64, u64);

    fn encode((byte, first, second, signed, number): &Row) -> Vec<u8> {
        let key = Key::new().byte(*byte).texts(&[first, second]).unwrap();
        key.signed(*signed).number(*number).into_bytes()
    }

    fn row(numbers: &mut Numbers) -> Row {
        // Few and short texts, so that equal ones, prefixes of one another and empty ones are common.
        let mut text =
            || (0..numbers.below(3)).map(|_| ['\u{1}', 'a', 'b', 'ä', '\u{10ffff}'][numbers.below(5)]).collect();
        let (first, second) = (text(), text());
        let signed = [i64::MIN, -1, 0, 1, i64::MAX][numbers.below(5)];
        let number = [0, 1, 255, 256, u64::MAX][numbers.below(5)];
        (u8::try_from(numbers.below(3)).unwrap(), first, second, signed, number)
    }

    #[test]
    fn bytes_sort_like_the_parts_and_differ_when_the_parts_do() {
        let mut numbers = Numbers::seeded(7);
        for _ in 0..20_000 {
            let (left, right) = (row(&mut numbers), row(&mut numbers));
            assert_eq!(encode(&left).cmp(&encode(&right)), left.cmp(&right), "{left:?} {right:?}");
        }
    }

    #[test]
    fn a_key_is_taken_apart_into_what_it_was_made_of() {
        let mut numbers = Numbers::seeded(8);
        for _ in 0..2_000 {
            let row = row(&mut numbers);
            let bytes = encode(&row);
            let mut parts = Parts(&bytes[1..]);
            assert_eq!(parts.text(), Some(row.1.as_str()));
            assert_eq!(parts.text(), Some(row.2.as_str()));
            assert_eq!(parts.signed(), Some(row.3));
            assert_eq!(parts.number(), Some(row.4));
            assert!(parts.0.is_empty());
        }
        assert_eq!(Parts(b"no end").text(), None);
        assert_eq!(Parts(b"short").number(), None);
    }

    #[test]
    fn the_end_of_a_text_cannot_be_forged() {
        assert_eq!(Key::new().text("a\0b"), Err(StoreError::BadKey));
        assert!(Key::new().text(&"x".repeat(LONGEST_TEXT)).is_ok());
        assert_eq!(Key::new().text(&"x".repeat(LONGEST_TEXT + 1)), Err(StoreError::BadKey));
        assert_ne!(Key::new().texts(&["a", ""]).unwrap(), Key::new().texts(&["a"]).unwrap());
        assert_ne!(Key::new().texts(&["ab", "c"]).unwrap(), Key::new().texts(&["a", "bc"]).unwrap());
    }

    #[test]
    fn a_prefix_ends_where_no_key_starts_with_it_any_more() {
        assert_eq!(beyond(b"ab"), Bound::Excluded(b"ac".to_vec()));
        assert_eq!(beyond(b"a\xff"), Bound::Excluded(b"b".to_vec()));
        assert_eq!(beyond(b"\xff\xff"), Bound::Unbounded);
        assert_eq!(beyond(b""), Bound::Unbounded);
    }
}
