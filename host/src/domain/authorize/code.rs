//! An authorization code as it is kept: made here, redeemed by the token endpoint.
//!
//! Called by `conclude`. Only the keyed hash of the code is its name.

use serde::{Deserialize, Serialize};

use super::{AuthorizationRequest, Place};
use crate::{
    crypto::Secret,
    domain::{
        Failure, expiry,
        handle::{self, Purpose},
    },
    store::{Record, Table, Write, records},
};

/// An authorization code.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Code {
    /// What it was made from.
    pub grant: String,
    /// The redirect URI that the token request must repeat (RFC 6749 §4.1.3); none when the request had none.
    pub redirect_uri: Option<String>,
    /// The S256 code challenge (RFC 7636 §4.2).
    pub challenge: Option<String>,
    /// The thumbprint of the key that must be proven when it is redeemed (RFC 9449 §10).
    #[serde(default)]
    pub dpop_jkt: Option<String>,
    /// When it ends, in seconds since 1970.
    pub ends: i64,
    /// Whether tokens were given for it. A second time revokes the grant.
    pub used: bool,
}

impl Record for Code {
    const TABLE: Table = Table::AuthorizationCode;
}

impl expiry::Ends for Code {
    const WHAT: expiry::What = expiry::What::Code;
    fn ends(&self) -> i64 {
        self.ends
    }
}

/// A code on its way into the store.
#[derive(Clone, Debug)]
pub(super) struct Fresh {
    name: String,
    code: Code,
}

/// Makes a code for a grant.
pub(super) fn make(place: Place<'_>, grant: &str, request: &AuthorizationRequest) -> (Secret, Fresh) {
    let (text, name) = handle::make(place.domain, Purpose::Code, place.tenant, place.id);
    let code = Code {
        grant: grant.to_owned(),
        redirect_uri: request.redirect_named.then(|| request.redirect_uri.clone()),
        challenge: request.challenge.clone(),
        dpop_jkt: request.dpop_jkt.clone(),
        ends: place.domain.world.now_seconds().saturating_add(place.server.authorization_code_seconds),
        used: false,
    };
    (text, Fresh { name, code })
}

impl Fresh {
    /// Writes it down, inside a transaction.
    pub(super) fn save(&self, write: &mut Write<'_>, tenant: &str, server: &str) -> Result<(), Failure> {
        let key = [tenant, server, &self.name];
        records::put(write, &key, &self.code)?;
        expiry::note(write, &key, &self.code)
    }
}
