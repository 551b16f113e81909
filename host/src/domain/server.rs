//! An authorization server: an issuer with its own keys, clients and scopes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    By, Domain, Failure, Problem,
    authentication::Authentication,
    binding::Binding,
    claim, client, defaults, id, key_ring,
    key_ring::KeyRing,
    noun::{self, Named},
    policy_use::{self, Reference},
    scope, service,
    stamp::{Author, Stamp},
    tenant,
};
use crate::{
    crypto::keys::KeyType,
    store::{Kind, Noun, State, Write, records},
};

/// An authorization server's configuration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Server {
    /// For people.
    pub name: String,
    /// A picture for its pages.
    pub logo_uri: Option<String>,
    /// The kind of key made for it.
    pub key_type: KeyType,
    /// How long an authorization code is good, in seconds.
    pub authorization_code_seconds: i64,
    /// How long an access token is good, in seconds.
    pub access_token_seconds: i64,
    /// How long an ID token is good, in seconds.
    pub id_token_seconds: i64,
    /// How long a refresh token is good, in seconds.
    pub refresh_token_seconds: i64,
    /// How long a person stays logged in, in seconds.
    pub cookie_seconds: i64,
    /// The grants its clients may use.
    pub grant_types: Vec<String>,
    /// Named sets of requirements: `fapi_rw`.
    pub profiles: Vec<String>,
    /// Whether every authorization code needs PKCE (RFC 7636).
    pub enforce_pkce: bool,
    /// Whether clients may register themselves (RFC 7591).
    pub dynamic_registration: bool,
    /// Decides before a person's token is issued.
    pub user_policy: Option<String>,
    /// Decides when a developer registers a client.
    pub developer_policy: Option<String>,
    /// How people log in, in the order in which they choose.
    pub authentications: Vec<Authentication>,
    /// Made by the server itself; cannot be removed.
    pub system: bool,
    /// Which policy decides about which resource.
    pub bindings: Vec<Binding>,
    /// True when anybody who reaches the server may ask for decisions.
    pub decisions_open: bool,
}

impl Default for Server {
    /// The documented defaults (seed, createAuthorizationServer).
    fn default() -> Server {
        Server {
            name: String::new(),
            logo_uri: None,
            key_type: KeyType::Rsa,
            authorization_code_seconds: 600,
            access_token_seconds: 3600,
            id_token_seconds: 3600,
            refresh_token_seconds: 30 * 24 * 3600,
            cookie_seconds: 3600,
            grant_types: DEFAULT_GRANTS.map(str::to_owned).to_vec(),
            profiles: Vec::new(),
            enforce_pkce: false,
            dynamic_registration: false,
            user_policy: None,
            developer_policy: None,
            authentications: Vec::new(),
            system: false,
            bindings: Vec::new(),
            decisions_open: false,
        }
    }
}

impl Noun for Server {
    const KIND: Kind = Kind::Server;
}

impl Named for Server {
    const NAME: &'static str = "authorization server";
}

/// The grants of a new server (seed, createAuthorizationServer).
pub const DEFAULT_GRANTS: [&str; 4] = ["authorization_code", "implicit", "client_credentials", "refresh_token"];
/// Every grant a server may allow.
pub const KNOWN_GRANTS: [&str; 5] =
    ["authorization_code", "implicit", "client_credentials", "refresh_token", "password"];

/// The server `id` as it is now.
pub fn current(domain: &Domain, tenant: &str, id: &str) -> Result<Arc<State<Server>>, Failure> {
    noun::current(domain, tenant, id)
}

/// All servers of a tenant, by id.
pub fn list(domain: &Domain, tenant: &str) -> Result<Vec<(String, State<Server>)>, Failure> {
    tenant::current(domain, tenant)?;
    noun::list(domain, tenant)
}

/// Makes a server with a key of its own and the default scopes (createAuthorizationServer). Without `id` it gets one.
pub async fn create(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: Option<&str>,
    server: Server,
) -> Result<(String, State<Server>), Failure> {
    tenant::current(domain, tenant)?;
    let id = id.map_or_else(|| id::generate(&domain.world), str::to_owned);
    id::check("/id", &id).map_err(|problem| Failure::Invalid(vec![problem]))?;
    check(&server)?;
    let ring = key_ring::generate(domain, tenant, &id, server.key_type).await?;
    let (tenant, author) = (tenant.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            stamp.absent::<Server>(write, &tenant, &id)?;
            let state = save(write, &tenant, &id, None, &server, &stamp)?;
            insert_below(write, &tenant, &id, &ring, &stamp)?;
            Ok((id.clone(), state))
        })
        .await
}

/// Replaces a server's configuration (updateAuthorizationServer). Keys and the kind of key stay.
pub async fn update(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    server: Server,
) -> Result<State<Server>, Failure> {
    check(&server)?;
    let (tenant, id, author) = (tenant.to_owned(), id.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let old = stamp.target::<Server>(write, &tenant, &id)?;
            let mut server = server.clone();
            server.system = old.value.system;
            server.key_type = old.value.key_type;
            save(write, &tenant, &id, Some(&old.value), &server, &stamp)
        })
        .await
}

/// Removes a server and everything below it in one transaction (deleteAuthorizationServer). System servers stay.
pub async fn delete(domain: &Domain, by: &By<'_>, tenant: &str, id: &str) -> Result<(), Failure> {
    let (tenant, id, author) = (tenant.to_owned(), id.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let old = stamp.target::<Server>(write, &tenant, &id)?;
            if old.value.system {
                return Err(Failure::InUse { noun: "authorization server", by: vec!["the tenant itself".to_owned()] });
            }
            policy_use::switch(write, &tenant, &user_of_policy(&id), &policies(&old.value), &[], &stamp)?;
            client::delete_all(write, &tenant, &id, &stamp)?;
            claim::delete_all(write, &tenant, &id, &stamp)?;
            scope::delete_all(write, &tenant, &id, &stamp)?;
            service::delete_all(write, &tenant, &id, &stamp)?;
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
    old: Option<&Server>,
    server: &Server,
    stamp: &Stamp,
) -> Result<State<Server>, Failure> {
    let before = old.map(policies).unwrap_or_default();
    policy_use::switch(write, tenant, &user_of_policy(id), &before, &policies(server), stamp)?;
    Ok(stamp.replace(write, tenant, id, server.clone())?)
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
    defaults::insert(write, tenant, id, stamp)
}

/// Every policy that a server refers to.
fn policies(server: &Server) -> Vec<Reference<'_>> {
    let bindings = server.bindings.iter().enumerate().map(|(place, binding)| Reference {
        member: format!("/decision_bindings/{place}/policy_id"),
        policy: &binding.policy_id,
    });
    let own = [("/user_policy_id", &server.user_policy), ("/developer_policy_id", &server.developer_policy)];
    let own = own.into_iter().filter_map(|(member, policy)| Reference::of(member, policy.as_ref()));
    bindings.chain(own).collect()
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
            bindings: vec![Binding {
                resource_type: "*".to_owned(),
                action: "*".to_owned(),
                policy_id: policy_id.to_owned(),
            }],
            ..Server::default()
        };
        assert_eq!(check(&with("shop-1")), Ok(()));
        for policy_id in ["", "a\0b", "a/b", &"x".repeat(129)] {
            let Err(Failure::Invalid(problems)) = check(&with(policy_id)) else { panic!("{policy_id:?} was taken") };
            assert_eq!(problems.first().map(|problem| problem.member.as_str()), Some("/decision_bindings/0/policy_id"));
        }
    }
}
