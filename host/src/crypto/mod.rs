//! Cryptography in the words of this program: secrets, the vault, passwords, signing keys, signed tokens.
//!
//! Called by `domain`, `authn`, `store` and `plugin`. Must not know tenants, clients, tables, paths or the wire. The
//! primitives come from aws-lc-rs and argon2; nothing here invents one.

pub mod certificate;
pub mod detached;
pub mod digest;
pub mod distinguished_name;
pub mod ed25519;
pub mod jwe;
pub mod jws;
mod key_file;
pub mod keys;
mod mac;
pub mod password;
mod sealed;
pub mod secret;
pub mod totp;
mod turns;
pub mod vault;
mod verifying;

pub use key_file::KEY_FILE;
pub use keys::{Algorithm, KeyError, KeyType, SigningKey, VerifyingKey};
pub use password::{PasswordError, Passwords};
pub use secret::Secret;
pub use turns::Turns;
pub use vault::{KeyedHash, MacKey, Sealed, Vault, VaultError};
