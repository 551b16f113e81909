//! What a key signs with. That is more than its kind: an RSA key can sign in two ways, and each key of ours signs in one of them
//! only, whatever somebody asks for (RFC 8725 §3.1).
//!
//! Chosen where a key is made, kept with it, told in its public half and in the header of all that it signs.

use serde::{Deserialize, Serialize};

/// The kinds of signing key the server makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyType {
    /// RSA with 2048 bit: understood everywhere, slow to make, long signatures.
    Rsa,
    /// P-256.
    Ecdsa,
    /// Ed25519.
    Eddsa,
}

/// The JWS algorithms that keys of ours sign with (RFC 7518 §3.1, RFC 8037 §3.1), by their registered names. What was kept
/// before there was a choice names the kind of key instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256: what an RSA key signs with unless something else is chosen.
    #[serde(rename = "RS256", alias = "rsa")]
    Rs256,
    /// RSASSA-PSS with SHA-256 (RFC 7518 §3.5), as profiles for high security ask for.
    #[serde(rename = "PS256")]
    Ps256,
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256", alias = "ecdsa")]
    Es256,
    /// Ed25519.
    #[serde(rename = "EdDSA", alias = "eddsa")]
    EdDsa,
}

impl Algorithm {
    /// Every algorithm.
    pub const ALL: [Algorithm; 4] = [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa];

    /// Its registered name.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Rs256 => "RS256",
            Algorithm::Ps256 => "PS256",
            Algorithm::Es256 => "ES256",
            Algorithm::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of a registered name.
    pub fn of_name(name: &str) -> Option<Algorithm> {
        Algorithm::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// The kind of key that signs so.
    pub fn kind(self) -> KeyType {
        match self {
            Algorithm::Rs256 | Algorithm::Ps256 => KeyType::Rsa,
            Algorithm::Es256 => KeyType::Ecdsa,
            Algorithm::EdDsa => KeyType::Eddsa,
        }
    }
}

impl From<KeyType> for Algorithm {
    /// What a key of this kind signs with unless something else is chosen.
    fn from(kind: KeyType) -> Algorithm {
        match kind {
            KeyType::Rsa => Algorithm::Rs256,
            KeyType::Ecdsa => Algorithm::Es256,
            KeyType::Eddsa => Algorithm::EdDsa,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_as_a_kind_is_read_as_what_such_a_key_has_always_signed_with() {
        for (kept, algorithm) in [("rsa", Algorithm::Rs256), ("ecdsa", Algorithm::Es256), ("eddsa", Algorithm::EdDsa)] {
            assert_eq!(serde_json::from_str::<Algorithm>(&format!("\"{kept}\"")).unwrap(), algorithm);
            let kind: KeyType = serde_json::from_str(&format!("\"{kept}\"")).unwrap();
            assert_eq!((Algorithm::from(kind), algorithm.kind()), (algorithm, kind));
        }
        for algorithm in Algorithm::ALL {
            let kept = serde_json::to_string(&algorithm).unwrap();
            assert_eq!(kept, format!("\"{}\"", algorithm.name()));
            assert_eq!(serde_json::from_str::<Algorithm>(&kept).unwrap(), algorithm);
            assert_eq!(Algorithm::of_name(algorithm.name()), Some(algorithm));
        }
        assert_eq!(Algorithm::of_name("rsa"), None);
        assert!(serde_json::from_str::<Algorithm>("\"HS256\"").is_err());
    }
}
