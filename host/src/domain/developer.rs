//! Developers: they register clients of their own and see the servers and scopes these may use.
//!
//! Called by the developer handlers. A developer is the subject of a token of the tenant's `developer` server; what others
//! have made does not exist for it. Whether it may register a client or take a scope, the policies of server and scope
//! decide. They are asked before the transaction, which then makes sure that they were the right ones to ask.

use std::sync::Arc;

use super::{
    By, Caller, Credentials, Domain, Failure,
    client::{self, Client, Prepared},
    credential::Given,
    gate::{self, Asking, Gate, TRIES, gates},
    id,
    noun::{self, Named},
    scope::Scope,
    server::{self, Server},
    service::Service,
    stamp::Author,
    tenant,
};
use crate::store::{Index, State, index, timeline};

pub use gate::Describe;

/// What policies call the making of a client.
const MAKING: &str = "create_client";

/// What a developer asks for.
pub struct Request<'a> {
    /// By whom, and under which condition.
    pub by: By<'a>,
    /// The caller's X-Request-ID, for finding the decisions again.
    pub request_id: &'a str,
    /// How a policy sees a client.
    pub describe: Describe,
}

/// A scope that a developer may ask for, with the service it belongs to.
#[derive(Debug)]
pub struct OfferedScope {
    /// Its identifier.
    pub id: String,
    /// Its configuration.
    pub scope: Scope,
    /// The service, when it belongs to one.
    pub service: Option<(String, Service)>,
}

/// The servers on which developers may have clients, by id (listServersForDeveloper).
pub fn servers(domain: &Domain, tenant: &str) -> Result<Vec<(String, State<Server>)>, Failure> {
    let mut servers = server::list(domain, tenant)?;
    servers.retain(|(id, state)| !state.value.is_system(id));
    Ok(servers)
}

/// One of these servers (getServerForDeveloper).
pub fn server(domain: &Domain, tenant: &str, id: &str) -> Result<Arc<State<Server>>, Failure> {
    let found = server::current(domain, tenant, id)?;
    if found.value.is_system(id) { Err(Failure::not_found(Server::NAME, id)) } else { Ok(found) }
}

/// The scopes of one of these servers, by id.
pub fn scopes(domain: &Domain, tenant: &str, server: &str) -> Result<Vec<OfferedScope>, Failure> {
    let (read, now) = (domain.store.read()?, domain.now());
    let offer = |(id, state): (String, State<Scope>)| {
        let service = match &state.value.service {
            Some(id) => timeline::current::<Service>(&read, tenant, id, now)?
                .filter(|service| !service.deleted)
                .map(|service| (id.clone(), service.value)),
            None => None,
        };
        Ok(OfferedScope { id, scope: state.value, service })
    };
    noun::below::<Scope>(&read, Index::ServerScopes, tenant, server, now)?.into_iter().map(offer).collect()
}

/// Clients that one developer may have. A few more when they are made at the same time.
const MOST: usize = 1000;

/// The caller's own clients, by id (listClientsForDeveloper).
pub fn list(domain: &Domain, caller: &Caller, tenant: &str) -> Result<Vec<(String, State<Client>)>, Failure> {
    tenant::current(domain, tenant)?;
    let developer = developer(caller)?;
    let mut found =
        noun::below::<Client>(&domain.store.read()?, Index::DeveloperClients, tenant, developer, domain.now())?;
    // Some have been handed over, or are yet to be.
    found.retain(|(id, state)| owned(&state.value, developer, id).is_ok());
    Ok(found)
}

/// One of the caller's own clients (getClientForDeveloper).
pub fn current(domain: &Domain, caller: &Caller, tenant: &str, id: &str) -> Result<Arc<State<Client>>, Failure> {
    let found = client::current(domain, tenant, id)?;
    owned(&found.value, developer(caller)?, id)?;
    Ok(found)
}

/// Registers a client with an id and a secret of the server's making (createClientForDeveloper).
pub async fn create(
    domain: &Domain,
    request: &Request<'_>,
    tenant: &str,
    client: Client,
) -> Result<(String, State<Client>), Failure> {
    let developer = developer(request.by.caller)?.to_owned();
    if server::current(domain, tenant, &client.server).is_ok_and(|found| found.value.is_system(&client.server)) {
        let reason = format!("`{}` is a system server, where developers have no clients", client.server);
        return Err(Failure::invalid("/authorization_server_id", reason));
    }
    let view = domain.store.read()?;
    if index::ids_after(&view, Index::DeveloperClients, &[tenant, &developer], None, MOST)?.len() == MOST {
        let reason = format!("a developer may have at most {MOST} clients");
        return Err(Failure::Conflict { noun: "client", reason });
    }
    drop(view);
    let id = id::generate(&domain.world);
    let client = Client { developer: Some(developer), system: false, trusted: false, issued_at: 0, ..client };
    let prepared = client::ready(domain, tenant, &id, client, Given::Nothing)?;
    // On the heap: the future holds the client more than once.
    let state = Box::pin(save_if_allowed(domain, request, tenant, &id, prepared, true)).await?;
    Ok((id, state))
}

/// Replaces one of the caller's own clients (updateClientForDeveloper).
pub async fn update(
    domain: &Domain,
    request: &Request<'_>,
    tenant: &str,
    id: &str,
    given: Given,
    client: Client,
) -> Result<State<Client>, Failure> {
    let old = current(domain, request.by.caller, tenant, id)?;
    let prepared = client::ready(domain, tenant, id, inherit(client, &old.value), given)?;
    Box::pin(save_if_allowed(domain, request, tenant, id, prepared, false)).await
}

/// Removes one of the caller's own clients (deleteClientForDeveloper).
pub async fn delete(domain: &Domain, by: &By<'_>, tenant: &str, id: &str) -> Result<(), Failure> {
    let developer = developer(by.caller)?.to_owned();
    let (tenant, id, author) = (tenant.to_owned(), id.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let found = stamp.live::<Client>(write, &tenant, &id)?.ok_or_else(|| not_found(&id))?;
            // Whose it is comes before its version: a condition tells strangers nothing.
            owned(&found.value, &developer, &id)?;
            stamp.target::<Client>(write, &tenant, &id)?;
            client::remove(write, &tenant, &id, &found.value, &stamp)
        })
        .await
}

/// The developer who calls.
fn developer(caller: &Caller) -> Result<&str, Failure> {
    let bearer = caller.bearer().ok_or(Failure::Unauthenticated(Credentials::Missing))?;
    Ok(&bearer.subject)
}

fn not_found(id: &str) -> Failure {
    Failure::not_found(Client::NAME, id)
}

fn owned(client: &Client, developer: &str, id: &str) -> Result<(), Failure> {
    if client.developer.as_deref() == Some(developer) { Ok(()) } else { Err(not_found(id)) }
}

/// A developer cannot make its client a trusted one, nor take that from it.
fn inherit(client: Client, old: &Client) -> Client {
    client::inherit(Client { trusted: old.trusted, ..client }, old)
}

/// Asks the policies and saves. When other policies guard the client by then, they are asked instead.
async fn save_if_allowed(
    domain: &Domain,
    request: &Request<'_>,
    tenant: &str,
    id: &str,
    prepared: Prepared,
    fresh: bool,
) -> Result<State<Client>, Failure> {
    for _ in 0..TRIES {
        let old = if fresh { None } else { Some(current(domain, request.by.caller, tenant, id)?) };
        let old = old.as_ref().map(|state| &state.value);
        let asked = gates(&domain.store.read()?, tenant, &prepared.value, old, MAKING, domain.now())?;
        let Request { by, request_id, describe } = request;
        let asking = Asking { caller: by.caller, request_id, describe: *describe };
        for gate in &asked {
            gate::ask(domain, asking, tenant, id, &prepared.value, gate).await?;
        }
        if let Some(state) = save(domain, request, tenant, id, prepared.clone(), fresh, asked).await? {
            return Ok(state);
        }
    }
    Err(Failure::Unavailable { log: format!("the policies that guard client `{id}` change too fast") })
}

/// Saves unless other policies than `asked` guard the client.
async fn save(
    domain: &Domain,
    request: &Request<'_>,
    tenant: &str,
    id: &str,
    prepared: Prepared,
    fresh: bool,
    asked: Vec<Gate>,
) -> Result<Option<State<Client>>, Failure> {
    let developer = developer(request.by.caller)?.to_owned();
    let (tenant, id, author) = (tenant.to_owned(), id.to_owned(), Author::of(domain, &request.by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let mut prepared = prepared.clone();
            let old = match stamp.live::<Client>(write, &tenant, &id)? {
                None if fresh => None,
                None => return Err(not_found(&id)),
                Some(_) if fresh => return stamp.absent::<Client>(write, &tenant, &id).map(|()| None),
                Some(old) => {
                    owned(&old.value, &developer, &id)?;
                    stamp.target::<Client>(write, &tenant, &id)?;
                    prepared.value = inherit(prepared.value, &old.value);
                    Some(old.value)
                }
            };
            if gates(write, &tenant, &prepared.value, old.as_ref(), MAKING, stamp.now)? != asked {
                return Ok(None);
            }
            client::save(write, &tenant, &id, old.as_ref(), &prepared, &stamp).map(Some)
        })
        .await
}
