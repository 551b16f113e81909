//! Proof: how a client shows who it is at the token endpoint and its neighbours (RFC 6749 §2.3, RFC 7523 §2.2).
//!
//! Called by every endpoint that authenticates clients.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    Domain, Failure,
    client::{self, Client},
    credential, expiry,
    server::Server,
};
use crate::{
    crypto::Secret,
    store::{Record, State, Table},
};

/// An assertion that a client has proven itself with, so that it is good once only (RFC 7523 §3, point 7).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assertion {
    /// When it ends, in seconds since 1970.
    pub ends: i64,
}

impl Record for Assertion {
    const TABLE: Table = Table::Assertion;
}

impl expiry::Ends for Assertion {
    const WHAT: expiry::What = expiry::What::Assertion;
    fn ends(&self) -> i64 {
        self.ends
    }
}

/// What a client shows: exactly one of these.
#[derive(Debug)]
pub enum Shown {
    /// Its id alone (`none`).
    Id(String),
    /// Its id and what its secret may be.
    Secret(String, Vec<Secret>),
    /// A signed assertion (`client_secret_jwt`, `private_key_jwt`), with the `client_id` that was sent beside it, if any.
    Assertion(Secret, Option<String>),
}

/// A client that has shown who it is.
#[derive(Clone, Debug)]
pub struct Proven {
    /// Its id.
    pub id: String,
    /// Its configuration.
    pub client: Arc<State<Client>>,
}

/// Why not.
#[derive(Debug)]
pub enum Unproven {
    /// It is unknown, or what it shows is wrong (`invalid_client`).
    Client,
    /// Anything else.
    Failure(Failure),
}

impl From<Failure> for Unproven {
    fn from(failure: Failure) -> Unproven {
        Unproven::Failure(failure)
    }
}

/// Finds out which client of a server this is.
pub async fn client(
    domain: &Domain,
    tenant: &str,
    (server_id, _server): (&str, &Server),
    shown: Shown,
) -> Result<Proven, Unproven> {
    let (id, candidates) = match shown {
        Shown::Secret(id, candidates) => (id, candidates),
        Shown::Id(_) | Shown::Assertion(..) => return Err(Unproven::Client),
    };
    let right = credential::verify(domain, tenant, &id, candidates).await?;
    let now = domain.world.now_seconds();
    match client::current(domain, tenant, &id) {
        Ok(client) if right && client.value.server == server_id && client.value.may_send_secret(now) => {
            Ok(Proven { id, client })
        }
        Ok(_) | Err(Failure::NotFound { .. }) => Err(Unproven::Client),
        Err(failure) => Err(failure.into()),
    }
}
