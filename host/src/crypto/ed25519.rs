//! Plain Ed25519 signatures (RFC 8032) by keys from the configuration.
//!
//! Called by `domain` for uploaded components. Must not know what is signed.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};

/// What stands before the 32 bytes of a public key in its DER form (RFC 8410 §4).
const DER: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// A public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Reads the 32 bytes of a key, or its DER form.
    pub fn parse(bytes: &[u8]) -> Option<PublicKey> {
        bytes.strip_prefix(&DER).unwrap_or(bytes).try_into().ok().map(PublicKey)
    }

    /// Whether `signature` over `message` was made with this key's private part.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(message, signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};

    use super::*;

    #[test]
    fn only_the_own_signature_of_the_same_message_verifies() {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let public = pair.public_key().as_ref();
        let key = PublicKey::parse(public).unwrap();
        assert_eq!(PublicKey::parse(&[&DER[..], public].concat()), Some(key));
        assert_eq!(PublicKey::parse(&public[1..]), None);
        let signature = pair.sign(b"message");
        assert!(key.verifies(b"message", signature.as_ref()));
        assert!(!key.verifies(b"another", signature.as_ref()));
        assert!(!key.verifies(b"message", &signature.as_ref()[1..]));
        assert!(!PublicKey::parse(&[1; 32]).unwrap().verifies(b"message", signature.as_ref()));
    }
}
