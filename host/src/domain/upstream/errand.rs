//! An errand: what we have to know again when a provider sends the person back. Kept sealed with the login, so that a
//! restart in between loses nothing and the data file tells nobody a secret.
//!
//! Called by `mod.rs`. Every login has at most one: a new one makes the answer to the one before worthless.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::discovery::Discovery;
use crate::{
    crypto::{Secret, digest, vault::Sealed},
    domain::{Domain, Failure, login::Login},
};

/// What we have to know again. It has no `Debug`: half of it is secret.
#[derive(Serialize, Deserialize)]
pub(super) struct Errand {
    /// The authentication method, by id.
    pub(super) method: String,
    /// Where the person was sent.
    pub(super) provider: Discovery,
    /// As whom.
    pub(super) client_id: String,
    /// Where the provider sends the person back to.
    pub(super) redirect_uri: String,
    /// The `state`, which begins with the login it belongs to.
    pub(super) state: String,
    /// The `nonce` of the ID token.
    pub(super) nonce: String,
    /// The code verifier (RFC 7636 §4.1).
    pub(super) verifier: String,
    /// Whether the person was to log in anew.
    pub(super) fresh: bool,
    /// When the person was sent, in seconds since 1970.
    pub(super) since: i64,
}

/// Whose errand it is.
#[derive(Clone, Copy)]
pub(super) struct Of<'a> {
    pub(super) tenant: &'a str,
    pub(super) server: &'a str,
    pub(super) login: &'a str,
}

impl Of<'_> {
    fn context(self) -> String {
        format!("errand of {}/{}/{}", self.tenant, self.server, self.login)
    }
}

/// The login that a `state` belongs to, if it is one of ours.
pub fn login_of(state: &str) -> Option<&str> {
    state.split_once('.').map(|(login, _)| login).filter(|login| !login.is_empty())
}

/// A new `state` for a login.
pub(super) fn state(domain: &Domain, login: &str) -> String {
    format!("{login}.{}", random(domain))
}

/// 256 random bits as text.
pub(super) fn random(domain: &Domain) -> String {
    BASE64URL_NOPAD.encode(&domain.world.bytes::<32>())
}

impl Errand {
    /// The S256 code challenge (RFC 7636 §4.2).
    pub(super) fn challenge(&self) -> String {
        BASE64URL_NOPAD.encode(&digest::sha256(self.verifier.as_bytes()))
    }

    pub(super) fn seal(&self, domain: &Domain, of: Of<'_>) -> Result<Sealed, Failure> {
        let text = serde_json::to_vec(self).map_err(|error| Failure::Internal { log: error.to_string() })?;
        Ok(domain.vault.seal(&domain.world, &of.context(), &Zeroizing::new(text)))
    }

    /// The errand of a login, if it is the one of this `state`. Anything else is what an earlier errand or somebody else has
    /// made up.
    pub(super) fn open(domain: &Domain, of: Of<'_>, login: &Login, state: &str) -> Result<Option<Errand>, Failure> {
        let Some(sealed) = &login.errand else { return Ok(None) };
        // What lies there may also be a page's answer, which is sealed for something else.
        let Ok(plain) = domain.vault.open_sealed(&of.context(), sealed) else { return Ok(None) };
        let errand: Errand =
            serde_json::from_slice(&plain).map_err(|error| Failure::Internal { log: error.to_string() })?;
        Ok(Secret::new(errand.state.as_str()).same(state).then_some(errand))
    }
}
