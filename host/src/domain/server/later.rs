//! A server with states that have yet to begin: what they take over from a change that is made before, and what begins with
//! them.
//!
//! Called by the timeline of servers and by setups, which schedule them.

use super::Server;
use crate::{
    domain::{Failure, claim::Claim, noun, scope::Scope, service::Service, stamp::Stamp},
    store::{Index, Write},
};

/// What a state that has yet to begin becomes when a server is changed from `before` to `now`. Who schedules one sees its
/// name, how long its tokens are good and what only setups say. Grants that come with such a state come with it; those that
/// are taken away now are gone.
pub(super) fn carried(scheduled: Server, before: &Server, now: &Server) -> Server {
    let Server { name, access_token_seconds, id_token_seconds, refresh_token_seconds, setup, .. } = scheduled;
    let comes = |grant: &String| !before.grant_types.contains(grant) && !now.grant_types.contains(grant);
    let mut grant_types = now.grant_types.clone();
    grant_types.extend(scheduled.grant_types.into_iter().filter(comes));
    let lifetimes = Server { access_token_seconds, id_token_seconds, refresh_token_seconds, ..now.clone() };
    Server { name, grant_types, setup, ..lifetimes }
}

/// Lets what every new server has below it begin with a server that begins earlier than it was to, inside a transaction.
pub(in crate::domain) fn bring_forward(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    stamp: &Stamp,
) -> Result<(), Failure> {
    noun::bring_forward::<Service>(write, Index::ServerServices, tenant, id, |service| service.system, stamp)?;
    noun::bring_forward::<Scope>(write, Index::ServerScopes, tenant, id, |scope| scope.system, stamp)?;
    // Nobody schedules a claim on its own.
    noun::bring_forward::<Claim>(write, Index::ServerClaims, tenant, id, |_| true, stamp)
}
