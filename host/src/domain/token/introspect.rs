//! Introspection (RFC 7662): what a token is worth now, for whoever it is shown to.
//!
//! Called by its edge. Writes nothing and lists nothing: a few lookups in the store's cache, however many tokens there are.

use std::sync::Arc;

use super::{Known, RefreshToken, asker::Asker, known};
use crate::domain::{
    Domain, Failure, authentication, client,
    grant::{self, Grant},
    handle::{self, Purpose},
    server::Server,
};

/// A token that is good, as far as it is the asker's business.
#[derive(Debug)]
pub enum Introspection {
    /// An access token.
    Access(Arc<Known>),
    /// A refresh token.
    Refresh {
        /// What it was made from.
        grant: Arc<Grant>,
        /// When it ends, in seconds since 1970.
        ends: i64,
    },
}

/// What a token of a server is worth. None when it is not good, for whatever reason: unknown, ended, revoked, another
/// server's, or none of the asker's business.
pub fn introspect(
    domain: &Domain,
    tenant: &str,
    server: (&str, &Server),
    asker: &Asker,
    token: &str,
) -> Result<Option<Introspection>, Failure> {
    if handle::looks_like(Purpose::Refresh, token) {
        let found = refresh(domain, tenant, server, token)?.filter(|(_, record, _)| !record.used);
        let found = found.filter(|(.., grant)| asker.may(&grant.client_id));
        return Ok(found.map(|(_, record, grant)| Introspection::Refresh { grant, ends: record.ends }));
    }
    match known(domain, tenant, token) {
        Ok(known) => {
            let theirs = known.bearer.server == server.0 && asker.may(&known.bearer.client_id);
            Ok(theirs.then_some(Introspection::Access(known)))
        }
        Err(Failure::Unauthenticated(_)) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// A refresh token: the name of its record, the record, and its grant.
type Found = (String, Arc<RefreshToken>, Arc<Grant>);

/// A refresh token that has not ended, used or not.
pub(super) fn refresh(
    domain: &Domain,
    tenant: &str,
    (server_id, server): (&str, &Server),
    token: &str,
) -> Result<Option<Found>, Failure> {
    let (name, now) = (handle::name(domain, Purpose::Refresh, tenant, server_id, token), domain.world.now_seconds());
    let record = domain.store.record::<RefreshToken>(&[tenant, server_id, &name])?;
    let Some(record) = record.filter(|record| record.ends > now) else { return Ok(None) };
    let Some(grant) = grant::current(domain, tenant, &record.grant)? else { return Ok(None) };
    match client::current(domain, tenant, &grant.client_id) {
        Ok(client) if grant.holds(server, &client.value, now) => {
            let knows = |person| authentication::still_knows(domain, &server.authentications, person);
            let known = grant.person().is_none_or(knows);
            Ok(known.then_some((name, record, grant)))
        }
        Ok(_) | Err(Failure::NotFound { .. }) => Ok(None),
        Err(failure) => Err(failure),
    }
}
