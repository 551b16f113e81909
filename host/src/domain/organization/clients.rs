//! What an organization does with its clients: lists, makes, replaces and removes them, and exchanges their secrets.
//!
//! Called by its edge. They are clients like all others in every other respect, so everything goes through the noun's own
//! `save` and `remove`.

use super::{Organization, SERVER};
use crate::{
    crypto::Secret,
    domain::{
        By, Caller, Domain, Failure,
        application::Application,
        authorities::{Authorities, Role},
        client::{self, Client, ClientScopes, Prepared},
        credential::{Credential, Given, Superseded},
        id,
        issue::refresh::REFRESH_TOKEN,
        noun::{self, Named},
        scope, server,
        stamp::{Author, Stamp},
        token::CLIENT_CREDENTIALS,
    },
    store::{Index, State, Write, records},
};

/// The scope that its clients have where the server has one of this name; any other is the administrators' to give.
const GLOBAL: &str = "global";

/// What a client is to be. What is left out stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// For people.
    pub description: Option<String>,
    /// What it may be.
    pub roles: Option<Vec<Role>>,
    /// The application that it is to be bound to, or that it is to be bound to none.
    pub application: Option<Option<String>>,
}

impl Wanted {
    /// A client of an organization as it is to be.
    fn of(&self, old: &Client) -> Client {
        let Wanted { description, roles, application } = self.clone();
        let before = old.organization.clone().unwrap_or_default();
        let organization = Organization {
            roles: roles.unwrap_or(before.roles),
            application: application.unwrap_or(before.application),
        };
        let description = description.unwrap_or_else(|| old.description.clone());
        Client { description, organization: Some(organization), ..old.clone() }
    }
}

/// The clients of the caller's organization, by id (listOrganizationClients).
pub fn list(domain: &Domain, caller: &Caller) -> Result<Vec<(String, State<Client>)>, Failure> {
    let tenant = administrated(domain, caller)?;
    server::current(domain, &tenant, SERVER)?;
    noun::below(&domain.store.read()?, Index::ClientsOfOrganization, &tenant, SERVER, domain.now())
}

/// Makes a client of the caller's organization, with a secret (createOrganizationClient).
pub async fn create(domain: &Domain, by: &By<'_>, wanted: &Wanted) -> Result<(String, State<Client>, Secret), Failure> {
    let tenant = administrated(domain, by.caller)?;
    let (id, secret) = (id::generate(&domain.world), Secret::generate(&domain.world));
    let value = wanted.of(&new(domain, &tenant, &id)?);
    let prepared = client::ready(domain, &tenant, &id, value, Given::Secret(secret.clone()))?;
    let author = Author::of(domain, by);
    let made = domain.write(move |write| {
        let stamp = author.stamp(write)?;
        stamp.absent::<Client>(write, &tenant, &id)?;
        bound(write, &tenant, None, &prepared.value, &stamp)?;
        Ok((id.clone(), client::save(write, &tenant, &id, None, &prepared, &stamp)?))
    });
    let (id, state) = made.await?;
    Ok((id, state, secret))
}

/// Replaces what is given of a client (updateOrganizationClient).
pub async fn update(domain: &Domain, by: &By<'_>, id: &str, wanted: Wanted) -> Result<State<Client>, Failure> {
    let tenant = administrated(domain, by.caller)?;
    let value = wanted.of(&current(domain, &tenant, id)?.value);
    let prepared = client::ready(domain, &tenant, id, value, Given::Nothing)?;
    let (id, author) = (id.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let old = target(write, &tenant, &id, &stamp)?;
            let prepared = Prepared { value: wanted.of(&old), ..prepared.clone() };
            bound(write, &tenant, Some(&old), &prepared.value, &stamp)?;
            client::save(write, &tenant, &id, Some(&old), &prepared, &stamp)
        })
        .await
}

/// Removes a client; its tokens are refused from then on (deleteOrganizationClient).
pub async fn delete(domain: &Domain, by: &By<'_>, id: &str) -> Result<(), Failure> {
    let tenant = administrated(domain, by.caller)?;
    let (id, author) = (id.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let old = target(write, &tenant, &id, &stamp)?;
            client::remove(write, &tenant, &id, &old, &stamp)
        })
        .await
}

/// Gives a client a new secret (rotateOrganizationClientSecret). The one before is good for as long as the server is set to,
/// which is not at all unless it says so. Of two that do this at the same time one is refused: otherwise it would go away with a
/// secret that is worth nothing.
pub async fn rotate(domain: &Domain, by: &By<'_>, id: &str) -> Result<(State<Client>, Secret), Failure> {
    let tenant = administrated(domain, by.caller)?;
    let old = current(domain, &tenant, id)?;
    keeps_a_secret(&old.value)?;
    let seen = domain.store.record::<Credential>(&[&tenant, id])?;
    let secret = Secret::generate(&domain.world);
    let prepared = client::ready(domain, &tenant, id, old.value.clone(), Given::Secret(secret.clone()))?;
    let (id, author) = (id.to_owned(), Author::of(domain, by));
    let (world, grace) = (domain.world.clone(), domain.rotation_grace_seconds);
    let rotated = domain.write(move |write| {
        let stamp = author.stamp(write)?;
        let old = target(write, &tenant, &id, &stamp)?;
        keeps_a_secret(&old)?;
        let before = records::get::<Credential>(&*write, &[&tenant, &id])?;
        if before.as_ref() != seen.as_deref() {
            let reason = "somebody else has exchanged its secret at the same time".to_owned();
            return Err(Failure::Conflict { noun: Client::NAME, reason });
        }
        let prepared = Prepared { value: old.clone(), ..prepared.clone() };
        let state = client::save(write, &tenant, &id, Some(&old), &prepared, &stamp)?;
        if let Some(credential) = before.filter(|_| grace > 0) {
            let ends = world.now_seconds().saturating_add(grace);
            Superseded { credential, ends }.save(write, &tenant, &id)?;
        }
        Ok(state)
    });
    Ok((rotated.await?, secret))
}

/// The organization whose clients a caller administrates. One that acts for a single application does not: it could make itself
/// a client that is bound to none.
fn administrated(domain: &Domain, caller: &Caller) -> Result<String, Failure> {
    let Authorities { tenant, roles, application, permissions: _ } = Authorities::of(domain, caller)?;
    let may = roles.iter().any(|role| matches!(role, Role::Admin | Role::GlobalAdmin)) && application.is_none();
    let needs = "an administrator of the organization who is bound to no application";
    may.then_some(tenant).ok_or_else(|| Failure::Forbidden { needs: needs.to_owned() })
}

/// A client as it begins. It may refresh its tokens where the server knows how.
fn new(domain: &Domain, tenant: &str, id: &str) -> Result<Client, Failure> {
    let server = server::current(domain, tenant, SERVER)?;
    let refreshes = server.value.grant_types.iter().any(|grant| grant == REFRESH_TOKEN);
    let grants = [CLIENT_CREDENTIALS].into_iter().chain(refreshes.then_some(REFRESH_TOKEN));
    let global = scope::exists(&domain.store.read()?, tenant, SERVER, GLOBAL, domain.now())?;
    Ok(Client {
        server: SERVER.to_owned(),
        name: format!("Organization client {id}"),
        grant_types: grants.map(str::to_owned).collect(),
        scopes: ClientScopes::Only(global.then(|| GLOBAL.to_owned()).into_iter().collect()),
        ..Client::default()
    })
}

/// A client of an organization. Its other clients are not told from those that are not there.
fn current(domain: &Domain, tenant: &str, id: &str) -> Result<std::sync::Arc<State<Client>>, Failure> {
    let found = client::current(domain, tenant, id)?;
    match found.value.organization {
        Some(_) => Ok(found),
        None => Err(Failure::not_found(Client::NAME, id)),
    }
}

/// The client that a change is about, inside a transaction. Whose it is comes before its version.
fn target(write: &Write<'_>, tenant: &str, id: &str, stamp: &Stamp) -> Result<Client, Failure> {
    let found = stamp.live::<Client>(write, tenant, id)?.filter(|found| found.value.organization.is_some());
    found.ok_or_else(|| Failure::not_found(Client::NAME, id))?;
    Ok(stamp.target::<Client>(write, tenant, id)?.value)
}

fn keeps_a_secret(client: &Client) -> Result<(), Failure> {
    let reason = || "it proves itself without a secret".to_owned();
    client
        .auth_method
        .has_secret()
        .then_some(())
        .ok_or_else(|| Failure::Conflict { noun: Client::NAME, reason: reason() })
}

/// The application that a client is newly bound to must be one of the organization's.
fn bound(write: &Write<'_>, tenant: &str, old: Option<&Client>, new: &Client, stamp: &Stamp) -> Result<(), Failure> {
    let of = |client: &Client| client.organization.as_ref().and_then(|organization| organization.application.clone());
    let Some(id) = of(new).filter(|id| old.and_then(of).as_ref() != Some(id)) else { return Ok(()) };
    match stamp.live::<Application>(write, tenant, &id)? {
        Some(_) => Ok(()),
        None => Err(Failure::invalid("/applicationId", format!("there is no application `{id}`"))),
    }
}
