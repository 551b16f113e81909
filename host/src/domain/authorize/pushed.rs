//! Pushed authorization requests (RFC 9126): a client leaves its request here, and the browser brings a reference to it.
//!
//! `push` is called by the endpoint for clients that have proven who they are, `find` by `came`, `take` and `spend` inside the
//! transactions of `wait` and `conclude`. What is kept is what counts: the lines of `checks` look at it when it is pushed, and
//! again when the browser brings it, since server and client may have changed in between.
//!
//! A reference is good once (RFC 9126 §4). It is spent by what it leads to: an answer made at once, or a login that begins.
//! The browser of that login may come back with it and gets to its login again, because people reload and click twice; nobody
//! else gets anything by it. An error spends nothing, since it gave nothing.

use serde::{Deserialize, Serialize};

use super::{
    Browser, Place,
    came::{self, How},
    checks::Draft,
    refusal::{Refusal, Wrong},
    sent::Sent,
    trust, wait,
};
use crate::{
    crypto::Secret,
    domain::{
        Domain, Failure,
        client::{AuthMethod, Client},
        expiry,
        handle::{self, Purpose},
        possession::{self, Evidence},
        proof::Proven,
        server::Server,
    },
    store::{Record, Table, Write, records},
    world::Micros,
};

/// What a reference starts with (RFC 9126 §2.2); the rest is a handle.
pub(super) const REFERENCE: &str = "urn:ietf:params:oauth:request_uri:";
/// The parameter that says which key the code is bound to (RFC 9449 §10).
const KEY: &str = "dpop_jkt";
/// The word for a proof that is no good (RFC 9449 §5).
const BAD_PROOF: &str = "invalid_dpop_proof";
/// The largest request that is kept, in bytes of its names and values.
const LARGEST: usize = 32 * 1024;

/// A request as it is kept. It has no `Debug`: its hints are about people.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::domain) struct PushedRequest {
    /// Which server of its id.
    server_since: Micros,
    /// Whose it is.
    client_id: String,
    /// Which client of that id.
    client_since: Micros,
    /// Its parameters, in order.
    parameters: Vec<(String, String)>,
    /// Whether they were in a signed request object.
    signed: bool,
    /// The login that it has led to.
    login: Option<String>,
    /// When it ends, in seconds since 1970.
    ends: i64,
}

impl Record for PushedRequest {
    const TABLE: Table = Table::PushedRequest;
}

impl expiry::Ends for PushedRequest {
    const WHAT: expiry::What = expiry::What::PushedRequest;
    fn ends(&self) -> i64 {
        self.ends
    }
}

/// What a client leaves here.
#[derive(Clone, Copy)]
pub struct Left<'a> {
    /// Its parameters, in order.
    pub sent: &'a [(String, String)],
    /// What it shows of its keys.
    pub evidence: &'a Evidence<'a>,
    /// From where.
    pub address: &'a str,
}

/// What the client gets for its request (RFC 9126 §2.2).
#[derive(Debug)]
pub struct Pushed {
    /// The reference, for the browser.
    pub request_uri: Secret,
    /// How long it is good, in seconds.
    pub expires_in: i64,
}

/// Why a request is not kept.
#[derive(Debug)]
pub enum Unpushed {
    /// It would be refused at the authorization endpoint as well, with this word and for this reason.
    Refused(String, String),
    /// `use_dpop_nonce`, with the nonce that the proof must repeat (RFC 9449 §8).
    Nonce(String),
    /// Anything else.
    Failure(Failure),
}

impl From<Wrong> for Unpushed {
    fn from(wrong: Wrong) -> Unpushed {
        match wrong {
            Wrong::Refusal(Refusal { error, description }) => Unpushed::Refused(error, description),
            Wrong::Failure(failure) => Unpushed::Failure(failure),
        }
    }
}

impl From<Failure> for Unpushed {
    fn from(failure: Failure) -> Unpushed {
        Unpushed::Failure(failure)
    }
}

impl From<possession::Wrong> for Unpushed {
    fn from(wrong: possession::Wrong) -> Unpushed {
        match wrong {
            possession::Wrong::Proof(reason) => Unpushed::Refused(BAD_PROOF.to_owned(), reason.to_owned()),
            possession::Wrong::Nonce(nonce) => Unpushed::Nonce(nonce),
            possession::Wrong::Failure(failure) => Unpushed::Failure(failure),
        }
    }
}

/// Keeps the request of a client, if it is one that could be answered (RFC 9126 §2.1).
pub async fn push(
    domain: &Domain,
    tenant: &str,
    (id, server): (&str, &Server),
    proven: &Proven,
    Left { sent, evidence, address }: Left<'_>,
) -> Result<Pushed, Unpushed> {
    let place = Place { domain, tenant, id, server };
    place.lets_people_in()?;
    let client = (proven.id.as_str(), &proven.client.value);
    has_room(place, client.1, address)?;
    let key = possession::key_of_client(domain, tenant, (id, server), client.0, evidence)?;
    let sent = Sent::new(sent);
    if sent.has("request_uri") {
        return Err(Wrong::from(Refusal::request("request_uri must not be pushed")).into());
    }
    let came = came::resolve(place, client, sent, address).await?;
    let how = How { pushed: true, ..came.how };
    let counts = came.counts(sent);
    let mut draft = Draft::new(place, client, counts, trust::redirect_uri(client.1, counts)?, how);
    draft.check()?;
    keep(place, client, bound(counts.kept(), key)?, how.signed).await
}

/// The parameters of a client that has proven a key: its code is for that key, as if they had said so themselves. They must not
/// say another one (RFC 9449 §10.1).
fn bound(mut parameters: Vec<(String, String)>, key: Option<String>) -> Result<Vec<(String, String)>, Unpushed> {
    let Some(key) = key else { return Ok(parameters) };
    match parameters.iter().find(|(name, _)| name == KEY) {
        Some((_, named)) if *named != key => {
            Err(Unpushed::Refused(BAD_PROOF.to_owned(), format!("the DPoP proof is of another key than {KEY}")))
        }
        Some(_) => Ok(parameters),
        None => {
            parameters.push((KEY.to_owned(), key));
            Ok(parameters)
        }
    }
}

/// Whoever has proven itself may push as it likes, as it may ask for tokens. A public client may be anybody, so a network may
/// only push so many in its name.
fn has_room(place: Place<'_>, client: &Client, address: &str) -> Result<(), Failure> {
    let Place { domain, tenant, id, .. } = place;
    let now = domain.world.now_seconds();
    match client.auth_method == AuthMethod::None && !domain.pushed.allows(tenant, id, address, now) {
        true => Err(Failure::TooMany { seconds: 60 }),
        false => Ok(()),
    }
}

async fn keep(
    place: Place<'_>,
    (client_id, client): (&str, &Client),
    parameters: Vec<(String, String)>,
    signed: bool,
) -> Result<Pushed, Unpushed> {
    let Place { domain, tenant, id, server } = place;
    let size: usize = parameters.iter().map(|(name, value)| name.len() + value.len()).sum();
    if size > LARGEST {
        let description = format!("the request has more than {LARGEST} bytes");
        return Err(Wrong::from(Refusal::request(description)).into());
    }
    let expires_in = server.security.pushed_request_seconds;
    let request = PushedRequest {
        server_since: server.since,
        client_id: client_id.to_owned(),
        client_since: client.since,
        parameters,
        signed,
        login: None,
        ends: domain.world.now_seconds().saturating_add(expires_in),
    };
    let (text, name) = handle::make(domain, Purpose::PushedRequest, tenant, id);
    let key = [tenant.to_owned(), id.to_owned(), name];
    domain
        .write(move |write| {
            let key = key.each_ref().map(String::as_str);
            records::put(write, &key, &request)?;
            expiry::note(write, &key, &request)
        })
        .await?;
    Ok(Pushed { request_uri: Secret::new(format!("{REFERENCE}{}", text.expose())), expires_in })
}

/// A request that was found again by its reference.
pub(super) struct Found {
    /// The name of its record.
    pub(super) name: String,
    /// Its parameters.
    pub(super) parameters: Vec<(String, String)>,
    /// Whether they were signed.
    pub(super) signed: bool,
    /// The login that it has led to already.
    login: Option<String>,
}

impl Found {
    /// The login that this browser has begun with it, if it is still there. For another browser the reference is spent.
    pub(super) fn login(&self, place: Place<'_>, browser: &Browser) -> Result<Option<String>, Wrong> {
        let Some(login) = &self.login else { return Ok(None) };
        match wait::find(place.domain, place.tenant, place.id, login, browser) {
            Ok(_) => Ok(Some(login.clone())),
            Err(Failure::NotFound { .. }) => Err(unknown().into()),
            Err(failure) => Err(failure.into()),
        }
    }
}

/// The request behind a reference of this client's.
pub(super) fn find(place: Place<'_>, (id, client): (&str, &Client), handle: &str) -> Result<Found, Wrong> {
    let Place { domain, tenant, .. } = place;
    let name = handle::name(domain, Purpose::PushedRequest, tenant, place.id, handle);
    let found = records::get::<PushedRequest>(&domain.store.read().map_err(Failure::from)?, &[tenant, place.id, &name])
        .map_err(Failure::from)?;
    let now = domain.world.now_seconds();
    let good = |request: &PushedRequest| {
        let same = request.client_id == id && request.client_since == client.since;
        same && request.server_since == place.server.since && request.ends > now
    };
    let PushedRequest { parameters, signed, login, .. } = found.filter(good).ok_or_else(unknown)?;
    Ok(Found { name, parameters, signed, login })
}

/// The same words for every reference that is not good, so that nobody learns of another client's.
fn unknown() -> Refusal {
    Refusal::new("invalid_request_uri", "the request_uri is not one of this client's, was used before, or has ended")
}

/// Says that a request has led to a login, inside the transaction in which that begins.
pub(super) fn take(write: &mut Write<'_>, key: [&str; 3], login: &str) -> Result<(), Failure> {
    let mut request = unspent(write, key)?;
    request.login = Some(login.to_owned());
    Ok(records::put(write, &key, &request)?)
}

/// Forgets a request, inside the transaction in which the answer is made.
pub(super) fn spend(write: &mut Write<'_>, key: [&str; 3]) -> Result<(), Failure> {
    let request = unspent(write, key)?;
    records::delete::<PushedRequest>(write, &key)?;
    expiry::unnote(write, &key, &request)
}

/// Of several that bring one reference at the same time, the first one has it.
fn unspent(write: &Write<'_>, key: [&str; 3]) -> Result<PushedRequest, Failure> {
    let found = records::get::<PushedRequest>(write, &key)?;
    found.filter(|request| request.login.is_none()).ok_or_else(|| {
        let reason = "it has just been used, go back to where you came from and begin again".to_owned();
        Failure::Conflict { noun: "authorization request", reason }
    })
}
