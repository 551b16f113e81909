//! Making, replacing and removing resource servers, now or later: a service and its scopes in one transaction.
//!
//! Whatever begins at a later instant has a state of each scope there, or one in which the scope has ended: so what is changed
//! before does not reach beyond.

use super::{
    RESOURCE_SERVER, ResourceServer,
    scopes::{self, Plan},
    shape,
    show::{in_setup, written},
};
use crate::{
    domain::{
        By, Domain, Failure, id,
        server::Server,
        service::{self, Service},
        setup::{
            SETUP, Snapshot, owner,
            schedule::{self, Base},
        },
        stamp::{Author, Stamp},
    },
    store::{Write, timeline},
    world::Micros,
};

/// Makes a resource server. It begins now unless said otherwise.
pub async fn create(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    setup: &str,
    wanted: ResourceServer,
    valid_from: Option<Micros>,
) -> Result<(String, Snapshot<ResourceServer>), Failure> {
    let id = id::generate(&domain.world);
    let plan = plan(domain, setup, &id, wanted, by)?;
    let (tenant, author) = (tenant.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            stamp.absent::<Service>(write, &tenant, &id)?;
            let stamp = schedule::begins::<Service>(write, &tenant, (RESOURCE_SERVER, &id), valid_from, &stamp)?;
            let server = stamp.due::<Server>(write, &tenant, &plan.setup)?;
            server.ok_or_else(|| Failure::not_found(SETUP, &plan.setup))?;
            let value = shape::become_service(&plan.wanted, &plan.setup, &id, Service::default());
            service::save(write, &tenant, &id, None, &value, &stamp)?;
            scopes::replace(write, &tenant, &id, &plan, &stamp)?;
            Ok((id.clone(), written(write, &tenant, &id, &stamp)?))
        })
        .await
}

/// Replaces what a resource server says, its scopes included, from now on unless said otherwise. One that was removed comes
/// back, without the gateway that it was connected to.
pub async fn replace(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    setup: &str,
    id: &str,
    wanted: ResourceServer,
    valid_from: Option<Micros>,
) -> Result<Snapshot<ResourceServer>, Failure> {
    in_setup(&domain.store.read()?, tenant, setup, id)?;
    let plan = plan(domain, setup, id, wanted, by)?;
    let (tenant, id, author) = (tenant.to_owned(), id.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let stamp = schedule::begins::<Service>(write, &tenant, (RESOURCE_SERVER, &id), valid_from, &stamp)?;
            let base = schedule::base::<Service>(write, &tenant, &id, &stamp)?;
            let Base { mut value, is_due: _, stands } = base.ok_or_else(|| Failure::not_found(RESOURCE_SERVER, &id))?;
            if !stands {
                value.gateway = None;
            }
            let service = shape::become_service(&plan.wanted, &plan.setup, &id, value.clone());
            if value.system && service.name != value.name {
                return Err(Failure::invalid("/name", "cannot be changed"));
            }
            let state = service::save(write, &tenant, &id, Some(&value), &service, &stamp)?;
            if state.valid_from != stamp.from() {
                // The same service perhaps with other scopes: that is a snapshot too.
                stamp.append(write, &tenant, &id, state.value)?;
            }
            scopes::replace(write, &tenant, &id, &plan, &stamp)?;
            written(write, &tenant, &id, &stamp)
        })
        .await
}

/// Removes a resource server with its scopes, and whatever is scheduled for them. It can come back by [`replace`].
pub async fn delete(domain: &Domain, by: &By<'_>, tenant: &str, setup: &str, id: &str) -> Result<(), Failure> {
    in_setup(&domain.store.read()?, tenant, setup, id)?;
    let (tenant, id, author) = (tenant.to_owned(), id.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let old = stamp.standing::<Service>(write, &tenant, &id)?;
            let old = old.ok_or_else(|| Failure::not_found(RESOURCE_SERVER, &id))?.value;
            match old.system {
                true => Err(Failure::InUse { noun: RESOURCE_SERVER, by: vec!["the setup itself".to_owned()] }),
                false => remove(write, &tenant, &id, &old, &stamp),
            }
        })
        .await
}

/// Removes a service with its scopes, inside a transaction.
fn remove(write: &mut Write<'_>, tenant: &str, id: &str, old: &Service, stamp: &Stamp) -> Result<(), Failure> {
    scopes::remove_all(write, tenant, id, stamp)?;
    service::remove(write, tenant, id, old, stamp)
}

/// Takes back a snapshot of a resource server that has yet to begin, with what it says of scopes.
pub async fn unschedule(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    setup: &str,
    id: &str,
    snapshot: &str,
) -> Result<(), Failure> {
    in_setup(&domain.store.read()?, tenant, setup, id)?;
    let [tenant, id, snapshot] = [tenant, id, snapshot].map(str::to_owned);
    let author = Author::of(domain, by);
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let name = (RESOURCE_SERVER, id.as_str());
            let taken = schedule::take_back::<Service>(write, &tenant, name, &snapshot, &stamp, remove)?;
            let next = timeline::scheduled::<Service>(&*write, &tenant, &id, taken.valid_from)?;
            let next = next.first().map(|state| state.valid_from);
            scopes::take_back(write, &tenant, &id, (taken.valid_from, next), &stamp)
        })
        .await
}

/// What is asked for, checked, with ids for scopes that are new. The caller looks after it unless somebody else is named.
fn plan(domain: &Domain, setup: &str, id: &str, wanted: ResourceServer, by: &By<'_>) -> Result<Plan, Failure> {
    let wanted = ResourceServer { owner: owner(wanted.owner, by), ..wanted };
    Failure::unless_fine(shape::problems(&wanted))?;
    service::check(&shape::become_service(&wanted, setup, id, Service::default()))?;
    let ids = wanted.scopes.iter().map(|_| id::generate(&domain.world)).collect();
    Ok(Plan { setup: setup.to_owned(), wanted, ids })
}
