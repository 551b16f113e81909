//! How the content of an encrypted token is encrypted and authenticated (RFC 7518 §5): AES in CBC mode with HMAC, or in Galois
//! mode.
//!
//! Called by `jwe`. Must not know where the key comes from.

use aws_lc_rs::{
    aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    cipher::{
        AES_128, AES_256, Algorithm, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey,
        PaddedBlockEncryptingKey, UnboundCipherKey,
    },
    constant_time::verify_slices_are_equal,
    error::Unspecified,
    hmac,
    iv::FixedLength,
};

use super::{JweError, manage::fresh};

/// How content is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// A128CBC-HS256.
    Cbc128,
    /// A256CBC-HS512.
    Cbc256,
    /// A128GCM.
    Gcm128,
    /// A256GCM.
    Gcm256,
}

/// What encrypting makes.
pub(super) struct SealedContent {
    pub(super) iv: Vec<u8>,
    pub(super) text: Vec<u8>,
    pub(super) tag: Vec<u8>,
}

/// The key that authenticates and the key that encrypts.
type Halves<'key> = (&'key [u8], &'key [u8]);

impl Content {
    pub(super) fn named(enc: &str) -> Option<Content> {
        match enc {
            "A128CBC-HS256" => Some(Content::Cbc128),
            "A256CBC-HS512" => Some(Content::Cbc256),
            "A128GCM" => Some(Content::Gcm128),
            "A256GCM" => Some(Content::Gcm256),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Content::Cbc128 => "A128CBC-HS256",
            Content::Cbc256 => "A256CBC-HS512",
            Content::Gcm128 => "A128GCM",
            Content::Gcm256 => "A256GCM",
        }
    }

    /// In bytes. With HMAC, one half of the key authenticates and the other one encrypts.
    pub(super) fn key_length(self) -> usize {
        match self {
            Content::Gcm128 => 16,
            Content::Cbc128 | Content::Gcm256 => 32,
            Content::Cbc256 => 64,
        }
    }

    fn iv_length(self) -> usize {
        match self {
            Content::Cbc128 | Content::Cbc256 => 16,
            Content::Gcm128 | Content::Gcm256 => 12,
        }
    }

    fn tag_length(self) -> usize {
        if self == Content::Cbc256 { 32 } else { 16 }
    }

    /// Encrypts under a nonce of its own.
    pub(super) fn seal(self, key: &[u8], associated: &[u8], plain: &[u8]) -> Result<SealedContent, JweError> {
        let iv = fresh(self.iv_length())?.to_vec();
        let sealed = self.seal_with(key, associated, &iv, plain);
        let (text, tag) = sealed.map_err(|Unspecified| JweError::Encryption)?;
        Ok(SealedContent { iv, text, tag })
    }

    pub(super) fn seal_with(
        self,
        key: &[u8],
        associated: &[u8],
        iv: &[u8],
        plain: &[u8],
    ) -> Result<(Vec<u8>, Vec<u8>), Unspecified> {
        let mut text = plain.to_vec();
        let Some((mac, cipher)) = self.halves(key)? else {
            let nonce = Nonce::try_assume_unique_for_key(iv)?;
            let tag = self.galois(key)?.seal_in_place_separate_tag(nonce, Aad::from(associated), &mut text)?;
            return Ok((text, tag.as_ref().to_vec()));
        };
        let encrypting = PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(self.block(), cipher)?)?;
        encrypting.less_safe_encrypt(&mut text, EncryptionContext::Iv128(FixedLength::try_from(iv)?))?;
        let tag = self.tag(mac, associated, iv, &text);
        Ok((text, tag))
    }

    /// Decrypts what has this tag. Every failure is the same.
    pub(super) fn open(
        self,
        key: &[u8],
        associated: &[u8],
        iv: &[u8],
        text: Vec<u8>,
        tag: &[u8],
    ) -> Result<Vec<u8>, JweError> {
        self.open_with(key, associated, iv, text, tag).map_err(|Unspecified| JweError::NotOpened)
    }

    fn open_with(
        self,
        key: &[u8],
        associated: &[u8],
        iv: &[u8],
        mut text: Vec<u8>,
        tag: &[u8],
    ) -> Result<Vec<u8>, Unspecified> {
        // A shortened tag is easier to guess.
        if iv.len() != self.iv_length() || tag.len() != self.tag_length() {
            return Err(Unspecified);
        }
        let plain = match self.halves(key)? {
            None => {
                text.extend_from_slice(tag);
                let nonce = Nonce::try_assume_unique_for_key(iv)?;
                self.galois(key)?.open_in_place(nonce, Aad::from(associated), &mut text)?.len()
            }
            Some((mac, cipher)) => {
                // The tag first: what is not authentic is never decrypted, and no padding is looked at.
                verify_slices_are_equal(&self.tag(mac, associated, iv, &text), tag)?;
                let decrypting = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(self.block(), cipher)?)?;
                let context = DecryptionContext::Iv128(FixedLength::try_from(iv)?);
                decrypting.decrypt(&mut text, context)?.len()
            }
        };
        text.truncate(plain);
        Ok(text)
    }

    /// Both halves of a key for CBC with HMAC; none in Galois mode.
    fn halves(self, key: &[u8]) -> Result<Option<Halves<'_>>, Unspecified> {
        if key.len() != self.key_length() {
            return Err(Unspecified);
        }
        match self {
            Content::Cbc128 | Content::Cbc256 => {
                key.split_at_checked(self.key_length() / 2).map(Some).ok_or(Unspecified)
            }
            Content::Gcm128 | Content::Gcm256 => Ok(None),
        }
    }

    fn block(self) -> &'static Algorithm {
        if self == Content::Cbc256 { &AES_256 } else { &AES_128 }
    }

    fn galois(self, key: &[u8]) -> Result<LessSafeKey, Unspecified> {
        let algorithm = if self == Content::Gcm256 { &AES_256_GCM } else { &AES_128_GCM };
        Ok(LessSafeKey::new(UnboundKey::new(algorithm, key)?))
    }

    /// The first half of the HMAC over everything and the length of what is associated, in bits (RFC 7518 §5.2.2.1).
    fn tag(self, key: &[u8], associated: &[u8], iv: &[u8], text: &[u8]) -> Vec<u8> {
        let algorithm = if self == Content::Cbc256 { hmac::HMAC_SHA512 } else { hmac::HMAC_SHA256 };
        let mut context = hmac::Context::with_key(&hmac::Key::new(algorithm, key));
        let bits = (associated.len() as u64).saturating_mul(8).to_be_bytes();
        for part in [associated, iv, text, &bits] {
            context.update(part);
        }
        let mut tag = context.sign().as_ref().to_vec();
        tag.truncate(self.tag_length());
        tag
    }
}
