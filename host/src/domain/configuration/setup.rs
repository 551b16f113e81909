//! Whoever imports a configuration may change the tenant `system` itself. Afterwards somebody must still be able to set
//! tenants up: otherwise nobody could ever undo it.

use crate::{
    domain::{
        Failure,
        client::{Client, MICROS_A_SECOND},
        credential::Credential,
        permit::{SYSTEM_SERVER, SYSTEM_TENANT},
        server::Server,
        stamp::Stamp,
        token::CLIENT_CREDENTIALS,
    },
    store::{Index, Write, index, records},
};

/// Refuses a store in which no client of the system tenant's server can get a token by itself.
pub(super) fn check(write: &Write<'_>, stamp: &Stamp) -> Result<(), Failure> {
    if can_be_set_up(write, stamp)? {
        return Ok(());
    }
    let reason = "nobody could set tenants up any more: the tenant `system` needs a server `system` and a client there, \
                  both with the grant `client_credentials`, and the client with a secret";
    Err(Failure::invalid("/clients", reason))
}

fn can_be_set_up(write: &Write<'_>, stamp: &Stamp) -> Result<bool, Failure> {
    let allows = |grants: &[String]| grants.iter().any(|grant| grant == CLIENT_CREDENTIALS);
    let server = stamp.live::<Server>(write, SYSTEM_TENANT, SYSTEM_SERVER)?;
    if !server.is_some_and(|server| allows(&server.value.grant_types)) {
        return Ok(false);
    }
    let now = stamp.now / MICROS_A_SECOND;
    for id in index::ids(write, Index::ServerClients, &[SYSTEM_TENANT, SYSTEM_SERVER])? {
        let client = stamp.live::<Client>(write, SYSTEM_TENANT, &id)?;
        let proves = records::get::<Credential>(write, &[SYSTEM_TENANT, &id])?.is_some();
        let gets_tokens = |client: &Client| allows(&client.grant_types) && client.may_send_secret(now);
        if proves && client.is_some_and(|client| gets_tokens(&client.value)) {
            return Ok(true);
        }
    }
    Ok(false)
}
