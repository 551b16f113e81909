//! An authorization server: an issuer with its own keys, clients and scopes.

use std::{collections::BTreeSet, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    Caller, Domain, Failure, Problem,
    binding::Binding,
    claim, client, id, key_ring,
    key_ring::KeyRing,
    policy::Policy,
    scope,
    stamp::{Author, Stamp},
    tenant,
};
use crate::{
    crypto::keys::KeyType,
    store::{Index, Kind, Noun, State, Write, index, records, timeline},
};

/// An authorization server's configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Server {
    /// For people.
    pub name: String,
    /// The kind of key made for it.
    pub key_type: KeyType,
    /// How long an access token is good, in seconds.
    pub access_token_seconds: i64,
    /// The grants its clients may use.
    pub grant_types: Vec<String>,
    /// Made by the server itself; cannot be removed.
    pub system: bool,
    /// Which policy decides about which resource.
    pub bindings: Vec<Binding>,
    /// True when anybody who reaches the server may ask for decisions.
    pub decisions_open: bool,
}

impl Noun for Server {
    const KIND: Kind = Kind::Server;
}

/// The grants of a new server (seed, createAuthorizationServer).
pub const DEFAULT_GRANTS: [&str; 4] = ["authorization_code", "implicit", "client_credentials", "refresh_token"];
/// Every grant a server may allow.
pub const KNOWN_GRANTS: [&str; 5] =
    ["authorization_code", "implicit", "client_credentials", "refresh_token", "password"];
/// An hour, the documented default.
pub const DEFAULT_TOKEN_SECONDS: i64 = 3600;

/// The server `id` as it is now.
pub fn current(domain: &Domain, tenant: &str, id: &str) -> Result<Arc<State<Server>>, Failure> {
    let found = domain.store.current::<Server>(tenant, id, domain.now())?;
    found.ok_or_else(|| Failure::not_found("authorization server", id))
}

/// All servers of a tenant, by id.
pub fn list(domain: &Domain, tenant: &str) -> Result<Vec<(String, State<Server>)>, Failure> {
    tenant::current(domain, tenant)?;
    Ok(timeline::list(&domain.store.read()?, tenant, domain.now(), None, usize::MAX)?)
}

/// Makes a server with a key of its own and the default scopes (createAuthorizationServer). Without `id` it gets one.
pub async fn create(
    domain: &Domain,
    caller: &Caller,
    tenant: &str,
    id: Option<&str>,
    server: Server,
) -> Result<(String, State<Server>), Failure> {
    tenant::current(domain, tenant)?;
    let id = id.map_or_else(|| id::generate(&domain.world), str::to_owned);
    id::check("/id", &id).map_err(|problem| Failure::Invalid(vec![problem]))?;
    check(&server)?;
    let ring = key_ring::generate(domain, tenant, &id, server.key_type).await?;
    let (tenant, author) = (tenant.to_owned(), Author::of(domain, caller));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            if stamp.live::<Server>(write, &tenant, &id)?.is_some() {
                let reason = format!("`{id}` exists already");
                return Err(Failure::Conflict { noun: "authorization server", reason });
            }
            let state = save(write, &tenant, &id, &server, &stamp)?;
            insert_below(write, &tenant, &id, &ring, &stamp)?;
            Ok((id.clone(), state))
        })
        .await
}

/// Replaces a server's configuration (updateAuthorizationServer). Keys and the kind of key stay.
pub async fn update(
    domain: &Domain,
    caller: &Caller,
    tenant: &str,
    id: &str,
    server: Server,
) -> Result<State<Server>, Failure> {
    check(&server)?;
    let (tenant, id, author) = (tenant.to_owned(), id.to_owned(), Author::of(domain, caller));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let Some(old) = stamp.live::<Server>(write, &tenant, &id)? else {
                return Err(Failure::not_found("authorization server", id.clone()));
            };
            let mut server = server.clone();
            server.system = old.value.system;
            server.key_type = old.value.key_type;
            release(write, &tenant, &id, &old.value)?;
            save(write, &tenant, &id, &server, &stamp)
        })
        .await
}

/// Removes a server and everything below it in one transaction (deleteAuthorizationServer). System servers stay.
pub async fn delete(domain: &Domain, caller: &Caller, tenant: &str, id: &str) -> Result<(), Failure> {
    let (tenant, id, author) = (tenant.to_owned(), id.to_owned(), Author::of(domain, caller));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let Some(old) = stamp.live::<Server>(write, &tenant, &id)? else {
                return Err(Failure::not_found("authorization server", id.clone()));
            };
            if old.value.system {
                return Err(Failure::InUse { noun: "authorization server", by: vec!["the tenant itself".to_owned()] });
            }
            release(write, &tenant, &id, &old.value)?;
            client::delete_all(write, &tenant, &id, &stamp)?;
            scope::delete_all(write, &tenant, &id, &stamp)?;
            claim::delete_all(write, &tenant, &id, &stamp)?;
            records::delete::<KeyRing>(write, &[&tenant, &id])?;
            stamp.soft_delete::<Server>(write, &tenant, &id)?;
            Ok(())
        })
        .await
}

/// Writes the configuration and what refers to policies, inside a transaction.
pub(super) fn save(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    server: &Server,
    stamp: &Stamp,
) -> Result<State<Server>, Failure> {
    for (place, binding) in server.bindings.iter().enumerate() {
        if stamp.live::<Policy>(write, tenant, &binding.policy_id)?.is_none() {
            let member = format!("/decision_bindings/{place}/policy_id");
            return Err(Failure::invalid(member, format!("there is no policy `{}`", binding.policy_id)));
        }
    }
    for policy_id in bound(server) {
        index::put(write, Index::PolicyUsers, &[tenant, policy_id], &user_of_policy(id))?;
    }
    Ok(stamp.append(write, tenant, id, server.clone())?)
}

/// Writes what a new server has below it, inside a transaction.
pub(super) fn insert_below(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    ring: &KeyRing,
    stamp: &Stamp,
) -> Result<(), Failure> {
    records::put(write, &[tenant, id], ring)?;
    scope::insert_defaults(write, tenant, id, stamp)?;
    claim::insert_defaults(write, tenant, id, stamp)
}

/// Takes the server out of the list of those who use its policies.
fn release(write: &mut Write<'_>, tenant: &str, id: &str, server: &Server) -> Result<(), Failure> {
    for policy_id in bound(server) {
        index::remove(write, Index::PolicyUsers, &[tenant, policy_id], &user_of_policy(id))?;
    }
    Ok(())
}

fn bound(server: &Server) -> BTreeSet<&str> {
    server.bindings.iter().map(|binding| binding.policy_id.as_str()).collect()
}

fn user_of_policy(server: &str) -> String {
    format!("authorization server `{server}`")
}

fn check(server: &Server) -> Result<(), Failure> {
    let mut problems = Vec::new();
    if server.name.trim().is_empty() {
        problems.push(Problem::new("/name", "must not be empty"));
    }
    if server.access_token_seconds <= 0 {
        problems.push(Problem::new("/access_token_ttl", "must be at least a second"));
    }
    for (place, grant) in server.grant_types.iter().enumerate() {
        if !KNOWN_GRANTS.contains(&grant.as_str()) {
            problems
                .push(Problem::new(format!("/grant_types/{place}"), format!("`{grant}` is not a known grant type")));
        }
    }
    for (place, binding) in server.bindings.iter().enumerate() {
        for (member, value) in [("resource_type", &binding.resource_type), ("action", &binding.action)] {
            if value.is_empty() {
                problems.push(Problem::new(format!("/decision_bindings/{place}/{member}"), "must not be empty"));
            }
        }
        problems.extend(id::check(&format!("/decision_bindings/{place}/policy_id"), &binding.policy_id).err());
    }
    if problems.is_empty() { Ok(()) } else { Err(Failure::Invalid(problems)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_of_a_binding_must_have_an_id_that_can_be_kept() {
        let with = |policy_id: &str| Server {
            name: "Shop".to_owned(),
            key_type: KeyType::Ecdsa,
            access_token_seconds: 1,
            grant_types: Vec::new(),
            system: false,
            bindings: vec![Binding {
                resource_type: "*".to_owned(),
                action: "*".to_owned(),
                policy_id: policy_id.to_owned(),
            }],
            decisions_open: false,
        };
        assert_eq!(check(&with("shop-1")), Ok(()));
        for policy_id in ["", "a\0b", "a/b", &"x".repeat(129)] {
            let Err(Failure::Invalid(problems)) = check(&with(policy_id)) else { panic!("{policy_id:?} was taken") };
            assert_eq!(problems.first().map(|problem| problem.member.as_str()), Some("/decision_bindings/0/policy_id"));
        }
    }
}
