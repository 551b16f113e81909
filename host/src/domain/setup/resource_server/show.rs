//! Reading the resource servers of a setup: lists, one as it is now, its snapshots.

use super::{CURRENT_RESOURCE_SERVER, RESOURCE_SERVER, ResourceServer, scopes, shape};
use crate::{
    domain::{
        Domain, Failure,
        noun::Named,
        server::Server,
        service::Service,
        setup::{
            Filter, SETUP, Snapshot, ValidAt,
            seen::{self, Looks},
        },
        stamp::Stamp,
    },
    store::{Index, State, View, Write, index, timeline},
    world::Micros,
};

/// The resource servers of a setup that fit, by id, each with the snapshot that does.
pub fn list(
    domain: &Domain,
    tenant: &str,
    setup: &str,
    filter: &Filter,
) -> Result<Vec<(String, Snapshot<ResourceServer>)>, Failure> {
    let (view, now) = (domain.store.read()?, domain.now());
    if !timeline::known::<Server>(&view, tenant, setup)? {
        return Err(Failure::not_found(SETUP, setup));
    }
    let mut found = Vec::new();
    for id in index::ids(&view, Index::EverOfServer, &[tenant, Service::NAME, setup])? {
        let mut states = seen::looked_at::<Service>(&view, tenant, &id, filter.valid_at, now)?;
        states.retain(|state| state.value.server == setup);
        let fits = |state: &State<Service>| fits(&view, tenant, &id, filter, state, now);
        if let Some(state) = seen::fitting(filter, states, fits)? {
            let at = filter.valid_at.instant(state.valid_from, now);
            let snapshot = shown(&view, tenant, &id, state, at)?;
            found.push((id, snapshot));
        }
    }
    Ok(found)
}

fn fits(
    view: &impl View,
    tenant: &str,
    id: &str,
    filter: &Filter,
    state: &State<Service>,
    now: Micros,
) -> Result<bool, Failure> {
    let about = state.value.setup.as_deref().map(|setup| &setup.about);
    let looks = Looks {
        name: &state.value.name,
        owner: about.map_or("", |about| &about.owner),
        metadata: about.map_or(&[], |about| &about.metadata),
    };
    if !filter.fits(&looks) {
        return Ok(false);
    }
    if filter.scopes.is_empty() {
        return Ok(true);
    }
    let own = scopes::at(view, tenant, id, filter.valid_at.instant(state.valid_from, now))?;
    filter.fits_scopes(|name| Ok(own.iter().any(|(_, scope)| scope.name == name)))
}

/// A resource server as it is now.
pub fn show(domain: &Domain, tenant: &str, setup: &str, id: &str) -> Result<Snapshot<ResourceServer>, Failure> {
    let (view, now) = (domain.store.read()?, domain.now());
    in_setup(&view, tenant, setup, id)?;
    let state = seen::current::<Service>(&view, tenant, (CURRENT_RESOURCE_SERVER, id), now)?;
    shown(&view, tenant, id, state, now)
}

/// The snapshots of a resource server, in their order: all with [`ValidAt::Any`], otherwise the one that holds then.
pub fn snapshots(
    domain: &Domain,
    tenant: &str,
    setup: &str,
    id: &str,
    valid_at: ValidAt,
    with_deleted: bool,
) -> Result<Vec<Snapshot<ResourceServer>>, Failure> {
    let (view, now) = (domain.store.read()?, domain.now());
    in_setup(&view, tenant, setup, id)?;
    let states = seen::states::<Service>(&view, tenant, (RESOURCE_SERVER, id), (valid_at, with_deleted), now)?;
    let show = |state: State<Service>| {
        let at = valid_at.instant(state.valid_from, now);
        shown(&view, tenant, id, state, at)
    };
    states.into_iter().map(show).collect()
}

/// A snapshot of a resource server: with the scopes as they are when it begins.
pub fn snapshot(
    domain: &Domain,
    tenant: &str,
    setup: &str,
    id: &str,
    snapshot: &str,
) -> Result<Snapshot<ResourceServer>, Failure> {
    let view = domain.store.read()?;
    in_setup(&view, tenant, setup, id)?;
    let state = seen::named::<Service>(&view, tenant, (RESOURCE_SERVER, id), snapshot)?;
    let at = state.valid_from;
    shown(&view, tenant, id, state, at)
}

/// Refuses what is no resource server of the setup, nor ever was or will be.
pub(super) fn in_setup(view: &impl View, tenant: &str, setup: &str, id: &str) -> Result<(), Failure> {
    match timeline::last::<Service>(view, tenant, id)?.is_some_and(|service| service.server == setup) {
        true => Ok(()),
        false => Err(Failure::not_found(RESOURCE_SERVER, id)),
    }
}

/// A state of a service as it is shown, with the scopes that it has at `at`.
fn shown(
    view: &impl View,
    tenant: &str,
    id: &str,
    state: State<Service>,
    at: Micros,
) -> Result<Snapshot<ResourceServer>, Failure> {
    let scopes = scopes::at(view, tenant, id, at)?.into_iter().map(|(_, scope)| scope).collect();
    Ok(seen::snapshot(state, |service| shape::show(service, scopes)))
}

/// The snapshot that was just written.
pub(super) fn written(
    write: &Write<'_>,
    tenant: &str,
    id: &str,
    stamp: &Stamp,
) -> Result<Snapshot<ResourceServer>, Failure> {
    let state = seen::current::<Service>(write, tenant, (RESOURCE_SERVER, id), stamp.from())?;
    shown(write, tenant, id, state, stamp.from())
}
