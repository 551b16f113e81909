//! Who is asked before a scope is granted, and whether it is at all, as setups say it for each way to get one.
//!
//! Called by logins and by whoever exchanges refresh tokens. Asks no component: these policies are words.

use super::known;
use crate::domain::{
    Domain, Failure,
    client::Client,
    server::Server,
    setup::{
        ScopePolicy,
        effective::{self, Flow},
    },
};

/// The policies of these scopes on these ways. What the server does not have is left out.
pub fn of(
    domain: &Domain,
    tenant: &str,
    (id, server): (&str, &Server),
    names: &[String],
    flows: &[Flow],
) -> Result<Vec<(String, ScopePolicy)>, Failure> {
    let rules = known::rules(domain, tenant, id)?;
    let found = names.iter().filter_map(|name| rules.scopes.get(name).map(|(_, scope)| (name, scope)));
    Ok(found.map(|(name, scope)| (name.clone(), effective::strictest(server, scope, flows))).collect())
}

/// Whether a person must log in anew for a client that asks for these scopes.
pub fn ask_anew(
    domain: &Domain,
    tenant: &str,
    (id, server): (&str, &Server),
    client: &Client,
    names: &[String],
) -> Result<bool, Failure> {
    let rules = known::rules(domain, tenant, id)?;
    let scopes = names.iter().filter_map(|name| rules.scopes.get(name).map(|(_, scope)| scope));
    Ok(effective::force_reauthentication(server, client, scopes))
}
