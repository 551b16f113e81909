//! Which of a provider's keys has signed a token.
//!
//! Called for ID tokens and for whatever else a provider signs. The algorithm is always one that the key is for, never just the
//! token's choice (RFC 8725 §3.1).

use serde_json::{Map, Value};

use super::Trouble;
use crate::{
    crypto::jws,
    domain::{Domain, remote_keys},
};

/// A token that the provider has signed.
pub(super) struct Verified {
    pub(super) claims: Map<String, Value>,
    pub(super) algorithm: &'static str,
}

/// The claims of a token that is signed by one of the keys at `jwks_uri`.
pub(super) async fn verify(domain: &Domain, jwks_uri: &str, token: &str) -> Result<Verified, Trouble> {
    let header = jws::decode_header(token).map_err(|_| "its token cannot be read, or is not signed")?;
    let keys = remote_keys::find(domain, jwks_uri, &header).await;
    let signed = keys.iter().find_map(|key| {
        let claims = jws::verify(token, key).ok()?;
        Some(Verified { claims, algorithm: key.algorithm() })
    });
    signed.ok_or_else(|| "its token is signed by none of its keys".into())
}
