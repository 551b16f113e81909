//! A client that asks a person who is elsewhere (OpenID Connect CIBA): it knows who they are, and waits.
//!
//! Begun by the backchannel authentication endpoint, found by the person in their account, and told to their authentication device
//! where the server has one (`summons`). A client is told nothing of people whom the server has never seen (`person`). A person is
//! asked by a client for so many things at a time only, since who is asked often enough says yes to anything.

use serde::{Deserialize, Serialize};

use super::{
    Asks, Elsewhere, Open, Waiting, Wanted, Wish, asked, file, has_people, open, person, person_code, signed,
    still_open,
    summons::{self, Summons},
};
use crate::{
    crypto::{Secret, vault::Sealed},
    domain::{
        Domain, Failure,
        client::AuthMethod,
        expiry::{Ends, What},
        handle::{self, Purpose},
        issue::{BACKCHANNEL, Refused, id_token},
        proof::{Proven, once::Used},
        second_factor::Whose,
        server::Server,
    },
    store::{Index, Record, Table, View, Write, index, records},
};

/// A request of a client that waits for a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackchannelRequest {
    /// What it asks for, of whom, and what they say.
    pub waiting: Waiting,
    /// What the client is told when there is an answer, sealed; none for one that only asks.
    pub ping: Option<Sealed>,
    /// With what the person's device answers; none where the server tells no device.
    #[serde(default)]
    pub summons: Option<Summons>,
}

impl Record for BackchannelRequest {
    const TABLE: Table = Table::BackchannelRequest;
}

impl Ends for BackchannelRequest {
    const WHAT: What = What::BackchannelRequest;
    fn ends(&self) -> i64 {
        self.waiting.ends.saturating_add(super::AFTERWARDS)
    }
}

impl Asks for BackchannelRequest {
    const OF_CLIENT: Index = Index::ClientRequests;
    fn waiting(&self) -> &Waiting {
        &self.waiting
    }
    fn waiting_mut(&mut self) -> &mut Waiting {
        &mut self.waiting
    }
    fn hide(&self, write: &mut Write<'_>, [tenant, server, name]: &[&str; 3]) -> Result<(), Failure> {
        let subject = self.waiting.subject.as_deref().unwrap_or_default();
        Ok(index::remove(write, Index::SubjectRequests, &[tenant, server, subject], name)?)
    }
}

/// What a client sends (CIBA §7.1).
#[derive(Clone, Copy, Debug, Default)]
#[expect(missing_docs, reason = "the registered words themselves")]
pub struct Sent<'a> {
    pub scope: Option<&'a str>,
    pub resources: &'a [&'a str],
    pub authorization_details: Option<&'a str>,
    pub client_notification_token: Option<&'a str>,
    pub acr_values: Option<&'a str>,
    pub login_hint_token: Option<&'a str>,
    pub id_token_hint: Option<&'a str>,
    pub login_hint: Option<&'a str>,
    pub binding_message: Option<&'a str>,
    pub user_code: Option<&'a str>,
    pub requested_expiry: Option<&'a str>,
    pub request: Option<&'a str>,
    /// Where the request came from.
    pub address: &'a str,
}

/// What the client is told (CIBA §7.3).
#[derive(Debug)]
pub struct Begun {
    /// What it asks the token endpoint with.
    pub auth_req_id: Secret,
    /// How long it is good, in seconds.
    pub expires_in: i64,
    /// How often the client may ask, in seconds.
    pub interval: i64,
}

/// Why nobody is asked (CIBA §13).
#[derive(Debug)]
pub enum NotAsked {
    /// `unknown_user_id`
    NobodyKnown,
    /// `missing_user_code`
    MissingCode,
    /// `invalid_user_code`
    WrongCode,
    /// `invalid_binding_message`, with the reason.
    BindingMessage(&'static str),
    /// `invalid_request`, with the reason.
    Request(&'static str),
    /// What the token endpoint would say as well.
    Refused(Refused),
}

impl From<Refused> for NotAsked {
    fn from(refused: Refused) -> NotAsked {
        NotAsked::Refused(refused)
    }
}

impl From<Failure> for NotAsked {
    fn from(failure: Failure) -> NotAsked {
        NotAsked::Refused(Refused::Failure(failure))
    }
}

/// How many requests may wait for one person at a server at the same time.
const MOST_OF_PERSON: usize = 5;
/// How many of them may be one client's, so that none takes the room of all others.
const MOST_OF_PERSON_AND_CLIENT: usize = 2;
/// How soon a client may try again where there are so many, in seconds.
const SOON: u64 = 30;
/// More context classes than anybody means.
const MOST_CLASSES: usize = 16;

/// Asks a person, for a client that has proven itself.
pub async fn begin(
    domain: &Domain,
    tenant: &str,
    server: (&str, &Server),
    proven: &Proven,
    sent: Sent<'_>,
) -> Result<Begun, NotAsked> {
    has_people(server.0)?;
    let client = &proven.client.value;
    if !client.grant_types.iter().any(|grant| grant == BACKCHANNEL) || client.auth_method == AuthMethod::None {
        return Err(Refused::Grant.into());
    }
    let signed = signed::read(domain, tenant, server, proven, sent).await?;
    let resources = signed.as_ref().map(signed::Signed::resources).unwrap_or_default();
    let sent = signed.as_ref().map_or(sent, |signed| signed.sent(&resources, sent.address));
    let (waiting, token) = wanted(domain, tenant, server, proven, sent)?;
    let subject = person::meant(domain, tenant, server, (&proven.id, client), sent)?;
    let whose = Whose { tenant, server, subject: &subject };
    let asks = client.security.backchannel_authentication.as_ref();
    match (asks.is_some_and(|asks| asks.user_code), sent.user_code) {
        (true, code) => person_code::prove(domain, whose, code, sent.address).await?,
        (false, None) => {}
        (false, Some(_)) => return Err(NotAsked::Request("the client has not registered that it sends user_code")),
    }
    let (auth_req_id, name) = handle::make(domain, Purpose::Backchannel, tenant, server.0);
    let request = BackchannelRequest {
        ping: token.map(|token| super::ping::sealed(domain, &name, &auth_req_id, &token)),
        summons: server
            .1
            .security
            .authentication_device_endpoint
            .as_ref()
            .map(|_| Summons::new(domain, (tenant, server.0), &name)),
        waiting: Waiting { subject: Some(subject.clone()), ..waiting },
    };
    let expires_in = request.waiting.ends.saturating_sub(request.waiting.since);
    put(domain, whose, name, request, signed.map(|signed| signed.used)).await?;
    Ok(Begun { auth_req_id, expires_in, interval: server.1.security.poll_seconds })
}

/// What a client asks for, of whomever, and with what it is told of the answer.
fn wanted(
    domain: &Domain,
    tenant: &str,
    (server_id, server): (&str, &Server),
    proven: &Proven,
    sent: Sent<'_>,
) -> Result<(Waiting, Option<Secret>), NotAsked> {
    let client = &proven.client.value;
    let wish = Wish { scope: sent.scope, resources: sent.resources, details: sent.authorization_details };
    let wanted = Wanted::of(domain, tenant, (server_id, server), client, wish)?;
    if !wanted.scopes.iter().any(|scope| scope == id_token::OPENID) {
        return Err(NotAsked::Request("scope must have openid"));
    }
    let mode = client.security.backchannel_authentication.clone().unwrap_or_default();
    let seconds = asked::seconds(sent.requested_expiry, server.security.backchannel_request_seconds)?;
    let classes = sent.acr_values.unwrap_or_default().split(' ').filter(|class| !class.is_empty());
    let waiting = Waiting {
        message: asked::message(sent.binding_message)?,
        acr_values: classes.map(str::to_owned).take(MOST_CLASSES).collect(),
        ..Waiting::new((domain, server_id, server), proven, wanted, sent.address, seconds)
    };
    Ok((waiting, asked::notification(&mode, sent)?))
}

/// Writes a request down, if there is room for it, and has the person's device told. What was signed is used up with it.
async fn put(
    domain: &Domain,
    Whose { tenant, server, subject }: Whose<'_>,
    name: String,
    request: BackchannelRequest,
    used: Option<Used>,
) -> Result<(), NotAsked> {
    let (now, told) = (domain.world.now_seconds(), request.summons.is_some());
    let [tenant, server, subject] = [tenant, server.0, subject].map(str::to_owned);
    let work = move |write: &mut Write<'_>| -> Result<bool, Failure> {
        if let Some(used) = &used
            && !used.note(write, now)?
        {
            return Ok(false);
        }
        let person = [tenant.as_str(), server.as_str(), subject.as_str()];
        let others = still_open::<BackchannelRequest>(write, Index::SubjectRequests, &person, now)?;
        let same = others.iter().filter(|other| other.waiting.client_id == request.waiting.client_id);
        if same.count() >= MOST_OF_PERSON_AND_CLIENT || others.len() >= MOST_OF_PERSON {
            return Err(Failure::TooMany { seconds: SOON });
        }
        file(write, &[&tenant, &server, &name], &request, now)?;
        index::put(write, Index::SubjectRequests, &person, &name)?;
        if request.summons.is_some() {
            summons::note(write, &[&tenant, &server, &name], now)?;
        }
        Ok(true)
    };
    if !domain.write(work).await? {
        return Err(NotAsked::Request("the request was used before"));
    }
    if told {
        domain.summons.ring();
    }
    Ok(())
}

/// The requests that wait for a person, by name.
fn of_person(view: &impl View, person: [&str; 3], now: i64) -> Result<Vec<(String, BackchannelRequest)>, Failure> {
    let [tenant, server, _] = person;
    let mut found = Vec::new();
    for name in index::ids(view, Index::SubjectRequests, &person)? {
        let request = records::get::<BackchannelRequest>(view, &[tenant, server, &name])?;
        found.extend(request.filter(|request| request.waiting.is_open(now)).map(|request| (name, request)));
    }
    Ok(found)
}

/// What waits for a person at a server: what is asked by which client, by name, the latest first.
pub fn list(
    domain: &Domain,
    tenant: &str,
    server: (&str, &Server),
    subject: &str,
) -> Result<Vec<(String, Open)>, Failure> {
    let now = domain.world.now_seconds();
    let mut found = Vec::new();
    for (name, _) in of_person(&domain.store.read()?, [tenant, server.0, subject], now)? {
        match open(domain, tenant, server, &Elsewhere::Backchannel(name.clone())) {
            Ok(open) => found.push((name, open)),
            Err(Failure::NotFound { .. }) => {}
            Err(failure) => return Err(failure),
        }
    }
    found.sort_by_key(|(_, open)| std::cmp::Reverse(open.waiting.since));
    Ok(found)
}

/// The request of this name, for the person who is asked. Somebody else's is not there for them.
pub fn theirs(
    domain: &Domain,
    tenant: &str,
    server: (&str, &Server),
    subject: &str,
    name: &str,
) -> Result<Elsewhere, Failure> {
    let which = Elsewhere::Backchannel(name.to_owned());
    let found = open(domain, tenant, server, &which)?;
    match found.waiting.subject.as_deref() == Some(subject) {
        true => Ok(which),
        false => Err(super::gone()),
    }
}
