//! What the scopes, claims and services of a server say where its tokens are issued: read once, and kept until one of them changes.
//!
//! Used by everything in this folder, for every token. A state that begins by itself takes over at its instant: what is kept
//! knows until when it holds.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{BuildHasher, RandomState},
    ops::RangeInclusive,
    sync::Arc,
};

use quick_cache::sync::Cache;
use smol_str::SmolStr;

use super::mapping::Mapping;
use crate::{
    domain::{
        Domain, Failure,
        claim::Claim,
        noun,
        scope::Scope,
        service::{self, Service},
    },
    store::{Index, Kind, State},
    world::Micros,
};

/// The kinds of records that this is made of.
const KINDS: [Kind; 3] = [Kind::Claim, Kind::Scope, Kind::Service];
/// Servers that are kept at hand.
const SERVERS: usize = 2_000;

/// The servers that are at hand, by the keyed hash of tenant and id: 128 bits under keys that live and die with the process. So a
/// lookup makes no texts and touches none.
pub(in crate::domain) struct Known {
    rules: Cache<u128, Arc<Rules>>,
    hashers: [RandomState; 2],
}

impl Known {
    /// Nothing is known yet.
    pub(in crate::domain) fn new() -> Known {
        Known { rules: Cache::new(SERVERS), hashers: std::array::from_fn(|_| RandomState::new()) }
    }

    fn key(&self, tenant: &str, server: &str) -> u128 {
        let [high, low] = self.hashers.each_ref().map(|hasher| u128::from(hasher.hash_one((tenant, server))));
        high << 64 | low
    }
}

/// What is in force at a server.
pub(super) struct Rules {
    /// How its claims are made.
    pub(super) claims: Mapping,
    /// Its scopes by name, each with its id.
    scopes: BTreeMap<SmolStr, (String, Scope)>,
    /// Whether any of them has a policy about clients on their own behalf: most servers have none, and need not look.
    pub(super) have_client_policies: bool,
    /// Its services by id.
    pub(super) services: BTreeMap<String, Service>,
    /// The store's last change of one of the kinds when this was read.
    change: u64,
    /// From when until when it is so, if nothing changes.
    holds: RangeInclusive<Micros>,
}

impl Rules {
    /// The scope of this name, with its id.
    pub(super) fn scope(&self, name: &str) -> Option<&(String, Scope)> {
        self.scopes.get(name)
    }

    /// The names of its scopes.
    pub(super) fn scope_names(&self) -> impl Iterator<Item = &str> {
        self.scopes.keys().map(SmolStr::as_str)
    }
}

/// The rules of a server as they are now.
pub(super) fn rules(domain: &Domain, tenant: &str, server: &str) -> Result<Arc<Rules>, Failure> {
    // Asked before the snapshot is taken: a change in between is read again next time.
    let change = domain.store.last_change(tenant, &KINDS);
    let key = domain.in_force.key(tenant, server);
    let now = domain.now();
    let known = domain.in_force.rules.get(&key);
    if let Some(known) = known.filter(|known| known.change == change && known.holds.contains(&now)) {
        return Ok(known);
    }
    let read = domain.store.read()?;
    let now = domain.now();
    let (claims, claims_until) = noun::below_until::<Claim>(&read, Index::ServerClaims, tenant, server, now)?;
    let (scopes, scopes_until) = noun::below_until::<Scope>(&read, Index::ServerScopes, tenant, server, now)?;
    let (services, services_until) = noun::below_until::<Service>(&read, Index::ServerServices, tenant, server, now)?;
    let until = claims_until.min(scopes_until).min(services_until);
    let claims = Mapping::new(claims.into_iter().map(|(id, state)| (id, state.value)));
    let have_client_policies = scopes.iter().any(|(_, state)| state.value.client_policy.is_some());
    let named = |(id, state): (String, State<Scope>)| (SmolStr::new(&state.value.name), (id, state.value));
    let scopes = scopes.into_iter().map(named).collect();
    let services = services.into_iter().map(|(id, state)| (id, state.value)).collect();
    let fresh = Arc::new(Rules { claims, scopes, have_client_policies, services, change, holds: now..=until });
    domain.in_force.rules.insert(key, Arc::clone(&fresh));
    Ok(fresh)
}

/// Whether a server has all of these scopes now.
pub(in crate::domain) fn has_scopes(
    domain: &Domain,
    tenant: &str,
    server: &str,
    scopes: &[String],
) -> Result<bool, Failure> {
    let rules = rules(domain, tenant, server)?;
    Ok(scopes.iter().all(|scope| rules.scope(scope).is_some()))
}

/// The names of the services that scopes of a server belong to.
pub(in crate::domain) fn services_of(
    domain: &Domain,
    tenant: &str,
    server: &str,
    scopes: &[String],
) -> Result<BTreeSet<String>, Failure> {
    let rules = rules(domain, tenant, server)?;
    let mut names = BTreeSet::new();
    for (_, scope) in scopes.iter().filter_map(|name| rules.scope(name)) {
        names.extend(service::of_scope(domain, tenant, scope)?.map(|service| service.value.name.clone()));
    }
    Ok(names)
}

/// Those of these scopes that a server has now.
pub(in crate::domain) fn those_there(
    domain: &Domain,
    tenant: &str,
    server: &str,
    mut scopes: Vec<String>,
) -> Result<Vec<String>, Failure> {
    let rules = rules(domain, tenant, server)?;
    scopes.retain(|scope| rules.scope(scope).is_some());
    Ok(scopes)
}
