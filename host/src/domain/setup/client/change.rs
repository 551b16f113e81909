//! Making, replacing and removing clients of a setup, now or later.

use super::{
    CLIENT, SetupClient, entity_id, of_entity, shape,
    show::{shown, written},
};
use crate::{
    crypto::Secret,
    domain::{
        By, Domain, Failure, Problem,
        client::{self, Client, Prepared},
        credential::Given,
        id, key_ring,
        server::Server,
        setup::{
            SETUP, Snapshot,
            owned::{Change, Guard},
            schedule::{self, Base},
            seen,
        },
        stamp::{Author, Stamp},
    },
    store::{Write, timeline},
    world::Micros,
};

/// Makes a client, with a secret unless one is given or it needs none. It begins now unless said otherwise. Answers its entity id.
pub async fn create(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    setup: &str,
    client: SetupClient,
    secret: Option<Secret>,
    valid_from: Option<Micros>,
) -> Result<(String, Snapshot<SetupClient>), Failure> {
    let client = checked(domain, tenant, setup, client)?;
    let id = if client.client_id.is_empty() { id::generate(&domain.world) } else { client.client_id.clone() };
    id::check("/client_id", &id).map_err(|problem| Failure::Invalid(vec![problem]))?;
    let wanted = Wanted { setup: setup.to_owned(), client, id };
    let prepared = wanted.prepare(domain, tenant, Client::default(), secret, valid_from)?;
    let (tenant, author) = (tenant.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            stamp.absent::<Client>(write, &tenant, &wanted.id)?;
            let stamp = schedule::begins::<Client>(write, &tenant, (CLIENT, &wanted.id), valid_from, &stamp)?;
            let prepared = wanted.again(write, &tenant, &prepared, Client::default(), &stamp)?;
            let state = client::save(write, &tenant, &wanted.id, None, &prepared, &stamp)?;
            Ok((entity_id(&tenant, &wanted.id), shown(write, &tenant, &wanted.id, state, stamp.from())?))
        })
        .await
}

/// Replaces what a client says, from now on unless said otherwise. One that was removed comes back, and without a secret it gets
/// a new one. Its id stays. What a developer changes must pass the policies that guard it.
pub(in crate::domain::setup) async fn replace_guarded(
    domain: &Domain,
    (by, request_id): (&By<'_>, &str),
    tenant: &str,
    (setup, entity): (&str, &str),
    change: Change,
) -> Result<Snapshot<SetupClient>, Failure> {
    let Change { client, secret, valid_from } = change;
    let id = of_entity(&domain.store.read()?, tenant, setup, entity)?;
    if !client.client_id.is_empty() && client.client_id != id {
        return Err(Failure::invalid("/client_id", "cannot be changed"));
    }
    let client = checked(domain, tenant, setup, client)?;
    let wanted = Wanted { setup: setup.to_owned(), client, id };
    let at = valid_from.unwrap_or(Micros::MIN).max(domain.now());
    let view = domain.store.read()?;
    let last = schedule::expected::<Client>(&view, tenant, &wanted.id, at)?.unwrap_or_default();
    let stood =
        timeline::current::<Client>(&view, tenant, &wanted.id, Micros::MAX)?.is_some_and(|state| !state.deleted);
    drop(view);
    let prepared = wanted.prepare(domain, tenant, last.clone(), secret, valid_from)?;
    let guard = Guard::ask(domain, (by, request_id), tenant, &wanted.id, (&last, &prepared.value), at).await?;
    let (tenant, author) = (tenant.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let (stamp, name) = (author.stamp(write)?, (CLIENT, wanted.id.as_str()));
            let stamp = schedule::begins::<Client>(write, &tenant, name, valid_from, &stamp)?;
            let base = schedule::base::<Client>(write, &tenant, &wanted.id, &stamp)?;
            let Base { mut value, is_due: _, stands } = base.ok_or_else(|| Failure::not_found(CLIENT, &wanted.id))?;
            if !stands {
                // Whoever meant the one that was there does not mean to bring it back.
                guard.restores()?;
                if stood {
                    return Err(Failure::not_found(CLIENT, &wanted.id));
                }
                // Nothing of the one before is revived with it.
                value = Client { since: stamp.now, issued_at: 0, self_registered: false, developer: None, ..value };
                value.setup = None;
            }
            let prepared = wanted.again(write, &tenant, &prepared, value.clone(), &stamp)?;
            guard.passed(write, &tenant, (&value, &prepared.value), [stamp.now, stamp.from()])?;
            client::save(write, &tenant, &wanted.id, Some(&value), &prepared, &stamp)?;
            written(write, &tenant, &wanted.id, &stamp)
        })
        .await
}

/// Removes a client, and whatever is scheduled for it; its tokens are refused from then on. It can come back by [`replace`].
pub(in crate::domain::setup) async fn delete_guarded(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    (setup, entity): (&str, &str),
    guard: Guard,
) -> Result<(), Failure> {
    let id = of_entity(&domain.store.read()?, tenant, setup, entity)?;
    let (tenant, author) = (tenant.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let old = stamp.standing::<Client>(write, &tenant, &id)?;
            let old = old.ok_or_else(|| Failure::not_found(CLIENT, &id))?.value;
            guard.owned(&old)?;
            client::remove_unused(write, &tenant, &id, &old, &stamp)
        })
        .await
}

/// Takes back a snapshot of a client that has yet to begin.
pub(in crate::domain::setup) async fn unschedule_guarded(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    (setup, entity): (&str, &str),
    snapshot: &str,
    guard: Guard,
) -> Result<(), Failure> {
    let id = of_entity(&domain.store.read()?, tenant, setup, entity)?;
    let [tenant, snapshot] = [tenant, snapshot].map(str::to_owned);
    let author = Author::of(domain, by);
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let now = timeline::current::<Client>(&*write, &tenant, &id, stamp.now)?;
            now.map_or(Ok(()), |now| guard.owned(&now.value))?;
            let taken =
                schedule::take_back::<Client>(write, &tenant, (CLIENT, &id), &snapshot, &stamp, client::remove)?;
            guard.said(&taken.author, &stamp.mark.author)
        })
        .await
}

/// [`replace_guarded`] for whoever administrates.
#[expect(clippy::too_many_arguments, reason = "whose, which, what, by what it proves itself, and when")]
pub async fn replace(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    setup: &str,
    entity: &str,
    client: SetupClient,
    secret: Option<Secret>,
    valid_from: Option<Micros>,
) -> Result<Snapshot<SetupClient>, Failure> {
    let change = Change { client, secret, valid_from };
    replace_guarded(domain, (by, ""), tenant, (setup, entity), change).await
}

/// [`delete_guarded`] for whoever administrates.
pub async fn delete(domain: &Domain, by: &By<'_>, tenant: &str, setup: &str, entity: &str) -> Result<(), Failure> {
    delete_guarded(domain, by, tenant, (setup, entity), Guard::default()).await
}

/// [`unschedule_guarded`] for whoever administrates.
pub async fn unschedule(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    setup: &str,
    entity: &str,
    snapshot: &str,
) -> Result<(), Failure> {
    unschedule_guarded(domain, by, tenant, (setup, entity), snapshot, Guard::default()).await
}

/// A client that may be kept, as far as that shows before its place is looked at.
fn checked(domain: &Domain, tenant: &str, setup: &str, client: SetupClient) -> Result<SetupClient, Failure> {
    let mut problems = shape::problems(&client);
    if let Some(wanted) = client.id_token_signed_response_alg.as_deref() {
        let signs = match key_ring::signing(domain, tenant, setup) {
            Err(Failure::NotFound { .. }) => return Err(Failure::not_found(SETUP, setup)),
            signs => signs?.algorithm().name(),
        };
        let reason = || format!("must be `{signs}` in this setup");
        problems.extend((wanted != signs).then(|| Problem::new("/id_token_signed_response_alg", reason())));
    }
    Failure::unless_fine(problems)?;
    Ok(client)
}

/// What is asked of a client.
struct Wanted {
    setup: String,
    client: SetupClient,
    id: String,
}

impl Wanted {
    /// Checks it as it would be on top of `base`, and seals its secret.
    fn prepare(
        &self,
        domain: &Domain,
        tenant: &str,
        base: Client,
        secret: Option<Secret>,
        valid_from: Option<Micros>,
    ) -> Result<Prepared, Failure> {
        let at = valid_from.unwrap_or(Micros::MIN).max(domain.now());
        let server = seen::current::<Server>(&domain.store.read()?, tenant, (SETUP, &self.setup), at)?.value;
        let value = shape::become_client(&self.client, &self.setup, &server, base);
        client::ready_at(domain, tenant, &self.id, value, secret.map_or(Given::Nothing, Given::Secret), at)
    }

    /// The same on top of what it is when it is saved.
    fn again(
        &self,
        write: &Write<'_>,
        tenant: &str,
        prepared: &Prepared,
        base: Client,
        stamp: &Stamp,
    ) -> Result<Prepared, Failure> {
        let server = stamp.due::<Server>(write, tenant, &self.setup)?;
        let server = server.ok_or_else(|| Failure::not_found(SETUP, &self.setup))?.value;
        let mut prepared = prepared.clone();
        prepared.value = shape::become_client(&self.client, &self.setup, &server, base);
        Ok(prepared)
    }
}
