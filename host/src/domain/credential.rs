//! A client's secret: how it is kept and how a presented one is checked. Lives outside the timeline.

use serde::{Deserialize, Serialize};

use super::{Domain, Failure};
use crate::{
    crypto::{Secret, vault::KeyedHash},
    store::{Record, Table},
};

/// What proves a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Credential {
    /// A secret of 256 random bits that the server made: a keyed hash is enough, nobody can guess it.
    Generated(KeyedHash),
    /// A secret somebody chose: argon2id, as a PHC string.
    Chosen(String),
}

impl Record for Credential {
    const TABLE: Table = Table::Credential;
}

/// Binds a hash to what it is for, so that it is worth nothing elsewhere.
fn label(tenant: &str, client_id: &str) -> String {
    format!("client secret of {tenant}/{client_id}")
}

/// A new secret and how it is kept. The secret is shown once.
pub fn generate(domain: &Domain, tenant: &str, client_id: &str) -> (Secret, Credential) {
    let secret = Secret::generate(&domain.world);
    let hash = domain.vault.keyed_hash(&label(tenant, client_id), secret.expose());
    (secret, Credential::Generated(hash))
}

/// How a secret chosen by somebody is kept.
pub async fn choose(domain: &Domain, secret: Secret) -> Result<Credential, Failure> {
    let hashed = domain.passwords.hash(secret).await;
    hashed.map(Credential::Chosen).map_err(|error| Failure::Internal { log: error.to_string() })
}

/// True when `secret` is the client's. A client without a credential costs as much as one with a wrong secret.
pub async fn verify(domain: &Domain, tenant: &str, client_id: &str, secret: Secret) -> Result<bool, Failure> {
    let found = domain.store.record::<Credential>(&[tenant, client_id])?;
    Ok(match found.as_deref() {
        Some(Credential::Generated(hash)) => {
            domain.vault.verify_keyed(&label(tenant, client_id), secret.expose(), hash)
        }
        Some(Credential::Chosen(phc)) => domain.passwords.verify(secret, phc.clone()).await,
        None => {
            domain.passwords.verify_nobody(secret).await;
            false
        }
    })
}
