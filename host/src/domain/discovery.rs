//! What an authorization server can do, as its metadata says it (RFC 8414, OpenID Connect Discovery): exactly what the server
//! does, computed from its configuration.
//!
//! Called by the discovery document and by registration. Knows no URL but the issuer's.

use std::collections::BTreeSet;

use super::{
    Domain, Failure,
    claim::{self, ClaimToken},
    client::AuthMethod,
    in_force::resources::{self, Place},
    issue::{BACKCHANNEL, DEVICE_CODE},
    key_ring,
    permit::SYSTEM_SERVER,
    profile::{self, Switch},
    proof, scope,
    server::{self, Server},
};

/// What an authorization server can do.
#[derive(Debug)]
pub struct Abilities {
    /// Its name and base address.
    pub issuer: String,
    /// The grants its clients may use.
    pub grant_types: Vec<String>,
    /// What clients may ask the authorization endpoint for. Empty when no grant goes by way of it.
    pub response_types: Vec<&'static str>,
    /// The names of its scopes.
    pub scopes: Vec<String>,
    /// The members its ID tokens and userinfo may have.
    pub claims: Vec<String>,
    /// What it signs ID tokens with, now first and later.
    pub algorithms: Vec<&'static str>,
    /// What it signs userinfo with for clients that ask for it.
    pub userinfo_algorithms: Vec<&'static str>,
    /// Whether every authorization request must be pushed (RFC 9126 §5).
    pub only_pushed: bool,
    /// Whether every one must be signed (RFC 9101 §10.5).
    pub only_signed: bool,
    /// How clients may prove themselves.
    pub methods: Vec<AuthMethod>,
    /// What their assertions may be signed with.
    pub proofs: Vec<&'static str>,
    /// Whether clients may register themselves.
    pub registration: bool,
    /// Whether pages of clients can watch for logouts.
    pub manages_sessions: bool,
    /// Whether tokens can be bound to the certificates of clients.
    pub binds_to_certificates: bool,
    /// The identifiers of its services, for which clients may ask for tokens (RFC 8707).
    pub resources: Vec<String>,
    /// Its types of authorization details (RFC 9396).
    pub details_types: Vec<String>,
}

/// What every ID token may have, whatever is configured (OpenID Connect Core §2).
const OWN_CLAIMS: [&str; 9] = ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr"];

/// What the server `id` can do.
pub fn abilities(domain: &Domain, tenant: &str, id: &str) -> Result<Abilities, Failure> {
    let server = server::current(domain, tenant, id)?;
    let grant_types = usable(id, &server.value.grant_types);
    Ok(Abilities {
        issuer: domain.issuer(tenant, id),
        response_types: response_types(&server.value, &grant_types),
        grant_types,
        scopes: scope::names(&domain.store.read()?, tenant, id, domain.now())?,
        claims: claims(domain, tenant, id)?,
        algorithms: key_ring::algorithms(domain, tenant, id, key_ring::signs_in_turn)?,
        userinfo_algorithms: key_ring::algorithms(domain, tenant, id, key_ring::signs_when_asked)?,
        only_pushed: profile::requires(&server.value, Switch::Pushed),
        only_signed: profile::requires(&server.value, Switch::SignedRequests),
        methods: proof::methods(domain).filter(|method| profile::may_prove(&server.value, *method)).collect(),
        proofs: proof::algorithms().filter(|algorithm| profile::may_sign(&server.value, algorithm)).collect(),
        registration: registers(id, &server.value),
        manages_sessions: server.value.security.session_management,
        binds_to_certificates: domain.certificates.arrive(),
        resources: resources::all(Place { domain, tenant, server: id })?,
        details_types: server.value.security.details_types.keys().cloned().collect(),
    })
}

/// Whether clients may register themselves. Never on a tenant's own servers, whose clients administrate it.
pub(super) fn registers(id: &str, server: &Server) -> bool {
    server.dynamic_registration && !server.is_system(id)
}

/// The grants that lead to something on the server `id`: nobody logs in on the one for machines, whatever it is given.
fn usable(id: &str, grant_types: &[String]) -> Vec<String> {
    const FOR_PEOPLE: [&str; 4] = ["authorization_code", "implicit", BACKCHANNEL, DEVICE_CODE];
    let works = |grant: &&String| id != SYSTEM_SERVER || !FOR_PEOPLE.contains(&grant.as_str());
    grant_types.iter().filter(works).cloned().collect()
}

fn response_types(server: &Server, grant_types: &[String]) -> Vec<&'static str> {
    let has = |grant: &str| grant_types.iter().any(|one| one == grant);
    let (code, implicit) = (has("authorization_code"), has("implicit"));
    [
        ("code", code),
        ("token", implicit),
        ("id_token", implicit),
        ("id_token token", implicit),
        ("code id_token", code && implicit),
        ("code token", code && implicit),
        ("code id_token token", code && implicit),
    ]
    .into_iter()
    .filter(|(response_type, allowed)| *allowed && profile::may_answer(server, response_type))
    .map(|(response_type, _)| response_type)
    .collect()
}

/// Nested claims are named by their first part: `address` for `address.locality`.
fn claims(domain: &Domain, tenant: &str, id: &str) -> Result<Vec<String>, Failure> {
    let configured = claim::list(domain, tenant, id)?.into_iter().map(|(_, state)| state.value);
    let names: BTreeSet<String> = configured
        .filter(|claim| claim.token == ClaimToken::IdToken)
        .map(|claim| claim.name.split('.').next().unwrap_or_default().to_owned())
        .collect();
    let more = names.into_iter().filter(|name| !OWN_CLAIMS.contains(&name.as_str()));
    Ok(OWN_CLAIMS.map(str::to_owned).into_iter().chain(more).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn response_types_are_those_of_the_grants() {
        let of = |grants: &[&str]| {
            let grant_types: Vec<String> = grants.iter().map(|grant| (*grant).to_owned()).collect();
            response_types(&Server::default(), &grant_types)
        };
        assert_eq!(of(&["authorization_code", "password"]), ["code"]);
        assert_eq!(of(&["implicit"]), ["token", "id_token", "id_token token"]);
        assert_eq!(of(&["authorization_code", "implicit"]).len(), 7);
        assert!(of(&["client_credentials", "refresh_token"]).is_empty());
    }

    #[test]
    fn nobody_registers_on_a_tenants_own_servers() {
        let on = Server { dynamic_registration: true, ..Server::default() };
        assert!(registers("shop", &on) && !registers("shop", &Server::default()));
        for id in ["admin", "system", "developer"] {
            assert!(!registers(id, &on), "{id}");
        }
    }
}
