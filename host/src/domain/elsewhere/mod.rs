//! Requests that a person answers elsewhere: on another device than the one that waits (RFC 8628), or when a client asks them
//! without a browser of its own (CIBA).
//!
//! ```text
//! device       a device waits, its code is typed by the person      user_code    such a code
//! backchannel  a client waits, the person is known                  ping         telling it that there is an answer
//! asked        what it may say      signed   when it signs that     person       who is meant
//! person_code  what it must know    summons  telling the person's own device     vouched   what that answers
//! wanted       what they ask for
//! polls        how often a client may ask whether there is an answer
//! ```
//!
//! Begun by clients, answered in a login of their own kind (`authorize/elsewhere.rs`), so that policies, second factor and
//! consents are those of every other login, and turned into tokens by the token endpoint (`issue/elsewhere.rs`). Knows no page.

mod asked;
pub mod backchannel;
pub mod device;
mod person;
pub mod person_code;
pub(in crate::domain) mod ping;
mod polls;
mod signed;
pub mod summons;
mod user_code;
pub mod vouched;
mod wanted;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    Domain, Failure,
    client::{self, Client},
    details::Detail,
    expiry,
    identity::Identity,
    in_force::Added,
    permit::SYSTEM_SERVER,
    proof::Proven,
    server::Server,
};
use crate::{
    store::{Index, State, Write, index, records},
    world::Micros,
};
use backchannel::BackchannelRequest;
use device::DeviceRequest;

pub(in crate::domain) use polls::Polls;
use wanted::Wanted;
pub use wanted::Wish;

/// Which request a login is about, by the name of its record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Elsewhere {
    /// A device that waits.
    Device(String),
    /// A client that asks a person it knows.
    Backchannel(String),
}

/// What is asked of a person, and what they have said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// The authorization server.
    pub server: String,
    /// Which server of that name.
    pub server_since: Micros,
    /// The client that waits.
    pub client_id: String,
    /// Which client of that name.
    pub client_since: Micros,
    /// What it asks for.
    pub scopes: Vec<String>,
    /// The resources that its tokens are to be for; none in particular when empty.
    #[serde(default)]
    pub resources: Vec<String>,
    /// The authorization details that it asks for.
    #[serde(default)]
    pub details: Vec<Detail>,
    /// Who must answer; anybody who is shown the code of a device.
    pub subject: Option<String>,
    /// What the person compares with what the client shows them.
    pub message: String,
    /// The context classes asked for, the best first.
    pub acr_values: Vec<String>,
    /// Where the request came from, which may tell a person that it is not theirs.
    pub address: String,
    /// When it was made, in seconds since 1970.
    pub since: i64,
    /// When it ends, in seconds since 1970.
    pub ends: i64,
    /// What the person has said.
    pub said: Said,
}

/// What a person has said to a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::large_enum_variant, reason = "one at a time, on its way from the store or into it")]
pub enum Said {
    /// Nothing yet.
    Nothing,
    /// No.
    No,
    /// Yes: who it was, and what the client gets.
    Yes {
        /// The person.
        identity: Identity,
        /// The scopes.
        scopes: Vec<String>,
        /// The claims that the server's policy adds.
        claims: Added,
    },
}

/// How long one that has ended is still known, in seconds: its client is told that it has ended, and not that it never was.
const AFTERWARDS: i64 = 600;
/// How many requests of one client may wait for people at the same time.
const MOST_WAITING: usize = 1000;
/// How soon a client with that many may try again, in seconds.
const SOON: u64 = 30;

/// A record of a request that is answered elsewhere. Its key is tenant, server and the name of its handle.
pub(in crate::domain) trait Asks: expiry::Ends + Clone {
    /// What its clients are filed under: the requests of one, by name.
    const OF_CLIENT: Index;
    /// What is asked.
    fn waiting(&self) -> &Waiting;
    /// The same, to be answered.
    fn waiting_mut(&mut self) -> &mut Waiting;
    /// Takes it out of every index by which people find it, inside a transaction.
    fn hide(&self, write: &mut Write<'_>, key: &[&str; 3]) -> Result<(), Failure>;
}

impl Waiting {
    /// A request that begins now.
    fn new(
        place: (&Domain, &str, &Server),
        proven: &Proven,
        Wanted { scopes, resources, details }: Wanted,
        address: &str,
        seconds: i64,
    ) -> Waiting {
        let (domain, server_id, server) = place;
        let since = domain.world.now_seconds();
        Waiting {
            server: server_id.to_owned(),
            server_since: server.since,
            client_id: proven.id.clone(),
            client_since: proven.client.value.since,
            scopes,
            resources,
            details,
            subject: None,
            message: String::new(),
            acr_values: Vec::new(),
            address: address.to_owned(),
            since,
            ends: since.saturating_add(seconds),
            said: Said::Nothing,
        }
    }

    /// Whether a person may answer it.
    fn is_open(&self, now: i64) -> bool {
        self.ends > now && self.said == Said::Nothing
    }

    /// Whether it is about this very client of this very server.
    pub(in crate::domain) fn is_of(&self, server: &Server, (id, client): (&str, &Client)) -> bool {
        let since = (self.server_since, self.client_since);
        self.client_id == id && since == (server.since, client.since)
    }
}

/// Nobody logs in on the server for the tenant's machines.
fn has_people(server: &str) -> Result<(), Failure> {
    match server == SYSTEM_SERVER {
        true => Err(Failure::Unsupported { reason: "this server is for machines, nobody logs in here".to_owned() }),
        false => Ok(()),
    }
}

/// Writes a new request down, inside a transaction, if its client does not have too many.
fn file<T: Asks>(write: &mut Write<'_>, key: &[&str; 3], request: &T, now: i64) -> Result<(), Failure> {
    let ([tenant, server, name], client) = (*key, request.waiting().client_id.as_str());
    let place = [tenant, server, client];
    let full = index::ids(&*write, T::OF_CLIENT, &place)?.len() >= MOST_WAITING;
    if full && still_open::<T>(write, T::OF_CLIENT, &place, now)?.len() >= MOST_WAITING {
        return Err(Failure::TooMany { seconds: SOON });
    }
    records::put(write, key, request)?;
    index::put(write, T::OF_CLIENT, &[tenant, server, client], name)?;
    expiry::note(write, key, request)
}

/// The requests in a list that somebody may answer yet, inside a transaction. The others are taken out of the list: they stay until
/// they are purged, and nobody should meet them again and again until then.
fn still_open<T: Asks>(write: &mut Write<'_>, list: Index, place: &[&str], now: i64) -> Result<Vec<T>, Failure> {
    let (mut open, [tenant, server, ..]) = (Vec::new(), place) else { return Ok(Vec::new()) };
    for name in index::ids(&*write, list, place)? {
        match records::get::<T>(&*write, &[tenant, server, &name])?.filter(|found| found.waiting().is_open(now)) {
            Some(found) => open.push(found),
            None => index::remove(write, list, place, &name)?,
        }
    }
    Ok(open)
}

/// Takes a request out with everything that leads to it, inside a transaction.
pub(in crate::domain) fn forget<T: Asks>(write: &mut Write<'_>, key: &[&str; 3], request: &T) -> Result<(), Failure> {
    let [tenant, server, name] = *key;
    request.hide(write, key)?;
    index::remove(write, T::OF_CLIENT, &[tenant, server, &request.waiting().client_id], name)?;
    expiry::unnote(write, key, request)?;
    records::delete::<T>(write, key)?;
    Ok(())
}

/// Takes one out that has ended, inside a transaction.
pub(in crate::domain) fn purge<T: Asks>(write: &mut Write<'_>, key: &[&str; 3], now: i64) -> Result<(), Failure> {
    match records::get::<T>(&*write, key)?.filter(|request| request.ends() <= now) {
        Some(request) => forget(write, key, &request),
        None => Ok(()),
    }
}

/// A request that a person may answer, with its client.
pub struct Open {
    /// What is asked.
    pub waiting: Waiting,
    /// The client that waits.
    pub client: Arc<State<Client>>,
}

/// The request of a login. One that is answered, has ended, or whose client is there no more is not found.
pub(in crate::domain) fn open(
    domain: &Domain,
    tenant: &str,
    (server_id, server): (&str, &Server),
    which: &Elsewhere,
) -> Result<Open, Failure> {
    let read = domain.store.read()?;
    let found = match which {
        Elsewhere::Device(name) => {
            records::get::<DeviceRequest>(&read, &[tenant, server_id, name])?.map(|request| request.waiting)
        }
        Elsewhere::Backchannel(name) => {
            records::get::<BackchannelRequest>(&read, &[tenant, server_id, name])?.map(|request| request.waiting)
        }
    };
    let waiting = found.filter(|waiting| waiting.is_open(domain.world.now_seconds())).ok_or_else(gone)?;
    let client = match client::current(domain, tenant, &waiting.client_id) {
        Err(Failure::NotFound { .. }) => return Err(gone()),
        other => other?,
    };
    match waiting.is_of(server, (&waiting.client_id, &client.value)) && client.value.server == server_id {
        true => Ok(Open { waiting, client }),
        false => Err(gone()),
    }
}

/// Writes down what a person has said, inside a transaction. Of two answers the first one counts.
pub(in crate::domain) fn answer(
    write: &mut Write<'_>,
    (tenant, server): (&str, &str),
    which: &Elsewhere,
    said: &Said,
    now: i64,
) -> Result<(), Failure> {
    match which {
        Elsewhere::Device(name) => answer_to::<DeviceRequest>(write, &[tenant, server, name], said, now),
        Elsewhere::Backchannel(name) => answer_to::<BackchannelRequest>(write, &[tenant, server, name], said, now),
    }
}

fn answer_to<T: Asks>(write: &mut Write<'_>, key: &[&str; 3], said: &Said, now: i64) -> Result<(), Failure> {
    let found = records::get::<T>(&*write, key)?.filter(|request| request.waiting().is_open(now));
    let mut request = found.ok_or_else(gone)?;
    request.hide(write, key)?;
    request.waiting_mut().said = said.clone();
    Ok(records::put(write, key, &request)?)
}

/// Takes away what a person has said yes to and nobody has fetched yet, and their code, inside a transaction.
pub(in crate::domain) fn end(write: &mut Write<'_>, [tenant, server, subject]: [&str; 3]) -> Result<(), Failure> {
    records::delete::<person_code::PersonCode>(write, &[tenant, server, subject])?;
    forget_yes::<DeviceRequest>(write, [tenant, server, subject])?;
    forget_yes::<BackchannelRequest>(write, [tenant, server, subject])
}

fn forget_yes<T: Asks>(write: &mut Write<'_>, [tenant, server, subject]: [&str; 3]) -> Result<(), Failure> {
    for (key, request) in records::list_after::<T>(&*write, &[tenant, server], None, usize::MAX)? {
        let is_theirs = matches!(&request.waiting().said, Said::Yes { identity, .. } if identity.subject == subject);
        if let ([tenant, server, name], true) = (key.as_slice(), is_theirs) {
            forget(write, &[tenant, server, name], &request)?;
        }
    }
    Ok(())
}

/// What is not there is not named: what its name would be made of is a secret.
fn gone() -> Failure {
    Failure::not_found("request", "of this login")
}
