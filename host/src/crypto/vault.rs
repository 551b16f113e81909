//! The vault: one master key, and everything derived from it.
//!
//! Opened once at start, then handed to whoever keeps a secret: `domain` seals client secrets and signing keys, hashes
//! tokens for look-up; `plugin` signs compiled artefacts. Must not know where the results are stored. Every derived key
//! comes from HKDF-SHA256 (RFC 5869) under a label of its own, so that no key serves two purposes.

use super::{
    key_file::{self, MasterKey},
    secret::Secret,
};
use crate::world::World;
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    error::Unspecified,
    hkdf::{HKDF_SHA256, Prk, Salt},
};
use data_encoding::HEXLOWER;
use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};
use zeroize::Zeroizing;

pub use super::{
    mac::MacKey,
    sealed::{KeyedHash, Sealed},
};

/// The version of the sealing key and of the layout of a sealed value, its first byte.
const KEY_VERSION: u8 = 1;

const NONCE_LENGTH: usize = 12;

/// The keys of one installation. Cheap to clone.
#[derive(Clone)]
pub struct Vault(Arc<Keys>);

struct Keys {
    root: Prk,
    sealing: LessSafeKey,
    hashing: MacKey,
    fingerprint: String,
}

impl Vault {
    /// Opens the vault with the `given` master key (32 bytes as base64url or hex), or else with the one in
    /// `folder`/master.key, which is made on first start with mode 0600 and is durable before this returns.
    ///
    /// Fails when the key cannot be read, has the wrong length, or its file is open to the group or to others.
    pub fn open(folder: &Path, given: Option<&Secret>, world: &World) -> Result<Vault, VaultError> {
        let master = match given {
            Some(text) => key_file::from_given(text)?,
            None => key_file::from_folder(folder, world)?,
        };
        Vault::from_master(&master).map_err(|Unspecified| VaultError::Derivation)
    }

    fn from_master(master: &MasterKey) -> Result<Vault, Unspecified> {
        let root = Salt::new(HKDF_SHA256, b"portcullis vault").extract(master.as_slice());
        let sealing = UnboundKey::new(&AES_256_GCM, derive(&root, &[b"seal/1"])?.as_slice())?;
        let hashing = derive(&root, &[b"hash"])?;
        let hashing = MacKey::new(&hashing);
        let name = derive(&root, &[b"fingerprint"])?;
        let fingerprint = HEXLOWER.encode(name.first_chunk::<16>().ok_or(Unspecified)?);
        Ok(Vault(Arc::new(Keys { root, sealing: LessSafeKey::new(sealing), hashing, fingerprint })))
    }

    /// Encrypts `plain` with AES-256-GCM. It can be opened only with the same `context`, which should say what the
    /// value is and whose (`client_secret/<id>`), so that a sealed value moved elsewhere does not open.
    ///
    /// The nonce is random: safe for 2^32 values under one master key.
    pub fn seal(&self, world: &World, context: &str, plain: &[u8]) -> Sealed {
        let nonce = world.bytes::<NONCE_LENGTH>();
        // Room for the tag too, so that the plain text is encrypted where it lies and never moved and left behind.
        let mut text = Vec::with_capacity(plain.len() + AES_256_GCM.tag_len());
        text.extend_from_slice(plain);
        let sealing = &self.0.sealing;
        unfailing(sealing.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad(context), &mut text));
        Sealed([&[KEY_VERSION], nonce.as_slice(), &text].concat())
    }

    /// Decrypts what [`Vault::seal`] made under the same context. Fails on another master key, another context, and on
    /// any changed byte.
    pub fn open_sealed(&self, context: &str, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (version, rest) = sealed.0.split_first().ok_or(VaultError::NotOpened)?;
        if *version != KEY_VERSION {
            return Err(VaultError::UnknownKeyVersion(*version));
        }
        let (nonce, text) = rest.split_first_chunk::<NONCE_LENGTH>().ok_or(VaultError::NotOpened)?;
        let mut text = Zeroizing::new(text.to_vec());
        let opened = self.0.sealing.open_in_place(Nonce::assume_unique_for_key(*nonce), aad(context), &mut text);
        let length = opened.map_err(|Unspecified| VaultError::NotOpened)?.len();
        text.truncate(length);
        Ok(text)
    }

    /// HMAC-SHA256 of `text`, for finding a random token or secret again without storing it. `label` says what the
    /// text is, so that the same text used for two things has two hashes. Not for passwords people choose.
    pub fn keyed_hash(&self, label: &str, text: &str) -> KeyedHash {
        KeyedHash(self.0.hashing.sign(&[label.as_bytes(), text.as_bytes()]))
    }

    /// Whether `hash` is the keyed hash of `text` under `label`, in constant time.
    pub fn verify_keyed(&self, label: &str, text: &str, hash: &KeyedHash) -> bool {
        self.0.hashing.verify(&[label.as_bytes(), text.as_bytes()], &hash.0)
    }

    /// An authentication key of its own for each `label`. The same label gives the same key after a restart.
    pub fn mac_key(&self, label: &str) -> MacKey {
        let key = unfailing(derive(&self.0.root, &[b"mac/", label.as_bytes()]));
        MacKey::new(&key)
    }

    /// 32 hexadecimal digits that name the master key and give nothing of it away. Stored beside the data, so that a
    /// wrong key is told at start and not by the first value that does not open.
    pub fn fingerprint(&self) -> String {
        self.0.fingerprint.clone()
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Vault({})", self.0.fingerprint)
    }
}

fn derive(root: &Prk, label: &[&[u8]]) -> Result<MasterKey, Unspecified> {
    let mut key = Zeroizing::new([0; 32]);
    root.expand(label, HKDF_SHA256)?.fill(key.as_mut_slice())?;
    Ok(key)
}

/// The key version is authenticated with the context: it cannot be changed to have another key tried.
fn aad(context: &str) -> Aad<Vec<u8>> {
    Aad::from([&[KEY_VERSION], context.as_bytes()].concat())
}

/// For calls that aws-lc refuses only for lengths that cannot occur here (a value above 64 GiB, a key above 8160
/// bytes). If it did, going on would mean to store a secret in the clear.
fn unfailing<T>(result: Result<T, Unspecified>) -> T {
    match result {
        Ok(value) => value,
        Err(Unspecified) => std::process::abort(),
    }
}

/// Where a master key came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// The setting `PORTCULLIS_MASTER_KEY`.
    Given,
    /// The key file.
    File(PathBuf),
}

/// Why the vault or a value in it stays closed. No variant carries anything secret.
#[derive(Debug)]
pub enum VaultError {
    /// The key file or its folder cannot be read or made.
    File {
        /// The key file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The group or others have rights on the key file.
    KeyExposed {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The key is not 32 bytes as base64url or hex.
    KeyMalformed(KeySource),
    /// The library refused to derive keys.
    Derivation,
    /// A sealed value names a key version this program does not have.
    UnknownKeyVersion(u8),
    /// A sealed value does not open: another master key, another context, or damaged.
    NotOpened,
}

impl fmt::Display for VaultError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VaultError::File { path, source } => write!(formatter, "key file {}: {source}", path.display()),
            VaultError::KeyExposed { path, mode } => {
                let path = path.display();
                write!(
                    formatter,
                    "key file {path} has mode {mode:04o}, open to others than its owner: chmod 600 {path}"
                )
            }
            VaultError::KeyMalformed(KeySource::Given) => formatter
                .write_str("PORTCULLIS_MASTER_KEY is not 32 bytes, as 43 characters of base64url or 64 hex digits"),
            VaultError::KeyMalformed(KeySource::File(path)) => {
                let path = path.display();
                write!(
                    formatter,
                    "key file {path} does not hold 32 bytes, as 43 characters of base64url or 64 hex digits"
                )
            }
            VaultError::Derivation => formatter.write_str("no keys could be derived from the master key"),
            VaultError::UnknownKeyVersion(version) => write!(formatter, "sealed with unknown key version {version}"),
            VaultError::NotOpened => formatter.write_str("sealed under another key or context, or damaged"),
        }
    }
}

impl std::error::Error for VaultError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            VaultError::File { source, .. } => Some(source),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
