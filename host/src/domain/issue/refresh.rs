//! Refresh tokens (RFC 6749 §6): each is good once, and is exchanged for the next one.
//!
//! Made by every grant that a person's consent is behind.

use crate::{
    crypto::Secret,
    domain::{
        Domain, Failure,
        client::Client,
        expiry,
        grant::Grant,
        handle::{self, Purpose},
        server::Server,
        token::RefreshToken,
    },
    store::{Write, records},
};

/// The grant of a refresh token.
pub const REFRESH_TOKEN: &str = "refresh_token";

/// A refresh token on its way into the store.
#[derive(Clone, Debug)]
pub struct Kept {
    name: String,
    token: RefreshToken,
}

impl Kept {
    /// Writes it down, inside a transaction.
    pub(in crate::domain) fn save(&self, write: &mut Write<'_>, tenant: &str, server: &str) -> Result<(), Failure> {
        records::put(write, &[tenant, server, &self.name], &self.token)?;
        expiry::note(write, &[tenant, server, &self.name], &self.token)
    }
}

/// Whether a client of a server gets refresh tokens: both must have the grant.
pub fn are_given(server: &Server, client: &Client) -> bool {
    let has = |grants: &[String]| grants.iter().any(|grant| grant == REFRESH_TOKEN);
    has(&server.grant_types) && has(&client.grant_types)
}

/// A new refresh token of a grant. It ends when it is not used for long enough, and never later than the grant.
pub fn make(
    domain: &Domain,
    tenant: &str,
    (server_id, server): (&str, &Server),
    (grant_id, grant): (&str, &Grant),
) -> (Secret, Kept) {
    let (secret, name) = handle::make(domain, Purpose::Refresh, tenant, server_id);
    let ends = match server.refresh_idle_seconds {
        0 => grant.ends,
        idle => grant.ends.min(domain.world.now_seconds().saturating_add(idle)),
    };
    (secret, Kept { name, token: RefreshToken { grant: grant_id.to_owned(), ends, used: false } })
}
