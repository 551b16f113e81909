//! The secret of a connection, sealed beside its record, and the mark by which one account is told from another.
//!
//! Called by `connection.rs` and whoever asks the provider.

use serde::{Deserialize, Serialize};

use super::Connection;
use crate::{
    crypto::{
        Secret,
        digest::sha256_hex,
        vault::{Sealed, Vault},
    },
    domain::{Domain, Failure},
    store::{Record, Table, View, Write, records},
};

/// What is kept of a secret.
#[derive(Serialize, Deserialize)]
struct Account {
    secret: Sealed,
}

impl Record for Account {
    const TABLE: Table = Table::ConnectionAccount;
}

/// A secret that a caller gives, sealed before the transaction that may keep it.
pub(super) struct Offered {
    secret: Secret,
    sealed: Sealed,
    vault: Vault,
}

impl Offered {
    pub(super) fn seal(domain: &Domain, tenant: &str, id: &str, secret: Secret) -> Offered {
        let sealed = domain.vault.seal(&domain.world, &context(tenant, id), secret.expose().as_bytes());
        Offered { secret, sealed, vault: domain.vault.clone() }
    }

    /// Whether it is the one that the connection has: whoever puts back what was there has changed nothing.
    pub(super) fn is_kept(&self, view: &impl View, tenant: &str, id: &str) -> Result<bool, Failure> {
        let Some(Account { secret }) = records::get::<Account>(view, &[tenant, id])? else { return Ok(false) };
        Ok(open(&self.vault, tenant, id, &secret)?.same(self.secret.expose()))
    }

    pub(super) fn put(&self, write: &mut Write<'_>, tenant: &str, id: &str) -> Result<(), Failure> {
        Ok(records::put(write, &[tenant, id], &Account { secret: self.sealed.clone() })?)
    }
}

/// The secret of a connection, in clear.
pub(super) fn secret(domain: &Domain, tenant: &str, id: &str) -> Result<Secret, Failure> {
    let found = records::get::<Account>(&domain.store.read()?, &[tenant, id])?;
    let Account { secret } = found.ok_or_else(|| Failure::not_found("secret of the OAuth Client", id))?;
    open(&domain.vault, tenant, id, &secret)
}

pub(super) fn forget(write: &mut Write<'_>, tenant: &str, id: &str) -> Result<(), Failure> {
    records::delete::<Account>(write, &[tenant, id])?;
    Ok(())
}

/// Tells one account from another: who we are there, where that is, and since when by this secret.
pub(super) fn mark(connection: &Connection) -> String {
    let Connection { provider, client_id, secret_since, .. } = connection;
    let client_id = client_id.as_deref().unwrap_or_default();
    let (authorization, token) = (provider.authorization_endpoint(), provider.token_endpoint());
    sha256_hex(format!("{client_id}\n{authorization}\n{token}\n{secret_since}").as_bytes())
}

/// What the secret is sealed for.
fn context(tenant: &str, id: &str) -> String {
    format!("secret of connection {tenant}/{id}")
}

fn open(vault: &Vault, tenant: &str, id: &str, sealed: &Sealed) -> Result<Secret, Failure> {
    let internal = |log: String| Failure::Internal { log };
    let plain = vault.open_sealed(&context(tenant, id), sealed).map_err(|error| internal(error.to_string()))?;
    std::str::from_utf8(&plain).map(Secret::new).map_err(|error| internal(error.to_string()))
}
