//! What clients are told of a resource before they have a token for it (RFC 9728): exactly what its service and its server are.
//!
//! Called by the documents' edge, and by whoever challenges a client to get a token.

use super::{
    Domain, Failure,
    in_force::resources::{self, Place},
    noun::Named,
    scope,
    server::{self, Server},
    service::{self, Service},
};

/// What clients are told of a resource.
#[derive(Debug)]
pub struct Described {
    /// Its identifier.
    pub resource: String,
    /// The authorization server whose tokens it takes.
    pub issuer: String,
    /// For people.
    pub name: String,
    /// The scopes that mean something there.
    pub scopes: Vec<String>,
    /// The types of authorization details of the server.
    pub details_types: Vec<String>,
}

/// A service with an identifier.
pub fn of_service(domain: &Domain, tenant: &str, server: &str, id: &str) -> Result<Described, Failure> {
    let found = server::current(domain, tenant, server)?;
    let unknown = || Failure::not_found(Service::NAME, id);
    let service = service::current(domain, tenant, id)?;
    let service = Some(&service.value).filter(|service| service.server == server).ok_or_else(unknown)?;
    let resource = service.resource.clone().ok_or_else(unknown)?;
    described(Place { domain, tenant, server }, &found.value, resource, service.name.clone())
}

/// The server itself: what it tells of people, and how it is administrated.
pub fn of_server(domain: &Domain, tenant: &str, server: &str) -> Result<Described, Failure> {
    let found = server::current(domain, tenant, server)?;
    let issuer = domain.issuer(tenant, server);
    described(Place { domain, tenant, server }, &found.value, issuer, found.value.name.clone())
}

fn described(place: Place<'_>, server: &Server, resource: String, name: String) -> Result<Described, Failure> {
    let Place { domain, tenant, server: id } = place;
    let all = scope::names(&domain.store.read()?, tenant, id, domain.now())?;
    let only = std::slice::from_ref(&resource);
    let scopes = resources::scopes_for(place, only, all, false)?;
    Ok(Described {
        issuer: domain.issuer(tenant, id),
        name,
        scopes,
        details_types: server.security.details_types.keys().cloned().collect(),
        resource,
    })
}
