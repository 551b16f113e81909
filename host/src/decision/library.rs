//! Components that tenants bring: where their bytes are, how a rule names exactly one of them, and what is known of one before
//! anybody uses it.
//!
//! [`Library`] is implemented by `domain` over the store and asked by the sandbox; names are pinned when a policy is linked.

use serde::{Deserialize, Serialize};

/// Stands between a component's name and the digest of its bytes.
const PIN: &str = "@sha256:";
/// The digits of a digest.
const DIGITS: usize = 64;

/// Where the bytes of uploaded components are.
pub trait Library: Send + Sync {
    /// The component with this SHA-256 digest, in hex; none when it is not there. An error is for the log, and passes.
    fn wasm(&self, digest: &str) -> Result<Option<Vec<u8>>, String>;
}

/// A library without any component.
#[derive(Clone, Copy, Debug)]
pub struct NoLibrary;

impl Library for NoLibrary {
    fn wasm(&self, _: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(None)
    }
}

/// What a component does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ComponentKind {
    /// World `validator`.
    Validator,
    /// World `claim-mapper`.
    ClaimMapper,
    /// World `consent-checker`.
    ConsentChecker,
}

impl ComponentKind {
    /// The world's name.
    pub fn as_str(self) -> &'static str {
        match self {
            ComponentKind::Validator => "validator",
            ComponentKind::ClaimMapper => "claim-mapper",
            ComponentKind::ConsentChecker => "consent-checker",
        }
    }
}

/// What a component is, found out from its bytes and from what it says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspected {
    /// SHA-256 of the component, in hex.
    pub digest: String,
    /// What it does.
    pub world: ComponentKind,
    /// The name it gives itself.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// One or two sentences for the author of a policy.
    pub help: String,
    /// JSON Schema (2020-12) of one `conf`, as text.
    pub conf_schema: String,
    /// The interfaces of the host that it asks for.
    pub imports: Vec<String>,
    /// Its size in bytes.
    pub size: u64,
}

/// The name of exactly this component: `NAME@sha256:DIGEST`.
pub fn pinned(name: &str, digest: &str) -> String {
    format!("{name}{PIN}{digest}")
}

/// The name and the digest of a pinned name; none when it is not one.
pub fn unpinned(name: &str) -> Option<(&str, &str)> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let found = name.split_once(PIN);
    found.filter(|(_, digest)| digest.len() == DIGITS && digest.bytes().all(is_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_digest_pins() {
        let digest = "0f".repeat(32);
        assert_eq!(unpinned(&pinned("acme", &digest)), Some(("acme", digest.as_str())));
        for other in ["acme", "acme@1.0.0", "acme@sha256:", "acme@sha256:0f", &pinned("acme", &"0F".repeat(32))] {
            assert_eq!(unpinned(other), None, "{other}");
        }
    }
}
