//! Into the store: all records of a configuration in one transaction, or none.
//!
//! Every noun writes itself by its own `save`, which also checks what it refers to. The kinds come in an order in which
//! nothing refers to a later one, so the order inside a document is of no importance.

use super::{
    Configuration, Entry, Kept, Ready, Report, ServiceRecord, Wanted,
    export::everything,
    positions,
    prepare::{Found, prepare},
    report::Change,
    setup,
};
use crate::{
    domain::{
        Domain, Failure, api, boot, claim, client, consent, consent_action, gateway,
        gateway::Gateway,
        import::Specification,
        key_ring::Owner,
        noun::Named,
        policy, scope, server,
        service::{self, Service},
        stamp::{Author, Stamp},
        tenant::{self, Tenant},
    },
    store::{State, Write, records},
    world::Stopwatch,
};

/// What becomes of records that are there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// One of them ends the import, which then changes nothing.
    #[default]
    Fail,
    /// They stay as they are.
    Ignore,
    /// They become what the configuration says.
    Update,
}

impl Mode {
    /// The mode of this name.
    pub fn parse(name: &str) -> Option<Mode> {
        match name {
            "fail" => Some(Mode::Fail),
            "ignore" => Some(Mode::Ignore),
            "update" => Some(Mode::Update),
            _ => None,
        }
    }
}

/// Writes a configuration (importConfiguration). `author` is whom the changes are written down for.
pub async fn import(
    domain: &Domain,
    author: String,
    wanted: Configuration<Wanted>,
    mode: Mode,
) -> Result<Report, Failure> {
    let watch = Stopwatch::start();
    let ready = Box::pin(prepare(domain, wanted)).await?;
    tracing::info!(took = ?watch.elapsed(), "a configuration was checked and will be written");
    let (author, fingerprint) = (Author::named(domain, author), domain.vault.fingerprint());
    let report = domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let report = apply(write, &ready, mode, &stamp)?;
            boot::settle(write, &fingerprint, &stamp)?;
            Ok(report)
        })
        .await?;
    let Report { created, updated, kept } = report;
    tracing::info!(created, updated, kept, ?mode, took = ?watch.elapsed(), "a configuration was imported");
    Ok(report)
}

/// What an import would do.
pub struct Rehearsal {
    /// How many records would become what.
    pub report: Report,
    /// All that is configured now.
    pub before: Configuration<Kept>,
    /// All that would be configured afterwards.
    pub after: Configuration<Kept>,
}

/// What [`import`] would do, tried on a snapshot: nothing changes, and nobody waits.
pub async fn rehearse(domain: &Domain, wanted: Configuration<Wanted>, mode: Mode) -> Result<Rehearsal, Failure> {
    let ready = Box::pin(prepare(domain, wanted)).await?;
    let (author, store) = (Author::named(domain, "rehearsal".to_owned()), domain.store.clone());
    let rehearsed = tokio::task::spawn_blocking(move || {
        store.rehearse(|write| {
            let stamp = author.stamp(write)?;
            let before = everything(write, stamp.now)?;
            let report = apply(write, &ready, mode, &stamp)?;
            let after = everything(write, stamp.now)?;
            Ok(Rehearsal { report, before, after })
        })
    });
    rehearsed.await.unwrap_or_else(|error| Err(Failure::Internal { log: error.to_string() }))
}

/// Writes the records, kind by kind.
fn apply(write: &mut Write<'_>, ready: &Configuration<Ready>, mode: Mode, stamp: &Stamp) -> Result<Report, Failure> {
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
    } = ready;
    let mut run = Run { mode, stamp, report: Report::default() };
    run.all(write, tenants, |write, at, _| {
        let (value, keys) = &at.value;
        keys.save(write, Owner::Tenant(&at.id))?;
        tenant::save(write, &at.id, value, stamp)
    })?;
    run.all(write, policies, |write, at, _| policy::save(write, &at.tenant, &at.id, &at.value, stamp))?;
    run.all(write, consents, |write, at, old| consent::save(write, &at.tenant, &at.id, old, &at.value, stamp))?;
    run.all(write, actions, |write, at, old| consent_action::save(write, &at.tenant, &at.id, old, &at.value, stamp))?;
    run.all(write, servers, |write, at, old| server::save(write, &at.tenant, &at.id, old, &at.value, stamp))?;
    run.all(write, services, |write, at, old| save_service(write, at, old, stamp))?;
    run.all(write, scopes, |write, at, old| scope::save(write, &at.tenant, &at.id, old, &at.value, stamp))?;
    let apis = positions::given(write, apis, stamp)?;
    run.all(write, &apis, |write, at, old| api::save(write, &at.tenant, &at.id, old, &at.value, stamp))?;
    run.all(write, claims, |write, at, old| claim::save(write, &at.tenant, &at.id, old, &at.value, stamp))?;
    run.all(write, clients, |write, at, old| client::save(write, &at.tenant, &at.id, old, &at.value, stamp))?;
    run.all(write, gateways, |write, at, old| gateway::save(write, &at.tenant, &at.id, old, &at.value, stamp))?;
    connect(write, services, mode, stamp)?;
    setup::check(write, stamp)?;
    Ok(run.report)
}

/// How often what fails is tried again at most: the longest chain of names that move on in the worst order.
const ROUNDS: usize = 16;

/// One import under way.
struct Run<'a> {
    mode: Mode,
    stamp: &'a Stamp,
    report: Report,
}

impl Run<'_> {
    /// Writes all records of a kind, and says everything that is wrong with them. A name may be given up by a record that
    /// stands further down, so what fails is tried again as long as others get through.
    fn all<T: Named, V>(
        &mut self,
        write: &mut Write<'_>,
        entries: &[Entry<V>],
        save: impl Fn(&mut Write<'_>, &Entry<V>, Option<&T>) -> Result<State<T>, Failure>,
    ) -> Result<(), Failure> {
        let mut waiting: Vec<&Entry<V>> = entries.iter().collect();
        for round in 1.. {
            let (tried, mut failed, mut found) = (waiting.len(), Vec::new(), Found::default());
            let mut conflict = None;
            for entry in waiting {
                let written = self.one(write, entry, &save);
                if let Err(taken @ Failure::Conflict { .. }) = written {
                    conflict.get_or_insert(taken);
                    failed.push(entry);
                    continue;
                }
                match found.add(&entry.place, written)? {
                    Some(change) => self.report.count(change),
                    None => failed.push(entry),
                }
            }
            if failed.is_empty() || failed.len() == tried || round == ROUNDS {
                found.done()?;
                return conflict.map_or(Ok(()), Err);
            }
            waiting = failed;
        }
        Ok(())
    }

    fn one<T: Named, V>(
        &self,
        write: &mut Write<'_>,
        entry: &Entry<V>,
        save: &impl Fn(&mut Write<'_>, &Entry<V>, Option<&T>) -> Result<State<T>, Failure>,
    ) -> Result<Change, Failure> {
        let Entry { tenant, id, .. } = entry;
        if T::NAME != Tenant::NAME && self.stamp.live::<Tenant>(write, tenant, tenant)?.is_none() {
            return Err(Failure::invalid("/tenant_id", format!("there is no tenant `{tenant}`")));
        }
        match (self.stamp.live::<T>(write, tenant, id)?, self.mode) {
            (Some(_), Mode::Fail) => {
                let reason = format!("`{id}` exists already in the tenant `{tenant}`");
                Err(Failure::Conflict { noun: T::NAME, reason })
            }
            (Some(_), Mode::Ignore) => Ok(Change::Kept),
            (Some(old), Mode::Update) => {
                let saved = save(write, entry, Some(&old.value))?;
                Ok(if saved.version == old.version { Change::Kept } else { Change::Updated })
            }
            (None, _) => save(write, entry, None).map(|_| Change::Created),
        }
    }
}

/// Services come before the gateways that protect them: gateways need clients, clients scopes, and scopes services. One
/// whose gateway is not there yet is written without it and connected later.
fn save_service(
    write: &mut Write<'_>,
    entry: &Entry<ServiceRecord>,
    old: Option<&Service>,
    stamp: &Stamp,
) -> Result<State<Service>, Failure> {
    let Entry { tenant, id, value: ServiceRecord { service, specification }, .. } = entry;
    let mut service = service.clone();
    if let Some(gateway) = &service.gateway
        && stamp.live::<Gateway>(write, tenant, gateway)?.is_none()
    {
        service.gateway = None;
    }
    match specification {
        Some(specification) => records::put(write, &[tenant, id], specification)?,
        None => drop(records::delete::<Specification>(write, &[tenant, id])?),
    }
    service::save(write, tenant, id, old, &service, stamp)
}

/// Connects the services of this import that wait for a gateway. What was there before and stays does not wait.
fn connect(write: &mut Write<'_>, services: &[Entry<ServiceRecord>], mode: Mode, stamp: &Stamp) -> Result<(), Failure> {
    let mut found = Found::default();
    for Entry { tenant, id, value, place } in services.iter().filter(|entry| entry.value.service.gateway.is_some()) {
        let now = stamp.live::<Service>(write, tenant, id)?;
        let Some(now) = now.filter(|now| mode == Mode::Update || now.valid_from == stamp.now) else { continue };
        let connected = Service { gateway: value.service.gateway.clone(), ..now.value.clone() };
        found.add(place, service::save(write, tenant, id, Some(&now.value), &connected, stamp))?;
    }
    found.done()
}
