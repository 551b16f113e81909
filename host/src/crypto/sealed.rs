//! What the vault gives out to be stored: sealed values and keyed hashes, as bytes.
//!
//! Made by `vault` only, kept by `store`. Must not know any key. In binary formats both are byte strings, in JSON
//! base64url texts.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use data_encoding::BASE64URL_NOPAD;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, SeqAccess, Visitor},
};
use std::fmt;

/// An encrypted value: key version (1 byte), nonce (12), ciphertext, tag (16).
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub(super) Vec<u8>);

impl Sealed {
    /// The stored form. Tells nothing but the length of the value.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// A hash under a key of the vault: finds a token or secret again without storing it. Comparing two takes constant
/// time.
#[derive(Clone, Copy)]
pub struct KeyedHash(pub(super) [u8; 32]);

impl KeyedHash {
    /// The stored form, for use as a key in a table.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl KeyedHash {
    /// The hash of nothing anybody could show, for comparing where there is nothing to compare with.
    pub fn none() -> KeyedHash {
        KeyedHash([0; 32])
    }
}

impl PartialEq for KeyedHash {
    fn eq(&self, other: &KeyedHash) -> bool {
        verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

impl Eq for KeyedHash {}

impl fmt::Debug for Sealed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Sealed(***)")
    }
}

impl fmt::Debug for KeyedHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("KeyedHash(***)")
    }
}

impl Serialize for Sealed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write(&self.0, serializer)
    }
}

impl Serialize for KeyedHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Sealed, D::Error> {
        read(deserializer).map(Sealed)
    }
}

impl<'de> Deserialize<'de> for KeyedHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<KeyedHash, D::Error> {
        let bytes = read(deserializer)?;
        let hash = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| D::Error::invalid_length(bytes.len(), &"32"))?;
        Ok(KeyedHash(hash))
    }
}

fn write<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        serializer.serialize_str(&BASE64URL_NOPAD.encode(bytes))
    } else {
        serializer.serialize_bytes(bytes)
    }
}

fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    if deserializer.is_human_readable() {
        deserializer.deserialize_str(Octets)
    } else {
        deserializer.deserialize_bytes(Octets)
    }
}

/// Accepts every shape, because serde's buffer behind `flatten` and tagged enums calls itself human readable even when
/// the format below it is binary.
struct Octets;

impl<'de> Visitor<'de> for Octets {
    type Value = Vec<u8>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("bytes, or a text of base64url")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Vec<u8>, E> {
        BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| E::custom("not base64url"))
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }

    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
        Ok(bytes)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut numbers: A) -> Result<Vec<u8>, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = numbers.next_element()? {
            bytes.push(byte);
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    #[serde(tag = "kind")]
    enum Tagged {
        Pair { sealed: Sealed, hash: KeyedHash },
    }

    fn pair() -> Tagged {
        Tagged::Pair { sealed: Sealed(vec![1, 255, 0]), hash: KeyedHash([9; 32]) }
    }

    #[test]
    fn survives_json_and_messagepack() {
        let (sealed, hash) = (Sealed(vec![1, 255, 0]), KeyedHash([9; 32]));
        let json = serde_json::to_string(&(&sealed, &hash)).unwrap();
        assert_eq!(json, r#"["Af8A","CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk"]"#);
        assert_eq!(serde_json::from_str::<(Sealed, KeyedHash)>(&json).unwrap(), (sealed.clone(), hash));
        let packed = rmp_serde::to_vec_named(&(&sealed, &hash)).unwrap();
        assert_eq!(packed.len(), 1 + (2 + 3) + (2 + 32), "byte strings, not lists of numbers");
        assert_eq!(rmp_serde::from_slice::<(Sealed, KeyedHash)>(&packed).unwrap(), (sealed, hash));
    }

    #[test]
    fn survives_the_buffer_of_a_tagged_enum() {
        let packed = rmp_serde::to_vec_named(&pair()).unwrap();
        assert_eq!(rmp_serde::from_slice::<Tagged>(&packed).unwrap(), pair());
        let json = serde_json::to_string(&pair()).unwrap();
        assert_eq!(serde_json::from_str::<Tagged>(&json).unwrap(), pair());
    }

    #[test]
    fn refuses_other_shapes() {
        for json in [r#""a?""#, r#""AA=""#, "7", "null", "{}"] {
            assert!(serde_json::from_str::<Sealed>(json).is_err(), "{json}");
        }
        assert!(serde_json::from_str::<KeyedHash>(r#""Af8A""#).is_err(), "a hash has 32 bytes");
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", pair()), "Pair { sealed: Sealed(***), hash: KeyedHash(***) }");
    }
}
