//! Making, reading, replacing and removing setups, now or later. A setup is an authorization server.

use super::{
    CURRENT_SETUP, ClientDefaults, Filter, SETUP, ScopePolicies, ScopePolicy, Setup, Snapshot, ValidAt,
    members::ServerMembers,
    rules,
    schedule::{self, Base},
    seen::{self, Looks},
};
use crate::{
    domain::{
        By, Domain, Failure, id, scope,
        server::{self, Server},
        stamp::{Author, Stamp},
        tenant,
        token::CLIENT_CREDENTIALS,
    },
    store::{State, View, Write, timeline},
    world::Micros,
};

/// The grants of every setup made here.
const GRANTS: [&str; 3] = ["authorization_code", CLIENT_CREDENTIALS, "refresh_token"];

/// The setups of a tenant that fit, by id, each with the snapshot that does.
pub fn list(domain: &Domain, tenant: &str, filter: &Filter) -> Result<Vec<(String, Snapshot<Setup>)>, Failure> {
    let (view, now) = (domain.store.read()?, domain.now());
    // Where any state counts, all of them are read below.
    let at = filter.valid_at.instant(Micros::MAX, now);
    let mut found = Vec::new();
    for (id, state) in timeline::list_with_deleted::<Server>(&view, tenant, at, None, usize::MAX)? {
        let states = match filter.valid_at {
            ValidAt::Any => seen::all::<Server>(&view, tenant, &id)?,
            ValidAt::Now | ValidAt::At(_) => vec![state],
        };
        let fits = |state: &State<Server>| fits(&view, tenant, &id, filter, state, at);
        if let Some(state) = seen::fitting(filter, states, fits)? {
            found.push((id, seen::snapshot(state, show_value)));
        }
    }
    Ok(found)
}

/// Whether a state of a setup fits. Where any state counts, its scopes are those when it began.
fn fits(
    view: &impl View,
    tenant: &str,
    id: &str,
    filter: &Filter,
    state: &State<Server>,
    at: Micros,
) -> Result<bool, Failure> {
    let about = state.value.setup.as_deref().map(|setup| &setup.about);
    let looks = Looks {
        name: &state.value.name,
        owner: about.map_or("", |about| &about.owner),
        metadata: about.map_or(&[], |about| &about.metadata),
    };
    let at = filter.valid_at.instant(state.valid_from, at);
    Ok(filter.fits(&looks) && filter.fits_scopes(|scope| scope::exists(view, tenant, id, scope, at))?)
}

/// Makes a setup. It begins now unless said otherwise.
pub async fn create(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    setup: Setup,
    valid_from: Option<Micros>,
) -> Result<(String, Snapshot<Setup>), Failure> {
    tenant::current(domain, tenant)?;
    let (id, setup) = (id::generate(&domain.world), checked(setup, by)?);
    let fresh = Server { grant_types: GRANTS.map(str::to_owned).to_vec(), ..Server::default() };
    let wanted = server::Wanted { server: become_server(&setup, fresh), ..server::Wanted::default() };
    let prepared = server::prepare(domain, tenant, &id, wanted).await?;
    let (tenant, author) = (tenant.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            stamp.absent::<Server>(write, &tenant, &id)?;
            let stamp = schedule::begins::<Server>(write, &tenant, (SETUP, &id), valid_from, &stamp)?;
            let state = server::save(write, &tenant, &id, None, &prepared, &stamp)?;
            server::insert_below(write, &tenant, &id, &stamp)?;
            Ok((id.clone(), seen::snapshot(state, show_value)))
        })
        .await
}

/// A setup as it is now.
pub fn show(domain: &Domain, tenant: &str, id: &str) -> Result<Snapshot<Setup>, Failure> {
    let state = seen::current::<Server>(&domain.store.read()?, tenant, (CURRENT_SETUP, id), domain.now())?;
    Ok(seen::snapshot(state, show_value))
}

/// Replaces what a setup says, from now on unless said otherwise. One that was removed comes back, with new keys and without
/// what was in it.
pub async fn replace(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    setup: Setup,
    valid_from: Option<Micros>,
) -> Result<Snapshot<Setup>, Failure> {
    let setup = checked(setup, by)?;
    let last = last(&domain.store.read()?, tenant, id, domain.now())?;
    let wanted = server::Wanted { server: become_server(&setup, last), ..server::Wanted::default() };
    let prepared = server::prepare(domain, tenant, id, wanted).await?;
    let (tenant, id, author) = (tenant.to_owned(), id.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let stamp = schedule::begins::<Server>(write, &tenant, (SETUP, &id), valid_from, &stamp)?;
            let base = schedule::base::<Server>(write, &tenant, &id, &stamp)?;
            let Base { mut value, is_due, stands } = base.ok_or_else(|| Failure::not_found(SETUP, &id))?;
            if !stands {
                // Nothing of the one before is revived with it.
                value.since = stamp.now;
            }
            let server = become_server(&setup, value.clone());
            server::save_as(write, &tenant, &id, Some(&value), (server, &prepared), &stamp)?;
            match (is_due, stands) {
                (true, _) => {}
                (false, true) => server::bring_forward(write, &tenant, &id, &stamp)?,
                (false, false) => server::insert_below(write, &tenant, &id, &stamp)?,
            }
            written(write, &tenant, &id, &stamp)
        })
        .await
}

/// What a setup is now, or was last, or will be first.
fn last(view: &impl View, tenant: &str, id: &str, now: Micros) -> Result<Server, Failure> {
    let found = match timeline::current::<Server>(view, tenant, id, now)? {
        Some(state) => Some(state),
        None => timeline::scheduled::<Server>(view, tenant, id, now)?.into_iter().next(),
    };
    found.map(|state| state.value).ok_or_else(|| Failure::not_found(SETUP, id))
}

/// The snapshot that was just written.
fn written(write: &Write<'_>, tenant: &str, id: &str, stamp: &Stamp) -> Result<Snapshot<Setup>, Failure> {
    let state = seen::current::<Server>(write, tenant, (SETUP, id), stamp.from())?;
    Ok(seen::snapshot(state, show_value))
}

/// Removes a setup with everything in it, and whatever is scheduled for it. It can come back by [`replace`].
pub async fn delete(domain: &Domain, by: &By<'_>, tenant: &str, id: &str) -> Result<(), Failure> {
    let (tenant, id, author) = (tenant.to_owned(), id.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let old = stamp.standing::<Server>(write, &tenant, &id)?;
            let old = old.ok_or_else(|| Failure::not_found(SETUP, &id))?.value;
            match old.is_system(&id) {
                true => Err(Failure::InUse { noun: SETUP, by: vec!["the tenant itself".to_owned()] }),
                false => server::remove(write, &tenant, &id, &old, &stamp),
            }
        })
        .await
}

/// The snapshots of a setup, in their order: all with [`ValidAt::Any`], otherwise the one that holds then.
pub fn snapshots(
    domain: &Domain,
    tenant: &str,
    id: &str,
    valid_at: ValidAt,
    with_deleted: bool,
) -> Result<Vec<Snapshot<Setup>>, Failure> {
    let view = domain.store.read()?;
    let states = seen::states::<Server>(&view, tenant, (SETUP, id), (valid_at, with_deleted), domain.now())?;
    Ok(states.into_iter().map(|state| seen::snapshot(state, show_value)).collect())
}

/// A snapshot of a setup.
pub fn snapshot(domain: &Domain, tenant: &str, id: &str, snapshot: &str) -> Result<Snapshot<Setup>, Failure> {
    let state = seen::named::<Server>(&domain.store.read()?, tenant, (SETUP, id), snapshot)?;
    Ok(seen::snapshot(state, show_value))
}

/// Takes back a snapshot that has yet to begin.
pub async fn unschedule(domain: &Domain, by: &By<'_>, tenant: &str, id: &str, snapshot: &str) -> Result<(), Failure> {
    let [tenant, id, snapshot] = [tenant, id, snapshot].map(str::to_owned);
    let author = Author::of(domain, by);
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            schedule::take_back::<Server>(write, &tenant, (SETUP, &id), &snapshot, &stamp, server::remove)?;
            Ok(())
        })
        .await
}

/// A setup that may be kept: the caller looks after it unless somebody else is named.
fn checked(setup: Setup, by: &By<'_>) -> Result<Setup, Failure> {
    let setup = Setup { owner: super::owner(setup.owner, by), ..setup };
    Failure::unless_fine(rules::setup(&setup))?;
    Ok(setup)
}

/// The server that a setup becomes: `base` with everything that this tongue sees replaced.
fn become_server(setup: &Setup, base: Server) -> Server {
    let Setup { name, owner, comment, metadata, client_defaults, resource_server_defaults } = setup.clone();
    let ClientDefaults {
        grant_types,
        force_reauthentication,
        access_token_ttl,
        refresh_token_ttl,
        id_token_ttl,
        persisted_consent_ttl,
    } = client_defaults;
    let usual = Server::default();
    let mut allowed = base.grant_types.clone();
    allowed.extend(grant_types.iter().filter(|grant| !base.grant_types.contains(grant)).cloned());
    allowed.dedup();
    let members = ServerMembers {
        about: rules::keep(owner, comment, metadata),
        client_grant_types: grant_types,
        force_reauthentication,
        persisted_consent_seconds: persisted_consent_ttl,
        policies: resource_server_defaults,
    };
    Server {
        name,
        grant_types: allowed,
        access_token_seconds: access_token_ttl.unwrap_or(usual.access_token_seconds),
        refresh_token_seconds: refresh_token_ttl.unwrap_or(usual.refresh_token_seconds),
        id_token_seconds: id_token_ttl.unwrap_or(usual.id_token_seconds),
        setup: Some(Box::new(members)),
        ..base
    }
}

/// The setup that a server is.
fn show_value(server: Server) -> Setup {
    let ServerMembers { about, client_grant_types, force_reauthentication, persisted_consent_seconds, policies } =
        server.setup.map(|setup| *setup).unwrap_or_default();
    Setup {
        name: server.name,
        owner: about.owner,
        comment: about.comment,
        metadata: about.metadata,
        client_defaults: ClientDefaults {
            grant_types: client_grant_types,
            force_reauthentication,
            access_token_ttl: Some(server.access_token_seconds),
            refresh_token_ttl: Some(server.refresh_token_seconds),
            id_token_ttl: Some(server.id_token_seconds),
            persisted_consent_ttl: persisted_consent_seconds,
        },
        resource_server_defaults: said(policies),
    }
}

/// Policies with what holds where nothing is said.
fn said(policies: ScopePolicies) -> ScopePolicies {
    let usual = |policy: Option<ScopePolicy>| policy.or(Some(ScopePolicy::ConsentPersisted));
    ScopePolicies {
        implicit_flow: usual(policies.implicit_flow),
        authorization_code_flow: usual(policies.authorization_code_flow),
        refresh_token: usual(policies.refresh_token),
        force_reauthentication: policies.force_reauthentication.or(Some(false)),
    }
}
