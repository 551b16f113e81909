//! HMAC-SHA256 over a list of parts.
//!
//! Called by `vault` and `password` here, and through `Vault::mac_key` by whoever must recognise its own data again.
//! Must not know what is authenticated.

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use std::fmt;

use crate::world::World;

/// A key that makes and checks authentication codes. Cheap to clone.
#[derive(Clone)]
pub struct MacKey(hmac::Key);

impl MacKey {
    pub(super) fn new(key: &[u8; 32]) -> MacKey {
        MacKey(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// A new key that lives and dies with the process, for what is kept in memory only.
    pub fn of_process(world: &World) -> MacKey {
        MacKey::new(&world.bytes())
    }

    /// The authentication code of `parts`, in order. Each part goes in with its length, so `["ab", "c"]` and
    /// `["a", "bc"]` have different codes.
    pub fn sign(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut code = [0; 32];
        code.copy_from_slice(context.sign().as_ref());
        code
    }

    /// Whether `code` is the authentication code of `parts`, in constant time.
    pub fn verify(&self, parts: &[&[u8]], code: &[u8]) -> bool {
        verify_slices_are_equal(&self.sign(parts), code).is_ok()
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MacKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_plain_hmac_over_framed_parts() {
        let framed =
            hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]), b"\0\0\0\0\0\0\0\x02ab\0\0\0\0\0\0\0\x01c");
        assert_eq!(MacKey::new(&[7; 32]).sign(&[b"ab", b"c"]), framed.as_ref());
    }

    #[test]
    fn parts_keep_their_borders() {
        let key = MacKey::new(&[7; 32]);
        let code = key.sign(&[b"ab", b"c"]);
        assert!(key.verify(&[b"ab", b"c"], &code));
        for parts in [[&b"a"[..], b"bc"].as_slice(), &[b"abc"], &[b"ab", b"c", b""], &[b"c", b"ab"], &[]] {
            assert!(!key.verify(parts, &code), "{parts:?}");
        }
    }

    #[test]
    fn a_shortened_code_or_another_key_is_refused() {
        let key = MacKey::new(&[7; 32]);
        let code = key.sign(&[b"text"]);
        assert!(!key.verify(&[b"text"], &code[..16]));
        assert!(!key.verify(&[b"text"], b""));
        assert!(!MacKey::new(&[8; 32]).verify(&[b"text"], &code));
        assert_eq!(format!("{key:?}"), "MacKey(***)");
    }
}
