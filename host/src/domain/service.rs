//! A service: APIs and scopes that belong together, protected by a gateway or by itself.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    By, Domain, Failure, api,
    gateway::{Gateway, GatewayKind},
    import, name,
    noun::{self, Named},
    resource,
    scope::{self, Scope},
    server::{self, Server},
    setup::members::ServiceMembers,
    stamp::Stamp,
    text,
};
use crate::store::{Index, Kind, Noun, State, Write, index};

/// A service's configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Service {
    /// The authorization server it belongs to.
    pub server: String,
    /// Unique within the server.
    pub name: String,
    /// For people.
    pub description: String,
    /// The name by which clients ask for tokens that are good at it (RFC 8707 §2), unique within the server.
    pub resource: Option<String>,
    /// The gateway that protects it.
    pub gateway: Option<String>,
    /// True while its APIs come from an imported OpenAPI document.
    pub with_specification: bool,
    /// Made by the server itself: it keeps its name, and cannot be removed.
    pub system: bool,
    /// What only setups say of it. None, where it is saved, leaves it as it is.
    pub setup: Option<Box<ServiceMembers>>,
}

impl Noun for Service {
    const KIND: Kind = Kind::Service;
}

impl Named for Service {
    const NAME: &'static str = "service";

    /// Who schedules a service sees its name and what only setups say.
    fn carried(scheduled: Service, _: &Service, now: &Service) -> Service {
        Service { name: scheduled.name, setup: scheduled.setup, ..now.clone() }
    }

    fn bears(&self, parent: &str, name: &str) -> bool {
        self.server == parent && self.name == name
    }
}

/// The service `id` as it is now.
pub fn current(domain: &Domain, tenant: &str, id: &str) -> Result<Arc<State<Service>>, Failure> {
    noun::current(domain, tenant, id)
}

/// All services of a server, by id.
pub fn list(domain: &Domain, tenant: &str, server: &str) -> Result<Vec<(String, State<Service>)>, Failure> {
    server::current(domain, tenant, server)?;
    noun::below(&domain.store.read()?, Index::ServerServices, tenant, server, domain.now())
}

/// The service of a scope.
pub fn of_scope(domain: &Domain, tenant: &str, scope: &Scope) -> Result<Option<Arc<State<Service>>>, Failure> {
    let Some(id) = &scope.service else { return Ok(None) };
    Ok(domain.store.current::<Service>(tenant, id, domain.now())?)
}

/// Whether the gateway of a service asks us as a lambda authorizer.
pub fn protected_by_lambda(domain: &Domain, tenant: &str, service: &Service) -> Result<bool, Failure> {
    let Some(gateway) = &service.gateway else { return Ok(false) };
    let found = domain.store.current::<Gateway>(tenant, gateway, domain.now())?;
    Ok(found.is_some_and(|gateway| gateway.value.kind == GatewayKind::Aws))
}

/// Makes a service (createService). Without `id` it gets one.
pub async fn create(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: Option<&str>,
    service: Service,
) -> Result<(String, State<Service>), Failure> {
    check(&service)?;
    is_no_server(domain, tenant, &service)?;
    noun::create(domain, by, tenant, id, Service { with_specification: false, system: false, ..service }, save).await
}

/// Replaces a service (updateService). Only an import says whether it has a specification.
pub async fn update(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    service: Service,
) -> Result<State<Service>, Failure> {
    is_no_server(domain, tenant, &service)?;
    let change = move |old: &Service| {
        let service = kept(old, service.clone())?;
        check(&service)?;
        Ok(service)
    };
    noun::update(domain, by, tenant, id, change, save).await
}

/// Removes a service with its APIs (deleteService). Its scopes stay, without a service: clients have them.
pub async fn delete(domain: &Domain, by: &By<'_>, tenant: &str, id: &str) -> Result<(), Failure> {
    let may_go = |service: &Service| match service.system {
        true => Err(Failure::InUse { noun: Service::NAME, by: vec!["the tenant itself".to_owned()] }),
        false => Ok(()),
    };
    noun::delete(domain, by, tenant, id, may_go, remove).await
}

/// Writes a service with its name and its gateway, inside a transaction.
pub(super) fn save(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    old: Option<&Service>,
    service: &Service,
    stamp: &Stamp,
) -> Result<State<Service>, Failure> {
    let server = service.server.as_str();
    let before = old.map(|old| old.server.as_str());
    noun::parent::<Server>(write, tenant, "/authorization_server_id", before, server, stamp)?;
    if let Some(gateway) = &service.gateway {
        let found = noun::parent::<Gateway>(write, tenant, "/gateway_id", None, gateway, stamp)?;
        if found.value.server != server {
            return Err(Failure::invalid("/gateway_id", format!("is no gateway of the server `{server}`")));
        }
    }
    alone_with_its_resource(write, tenant, id, service, stamp)?;
    let had = old.map(|old| old.name.as_str());
    name::switch::<Service>(write, tenant, server, id, had, ("/name", &service.name), stamp)?;
    noun::refile(write, Index::ServerServices, tenant, before, Some(server), id)?;
    index::put(write, Index::EverOfServer, &[tenant, Service::NAME, server], id)?;
    let gateway_before = stamp.leaving(old).and_then(|old| old.gateway.as_deref());
    noun::refile(write, Index::GatewayServices, tenant, gateway_before, service.gateway.as_deref(), id)?;
    let setup = service.setup.clone().or_else(|| old.and_then(|old| old.setup.clone()));
    Ok(stamp.replace(write, tenant, id, Service { setup, ..service.clone() })?)
}

/// No two services of a server have the same identifier, or a token for one would be good at the other.
fn alone_with_its_resource(
    write: &Write<'_>,
    tenant: &str,
    id: &str,
    service: &Service,
    stamp: &Stamp,
) -> Result<(), Failure> {
    let Some(own) = service.resource.as_deref().and_then(resource::canonical) else { return Ok(()) };
    if service.system {
        return Err(Failure::invalid("/resource", "the resource of the server's own services is the server itself"));
    }
    for other in index::ids(write, Index::ServerServices, &[tenant, &service.server])? {
        let found = if other == id { None } else { stamp.standing::<Service>(write, tenant, &other)? };
        let taken = found.and_then(|state| state.value.resource).and_then(|theirs| resource::canonical(&theirs));
        if taken.is_some_and(|taken| taken == own) {
            return Err(Failure::invalid("/resource", format!("is the resource of the service `{other}`")));
        }
    }
    Ok(())
}

/// Removes a service with its APIs and the policies of its import, inside a transaction. Its scopes stay.
pub(super) fn remove(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    old: &Service,
    stamp: &Stamp,
) -> Result<(), Failure> {
    api::delete_all(write, tenant, id, stamp)?;
    leave_scopes(write, tenant, id, stamp)?;
    name::take_back::<Service>(write, tenant, &old.server, &old.name, id)?;
    noun::refile(write, Index::ServerServices, tenant, Some(&old.server), None, id)?;
    noun::refile(write, Index::GatewayServices, tenant, old.gateway.as_deref(), None, id)?;
    import::forget(write, tenant, id, stamp)?;
    stamp.soft_delete::<Service>(write, tenant, id)?;
    Ok(())
}

/// Leaves the scopes of a service that goes without one. What was scheduled for them came with the service and goes with it.
fn leave_scopes(write: &mut Write<'_>, tenant: &str, service: &str, stamp: &Stamp) -> Result<(), Failure> {
    for id in index::ids(write, Index::ServiceScopes, &[tenant, service])? {
        match stamp.live::<Scope>(write, tenant, &id)?.map(|state| state.value) {
            Some(value) => {
                stamp.unschedule_all::<Scope>(write, tenant, &id)?;
                let alone = Scope { service: None, ..value.clone() };
                scope::save(write, tenant, &id, Some(&value), &alone, stamp)?;
            }
            None => {
                if let Some(state) = stamp.standing::<Scope>(write, tenant, &id)? {
                    scope::remove(write, tenant, &id, &state.value, stamp)?;
                }
                noun::refile(write, Index::ServiceScopes, tenant, Some(service), None, &id)?;
            }
        }
    }
    Ok(())
}

/// Removes the services of a server that goes, inside a transaction.
pub(super) fn delete_all(write: &mut Write<'_>, tenant: &str, server: &str, stamp: &Stamp) -> Result<(), Failure> {
    noun::remove_below(write, Index::ServerServices, tenant, server, stamp, remove)
}

/// Checks what needs no store.
pub(super) fn check(service: &Service) -> Result<(), Failure> {
    let mut problems = Vec::new();
    problems.extend(text::name("/authorization_server_id", &service.server));
    problems.extend(text::name("/name", &service.name));
    problems.extend(text::description("/description", &service.description));
    problems.extend(service.resource.as_ref().and_then(|identifier| resource::problem("/resource", identifier)));
    Failure::unless_fine(problems)
}

/// A service's resource is no authorization server: tokens for one would be good there, and whoever runs the service would have
/// them.
pub(super) fn is_no_server(domain: &Domain, tenant: &str, service: &Service) -> Result<(), Failure> {
    let Some(own) = service.resource.as_deref().and_then(resource::canonical) else { return Ok(()) };
    let is_issuer = |server: &str| resource::canonical(&domain.issuer(tenant, server)).as_ref() == Some(&own);
    let servers = noun::list::<Server>(domain, tenant)?;
    match is_issuer(&service.server) || servers.iter().any(|(id, _)| is_issuer(id)) {
        true => Err(Failure::invalid("/resource", "is the name of an authorization server")),
        false => Ok(()),
    }
}

/// What an update leaves as it is: the server, what an import has made of it, and the name of the server's own ones.
fn kept(old: &Service, service: Service) -> Result<Service, Failure> {
    let server = noun::fixed("/authorization_server_id", service.server, &old.server)?;
    let name = if old.system { noun::fixed("/name", service.name, &old.name)? } else { service.name };
    Ok(Service { server, name, with_specification: old.with_specification, system: old.system, ..service })
}
