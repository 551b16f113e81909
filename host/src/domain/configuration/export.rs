//! Out of the store: everything that is configured, as it is at one moment.

use super::{Configuration, Entry, Kept, Opened, ServiceRecord};
use crate::{
    domain::{
        Domain, Failure, credential::Exported, key_ring::Owner, noun::Named, server::ServerSecrets, tenant::Tenant,
    },
    store::{View, records, tenants, timeline},
    world::Micros,
};

/// The configuration of all tenants, or of one (exportConfiguration).
pub fn export(domain: &Domain, tenant: Option<&str>) -> Result<Configuration<Opened>, Failure> {
    let (read, now) = (domain.store.read()?, domain.now());
    let kept = match tenant {
        None => everything(&read, now)?,
        Some(tenant) => {
            let mut kept = Configuration::default();
            add(&mut kept, &read, tenant, now)?;
            if kept.tenants.is_empty() {
                return Err(Failure::not_found(Tenant::NAME, tenant));
            }
            kept
        }
    };
    open(domain, kept)
}

/// Everything that a view has at `at`.
pub(super) fn everything(view: &impl View, at: Micros) -> Result<Configuration<Kept>, Failure> {
    let mut kept = Configuration::default();
    for tenant in tenants::known(view)? {
        add(&mut kept, view, &tenant, at)?;
    }
    Ok(kept)
}

/// Adds what a tenant has.
fn add(kept: &mut Configuration<Kept>, view: &impl View, tenant: &str, at: Micros) -> Result<(), Failure> {
    let Configuration {
        tenants,
        policies,
        servers,
        services,
        scopes,
        apis,
        claims,
        clients,
        gateways,
        consents,
        actions,
    } = kept;
    list(tenants, view, tenant, at, |_, value| Ok((value, records::get(view, &[tenant])?)))?;
    list(policies, view, tenant, at, |_, value| Ok(value))?;
    list(servers, view, tenant, at, |id, value| {
        Ok((value, records::get(view, &[tenant, id])?, ServerSecrets::find(view, tenant, id)?))
    })?;
    list(services, view, tenant, at, |id, service| {
        Ok(ServiceRecord { service, specification: records::get(view, &[tenant, id])? })
    })?;
    list(scopes, view, tenant, at, |_, value| Ok(value))?;
    list(apis, view, tenant, at, |_, value| Ok(value))?;
    list(claims, view, tenant, at, |_, value| Ok(value))?;
    list(clients, view, tenant, at, |id, value| Ok((value, records::get(view, &[tenant, id])?)))?;
    list(gateways, view, tenant, at, |_, value| Ok(value))?;
    list(consents, view, tenant, at, |_, value| Ok(value))?;
    list(actions, view, tenant, at, |_, value| Ok(value))
}

/// Adds the records of a kind, by id, each with what lies beside it.
fn list<T: Named, V>(
    entries: &mut Vec<Entry<V>>,
    view: &impl View,
    tenant: &str,
    at: Micros,
    with: impl Fn(&str, T) -> Result<V, Failure>,
) -> Result<(), Failure> {
    for (id, state) in timeline::list::<T>(view, tenant, at, None, usize::MAX)? {
        let value = with(&id, state.value)?;
        entries.push(Entry { tenant: tenant.to_owned(), id, value, place: String::new() });
    }
    Ok(())
}

/// Opens all secrets.
pub fn open(domain: &Domain, kept: Configuration<Kept>) -> Result<Configuration<Opened>, Failure> {
    let Configuration {
        tenants,
        policies,
        servers,
        services,
        scopes,
        apis,
        claims,
        clients,
        gateways,
        consents,
        actions,
    } = kept;
    let tenants = tenants.into_iter().map(|entry| {
        entry.with(|id, _, (tenant, ring)| {
            Ok((tenant, ring.map(|ring| Owner::Tenant(id).private_of(domain, &ring)).transpose()?))
        })
    });
    let servers = servers.into_iter().map(|entry| {
        entry.with(|tenant, id, (server, ring, secrets)| {
            let jwks = ring.map(|ring| Owner::Server(tenant, id).private_of(domain, &ring)).transpose()?;
            Ok((server, jwks, secrets.map(|secrets| secrets.open(domain, tenant, id)).transpose()?))
        })
    });
    let clients = clients.into_iter().map(|entry| {
        entry.with(|tenant, id, (client, credential)| {
            let exported = credential.map(|credential| credential.exported(domain, tenant, id)).transpose()?;
            Ok((client, exported.unwrap_or(Exported::Nothing)))
        })
    });
    Ok(Configuration {
        tenants: tenants.collect::<Result<_, Failure>>()?,
        policies,
        servers: servers.collect::<Result<_, Failure>>()?,
        services,
        scopes,
        apis,
        claims,
        clients: clients.collect::<Result<_, Failure>>()?,
        gateways,
        consents,
        actions,
    })
}
