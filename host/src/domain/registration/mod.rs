//! Clients that register themselves (RFC 7591), and manage themselves with the token they get for it (RFC 7592).
//!
//! Called by the registration endpoints. A server must have it switched on; one of a tenant's own never does. What such a client
//! may be is in `rules.rs`; the developer policies of the server and of the scopes decide as well.

mod pace;
mod rules;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    Bearer, By, Caller, Condition, Credentials, Domain, Failure,
    client::{self, Client, Prepared},
    credential::{self, Given},
    discovery,
    gate::{self, Asking, Gate, TRIES, gates},
    handle::{self, Purpose},
    id,
    noun::Named,
    server::{self, Server},
    stamp::{Author, Stamp},
};
use crate::{
    crypto::Secret,
    store::{Record, State, Table, Write, records},
    world::Micros,
};

pub use gate::Describe;
pub(super) use pace::{CLIENTS, HINTS, LOGINS, OBJECTS, PUSHED, Pace};
pub use rules::Wanted;

/// The scope of an initial access token (RFC 7591 §3).
pub const REGISTER: &str = "dcr_register";
/// What policies call the making of a client.
const MAKING: &str = "register_client";
/// The tongue in which clients that register themselves are made and changed.
const TONGUE: &str = "registration";

/// How a client that has registered itself is managed. Its token does not end: it is exchanged with every change, and goes
/// with the client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Registration {
    /// The name of the registration access token.
    pub token: String,
    /// Which client of that name.
    pub client_since: Micros,
    /// Whether the bearer of an initial access token has registered it, and it is as it was then.
    #[serde(default)]
    pub vouched: bool,
}

impl Record for Registration {
    const TABLE: Table = Table::Registration;
}

/// Who asks.
pub struct Request<'a> {
    /// By whom: the bearer of an initial access token, or nobody.
    pub caller: &'a Caller,
    /// The caller's X-Request-ID, for finding the decisions of policies again.
    pub request_id: &'a str,
    /// How a policy sees a client.
    pub describe: Describe,
    /// From where.
    pub address: String,
}

/// A registered client.
#[derive(Debug)]
pub struct Registered {
    /// Its id.
    pub id: String,
    /// Its configuration.
    pub client: Client,
    /// Its secret, when this request has made it: it is shown once.
    pub secret: Option<Secret>,
    /// The registration access token from now on.
    pub token: Secret,
}

/// Whether a client has registered itself, and nobody who may has said that it is fine: whoever it is has chosen its addresses.
pub(super) fn is_stranger(domain: &Domain, tenant: &str, id: &str, client: &Client) -> Result<bool, Failure> {
    if !client.self_registered || client.trusted {
        return Ok(false);
    }
    let found = domain.store.record::<Registration>(&[tenant, id])?;
    Ok(!found.is_some_and(|found| found.vouched && found.client_since == client.since))
}

/// Registers a client (RFC 7591 §3.1).
pub async fn create(
    domain: &Domain,
    request: &Request<'_>,
    tenant: &str,
    server_id: &str,
    wanted: Wanted,
) -> Result<Registered, Failure> {
    let server = open(domain, tenant, server_id)?;
    may_register(request.caller.bearer(), server_id, &server.value)?;
    let now = domain.world.now_seconds();
    if server.value.open_registration && !domain.registrations.allows(tenant, server_id, &request.address, now) {
        let reason = "too many have registered from this address, try again later".to_owned();
        return Err(Failure::Conflict { noun: Client::NAME, reason });
    }
    let id = id::generate(&domain.world);
    let client = rules::settle(domain, tenant, server_id, &id, wanted, (request.caller, None)).await?;
    let prepared = client::ready(domain, tenant, &id, client, Given::Nothing)?;
    let (token, name) = handle::make(domain, Purpose::Registration, tenant, server_id);
    let place = Place { tenant, server: server_id, id: &id };
    let tokens = Tokens { known_as: None, name, vouched: is_registrar(request.caller.bearer(), server_id) };
    let state = save_if_allowed(domain, request, place, prepared, &tokens).await?;
    let secret = client::secret(domain, tenant, &id, true)?;
    Ok(Registered { id, client: state.value, secret, token })
}

/// The client that a registration access token is of (RFC 7592 §2.1).
pub fn read(domain: &Domain, tenant: &str, server_id: &str, id: &str, token: &str) -> Result<Client, Failure> {
    open(domain, tenant, server_id)?;
    Ok(owned(domain, Place { tenant, server: server_id, id }, token)?.1.value.clone())
}

/// Replaces a client's configuration, and its registration access token (RFC 7592 §2.2). What administrators say about it
/// stays, but it is not trusted any more: they trusted it as it was.
pub async fn replace(
    domain: &Domain,
    request: &Request<'_>,
    (tenant, server_id, id): (&str, &str, &str),
    token: &str,
    wanted: Wanted,
) -> Result<Registered, Failure> {
    open(domain, tenant, server_id)?;
    let place = Place { tenant, server: server_id, id };
    let (old_name, old) = owned(domain, place, token)?;
    if let Some(secret) = wanted.secret.clone() {
        let right = credential::verify(domain, tenant, id, vec![secret]).await?;
        let reason = "is not the client's: secrets are made by the server";
        right.then_some(()).ok_or_else(|| Failure::invalid("/client_secret", reason))?;
    }
    let had_secret = credential::has(domain, tenant, id)?;
    let itself = itself(place);
    let client = rules::settle(domain, tenant, server_id, id, wanted, (&itself, Some(&old.value))).await?;
    let prepared = client::ready(domain, tenant, id, client, Given::Nothing)?;
    let request = Request { caller: &itself, address: request.address.clone(), ..*request };
    let (token, name) = handle::make(domain, Purpose::Registration, tenant, server_id);
    let tokens = Tokens { known_as: Some(old_name), name, vouched: false };
    let state = save_if_allowed(domain, &request, place, prepared, &tokens).await?;
    let secret = if had_secret { None } else { client::secret(domain, tenant, id, true)? };
    Ok(Registered { id: id.to_owned(), client: state.value, secret, token })
}

/// Removes a client with everything of its own (RFC 7592 §2.3).
pub async fn remove(domain: &Domain, tenant: &str, server_id: &str, id: &str, token: &str) -> Result<(), Failure> {
    open(domain, tenant, server_id)?;
    let place = Place { tenant, server: server_id, id };
    owned(domain, place, token)?;
    client::delete(domain, &By { caller: &itself(place), condition: Condition::None, tongue: TONGUE }, tenant, id).await
}

/// Which client.
#[derive(Clone, Copy)]
struct Place<'a> {
    tenant: &'a str,
    server: &'a str,
    id: &'a str,
}

/// The client as a caller.
fn itself(place: Place<'_>) -> Caller {
    let [tenant, server, client_id] = [place.tenant, place.server, place.id].map(str::to_owned);
    Caller::Client { tenant, server, client_id }
}

/// The server, if clients may register themselves there. Otherwise there is nothing at this path.
fn open(domain: &Domain, tenant: &str, server_id: &str) -> Result<Arc<State<Server>>, Failure> {
    let server = server::current(domain, tenant, server_id)?;
    if discovery::registers(server_id, &server.value) { Ok(server) } else { Err(Failure::NoSuchPath) }
}

/// Anybody may where the server says so; otherwise it takes an initial access token of this server.
fn may_register(bearer: Option<&Bearer>, server_id: &str, server: &Server) -> Result<(), Failure> {
    match bearer {
        _ if server.open_registration || is_registrar(bearer, server_id) => Ok(()),
        None => Err(Failure::Unauthenticated(Credentials::Missing)),
        Some(_) => {
            Err(Failure::Forbidden { needs: format!("a token of this authorization server with scope `{REGISTER}`") })
        }
    }
}

/// Whether somebody may register clients of a server, whoever else may.
fn is_registrar(bearer: Option<&Bearer>, server_id: &str) -> bool {
    bearer.is_some_and(|bearer| bearer.server == server_id && bearer.scopes.iter().any(|scope| scope == REGISTER))
}

/// The name of a registration access token and its client. A token that is of no client, or of another one, is told from
/// nothing else (RFC 7592 §2).
fn owned(domain: &Domain, place: Place<'_>, token: &str) -> Result<(String, Arc<State<Client>>), Failure> {
    let invalid = || Failure::Unauthenticated(Credentials::Invalid);
    let Place { tenant, server, id } = place;
    // Hashed, so comparing two of them tells nothing about the token.
    let name = handle::name(domain, Purpose::Registration, tenant, server, token);
    let registration = domain.store.record::<Registration>(&[tenant, id])?.ok_or_else(invalid)?;
    let client = match client::current(domain, tenant, id) {
        Err(Failure::NotFound { .. }) => return Err(invalid()),
        found => found?,
    };
    let Client { server: of, since, self_registered, .. } = &client.value;
    let right = registration.token == name && registration.client_since == *since && of == server && *self_registered;
    if right { Ok((name, client)) } else { Err(invalid()) }
}

/// Asks the policies and saves. When other policies guard the client by then, they are asked instead.
async fn save_if_allowed(
    domain: &Domain,
    request: &Request<'_>,
    place: Place<'_>,
    prepared: Prepared,
    tokens: &Tokens,
) -> Result<State<Client>, Failure> {
    let Place { tenant, id, .. } = place;
    let asking = Asking { caller: request.caller, request_id: request.request_id, describe: request.describe };
    for _ in 0..TRIES {
        let old = tokens.known_as.as_ref().map(|_| client::current(domain, tenant, id)).transpose()?;
        let old = old.as_ref().map(|state| &state.value);
        let asked = gates(&domain.store.read()?, tenant, &prepared.value, old, MAKING, domain.now())?;
        for gate in &asked {
            gate::ask(domain, asking, tenant, id, &prepared.value, gate).await?;
        }
        let saving = Saving { prepared: prepared.clone(), tokens: tokens.clone() };
        if let Some(state) = save(domain, request.caller, place, saving, asked).await? {
            return Ok(state);
        }
    }
    Err(Failure::Unavailable { log: format!("the policies that guard client `{id}` change too fast") })
}

/// What is written: the client, and how it is managed.
struct Saving {
    prepared: Prepared,
    tokens: Tokens,
}

/// The name of a registration access token before and from now on, and whether somebody vouches for its client. Nobody does for what
/// a client makes of itself.
#[derive(Clone)]
struct Tokens {
    known_as: Option<String>,
    name: String,
    vouched: bool,
}

/// Saves unless other policies than `asked` guard the client, or its token was used for another change meanwhile.
async fn save(
    domain: &Domain,
    caller: &Caller,
    place: Place<'_>,
    saving: Saving,
    asked: Vec<Gate>,
) -> Result<Option<State<Client>>, Failure> {
    let [tenant, server, id] = [place.tenant, place.server, place.id].map(str::to_owned);
    let author = Author::of(domain, &By { caller, condition: Condition::None, tongue: TONGUE });
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let still_on = stamp.live::<Server>(write, &tenant, &server)?;
            if !still_on.is_some_and(|found| discovery::registers(&server, &found.value)) {
                return Err(Failure::NoSuchPath);
            }
            let old = before(write, &tenant, &id, saving.tokens.known_as.as_deref(), &stamp)?;
            if gates(write, &tenant, &saving.prepared.value, old.as_ref(), MAKING, stamp.now)? != asked {
                return Ok(None);
            }
            let state = client::save(write, &tenant, &id, old.as_ref(), &saving.prepared, &stamp)?;
            let Tokens { name: token, vouched, .. } = saving.tokens.clone();
            let registration = Registration { token, client_since: state.value.since, vouched };
            records::put(write, &[&tenant, &id], &registration)?;
            Ok(Some(state))
        })
        .await
}

/// What is replaced: nothing, or the client whose token still has this name.
fn before(
    write: &Write<'_>,
    tenant: &str,
    id: &str,
    known_as: Option<&str>,
    stamp: &Stamp,
) -> Result<Option<Client>, Failure> {
    let Some(known_as) = known_as else {
        return stamp.absent::<Client>(write, tenant, id).map(|()| None);
    };
    let found = records::get::<Registration>(write, &[tenant, id])?;
    if found.is_none_or(|found| found.token != known_as) {
        return Err(Failure::Unauthenticated(Credentials::Invalid));
    }
    let old = stamp.live::<Client>(write, tenant, id)?.ok_or_else(|| Failure::not_found(Client::NAME, id))?;
    Ok(Some(old.value))
}
