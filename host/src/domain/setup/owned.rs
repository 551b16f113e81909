//! The clients of a setup for whoever calls: all of them for administrators, their own for developers.
//!
//! Called by the handlers, and by `client` inside its transactions. What developers change passes the policies that guard it
//! wherever they change it (`gate`): they are asked before the transaction, which makes sure that they were the right ones.

use super::{
    Filter, Snapshot, ValidAt,
    chosen::of_entity,
    client::{self, SetupClient},
    rights::{self, Asker},
};
use crate::{
    crypto::Secret,
    domain::{
        By, Caller, Domain, Failure,
        client::Client,
        gate::{self, Asking, Gate, gates},
    },
    store::View,
    world::Micros,
};

/// A client, and its secret: empty where only a hash is kept, none where it has none.
pub type Shown = (Snapshot<SetupClient>, Option<Secret>);

/// What somebody wants a client to be.
pub struct Change {
    /// The client.
    pub client: SetupClient,
    /// A new secret.
    pub secret: Option<Secret>,
    /// From when on, in microseconds; now when none.
    pub valid_from: Option<Micros>,
}

/// What must still be so when a change is written. For administrators nothing.
#[derive(Clone, Default)]
pub(super) struct Guard {
    owner: Option<String>,
    asked: Vec<Gate>,
}

/// The clients of a setup that fit, with their entity ids. Developers see those that are theirs.
pub fn list(
    domain: &Domain,
    caller: &Caller,
    setup: &str,
    mut filter: Filter,
) -> Result<Vec<(String, Snapshot<SetupClient>)>, Failure> {
    let asker = Asker::of(caller)?;
    match asker.as_owner() {
        Some(name) => filter.owners.push(name.to_owned()),
        None => asker.must_administrate()?,
    }
    client::list(domain, asker.tenant, setup, &filter)
}

/// A client as it is now.
pub fn show(domain: &Domain, caller: &Caller, setup: &str, entity: &str) -> Result<Shown, Failure> {
    let asker = allowed(domain, caller, setup, entity)?;
    let found = client::show(domain, asker.tenant, setup, entity)?;
    Ok((found, client::secret(domain, asker.tenant, setup, entity)?))
}

/// Replaces a client. `request_id` is the caller's, for finding the decisions again.
pub async fn replace(
    domain: &Domain,
    by: &By<'_>,
    request_id: &str,
    (setup, entity): (&str, &str),
    change: Change,
) -> Result<Shown, Failure> {
    let asker = allowed(domain, by.caller, setup, entity)?;
    // On the heap: the future holds the client more than once.
    let saved =
        Box::pin(client::replace_guarded(domain, (by, request_id), asker.tenant, (setup, entity), change)).await?;
    Ok((saved, client::secret(domain, asker.tenant, setup, entity)?))
}

/// Removes a client.
pub async fn delete(domain: &Domain, by: &By<'_>, setup: &str, entity: &str) -> Result<(), Failure> {
    let asker = allowed(domain, by.caller, setup, entity)?;
    client::delete_guarded(domain, by, asker.tenant, (setup, entity), Guard::of(asker)).await
}

/// The snapshots of a client: those that `ValidAt` means, deleted ones too when that is asked for.
pub fn snapshots(
    domain: &Domain,
    caller: &Caller,
    setup: &str,
    entity: &str,
    (valid_at, with_deleted): (ValidAt, bool),
) -> Result<Vec<Snapshot<SetupClient>>, Failure> {
    let asker = allowed(domain, caller, setup, entity)?;
    client::snapshots(domain, asker.tenant, setup, entity, valid_at, with_deleted)
}

/// A snapshot of a client.
pub fn snapshot(
    domain: &Domain,
    caller: &Caller,
    setup: &str,
    entity: &str,
    snapshot: &str,
) -> Result<Snapshot<SetupClient>, Failure> {
    let asker = allowed(domain, caller, setup, entity)?;
    client::snapshot(domain, asker.tenant, setup, entity, snapshot)
}

/// Takes back a snapshot that has yet to begin.
pub async fn unschedule(
    domain: &Domain,
    by: &By<'_>,
    setup: &str,
    entity: &str,
    snapshot: &str,
) -> Result<(), Failure> {
    let asker = allowed(domain, by.caller, setup, entity)?;
    client::unschedule_guarded(domain, by, asker.tenant, (setup, entity), snapshot, Guard::of(asker)).await
}

/// The entity id of a client by its OAuth id.
pub fn translate(domain: &Domain, caller: &Caller, setup: &str, client_id: &str) -> Result<String, Failure> {
    let tenant = Asker::of(caller)?.tenant;
    let asker = allowed(domain, caller, setup, &client::entity_id(tenant, client_id))?;
    client::translate(domain, asker.tenant, setup, client_id)
}

/// Whoever calls, unless a client is none of their business.
fn allowed<'a>(domain: &Domain, caller: &'a Caller, setup: &str, entity: &str) -> Result<Asker<'a>, Failure> {
    let asker = Asker::of(caller)?;
    if !asker.administrates() {
        let found = of_entity(&domain.store.read()?, asker.tenant, setup, entity, domain.now())?;
        asker.must_own(found.map(|(_, client)| client).as_ref())?;
    }
    Ok(asker)
}

impl Guard {
    fn of(asker: Asker<'_>) -> Guard {
        let owner = if asker.administrates() { None } else { asker.as_owner().map(str::to_owned) };
        Guard { owner, asked: Vec::new() }
    }

    /// Asks the policies that guard a client that is `old` and is to be `new` from `at` on, when a developer changes it.
    pub(super) async fn ask(
        domain: &Domain,
        (by, request_id): (&By<'_>, &str),
        tenant: &str,
        id: &str,
        (old, new): (&Client, &Client),
        at: Micros,
    ) -> Result<Guard, Failure> {
        let guard = Guard::of(Asker::of(by.caller)?);
        if guard.owner.is_none() {
            return Ok(guard);
        }
        let asked = guarding(&domain.store.read()?, tenant, (old, new), [domain.now(), at])?;
        let asking = Asking { caller: by.caller, request_id, describe: domain.describe };
        for gate in &asked {
            gate::ask(domain, asking, tenant, id, new, gate).await?;
        }
        Ok(Guard { asked, ..guard })
    }

    /// Refuses a client that has another owner by now, inside a transaction.
    pub(super) fn owned(&self, client: &Client) -> Result<(), Failure> {
        match self.owner.as_deref().is_none_or(|owner| rights::owner(client) == Some(owner)) {
            true => Ok(()),
            false => Err(Failure::Forbidden { needs: "the client's owner".to_owned() }),
        }
    }

    /// Refuses whoever may not bring back a client that has gone: only administrators may.
    pub(super) fn restores(&self) -> Result<(), Failure> {
        match &self.owner {
            None => Ok(()),
            Some(_) => Err(Failure::Forbidden { needs: "an administrator of the tenant".to_owned() }),
        }
    }

    /// Refuses to take back what somebody else has scheduled.
    pub(super) fn said(&self, author: &str, caller: &str) -> Result<(), Failure> {
        match self.owner.is_none() || author == caller {
            true => Ok(()),
            false => Err(Failure::Forbidden { needs: "whoever has scheduled it".to_owned() }),
        }
    }

    /// [`owned`](Guard::owned) for a change that other policies guard by now than those that were asked.
    pub(super) fn passed(
        &self,
        view: &impl View,
        tenant: &str,
        (old, new): (&Client, &Client),
        instants: [Micros; 2],
    ) -> Result<(), Failure> {
        self.owned(old)?;
        if self.owner.is_some() && guarding(view, tenant, (old, new), instants)? != self.asked {
            return Err(Failure::Unavailable { log: "the policies that guard a client have just changed".to_owned() });
        }
        Ok(())
    }
}

/// The policies that guard a change now, and those that will when it begins: a scope may begin in between.
fn guarding(
    view: &impl View,
    tenant: &str,
    (old, new): (&Client, &Client),
    instants: [Micros; 2],
) -> Result<Vec<Gate>, Failure> {
    let mut found: Vec<Gate> = Vec::new();
    for at in instants {
        let of_then = gates(view, tenant, new, Some(old), CHANGING, at)?;
        let fresh: Vec<Gate> = of_then.into_iter().filter(|gate| !found.contains(gate)).collect();
        found.extend(fresh);
    }
    Ok(found)
}

/// What policies call the making of a client, which does not happen here.
const CHANGING: &str = "update_client";
