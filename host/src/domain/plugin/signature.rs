//! Who vouches for a component: Ed25519 signatures by keys of the configuration.
//!
//! Signed is [`SIGNED`] followed by the 32 bytes of the component's SHA-256, so that no signature made for another purpose counts:
//!
//! ```text
//! { printf 'portcullis component 1\n'; openssl dgst -sha256 -binary acme.wasm; } > signed
//! openssl pkeyutl -sign -rawin -inkey key.pem -in signed | base64 -w0
//! ```

use data_encoding::BASE64;

use super::PluginRules;
use crate::{
    crypto::ed25519::PublicKey,
    domain::{Failure, Problem},
};

/// What is signed begins with this.
pub const SIGNED: &[u8] = b"portcullis component 1\n";

/// The most signatures of one component. Each is held against every key.
const SIGNATURES: usize = 16;

/// A key whose signatures count, under the name that is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedKey {
    name: String,
    key: PublicKey,
}

impl TrustedKey {
    /// Reads `name=BASE64`.
    pub fn parse(text: &str) -> Result<TrustedKey, &'static str> {
        let (name, key) = text.split_once('=').ok_or("must be written as name=BASE64")?;
        let key = BASE64.decode(key.trim().as_bytes()).map_err(|_| "the key is not base64")?;
        let key = PublicKey::parse(&key).ok_or("is no Ed25519 public key (32 bytes, or its DER)")?;
        match name.trim() {
            "" => Err("the key has no name"),
            name => Ok(TrustedKey { name: name.to_owned(), key }),
        }
    }
}

/// The names of the keys that have signed the component with this digest. Every signature has to be somebody's, and there has
/// to be one when that is required.
pub(super) fn signers(
    rules: &PluginRules,
    digest: &[u8; 32],
    signatures: &[(String, String)],
) -> Result<Vec<String>, Failure> {
    if let Some((member, _)) = signatures.get(SIGNATURES) {
        return Err(Failure::invalid(member, format!("a component may have {SIGNATURES} signatures")));
    }
    let message = [SIGNED, digest].concat();
    let (mut names, mut problems) = (Vec::new(), Vec::new());
    for (member, text) in signatures {
        match signer(&rules.keys, &message, text) {
            Ok(name) if names.contains(&name) => {}
            Ok(name) => names.push(name),
            Err(why) => problems.push(Problem::new(member, why)),
        }
    }
    if names.is_empty() && problems.is_empty() && rules.require_signature {
        let known: Vec<_> = rules.keys.iter().map(|key| key.name.as_str()).collect();
        let why = format!("a component needs a signature here, by one of the keys {}", known.join(", "));
        problems.push(Problem::new("signature", why));
    }
    Failure::unless_fine(problems)?;
    Ok(names)
}

fn signer(keys: &[TrustedKey], message: &[u8], text: &str) -> Result<String, &'static str> {
    let signature = BASE64.decode(text.trim().as_bytes()).map_err(|_| "is not base64")?;
    let signed = keys.iter().find(|key| key.key.verifies(message, &signature));
    signed.map(|key| key.name.clone()).ok_or("is no signature of this component by a key that is known here")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_written_with_a_name() {
        let key = BASE64.encode(&[3; 32]);
        assert_eq!(TrustedKey::parse(&format!("build={key}")).unwrap().name, "build");
        for bad in [key.as_str(), "build", "build=x", "build=AAAA", &format!("={key}")] {
            assert!(TrustedKey::parse(bad).is_err(), "{bad}");
        }
    }
}
