//! What a gateway enforces: its services with their APIs and scopes, and the policies these use.
//!
//! Fetched by gateways as a whole and asked for every request in `enforce`, so it is read once and kept until a record of
//! one of its kinds changes, or until a state of one of them begins or ends by itself.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher, RandomState},
    ops::RangeInclusive,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use quick_cache::sync::Cache;
use tokio::sync::Semaphore;

use super::{
    Domain, Failure,
    api::Api,
    api_table::ApiTable,
    gateway::{self, Gateway},
    gateway_activity::{self, LastNote},
    noun::{self, Named},
    policy::{self, Policy},
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
/// Requests that may wait for a change at the same time: of all gateways, and of one.
const WAITING: usize = 1_000;
const WAITING_OF_ONE: usize = 8;
/// Configurations that may be read at the same time. Which of them is chance, so that two hardly ever wait for each other.
const READING: usize = 64;
/// How long a change may go unnoticed by those who wait.
const GLANCE: Duration = Duration::from_millis(100);

/// The configurations that are at hand, and the room for those who wait for another one.
pub(super) struct Known {
    by_gateway: Cache<(String, String), Arc<Configuration>>,
    waiting: Semaphore,
    reading: [Mutex<()>; READING],
    hasher: RandomState,
}

impl Known {
    /// Nothing is known yet.
    pub(super) fn new() -> Known {
        let reading = std::array::from_fn(|_| Mutex::new(()));
        Known {
            by_gateway: Cache::new(GATEWAYS),
            waiting: Semaphore::new(WAITING),
            reading,
            hasher: RandomState::new(),
        }
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
    /// What a dialect has made of it: its bytes and their tag, once for everybody who asks.
    pub shown: OnceLock<(Vec<u8>, String)>,
    /// Room for those who wait for another one.
    places: Arc<Semaphore>,
    /// The store's last change of one of its kinds when it was read.
    change: u64,
    /// From when until when it is so, if nothing changes.
    holds: RangeInclusive<Micros>,
}

impl Configuration {
    /// Whether this is still what the gateway enforces.
    fn still_holds(&self, domain: &Domain, change: u64) -> bool {
        self.change == change && self.holds.contains(&domain.now())
    }
}

/// How a wait for a change ended.
pub enum Watched<T> {
    /// What was wanted.
    Found(T),
    /// Nothing of it came in time.
    Nothing,
    /// Too many wait already.
    NoRoom,
}

/// The configuration of a gateway as it is now.
pub fn current(domain: &Domain, tenant: &str, gateway: &str) -> Result<Arc<Configuration>, Failure> {
    let key = (tenant.to_owned(), gateway.to_owned());
    if let Some(known) = at_hand(domain, &key, domain.store.last_change(tenant, &KINDS)) {
        return Ok(known);
    }
    // Of many who find it old at once, one reads it and the others wait for that.
    let turn = domain.gateways.reading.get(place(domain, &key));
    let _turn = turn.map(|turn| turn.lock().unwrap_or_else(PoisonError::into_inner));
    // Asked before the snapshot is taken: a change in between is read again next time.
    let change = domain.store.last_change(tenant, &KINDS);
    if let Some(known) = at_hand(domain, &key, change) {
        return Ok(known);
    }
    let before = domain.gateways.by_gateway.get(&key);
    let fresh = Arc::new(read(domain, tenant, gateway, before.as_deref(), change)?);
    domain.gateways.by_gateway.insert(key, Arc::clone(&fresh));
    Ok(fresh)
}

/// Which of the turns a gateway takes.
fn place(domain: &Domain, key: &(String, String)) -> usize {
    usize::try_from(domain.gateways.hasher.hash_one(key) % READING as u64).unwrap_or_default()
}

fn at_hand(domain: &Domain, key: &(String, String), change: u64) -> Option<Arc<Configuration>> {
    domain.gateways.by_gateway.get(key).filter(|known| known.still_holds(domain, change))
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
/// did not happen within `patience`, or when `open` says that the server ends.
pub async fn watch<T>(
    domain: &Domain,
    tenant: &str,
    mut known: Arc<Configuration>,
    patience: Duration,
    open: impl Fn() -> bool,
    mut wanted: impl FnMut(&Configuration) -> Result<Option<T>, Failure>,
) -> Result<Watched<T>, Failure> {
    if let Some(found) = wanted(&known)? {
        return Ok(Watched::Found(found));
    }
    let places = Arc::clone(&known.places);
    let (Ok(_one), Ok(_all)) = (places.try_acquire(), domain.gateways.waiting.try_acquire()) else {
        return Ok(Watched::NoRoom);
    };
    let clock = Stopwatch::start();
    while open() {
        let left = patience.saturating_sub(clock.elapsed());
        if left.is_zero() {
            break;
        }
        tokio::time::sleep(GLANCE.min(left)).await;
        if !known.still_holds(domain, domain.store.last_change(tenant, &KINDS)) {
            known = current(domain, tenant, &known.id)?;
            if let Some(found) = wanted(&known)? {
                return Ok(Watched::Found(found));
            }
        }
    }
    Ok(Watched::Nothing)
}

/// Reads a configuration anew; what it was `before` knows who waits and when the gateway was active.
fn read(
    domain: &Domain,
    tenant: &str,
    id: &str,
    before: Option<&Configuration>,
    change: u64,
) -> Result<Configuration, Failure> {
    let (view, at) = (domain.store.read()?, domain.now());
    let gateway = live::<Gateway>(&view, tenant, id, at)?.ok_or_else(|| Failure::not_found(Gateway::NAME, id))?;
    // Gateways, APIs and policies are never scheduled on their own.
    let (services, mut until) = noun::below_until::<Service>(&view, Index::GatewayServices, tenant, id, at)?;
    let services = values(services);
    let (mut apis, mut scopes) = (Vec::new(), Vec::new());
    for (service, _) in &services {
        let mut own = values(noun::below::<Api>(&view, Index::ServiceApis, tenant, service, at)?);
        own.sort_by_key(|(_, api)| api.position);
        apis.extend(own);
        let (found, holds) = noun::below_until::<Scope>(&view, Index::ServiceScopes, tenant, service, at)?;
        until = until.min(holds);
        scopes.extend(values(found));
    }
    let policies = policies(&view, tenant, &apis, &scopes, at)?;
    let table = ApiTable::new(apis.iter().map(|(_, api)| api));
    let active = before.map_or_else(LastNote::none, |before| before.active.clone());
    let places = before.map_or_else(|| Arc::new(Semaphore::new(WAITING_OF_ONE)), |before| Arc::clone(&before.places));
    let (id, shown) = (id.to_owned(), OnceLock::new());
    let holds = at..=until;
    Ok(Configuration { id, gateway, services, apis, policies, scopes, table, active, shown, places, change, holds })
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
    let mut wanted: Vec<String> = used.cloned().collect();
    let mut found = BTreeMap::new();
    while let Some(id) = wanted.pop() {
        if !found.contains_key(&id)
            && let Some(policy) = live::<Policy>(view, tenant, &id, at)?
        {
            wanted.extend(policy::embedded(&policy).iter().map(|reference| reference.policy.to_owned()));
            found.insert(id, policy);
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
