//! What a gateway enforces: its services with their APIs and scopes, and the policies these use.
//!
//! Fetched by gateways as a whole and asked for every request in `enforce`, so it is read once and kept until a record of
//! one of its kinds changes. A state that begins by itself, at an instant in the future, is seen at the next change.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use quick_cache::sync::Cache;
use tokio::sync::Semaphore;

use super::{
    Domain, Failure,
    api::Api,
    api_table::ApiTable,
    gateway::{self, Gateway},
    gateway_activity::{self, LastNote},
    noun::{self, Named},
    policy::Policy,
    scope::Scope,
    service::Service,
};
use crate::{
    store::{Index, Kind, Noun, Read, State, timeline},
    world::{Micros, Stopwatch},
};

/// The kinds of records that a configuration is made of.
const KINDS: [Kind; 5] = [Kind::Gateway, Kind::Service, Kind::Api, Kind::Scope, Kind::Policy];
/// Gateways whose configuration is kept at hand.
const GATEWAYS: usize = 1_000;
/// Gateways that may wait for a change at the same time.
const WAITING: usize = 1_000;
/// How long a change may go unnoticed by those who wait.
const GLANCE: Duration = Duration::from_millis(100);

/// The configurations that are at hand, and the room for those who wait for another one.
pub(super) struct Known {
    by_gateway: Cache<(String, String), Arc<Configuration>>,
    waiting: Semaphore,
}

impl Known {
    /// Nothing is known yet.
    pub(super) fn new() -> Known {
        Known { by_gateway: Cache::new(GATEWAYS), waiting: Semaphore::new(WAITING) }
    }
}

/// Everything a gateway needs. Lists are by id, APIs by service and their position in it.
pub struct Configuration {
    /// The gateway's id.
    pub id: String,
    /// The gateway.
    pub gateway: Gateway,
    /// The services connected to it.
    pub services: Vec<(String, Service)>,
    /// Their APIs.
    pub apis: Vec<(String, Api)>,
    /// The policies that the APIs and the scopes use.
    pub policies: Vec<(String, Policy)>,
    /// The scopes of the services.
    pub scopes: Vec<(String, Scope)>,
    /// Finds an API by method and path; a place in `apis`.
    pub(super) table: ApiTable,
    /// When it was last written down that the gateway is active.
    pub(super) active: LastNote,
    /// The store's last change of one of its kinds when it was read.
    change: u64,
}

/// The configuration of a gateway as it is now.
pub fn current(domain: &Domain, tenant: &str, gateway: &str) -> Result<Arc<Configuration>, Failure> {
    // Asked before the snapshot is taken: a change in between is read again next time.
    let change = domain.store.last_change(&KINDS);
    let key = (tenant.to_owned(), gateway.to_owned());
    let known = domain.gateways.by_gateway.get(&key);
    if let Some(known) = known.as_ref().filter(|known| known.change == change) {
        return Ok(Arc::clone(known));
    }
    let active = known.map_or_else(LastNote::none, |known| known.active.clone());
    let fresh = Arc::new(read(domain, tenant, gateway, active, change)?);
    domain.gateways.by_gateway.insert(key, Arc::clone(&fresh));
    Ok(fresh)
}

/// The configuration of the gateway whose client calls, which is noted as active.
pub fn of_client(domain: &Domain, tenant: &str, client_id: &str) -> Result<Arc<Configuration>, Failure> {
    let Some(id) = gateway::of_client(&domain.store.read()?, tenant, client_id)? else {
        return Err(Failure::Forbidden { needs: "a token of a gateway's own client".to_owned() });
    };
    let found = current(domain, tenant, &id)?;
    gateway_activity::note(domain, tenant, &id, &found.active);
    Ok(found)
}

/// What `wanted` makes of the configuration `known`, or of the first later one that it makes something of. None when that
/// did not happen within `patience`, when `open` says that the server ends, or when too many wait already.
pub async fn watch<T>(
    domain: &Domain,
    tenant: &str,
    mut known: Arc<Configuration>,
    patience: Duration,
    open: impl Fn() -> bool,
    mut wanted: impl FnMut(&Configuration) -> Result<Option<T>, Failure>,
) -> Result<Option<T>, Failure> {
    if let Some(found) = wanted(&known)? {
        return Ok(Some(found));
    }
    let Ok(_place) = domain.gateways.waiting.try_acquire() else { return Ok(None) };
    let clock = Stopwatch::start();
    while open() {
        let left = patience.saturating_sub(clock.elapsed());
        if left.is_zero() {
            break;
        }
        tokio::time::sleep(GLANCE.min(left)).await;
        if domain.store.last_change(&KINDS) != known.change {
            known = current(domain, tenant, &known.id)?;
            if let Some(found) = wanted(&known)? {
                return Ok(Some(found));
            }
        }
    }
    Ok(None)
}

fn read(domain: &Domain, tenant: &str, id: &str, active: LastNote, change: u64) -> Result<Configuration, Failure> {
    let (view, at) = (domain.store.read()?, domain.now());
    let gateway = live::<Gateway>(&view, tenant, id, at)?.ok_or_else(|| Failure::not_found(Gateway::NAME, id))?;
    let services = values(noun::below::<Service>(&view, Index::GatewayServices, tenant, id, at)?);
    let (mut apis, mut scopes) = (Vec::new(), Vec::new());
    for (service, _) in &services {
        let mut own = values(noun::below::<Api>(&view, Index::ServiceApis, tenant, service, at)?);
        own.sort_by_key(|(_, api)| api.position);
        apis.extend(own);
        scopes.extend(values(noun::below::<Scope>(&view, Index::ServiceScopes, tenant, service, at)?));
    }
    let policies = policies(&view, tenant, &apis, &scopes, at)?;
    let table = ApiTable::new(apis.iter().map(|(_, api)| api));
    Ok(Configuration { id: id.to_owned(), gateway, services, apis, policies, scopes, table, active, change })
}

/// The policies in use, by id, each once.
fn policies(
    view: &Read,
    tenant: &str,
    apis: &[(String, Api)],
    scopes: &[(String, Scope)],
    at: Micros,
) -> Result<Vec<(String, Policy)>, Failure> {
    let of_scopes = scopes.iter().flat_map(|(_, scope)| [&scope.user_policy, &scope.developer_policy]);
    let used = apis.iter().map(|(_, api)| &api.policy).chain(of_scopes).flatten();
    let mut found = BTreeMap::new();
    for id in used {
        if !found.contains_key(id)
            && let Some(policy) = live::<Policy>(view, tenant, id, at)?
        {
            found.insert(id.clone(), policy);
        }
    }
    Ok(found.into_iter().collect())
}

fn live<T: Noun>(view: &Read, tenant: &str, id: &str, at: Micros) -> Result<Option<T>, Failure> {
    let found = timeline::current::<T>(view, tenant, id, at)?;
    Ok(found.filter(|state| !state.deleted).map(|state| state.value))
}

fn values<T>(states: Vec<(String, State<T>)>) -> Vec<(String, T)> {
    states.into_iter().map(|(id, state)| (id, state.value)).collect()
}
