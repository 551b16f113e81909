//! A login: an authorization request that waits for a person, from the first page to the answer.
//!
//! Begun by `authorize`, carried on by the ways to log in and by the pages, finished by `authorize`. It lies in the store, so
//! that a restart between two pages loses nothing.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::{
    Domain, Failure,
    authorize::{AuthorizationRequest, Browser},
    expiry,
    identity::Identity,
    server::{self, Server},
};
use crate::{
    crypto::vault::Sealed,
    store::{Record, State, Table, Write, records},
    world::Micros,
};

/// An authorization request that waits for a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Login {
    /// The authorization server.
    pub server: String,
    /// Which server of that name.
    pub server_since: Micros,
    /// Which client of its name.
    pub client_since: Micros,
    /// What was asked for, already checked.
    pub request: AuthorizationRequest,
    /// The pushed request that it was begun with, by name (RFC 9126).
    #[serde(default)]
    pub pushed: Option<String>,
    /// The browser that may go on with it, by the name of its cookie's record.
    pub browser: String,
    /// The authentication method that was chosen, by id.
    pub method: Option<String>,
    /// What we need to know again when the person is back from elsewhere, sealed: what a provider was told (`upstream`), or
    /// what a page of one's own has said (`custom_login`).
    pub errand: Option<Sealed>,
    /// The name of the `login_state` that a page of one's own was given.
    pub login_state: Option<String>,
    /// Who the person is, once known.
    pub identity: Option<Identity>,
    /// The session that it is known from, by name; none when the person has logged in during this login.
    pub session: Option<String>,
    /// Whether the person has come in during this login, and is not known from before.
    #[serde(default)]
    pub entered: bool,
    /// Whether they have proven who they are during this login: a provider may remember them from before.
    #[serde(default)]
    pub anew: bool,
    /// Whether the person has said that a request from elsewhere is theirs.
    #[serde(default)]
    pub confirmed: bool,
    /// The scopes that the person has granted, once asked.
    pub granted: Option<Vec<String>>,
    /// Why it was given up, as (error, description) for the client.
    pub refused: Option<(String, String)>,
    /// When it began, in seconds since 1970.
    pub since: i64,
    /// When it ends, in seconds since 1970.
    pub ends: i64,
}

impl Record for Login {
    const TABLE: Table = Table::Login;
}

impl expiry::Ends for Login {
    const WHAT: expiry::What = expiry::What::Login;
    /// It is kept a while after it has ended, so that the page can say where to start again.
    fn ends(&self) -> i64 {
        self.ends.saturating_add(AFTERWARDS)
    }
}

/// How long a person has for all pages of a login, in seconds.
pub const PATIENCE: i64 = 1800;
/// How long one that has ended is still known, in seconds.
const AFTERWARDS: i64 = 600;

/// A name for a new login.
pub fn new_id(domain: &Domain) -> String {
    HEXLOWER.encode(&domain.world.bytes::<16>())
}

/// The login `id` of a server, unless it has ended.
pub fn current(domain: &Domain, tenant: &str, server: &str, id: &str) -> Result<Login, Failure> {
    let found = records::get::<Login>(&domain.store.read()?, &[tenant, id])?;
    let now = domain.world.now_seconds();
    found.filter(|login| login.ends > now && login.server == server).ok_or_else(|| Failure::not_found("login", id))
}

/// The client of a login that has ended not long ago, for a way to start again.
pub fn client_of_ended(domain: &Domain, tenant: &str, server: &str, id: &str) -> Result<Option<String>, Failure> {
    let found = records::get::<Login>(&domain.store.read()?, &[tenant, id])?;
    Ok(found.filter(|login| login.server == server).map(|login| login.request.client_id))
}

/// The login `id`, for the browser that began it. Another one does not find it: whoever sends somebody a link into the middle
/// of their own login gets nothing by it.
pub(super) fn of_browser(
    domain: &Domain,
    tenant: &str,
    (server_id, server): (&str, &Server),
    id: &str,
    browser: &Browser,
) -> Result<Login, Failure> {
    let login = current(domain, tenant, server_id, id)?;
    let name = browser.name(domain, tenant, server_id);
    match login.browser == name && login.server_since == server.since {
        true => Ok(login),
        false => Err(Failure::not_found("login", id)),
    }
}

/// The login `id` of whichever server of the tenant, with that server: for the tenant's own machines.
pub(super) fn of_tenant(domain: &Domain, tenant: &str, id: &str) -> Result<(Login, Arc<State<Server>>), Failure> {
    let gone = || Failure::not_found("login", id);
    let found = records::get::<Login>(&domain.store.read()?, &[tenant, id])?.ok_or_else(gone)?;
    let login = current(domain, tenant, &found.server, id)?;
    match server::current(domain, tenant, &login.server) {
        Ok(server) if server.value.since == login.server_since => Ok((login, server)),
        Ok(_) | Err(Failure::NotFound { .. }) => Err(gone()),
        Err(failure) => Err(failure),
    }
}

/// Writes a login down, inside a transaction.
pub(super) fn put(write: &mut Write<'_>, tenant: &str, id: &str, login: &Login) -> Result<(), Failure> {
    records::put(write, &[tenant, id], login)?;
    expiry::note(write, &[tenant, id], login)
}

/// Chooses the method by which the person logs in, or none to be asked again.
pub async fn choose(
    domain: &Domain,
    (tenant, server_id): (&str, &str),
    id: &str,
    browser: &Browser,
    method: Option<&str>,
) -> Result<(), Failure> {
    let server = server::current(domain, tenant, server_id)?;
    let is_on = |method: &str| server.value.authentications.iter().any(|known| known.id == method && !known.disabled);
    if let Some(unknown) = method.filter(|method| !is_on(method)) {
        return Err(Failure::invalid("/method", format!("`{unknown}` is no way to log in here")));
    }
    let name = browser.name(domain, tenant, server_id);
    let (id_again, server_id, since) = (id.to_owned(), server_id.to_owned(), server.value.since);
    let method = method.map(str::to_owned);
    let chosen = move |login: &mut Login| {
        if login.server != server_id || login.server_since != since || login.browser != name {
            return Err(Failure::not_found("login", &id_again));
        }
        login.method.clone_from(&method);
        // What a page or a provider was given is good for the method it was given for.
        (login.login_state, login.errand, login.entered) = (None, None, false);
        Ok(())
    };
    change(domain, tenant, id, chosen).await.map(drop)
}

/// Changes a login in one transaction. `change` sees it as it is then, and may refuse.
pub(super) async fn change(
    domain: &Domain,
    tenant: &str,
    id: &str,
    change: impl Fn(&mut Login) -> Result<(), Failure> + Send + 'static,
) -> Result<Login, Failure> {
    domain.write(changing(domain, tenant, id, change)).await
}

/// The same as a part of a transaction.
pub(super) fn changing<F>(
    domain: &Domain,
    tenant: &str,
    id: &str,
    change: F,
) -> impl Fn(&mut Write<'_>) -> Result<Login, Failure> + use<F>
where
    F: Fn(&mut Login) -> Result<(), Failure>,
{
    let (tenant, id, now) = (tenant.to_owned(), id.to_owned(), domain.world.now_seconds());
    move |write| {
        let found = records::get::<Login>(&*write, &[&tenant, &id])?.filter(|login| login.ends > now);
        let mut login = found.ok_or_else(|| Failure::not_found("login", &id))?;
        change(&mut login)?;
        records::put(write, &[&tenant, &id], &login)?;
        Ok(login)
    }
}
