//! Opening a grant at the token endpoint: for what a person lets a client do without a browser there, with the tokens made from it.
//!
//! Called by the grants whose answer is not a code.

use super::{Asked, person::Keep, refresh, target::Target};
use crate::{
    domain::{
        Failure,
        access::{self, Between, Which},
        grant::{self, Grant},
        identity::Identity,
        setup::effective::{self, Lifetimes},
    },
    store::Write,
};

/// What a person lets a client do outside of any session. It lasts as long as refresh tokens may, or as the one access token
/// when there are none.
pub(super) fn grant(asked: &Asked<'_>, identity: Identity, target: &Target) -> Grant {
    let (server, client) = (asked.server.1, &asked.proven.client.value);
    let Lifetimes { access_token, refresh_token, .. } = effective::lifetimes(server, client);
    let lasts = match refresh::are_given(server, client) {
        true => refresh_token.max(access_token),
        false => access_token,
    };
    lasting(asked, identity, target, lasts)
}

/// A grant outside of any session that begins now and lasts so many seconds.
pub(super) fn lasting(asked: &Asked<'_>, identity: Identity, target: &Target, seconds: i64) -> Grant {
    let Asked { domain, server: (server_id, server), proven, .. } = *asked;
    let since = domain.world.now_seconds();
    Grant {
        server: server_id.to_owned(),
        server_since: server.since,
        client_id: proven.id.clone(),
        client_since: proven.client.value.since,
        identity,
        own: false,
        application: None,
        session: None,
        sid: None,
        scopes: target.scopes.clone(),
        resources: target.audience.clone(),
        details: target.details.clone(),
        claims: target.claims.clone(),
        nonce: None,
        since,
        ends: since.saturating_add(seconds),
    }
}

/// Keeps a grant with its tokens, inside a transaction, and what the person has agreed to besides scopes, by name. They find it
/// among the clients that they have let in.
pub(super) fn open(
    write: &mut Write<'_>,
    tenant: &str,
    (id, grant): (&str, &Grant),
    (which, agreed): (Which, &[String]),
    keep: &Keep,
) -> Result<(), Failure> {
    grant::open(write, tenant, id, grant)?;
    let (subject, client) = (grant.identity.subject.as_str(), grant.client_id.as_str());
    let between = Between { tenant, server: &grant.server, subject, client };
    access::remember(write, between, which, (&grant.scopes, agreed), grant.since)?;
    keep.save(write, tenant, &grant.server)
}
