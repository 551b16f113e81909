//! The id that ties a request to its log lines and its answer.
//!
//! Called by `exchange`. A caller's own X-Request-ID is kept when it is visible ASCII of a sensible length, so that one
//! id runs through all systems; anything else is replaced. It is logged as a quoted text, in which quotes are escaped, so
//! that it cannot pass for another field of its line.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use data_encoding::HEXLOWER;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::world::World;

/// The header, in both directions.
pub(super) const NAME: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id accepted, in characters.
const LONGEST: usize = 256;

/// Gives requests their ids: the keyed hash of a number that goes up, so that asking the kernel for randomness is not a good part
/// of a small request. They tie lines together and prove nothing.
pub(super) struct RequestIds {
    key: [u8; 16],
    given: AtomicU64,
}

impl RequestIds {
    /// Other ids than any process before.
    pub(super) fn new(world: &World) -> RequestIds {
        RequestIds { key: world.bytes(), given: AtomicU64::new(0) }
    }

    /// The id of a request with these headers: as text, and as the header of the answer.
    pub(super) fn of(&self, headers: &HeaderMap) -> (String, HeaderValue) {
        if let Some(value) = headers.get(NAME)
            && let Ok(text) = value.to_str()
            && well_formed(text)
        {
            return (text.to_owned(), value.clone());
        }
        let text = HEXLOWER.encode(&self.next());
        // Hexadecimal digits always make a header value.
        let value = HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("none"));
        (text, value)
    }

    fn next(&self) -> [u8; 16] {
        let number = self.given.fetch_add(1, Relaxed);
        let half = |which: u8| {
            let mut hasher = DefaultHasher::new();
            (self.key, number, which).hash(&mut hasher);
            u128::from(hasher.finish())
        };
        (half(0) << 64 | half(1)).to_be_bytes()
    }
}

fn well_formed(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn kept(given: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(NAME, HeaderValue::from_str(given).unwrap());
        let (text, value) = RequestIds::new(&World::system()).of(&headers);
        assert_eq!(value.to_str().unwrap(), text);
        text == given
    }

    #[test]
    fn well_formed_ids_are_kept() {
        assert!(kept("a"));
        assert!(kept("01HX:abc_DEF-9.z"));
        assert!(kept("{\"a\":'b\\c'}<~>"));
        assert!(kept(&"x".repeat(256)));
    }

    #[test]
    fn anything_else_is_replaced() {
        assert!(!kept(""));
        assert!(!kept("two words"));
        assert!(!kept("tab\tbed"));
        assert!(!kept(&"x".repeat(257)));
    }

    #[test]
    fn new_ids_have_128_bits_and_are_given_once() {
        let servers = [World::system(), World::system()].map(|world| RequestIds::new(&world));
        let given = servers.iter().flat_map(|ids| (0..100).map(|_| ids.of(&HeaderMap::new()).0));
        let given: BTreeSet<String> = given.collect();
        assert_eq!(given.len(), 200);
        assert!(given.iter().all(|id| id.len() == 32));
    }
}
