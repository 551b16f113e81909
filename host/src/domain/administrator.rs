//! Administrators who show a name and a password with every request (RFC 7617), as programs of other houses do.
//!
//! Called by `authn` for operations whose path names no tenant. The name is that of a client or of a person of the tenant's
//! `admin` server, of the tenant `default` unless the tenant stands before it: `acme/admin`.

use super::{
    Caller, Credentials, Domain, Failure, authentication::static_users, client, credential, guesses::Try,
    permit::ADMIN_SERVER, server, tenant,
};
use crate::crypto::Secret;

/// Finds out who shows this name and one of these secrets. `address` is where the request came from, for the limits against
/// guessing.
pub async fn prove(domain: &Domain, name: &str, candidates: Vec<Secret>, address: &str) -> Result<Caller, Failure> {
    let (tenant, account) = name.split_once('/').unwrap_or((tenant::DEFAULT, name));
    // A client's secret is too long to be guessed; a person's password is not.
    if let Some(client) = client(domain, tenant, account, candidates.clone()).await? {
        return Ok(client);
    }
    let attempt = Try { tenant, server: ADMIN_SERVER, account, address };
    if domain.guesses.allowed(attempt).is_err() {
        return Err(wrong());
    }
    let person = person(domain, tenant, account, &candidates).await?.ok_or_else(wrong)?;
    domain.guesses.succeeded(attempt);
    Ok(person)
}

fn wrong() -> Failure {
    Failure::Unauthenticated(Credentials::Invalid)
}

async fn client(domain: &Domain, tenant: &str, id: &str, candidates: Vec<Secret>) -> Result<Option<Caller>, Failure> {
    let found = match client::current(domain, tenant, id) {
        Err(Failure::NotFound { .. }) => return Ok(None),
        found => found?,
    };
    if found.value.server != ADMIN_SERVER || !found.value.may_send_secret(domain.world.now_seconds()) {
        return Ok(None);
    }
    let right = credential::verify(domain, tenant, id, candidates).await?;
    let caller =
        || Caller::Client { tenant: tenant.to_owned(), server: found.value.server.clone(), client_id: id.to_owned() };
    Ok(right.then(caller))
}

async fn person(domain: &Domain, tenant: &str, name: &str, candidates: &[Secret]) -> Result<Option<Caller>, Failure> {
    let server = match server::current(domain, tenant, ADMIN_SERVER) {
        Err(Failure::NotFound { .. }) => return Ok(None),
        found => found?,
    };
    for password in candidates {
        if let Some(identity) = static_users::prove(domain, &server.value.authentications, name, password).await {
            let (tenant, server) = (tenant.to_owned(), ADMIN_SERVER.to_owned());
            return Ok(Some(Caller::Person { tenant, server, subject: identity.subject }));
        }
    }
    Ok(None)
}
