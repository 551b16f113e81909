//! An errand: what we have to know again when somebody who was asked to say yes at a provider comes back.
//!
//! Its name is the keyed hash of the `state` that went along, which is good once and for ten minutes. The tenant stands behind
//! the handle in the text, since the address that everybody comes back to has none.

use serde::{Deserialize, Serialize};

use crate::{
    crypto::{Secret, vault::Sealed},
    domain::{
        Domain, Failure, expiry,
        handle::{self, Purpose},
    },
    store::{Record, Table},
};

/// How long somebody has to say yes, in seconds.
pub const LIFE: i64 = 600;

/// In place of an authorization server, whose identifiers have no blanks.
const PLACE: &str = "outbound clients";

/// Somebody who is at a provider.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::domain) struct Errand {
    /// For which connection.
    pub(super) connection: String,
    /// With which account.
    pub(super) mark: String,
    /// Who has asked.
    pub(super) by: String,
    /// The code verifier (RFC 7636 §4.1).
    pub(super) verifier: Sealed,
    /// The browser that must come back, by the name of its cookie. None when the address was handed out instead.
    pub(super) browser: Option<String>,
    /// When it ends, in seconds since 1970.
    pub(super) ends: i64,
}

impl Record for Errand {
    const TABLE: Table = Table::ConnectionErrand;
}

impl expiry::Ends for Errand {
    const WHAT: expiry::What = expiry::What::ConnectionErrand;
    fn ends(&self) -> i64 {
        self.ends
    }
}

/// A new `state`, and the name of its errand.
pub(super) fn state(domain: &Domain, tenant: &str) -> (String, String) {
    let (handle, name) = handle::make(domain, Purpose::Connecting, tenant, PLACE);
    (format!("{}.{tenant}", handle.expose()), name)
}

/// The tenant of a `state` and the name of its errand, if it looks like one of ours.
pub(super) fn of_state<'a>(domain: &Domain, state: &'a str) -> Option<(&'a str, String)> {
    let (handle, tenant) = state.split_once('.')?;
    let ours = handle::looks_like(Purpose::Connecting, handle) && !tenant.is_empty();
    ours.then(|| (tenant, handle::name(domain, Purpose::Connecting, tenant, PLACE, handle)))
}

/// A cookie for a browser that is sent away.
pub(super) fn browser(domain: &Domain, tenant: &str) -> Secret {
    handle::make(domain, Purpose::Browser, tenant, PLACE).0
}

/// The name of a cookie that a browser brings back.
pub(super) fn browser_name(domain: &Domain, tenant: &str, cookie: &str) -> String {
    handle::name(domain, Purpose::Browser, tenant, PLACE, cookie)
}

/// Seals the verifier of an errand.
pub(super) fn seal(domain: &Domain, name: &str, verifier: &Secret) -> Sealed {
    domain.vault.seal(&domain.world, &context(name), verifier.expose().as_bytes())
}

impl Errand {
    /// The verifier of the errand `name`.
    pub(super) fn verifier(&self, domain: &Domain, name: &str) -> Result<Secret, Failure> {
        let internal = |log: String| Failure::Internal { log };
        let plain =
            domain.vault.open_sealed(&context(name), &self.verifier).map_err(|error| internal(error.to_string()))?;
        std::str::from_utf8(&plain).map(Secret::new).map_err(|error| internal(error.to_string()))
    }
}

fn context(name: &str) -> String {
    format!("verifier of {name}")
}
