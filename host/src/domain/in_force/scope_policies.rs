//! Who is asked before a scope is granted, and whether it is at all, as setups say it for each way to get one.
//!
//! Called by logins and by whoever exchanges codes, refresh tokens and passwords. Asks no component: these policies are words.

use std::collections::{BTreeMap, BTreeSet};

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
    let found = names.iter().filter_map(|name| rules.scope(name).map(|(_, scope)| (name, scope)));
    Ok(found.map(|(name, scope)| (name.clone(), effective::strictest(server, scope, flows))).collect())
}

/// These scopes without those that are not to be had on one of these ways.
pub fn without_refused(
    domain: &Domain,
    tenant: &str,
    server: (&str, &Server),
    names: &[String],
    flows: &[Flow],
) -> Result<Vec<String>, Failure> {
    let policies = of(domain, tenant, server, names, flows)?;
    Ok(policies.into_iter().filter(|(_, policy)| *policy != ScopePolicy::NotAllowed).map(|(scope, _)| scope).collect())
}

/// Those of these scopes that were there already when they were granted, in seconds since 1970. A later one of the same name
/// is another right, which nobody has agreed to.
pub fn the_same(
    domain: &Domain,
    tenant: &str,
    server: &str,
    granted: BTreeMap<String, i64>,
) -> Result<BTreeSet<String>, Failure> {
    let rules = known::rules(domain, tenant, server)?;
    let since = |name: &String| rules.scope(name).map_or(0, |(_, scope)| scope.since.div_euclid(1_000_000));
    Ok(granted.into_iter().filter(|(name, at)| *at >= since(name)).map(|(name, _)| name).collect())
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
    let scopes = names.iter().filter_map(|name| rules.scope(name).map(|(_, scope)| scope));
    Ok(effective::force_reauthentication(server, client, scopes))
}
