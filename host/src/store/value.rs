//! Values: an envelope of a format number (two bytes, big-endian) and MessagePack with named fields.
//!
//! Named fields let a stored struct grow: what an older file does not have takes its serde default. The number is for
//! changes that this does not cover. Pages of the decision log have the number and then their bytes as handed in.

use serde::{Deserialize, Serialize, de::DeserializeOwned, de::IgnoredAny};

use super::{StoreError, Table};

/// The only format so far.
const FORMAT: u16 = 1;

/// A larger value is a mistake of the caller; redb would keep it in one piece.
const MOST_BYTES: usize = 256 << 20;

/// Encodes `value` for `table`.
pub(super) fn encode<T: Serialize>(table: Table, value: &T) -> Result<Vec<u8>, StoreError> {
    let mut bytes = FORMAT.to_be_bytes().to_vec();
    rmp_serde::encode::write_named(&mut bytes, value).map_err(|error| bad(table, error))?;
    bounded(table, bytes)
}

/// Decodes what `encode` made.
pub(super) fn decode<T: DeserializeOwned>(table: Table, bytes: &[u8]) -> Result<T, StoreError> {
    rmp_serde::from_slice(unwrap(table, bytes)?).map_err(|error| StoreError::corrupt(table.name(), error))
}

/// Puts opaque bytes behind a format number.
pub(super) fn wrap(table: Table, opaque: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut bytes = FORMAT.to_be_bytes().to_vec();
    bytes.extend_from_slice(opaque);
    bounded(table, bytes)
}

/// What is behind the format number.
pub(super) fn unwrap(table: Table, bytes: &[u8]) -> Result<&[u8], StoreError> {
    match bytes.split_first_chunk::<2>() {
        Some((format, rest)) if u16::from_be_bytes(*format) == FORMAT => Ok(rest),
        Some((format, _)) => Err(StoreError::Newer { found: u16::from_be_bytes(*format).into(), known: FORMAT.into() }),
        None => Err(StoreError::corrupt(table.name(), "a value without its format number")),
    }
}

/// Checks that `bytes` are an envelope with one well-formed value in it, without knowing its type.
pub(super) fn check(table: Table, bytes: &[u8]) -> Result<(), StoreError> {
    let inside = unwrap(table, bytes)?;
    if table == Table::Pages {
        return Ok(());
    }
    let mut decoder = rmp_serde::Deserializer::new(std::io::Cursor::new(inside));
    IgnoredAny::deserialize(&mut decoder).map_err(|error| StoreError::corrupt(table.name(), error))?;
    match usize::try_from(decoder.position()) == Ok(inside.len()) {
        true => Ok(()),
        false => Err(StoreError::corrupt(table.name(), "bytes behind the value")),
    }
}

fn bounded(table: Table, bytes: Vec<u8>) -> Result<Vec<u8>, StoreError> {
    if bytes.len() > MOST_BYTES { Err(bad(table, "larger than 256 MiB")) } else { Ok(bytes) }
}

fn bad(table: Table, reason: impl ToString) -> StoreError {
    StoreError::BadValue { table: table.name(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize)]
    struct Old {
        name: String,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(default)]
    struct Grown {
        added: u32,
        name: String,
    }

    impl Default for Grown {
        fn default() -> Grown {
            Grown { added: 5, name: String::new() }
        }
    }

    #[test]
    fn a_grown_struct_reads_an_old_value() {
        let bytes = encode(Table::User, &Old { name: "ada".into() }).unwrap();
        assert_eq!(decode::<Grown>(Table::User, &bytes), Ok(Grown { added: 5, name: "ada".into() }));
        assert_eq!(check(Table::User, &bytes), Ok(()));
    }

    #[test]
    fn damage_is_an_error() {
        let bytes = encode(Table::User, &Old { name: "ada".into() }).unwrap();
        let corrupt =
            |bytes: &[u8]| matches!(check(Table::User, bytes), Err(StoreError::Corrupt { table: "user", .. }));
        assert!(corrupt(&[]));
        assert!(corrupt(&bytes[..1]));
        assert!(corrupt(&bytes[..bytes.len() - 1]));
        assert!(corrupt(&[bytes.as_slice(), &[0]].concat()));
        assert!(matches!(decode::<Grown>(Table::User, &bytes[..4]), Err(StoreError::Corrupt { .. })));
    }

    #[test]
    fn a_later_format_is_refused() {
        let newer = StoreError::Newer { found: 2, known: 1 };
        assert_eq!(check(Table::User, &[0, 2, 0xc0]), Err(newer.clone()));
        assert_eq!(decode::<()>(Table::User, &[0, 2, 0xc0]), Err(newer));
    }
}
