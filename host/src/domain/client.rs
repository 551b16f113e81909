//! A client: a program that gets tokens of an authorization server.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    Caller, Domain, Failure, Problem,
    credential::{self, Credential},
    id, scope,
    server::{self, Server},
    stamp::{Author, Stamp},
};
use crate::{
    crypto::Secret,
    store::{Index, Kind, Noun, State, Write, index, records, timeline},
    world::Micros,
};

/// A client's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// The authorization server it belongs to.
    pub server: String,
    /// For people.
    pub name: String,
    /// The grants it may use.
    pub grant_types: Vec<String>,
    /// The scopes it may ask for.
    pub scopes: ClientScopes,
    /// Made by the server itself.
    pub system: bool,
    /// When it was made, in microseconds, set when it is. Tokens carry it, so that a later client of the same name does
    /// not revive the tokens of an earlier one.
    pub since: Micros,
}

/// The scopes a client may ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClientScopes {
    /// Every scope of its server, also those that come later (bootstrap clients).
    AllOfServer,
    /// These.
    Only(Vec<String>),
}

impl Noun for Client {
    const KIND: Kind = Kind::Client;
}

/// The shortest secret somebody may choose, in characters.
pub const SHORTEST_SECRET: usize = 32;

/// The client `id` as it is now.
pub fn current(domain: &Domain, tenant: &str, id: &str) -> Result<Arc<State<Client>>, Failure> {
    let found = domain.store.current::<Client>(tenant, id, domain.now())?;
    found.ok_or_else(|| Failure::not_found("client", id))
}

/// All clients of a server, by id.
pub fn list(domain: &Domain, tenant: &str, server: &str) -> Result<Vec<(String, State<Client>)>, Failure> {
    server::current(domain, tenant, server)?;
    let (read, now) = (domain.store.read()?, domain.now());
    let mut clients = Vec::new();
    for id in index::ids(&read, Index::ServerClients, &[tenant, server])? {
        if let Some(state) = timeline::current::<Client>(&read, tenant, &id, now)?.filter(|state| !state.deleted) {
            clients.push((id, state));
        }
    }
    Ok(clients)
}

/// A client that was just made.
#[derive(Debug)]
pub struct Created {
    /// Its client_id.
    pub id: String,
    /// Its secret, shown this once when the server made it.
    pub secret: Option<Secret>,
    /// Its configuration.
    pub state: State<Client>,
}

/// Makes a client (createClient). Without `id` or `secret` it gets them.
pub async fn create(
    domain: &Domain,
    caller: &Caller,
    tenant: &str,
    id: Option<&str>,
    secret: Option<Secret>,
    client: Client,
) -> Result<Created, Failure> {
    let id = id.map_or_else(|| id::generate(&domain.world), str::to_owned);
    id::check("/client_id", &id).map_err(|problem| Failure::Invalid(vec![problem]))?;
    let parent = server::current(domain, tenant, &client.server)
        .map_err(|_| Failure::invalid("/authorization_server_id", format!("there is no server `{}`", client.server)))?;
    check(&client, &parent.value, secret.as_ref())?;
    let (secret, credential) = match secret {
        None => {
            let (secret, credential) = credential::generate(domain, tenant, &id);
            (Some(secret), credential)
        }
        Some(chosen) => (None, credential::choose(domain, chosen).await?),
    };
    let (tenant, author) = (tenant.to_owned(), Author::of(domain, caller));
    let (key, value) = (id.clone(), client.clone());
    let state = domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            // Whatever was checked before may have changed since.
            let Some(parent) = stamp.live::<Server>(write, &tenant, &value.server)? else {
                return Err(Failure::not_found("authorization server", value.server.clone()));
            };
            check(&value, &parent.value, None)?;
            if stamp.live::<Client>(write, &tenant, &key)?.is_some() {
                return Err(Failure::Conflict { noun: "client", reason: format!("`{key}` exists already") });
            }
            check_scopes(write, &tenant, &value, &stamp)?;
            insert(write, &tenant, &key, &value, &credential, &stamp)
        })
        .await?;
    Ok(Created { id, secret, state })
}

/// Removes a client; its tokens are refused from then on (deleteClient).
pub async fn delete(domain: &Domain, caller: &Caller, tenant: &str, id: &str) -> Result<(), Failure> {
    let (tenant, id, author) = (tenant.to_owned(), id.to_owned(), Author::of(domain, caller));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let found = stamp.live::<Client>(write, &tenant, &id)?;
            match found {
                None => Err(Failure::not_found("client", id.clone())),
                Some(state) if state.value.system => {
                    Err(Failure::InUse { noun: "client", by: vec!["the tenant itself".to_owned()] })
                }
                Some(state) => remove(write, &tenant, &id, &state.value.server, &stamp),
            }
        })
        .await
}

/// Writes a client with its credential, inside a transaction.
pub(super) fn insert(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    client: &Client,
    credential: &Credential,
    stamp: &Stamp,
) -> Result<State<Client>, Failure> {
    records::put(write, &[tenant, id], credential)?;
    index::put(write, Index::ServerClients, &[tenant, &client.server], id)?;
    // No two instants of the store are the same, so this also tells one client from the next of its name.
    Ok(stamp.append(write, tenant, id, Client { since: stamp.now, ..client.clone() })?)
}

/// Removes the clients of a server that goes, inside a transaction.
pub(super) fn delete_all(write: &mut Write<'_>, tenant: &str, server: &str, stamp: &Stamp) -> Result<(), Failure> {
    for id in index::ids(write, Index::ServerClients, &[tenant, server])? {
        remove(write, tenant, &id, server, stamp)?;
    }
    Ok(())
}

fn remove(write: &mut Write<'_>, tenant: &str, id: &str, server: &str, stamp: &Stamp) -> Result<(), Failure> {
    stamp.soft_delete::<Client>(write, tenant, id)?;
    records::delete::<Credential>(write, &[tenant, id])?;
    index::remove(write, Index::ServerClients, &[tenant, server], id)?;
    Ok(())
}

fn check(client: &Client, server: &Server, secret: Option<&Secret>) -> Result<(), Failure> {
    let mut problems = Vec::new();
    if client.name.trim().is_empty() {
        problems.push(Problem::new("/client_name", "must not be empty"));
    }
    if secret.is_some_and(|secret| secret.expose().chars().count() < SHORTEST_SECRET) {
        problems.push(Problem::new("/client_secret", format!("must have at least {SHORTEST_SECRET} characters")));
    }
    for (place, grant) in client.grant_types.iter().enumerate() {
        if !server.grant_types.contains(grant) {
            let reason = format!("`{grant}` is not a grant type of the authorization server");
            problems.push(Problem::new(format!("/grant_types/{place}"), reason));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Failure::Invalid(problems)) }
}

fn check_scopes(write: &Write<'_>, tenant: &str, client: &Client, stamp: &Stamp) -> Result<(), Failure> {
    let ClientScopes::Only(wanted) = &client.scopes else { return Ok(()) };
    let known = scope::names(write, tenant, &client.server, stamp.now)?;
    let unknown = wanted.iter().enumerate().filter(|(_, scope)| !known.contains(scope));
    let problems: Vec<Problem> = unknown
        .map(|(place, scope)| Problem::new(format!("/scopes/{place}"), format!("there is no scope `{scope}`")))
        .collect();
    if problems.is_empty() { Ok(()) } else { Err(Failure::Invalid(problems)) }
}
