//! Proof: how a client shows who it is at the token endpoint and its neighbours (RFC 6749 §2.3, RFC 7523 §2.2).
//!
//! Called by every endpoint that authenticates clients.

mod assertion;
mod certificate;
pub(super) mod once;

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{
    Domain, Failure,
    client::{self, ASYMMETRIC, AuthMethod, Client},
    credential, expiry, profile,
    server::Server,
};
use crate::{
    crypto::{Secret, jws},
    store::{Record, State, Table},
};

pub(super) use assertion::{Rules, TOKEN_ENDPOINT};

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
    /// Its id and the certificates of its connection in DER, its own first (`tls_client_auth`, `self_signed_tls_client_auth`).
    Certificate(String, Vec<Bytes>),
    /// Its id and what its secret may be.
    Secret(String, Vec<Secret>),
    /// A signed assertion (`client_secret_jwt`, `private_key_jwt`), with the `client_id` that was sent beside it, if any.
    Assertion(Secret, Option<String>),
}

impl Shown {
    /// The client that this is said to be of: an assertion names it, and what stands beside it must agree.
    pub fn id(&self) -> Option<String> {
        match self {
            Shown::Id(id) | Shown::Certificate(id, _) | Shown::Secret(id, _) => Some(id.clone()),
            Shown::Assertion(token, beside) => {
                let claimed = assertion::claimed(token.expose())?;
                beside.as_ref().is_none_or(|beside| *beside == claimed).then_some(claimed)
            }
        }
    }
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
    /// It has proven itself, but it or its server is not as a profile of the server demands (`unauthorized_client`).
    Profile(String),
    /// Anything else.
    Failure(Failure),
}

impl From<Failure> for Unproven {
    fn from(failure: Failure) -> Unproven {
        Unproven::Failure(failure)
    }
}

/// The methods by which clients can prove themselves here: by certificates where those arrive.
pub fn methods(domain: &Domain) -> impl Iterator<Item = AuthMethod> {
    METHODS.into_iter().filter(|method| domain.certificates.allow(*method))
}

const METHODS: [AuthMethod; 7] = [
    AuthMethod::ClientSecretBasic,
    AuthMethod::ClientSecretPost,
    AuthMethod::ClientSecretJwt,
    AuthMethod::PrivateKeyJwt,
    AuthMethod::TlsClientAuth,
    AuthMethod::SelfSignedTlsClientAuth,
    AuthMethod::None,
];

/// What assertions may be signed with.
pub fn algorithms() -> impl Iterator<Item = &'static str> {
    std::iter::once(jws::SHARED).chain(ASYMMETRIC)
}

/// Finds out which client of a server this is. What it shows must be what its method says: a client with keys proves nothing
/// with a secret, and one with a secret nothing with its id.
pub async fn client(domain: &Domain, tenant: &str, server: (&str, &Server), shown: Shown) -> Result<Proven, Unproven> {
    let id = shown.id().ok_or(Unproven::Client)?;
    let found = of_server(domain, tenant, server.0, &id)?;
    let client = found.as_ref().map(|found| &found.value);
    let now = domain.world.now_seconds();
    let right = match shown {
        Shown::Id(_) => client.is_some_and(|client| client.auth_method == AuthMethod::None),
        Shown::Certificate(_, chain) => match client {
            // A client without credentials may well come over a connection that has them.
            Some(client) if client.auth_method == AuthMethod::None => true,
            Some(client) => certificate::proves(domain, client, &chain).await,
            None => false,
        },
        Shown::Secret(_, candidates) => {
            let right = credential::verify(domain, tenant, &id, candidates).await?;
            right && client.is_some_and(|client| client.may_send_secret(now))
        }
        Shown::Assertion(token, _) => assertion::proves(domain, tenant, server, &id, client, token.expose()).await?,
    };
    let Some(client) = found.filter(|_| right) else { return Err(Unproven::Client) };
    match profile::refusal(domain, tenant, server, &client.value)? {
        None => Ok(Proven { id, client }),
        Some(reason) => Err(Unproven::Profile(reason)),
    }
}

fn of_server(domain: &Domain, tenant: &str, server: &str, id: &str) -> Result<Option<Arc<State<Client>>>, Failure> {
    match client::current(domain, tenant, id) {
        Ok(found) => Ok(Some(found).filter(|found| found.value.server == server)),
        Err(Failure::NotFound { .. }) => Ok(None),
        Err(failure) => Err(failure),
    }
}
