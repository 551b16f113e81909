//! The id that ties a request to its log lines and its answer.
//!
//! Called by `exchange`. A caller's own X-Request-ID is kept when it is visible ASCII of a sensible length, so that one
//! id runs through all systems; anything else is replaced. It is logged as a quoted text, in which quotes are escaped, so
//! that it cannot pass for another field of its line.

use data_encoding::HEXLOWER;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::world::World;

/// The header, in both directions.
pub(super) const NAME: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id accepted, in characters.
const LONGEST: usize = 256;

/// The id of a request with these headers: as text, and as the header of the answer.
pub(super) fn of(headers: &HeaderMap, world: &World) -> (String, HeaderValue) {
    if let Some(value) = headers.get(NAME)
        && let Ok(text) = value.to_str()
        && well_formed(text)
    {
        return (text.to_owned(), value.clone());
    }
    let text = HEXLOWER.encode(&world.bytes::<16>());
    // Hexadecimal digits always make a header value.
    let value = HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("none"));
    (text, value)
}

fn well_formed(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(given: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(NAME, HeaderValue::from_str(given).unwrap());
        let (text, value) = of(&headers, &World::system());
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
    fn new_ids_are_128_random_bits() {
        let (one, _) = of(&HeaderMap::new(), &World::system());
        let (two, _) = of(&HeaderMap::new(), &World::system());
        assert_eq!(one.len(), 32);
        assert_ne!(one, two);
    }
}
