//! A device that waits for a person who answers on another one (RFC 8628).
//!
//! Begun by the device authorization endpoint, found again by the page on which the person types the code.

use serde::{Deserialize, Serialize};

use super::{Asks, Elsewhere, SOON, Waiting, Wanted, Wish, file, has_people, still_open, user_code::UserCode};
use crate::{
    crypto::Secret,
    domain::{
        Domain, Failure,
        authorize::Browser,
        client::AuthMethod,
        expiry::{Ends, What},
        guesses::{self, codes::CodeTry},
        handle::{self, Purpose},
        issue::{DEVICE_CODE, Refused},
        proof::Proven,
        server::{self, Server},
        session,
    },
    store::{Index, Record, Table, Write, index, records},
};

/// A device that waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceRequest {
    /// What it asks for, and what the person says.
    pub waiting: Waiting,
    /// What its user code is filed under.
    pub user_code: String,
}

impl Record for DeviceRequest {
    const TABLE: Table = Table::DeviceRequest;
}

impl Ends for DeviceRequest {
    const WHAT: What = What::DeviceRequest;
    fn ends(&self) -> i64 {
        self.waiting.ends.saturating_add(super::AFTERWARDS)
    }
}

impl Asks for DeviceRequest {
    const OF_CLIENT: Index = Index::ClientDevices;
    fn waiting(&self) -> &Waiting {
        &self.waiting
    }
    fn waiting_mut(&mut self) -> &mut Waiting {
        &mut self.waiting
    }
    fn hide(&self, write: &mut Write<'_>, [tenant, server, name]: &[&str; 3]) -> Result<(), Failure> {
        let of_network: [&str; 4] = [tenant, server, &self.waiting.client_id, &network(&self.waiting)];
        index::remove(write, Index::ClientDevices, &of_network, name)?;
        Ok(index::remove(write, Index::UserCodes, &[tenant, server, &self.user_code], name)?)
    }
}

/// What a device is told (RFC 8628 §3.2).
#[derive(Debug)]
pub struct Begun {
    /// What it asks the token endpoint with.
    pub device_code: Secret,
    /// What it shows.
    pub user_code: String,
    /// How long both are good, in seconds.
    pub expires_in: i64,
    /// How often it may ask, in seconds.
    pub interval: i64,
}

/// User codes that are made at a time: one that another device shows just now is not given out.
const CANDIDATES: usize = 4;

/// Begins to wait for a person, for a client that has proven itself. One that proves nothing is anybody, so a network may only begin
/// as many as there may be logins from it.
pub async fn begin(
    domain: &Domain,
    tenant: &str,
    (server_id, server): (&str, &Server),
    proven: &Proven,
    wish: Wish<'_>,
    address: &str,
) -> Result<Begun, Refused> {
    has_people(server_id)?;
    let client = &proven.client.value;
    if !client.grant_types.iter().any(|grant| grant == DEVICE_CODE) {
        return Err(Refused::Grant);
    }
    let wanted = Wanted::of(domain, tenant, (server_id, server), client, wish)?;
    let (public, now) = (client.auth_method == AuthMethod::None, domain.world.now_seconds());
    if public && !domain.logins.allows(tenant, server_id, address, now) {
        return Err(Failure::TooMany { seconds: LATER }.into());
    }
    let seconds = server.security.device_code_seconds;
    let waiting = Waiting::new((domain, server_id, server), proven, wanted, address, seconds);
    let (device_code, name) = handle::make(domain, Purpose::Device, tenant, server_id);
    let candidates: [UserCode; CANDIDATES] = std::array::from_fn(|_| UserCode::new(&domain.world));
    let candidates = candidates.map(|code| (code.name(domain, tenant, server_id), code));
    let user_code = {
        let (tenant, server) = (tenant.to_owned(), server_id.to_owned());
        let work = move |write: &mut Write<'_>| {
            if public && open_of_network(write, &tenant, &server, &waiting, now)? >= MOST_OF_NETWORK {
                return Err(Failure::TooMany { seconds: SOON });
            }
            put(write, &[&tenant, &server, &name], &waiting, &candidates, now)
        };
        domain.write(work).await?
    };
    Ok(Begun { device_code, user_code, expires_in: seconds, interval: server.security.poll_seconds })
}

/// How soon a network that has begun too many may try again, in seconds.
const LATER: u64 = 600;
/// How many devices of a public client may wait in one network at the same time: well below what the client may have, or whoever
/// begins many would leave none to everybody else.
const MOST_OF_NETWORK: usize = 50;

/// What the devices of a client in one network are filed under.
fn network(waiting: &Waiting) -> String {
    guesses::network(&waiting.address)
}

/// How many devices of its client wait in the network that this one is in, inside a transaction. Those that have ended are looked
/// at once.
fn open_of_network(
    write: &mut Write<'_>,
    tenant: &str,
    server: &str,
    waiting: &Waiting,
    now: i64,
) -> Result<usize, Failure> {
    let key: [&str; 4] = [tenant, server, &waiting.client_id, &network(waiting)];
    Ok(still_open::<DeviceRequest>(write, Index::ClientDevices, &key, now)?.len())
}

/// Writes a request down under the first user code that is free; answers that.
fn put(
    write: &mut Write<'_>,
    key: &[&str; 3],
    waiting: &Waiting,
    candidates: &[(String, UserCode)],
    now: i64,
) -> Result<String, Failure> {
    let [tenant, server, name] = *key;
    for (filed, code) in candidates {
        if index::any(&*write, Index::UserCodes, &[tenant, server, filed])? {
            continue;
        }
        file(write, key, &DeviceRequest { waiting: waiting.clone(), user_code: filed.clone() }, now)?;
        index::put(write, Index::UserCodes, &[tenant, server, filed], name)?;
        index::put(write, Index::ClientDevices, &[tenant, server, &waiting.client_id, &network(waiting)], name)?;
        return Ok(code.shown());
    }
    Err(Failure::Unavailable { log: "no user code was free".to_owned() })
}

/// What came of a code that somebody has typed.
#[derive(Debug)]
pub enum Entered {
    /// A device shows it and waits.
    Known(Elsewhere),
    /// None does.
    Unknown,
    /// Too many attempts.
    Wait {
        /// Not before so many seconds.
        seconds: u64,
        /// Whether nobody is logged in: then all who are not share what attempts there are, and whoever logs in has their own.
        stranger: bool,
    },
}

/// Finds the device that shows a code. Guesses are counted: for whoever is logged in by who they are, for everybody else by
/// server; and for all by address.
pub fn enter(
    domain: &Domain,
    (tenant, server_id): (&str, &str),
    typed: &str,
    browser: &Browser,
) -> Result<Entered, Failure> {
    let server = server::current(domain, tenant, server_id)?;
    let session = match &browser.session {
        Some(cookie) => session::find(domain, tenant, (server_id, &server.value), cookie)?,
        None => None,
    };
    let subject = session.as_ref().map(|(_, session)| session.identity.subject.as_str());
    let attempt = CodeTry { tenant, server: server_id, subject, address: &browser.address };
    if let Err(seconds) = domain.guesses.code_allowed(attempt) {
        return Ok(Entered::Wait { seconds, stranger: subject.is_none() });
    }
    match find(domain, (tenant, server_id, &server.value), typed)? {
        Some(name) => {
            domain.guesses.code_was_right(attempt);
            Ok(Entered::Known(Elsewhere::Device(name)))
        }
        None => Ok(Entered::Unknown),
    }
}

fn find(domain: &Domain, (tenant, id, server): (&str, &str, &Server), typed: &str) -> Result<Option<String>, Failure> {
    let Some(code) = UserCode::typed(typed) else { return Ok(None) };
    let (read, now) = (domain.store.read()?, domain.world.now_seconds());
    let filed = code.name(domain, tenant, id);
    for name in index::ids(&read, Index::UserCodes, &[tenant, id, &filed])? {
        let found = records::get::<DeviceRequest>(&read, &[tenant, id, &name])?;
        if found.is_some_and(|found| found.waiting.is_open(now) && found.waiting.server_since == server.since) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// A code as a link to the page has it, as it is shown there; none when it can be no code.
pub fn shown(typed: &str) -> Option<String> {
    UserCode::typed(typed).map(|code| code.shown())
}
