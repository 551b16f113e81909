//! Revocation (RFC 7009): a client gives a token back before its end.
//!
//! Called by its edge. A refresh token takes everything made from its grant with it; an access token takes those that it was
//! exchanged for.

use super::{AccessToken, Known, RevokedToken, asker::Asker, introspect::holding, known};
use crate::{
    domain::{
        Domain, Failure, expiry, grant,
        handle::{self, Purpose},
        server::Server,
    },
    store::records,
};

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// It is worth nothing now. Perhaps it was worth nothing before (RFC 7009 §2.2).
    Done,
    /// It is another client's, and stays.
    Foreign,
}

/// Revokes a token of a server.
pub async fn revoke(
    domain: &Domain,
    tenant: &str,
    server: (&str, &Server),
    asker: &Asker,
    token: &str,
) -> Result<Revoked, Failure> {
    if handle::looks_like(Purpose::Refresh, token) {
        return match holding(domain, tenant, server, token)? {
            None => Ok(Revoked::Done),
            Some(found) if !asker.may(&found.grant.client_id) => Ok(Revoked::Foreign),
            Some(found) => end_grant(domain, tenant, &found.grant_id).await,
        };
    }
    match known(domain, tenant, token) {
        Ok(known) if known.bearer.server != server.0 => Ok(Revoked::Done),
        Ok(known) if !asker.may(&known.bearer.client_id) => Ok(Revoked::Foreign),
        Ok(known) => end_access(domain, tenant, &known).await,
        Err(Failure::Unauthenticated(_)) => Ok(Revoked::Done),
        Err(failure) => Err(failure),
    }
}

async fn end_grant(domain: &Domain, tenant: &str, grant: &str) -> Result<Revoked, Failure> {
    let (tenant, grant) = (tenant.to_owned(), grant.to_owned());
    domain.write(move |write| grant::revoke(write, &tenant, &grant)).await?;
    Ok(Revoked::Done)
}

/// An opaque token is forgotten, a signed one stays as it is. The name of either is kept as long as it would have been good: what it
/// was exchanged for asks for it.
async fn end_access(domain: &Domain, tenant: &str, known: &Known) -> Result<Revoked, Failure> {
    let (tenant, kept) = (tenant.to_owned(), known.kept.clone());
    let (jti, revoked) = (known.bearer.jti.clone(), RevokedToken { ends: known.bearer.expires });
    domain
        .write(move |write| {
            if let Some(name) = &kept {
                records::delete::<AccessToken>(write, &[&tenant, name])?;
            }
            records::put(write, &[&tenant, &jti], &revoked)?;
            expiry::note(write, &[&tenant, &jti], &revoked)?;
            Ok::<_, Failure>(Revoked::Done)
        })
        .await
}
