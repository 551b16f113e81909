//! Reading the clients of a setup: lists, one as it is now, its snapshots.

use super::{CLIENT, CURRENT_CLIENT, SetupClient, entity_id, of_entity, shape};
use crate::{
    crypto::Secret,
    domain::{
        Domain, Failure,
        client::{self, Client, ClientScopes},
        noun::Named,
        scope,
        server::Server,
        setup::{
            Filter, SETUP, Snapshot, ValidAt, rights,
            seen::{self, Looks},
        },
        stamp::Stamp,
    },
    store::{Index, State, View, Write, index, timeline},
    world::Micros,
};

/// The clients of a setup that fit, each with its entity id and the snapshot that does.
pub fn list(
    domain: &Domain,
    tenant: &str,
    setup: &str,
    filter: &Filter,
) -> Result<Vec<(String, Snapshot<SetupClient>)>, Failure> {
    let (view, now) = (domain.store.read()?, domain.now());
    if !timeline::known::<Server>(&view, tenant, setup)? {
        return Err(Failure::not_found(SETUP, setup));
    }
    let mut found = Vec::new();
    for id in index::ids(&view, Index::EverOfServer, &[tenant, Client::NAME, setup])? {
        let mut states = seen::looked_at::<Client>(&view, tenant, &id, filter.valid_at, now)?;
        states.retain(|state| state.value.server == setup);
        let fits = |state: &State<Client>| fits(&view, tenant, filter, state, now);
        if let Some(state) = seen::fitting(filter, states, fits)? {
            let at = filter.valid_at.instant(state.valid_from, now);
            found.push((entity_id(tenant, &id), shown(&view, tenant, &id, state, at)?));
        }
    }
    Ok(found)
}

fn fits(view: &impl View, tenant: &str, filter: &Filter, state: &State<Client>, now: Micros) -> Result<bool, Failure> {
    let about = state.value.setup.as_deref().map(|setup| &setup.about);
    let looks = Looks {
        name: &state.value.name,
        owner: rights::owner(&state.value).unwrap_or_default(),
        metadata: about.map_or(&[], |about| &about.metadata),
    };
    let has = |scope: &str| match &state.value.scopes {
        ClientScopes::Only(scopes) => Ok(scopes.iter().any(|own| own == scope)),
        ClientScopes::AllOfServer => {
            scope::exists(view, tenant, &state.value.server, scope, filter.valid_at.instant(state.valid_from, now))
        }
    };
    Ok(filter.fits(&looks) && filter.fits_scopes(has)?)
}

/// A client as it is now.
pub fn show(domain: &Domain, tenant: &str, setup: &str, entity: &str) -> Result<Snapshot<SetupClient>, Failure> {
    let (view, now) = (domain.store.read()?, domain.now());
    let id = of_entity(&view, tenant, setup, entity)?;
    let state = seen::current::<Client>(&view, tenant, (CURRENT_CLIENT, &id), now)?;
    shown(&view, tenant, &id, state, now)
}

/// The snapshots of a client, in their order: all with [`ValidAt::Any`], otherwise the one that holds then.
pub fn snapshots(
    domain: &Domain,
    tenant: &str,
    setup: &str,
    entity: &str,
    valid_at: ValidAt,
    with_deleted: bool,
) -> Result<Vec<Snapshot<SetupClient>>, Failure> {
    let (view, now) = (domain.store.read()?, domain.now());
    let id = of_entity(&view, tenant, setup, entity)?;
    let states = seen::states::<Client>(&view, tenant, (CLIENT, &id), (valid_at, with_deleted), now)?;
    let show = |state: State<Client>| {
        let at = valid_at.instant(state.valid_from, now);
        shown(&view, tenant, &id, state, at)
    };
    states.into_iter().map(show).collect()
}

/// A snapshot of a client.
pub fn snapshot(
    domain: &Domain,
    tenant: &str,
    setup: &str,
    entity: &str,
    snapshot: &str,
) -> Result<Snapshot<SetupClient>, Failure> {
    let view = domain.store.read()?;
    let id = of_entity(&view, tenant, setup, entity)?;
    let state = seen::named::<Client>(&view, tenant, (CLIENT, &id), snapshot)?;
    let at = state.valid_from;
    shown(&view, tenant, &id, state, at)
}

/// The entity id of a client by its OAuth id.
pub fn translate(domain: &Domain, tenant: &str, setup: &str, client_id: &str) -> Result<String, Failure> {
    let entity = entity_id(tenant, client_id);
    let view = domain.store.read()?;
    let id = of_entity(&view, tenant, setup, &entity)?;
    seen::current::<Client>(&view, tenant, (CLIENT, &id), domain.now())?;
    Ok(entity)
}

/// The secret of a client, empty where only a hash is kept, none where it has none.
pub fn secret(domain: &Domain, tenant: &str, setup: &str, entity: &str) -> Result<Option<Secret>, Failure> {
    let id = of_entity(&domain.store.read()?, tenant, setup, entity)?;
    client::secret(domain, tenant, &id, true)
}

/// A state of a client as it is shown. `at` says which scopes one has that has all of its server's.
pub(super) fn shown(
    view: &impl View,
    tenant: &str,
    id: &str,
    state: State<Client>,
    at: Micros,
) -> Result<Snapshot<SetupClient>, Failure> {
    let all = match &state.value.scopes {
        ClientScopes::AllOfServer => scope::names(view, tenant, &state.value.server, at)?,
        ClientScopes::Only(_) => Vec::new(),
    };
    Ok(seen::snapshot(state, |client| shape::show(id, client, all)))
}

/// The snapshot that was just written.
pub(super) fn written(
    write: &Write<'_>,
    tenant: &str,
    id: &str,
    stamp: &Stamp,
) -> Result<Snapshot<SetupClient>, Failure> {
    let state = seen::current::<Client>(write, tenant, (CLIENT, id), stamp.from())?;
    shown(write, tenant, id, state, stamp.from())
}
