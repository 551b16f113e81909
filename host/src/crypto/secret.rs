//! A text that must not be shown: passwords, client secrets, tokens, the master key.
//!
//! Called wherever such a text passes through. Must not know what the text is for.

use super::digest::sha256;
use crate::world::World;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use data_encoding::BASE64URL_NOPAD;
use std::fmt;
use zeroize::Zeroizing;

/// A secret text. Its memory is overwritten when it is dropped; it has no `Display` and no `Serialize`, and its
/// `Debug` shows nothing.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes over a text that came from outside. A `String` is moved, so no second copy stays behind.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(Zeroizing::new(text.into()))
    }

    /// A new random secret: 256 bits as 43 characters of base64url.
    pub fn generate(world: &World) -> Secret {
        let bytes = Zeroizing::new(world.bytes::<32>());
        Secret::new(BASE64URL_NOPAD.encode(bytes.as_slice()))
    }

    /// The text itself. Every call of this is a place to look at in a review.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `other` is the same text. The time taken tells nothing about where they differ.
    pub fn same(&self, other: &str) -> bool {
        // Digests have one length, so that not even the length of the secret shows.
        verify_slices_are_equal(&sha256(self.0.as_bytes()), &sha256(other.as_bytes())).is_ok()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing() {
        let secret = Secret::new("open sesame");
        assert_eq!(format!("{secret:?}"), "Secret(***)");
        assert_eq!(format!("{:?}", Some(&secret)), "Some(Secret(***))");
    }

    #[test]
    fn same_compares_the_whole_text() {
        let secret = Secret::new("open sesame");
        assert!(secret.same("open sesame"));
        for other in ["", "open", "open sesamE", "open sesame "] {
            assert!(!secret.same(other), "{other:?}");
        }
    }

    #[test]
    fn generated_secrets_are_long_and_differ() {
        let world = World::system();
        let (one, two) = (Secret::generate(&world), Secret::generate(&world));
        assert_eq!(BASE64URL_NOPAD.decode(one.expose().as_bytes()).unwrap().len(), 32);
        assert!(!one.same(two.expose()));
    }
}
