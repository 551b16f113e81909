//! The authorization endpoint (RFC 6749 §3.1, OpenID Connect Core §3): from a browser's request to the answer for the client.
//!
//! ```text
//! sent      each parameter once          trust     the client and its redirect URI: until then nobody is told anything
//! came      pushed before, or not        pushed    what a client has left here before the browser comes
//! object    a request that is signed     signed    an answer that is
//! checks    one line a rule, in order: the high-assurance set adds lines       request   what is understood
//! reach     resources and authorization details
//! flow      what the person has to do    consent   what they say               wait      the login between two pages
//! account   for the person's own pages           elsewhere   for a client that waits on another device
//! vouched   the same, where the person's own device says that they have said yes
//! conclude  grant, code and tokens in one transaction                          answer    to the right place
//! ```
//!
//! Called by the pages for people. Knows no HTML and no cookies.

mod account;
mod answer;
mod came;
mod checks;
mod code;
mod conclude;
mod consent;
mod elsewhere;
mod flow;
mod hints;
mod object;
mod pushed;
mod reach;
mod refusal;
mod request;
mod sent;
mod signed;
mod trust;
mod vouched;
mod wait;

use std::fmt;

pub use account::{begin_account, begin_account_again, is_welcome};
pub use code::Code;
pub use consent::{Said, consent};
pub use elsewhere::{ALLOWED, REFUSED, begin_elsewhere, confirm};
pub use object::REQUEST_ALGORITHMS;
pub(super) use object::signed_by;
pub(super) use pushed::PushedRequest;
pub use pushed::{Left, Pushed, Unpushed, push};
pub use request::{AuthorizationRequest, Prompt, ResponseMode, ResponseType};
pub(super) use vouched::{Vouching, vouched_elsewhere};

use super::{
    Domain, Failure,
    authentication::Authentication,
    client::Client,
    consent_grant::Held,
    details::Detail,
    elsewhere::Waiting,
    handle::{self, Purpose},
    in_force::scope_policies,
    permit::SYSTEM_SERVER,
    registration,
    scope::Scope,
    server::{self, Server},
};
use crate::crypto::Secret;
use came::{Came, How};
use checks::Draft;
use flow::{Asked, Step};
use refusal::{Refusal, Wrong};
use sent::Sent;

/// The browser a request comes from.
#[derive(Clone)]
pub struct Browser {
    /// The session cookie of this server, if it sent one.
    pub session: Option<String>,
    /// The cookie that binds a login to the browser; the edge makes one when there is none.
    pub cookie: Secret,
    /// Its address, for limits and for the person's list of sessions.
    pub address: String,
    /// Its User-Agent, for the same list.
    pub agent: String,
    /// The id of its request, for policies and the log.
    pub request_id: String,
}

impl Browser {
    /// What the logins of a server know the browser by.
    pub(in crate::domain) fn name(&self, domain: &Domain, tenant: &str, server: &str) -> String {
        handle::name(domain, Purpose::Browser, tenant, server, self.cookie.expose())
    }
}

impl fmt::Debug for Browser {
    /// Cookies are as good as passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Browser").field("request_id", &self.request_id).finish_non_exhaustive()
    }
}

/// Where a browser goes next.
#[derive(Debug)]
pub enum Begun {
    /// To the pages of the login with this id.
    Login(String),
    /// Back to the client.
    Answer(Destination),
    /// Back to the client, if the person wants to: it has registered itself, and nobody has done anything here yet.
    Offer(Destination),
}

/// An answer for a client, on its way through the browser.
pub enum Destination {
    /// In the query or in the fragment of the redirect URI: the whole URL.
    Redirect(String),
    /// In a form that posts itself (OAuth 2.0 Form Post Response Mode).
    Post {
        /// The redirect URI.
        action: String,
        /// The members, in order.
        fields: Vec<(String, String)>,
    },
}

impl fmt::Debug for Destination {
    /// Codes and tokens are on their way in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Destination(***)")
    }
}

/// What a person has to do next in a login.
#[derive(Debug)]
pub enum Next {
    /// Choose one of these ways to log in (id, name, method): more than one is on.
    Choose(Vec<Authentication>),
    /// Give name and password for this method.
    Password(Authentication),
    /// Go to this provider: [`super::upstream`] makes the URL.
    Provider(Authentication),
    /// Go to this page of the tenant's own: [`super::custom_login`] makes the URL.
    Custom(Authentication),
    /// Prove a second factor, or enrol one first when `enrolled` is false.
    SecondFactor {
        /// Whether the person has one.
        enrolled: bool,
    },
    /// Say yes to scopes and consents.
    Consent {
        /// The scopes that are new, by name, with their descriptions.
        scopes: Vec<(String, Scope)>,
        /// Those that the client may have already: the person has said so, now or before, or nobody asks for it.
        allowed: Vec<(String, Scope)>,
        /// The authorization details, each with what is said of its type.
        details: Vec<(String, Detail)>,
        /// The resources that have no scopes which would be shown instead.
        resources: Vec<String>,
        /// The consents that are required and missing.
        consents: Vec<Held>,
        /// What is said of client and new scopes, in short. Whoever says yes says to what ([`Said::texts`]).
        texts: String,
    },
    /// Say that what a device or a client has asked for elsewhere is their own request.
    Confirm {
        /// The scopes that it asks for, by name, with their descriptions.
        scopes: Vec<(String, Scope)>,
        /// The authorization details, each with what is said of its type.
        details: Vec<(String, Detail)>,
        /// The resources that have no scopes which would be shown instead.
        resources: Vec<String>,
        /// What is known of the request.
        waiting: Box<Waiting>,
        /// What is said of client and of what it asks for, in short. Whoever says yes says to what ([`confirm`]).
        texts: String,
    },
    /// Nothing: the answer can be made with [`finish`].
    Finish,
}

/// Where a request was made.
#[derive(Clone, Copy)]
struct Place<'a> {
    domain: &'a Domain,
    tenant: &'a str,
    /// The id of the server.
    id: &'a str,
    server: &'a Server,
}

impl Place<'_> {
    fn issuer(self) -> String {
        self.domain.issuer(self.tenant, self.id)
    }

    /// The server for the tenant's machines knows no people.
    fn lets_people_in(self) -> Result<(), Failure> {
        match self.id == SYSTEM_SERVER {
            true => Err(Failure::Unsupported { reason: "this server is for machines, nobody logs in here".to_owned() }),
            false => Ok(()),
        }
    }
}

/// Reads and checks an authorization request (`sent` are its parameters in order) and answers it at once when nothing is
/// left to ask, or begins a login.
///
/// A request whose client or redirect URI cannot be trusted is a failure, told to the person. Everything else that is
/// wrong is told to the client, by way of its redirect URI (RFC 6749 §4.1.2.1).
pub async fn begin(
    domain: &Domain,
    tenant: &str,
    server: &str,
    sent: &[(String, String)],
    browser: &Browser,
) -> Result<Begun, Failure> {
    let found = server::current(domain, tenant, server)?;
    let place = Place { domain, tenant, id: server, server: &found.value };
    place.lets_people_in()?;
    let sent = Sent::new(sent);
    let (client_id, client) = trust::client(place, sent)?;
    let client = (client_id.as_str(), &client.value);
    let begun = match came::resolve(place, client, sent, &browser.address).await {
        Ok(came) => checked(place, client, (&came, sent), browser).await?,
        Err(wrong) => lost(place, client, sent, wrong).await?,
    };
    held_back(place, client, begun, wait::knows(place, browser)?)
}

/// Goes on with a request whose parameters are found.
async fn checked(
    place: Place<'_>,
    client: (&str, &Client),
    (came, sent): (&Came, Sent<'_>),
    browser: &Browser,
) -> Result<Begun, Failure> {
    match came.found.as_ref().map_or(Ok(None), |found| found.login(place, browser)) {
        Ok(None) => {}
        Ok(Some(login)) => return Ok(Begun::Login(login)),
        Err(wrong) => return lost(place, client, sent, wrong).await,
    }
    let counts = came.counts(sent);
    let mut draft = Draft::new(place, client, counts, trust::redirect_uri(client.1, counts)?, came.how);
    match draft.check() {
        Ok(()) => go(place, client, (draft.request, came.spends()), browser).await,
        Err(wrong) => told(place, &draft, wrong).await,
    }
}

/// Tells the client that its request could not be found or read. Where to is said by what was sent beside it: a redirect URI of
/// the client's, or its only one. Otherwise only the person is told.
async fn lost(place: Place<'_>, client: (&str, &Client), sent: Sent<'_>, wrong: Wrong) -> Result<Begun, Failure> {
    let to = trust::redirect_uri(client.1, sent);
    match (to, wrong) {
        (Ok(to), wrong) => told(place, &Draft::new(place, client, sent, to, How::default()), wrong).await,
        (Err(_), Wrong::Refusal(Refusal { error, description })) => {
            Err(Failure::malformed("request", format!("{error}: {description}")))
        }
        (Err(_), Wrong::Failure(failure)) => Err(failure),
    }
}

async fn told(place: Place<'_>, draft: &Draft<'_>, wrong: Wrong) -> Result<Begun, Failure> {
    match wrong {
        Wrong::Refusal(refusal) => {
            answer::refused(place, draft.client.1, &draft.request, refusal).await.map(Begun::Answer)
        }
        Wrong::Failure(failure) => Err(failure),
    }
}

/// Whoever registers a client chooses where its answers go, so that a link to this server would lead anybody there. Somebody
/// must have logged in here before a browser goes there by itself (RFC 9700 §4.11.2).
fn held_back(
    Place { domain, tenant, .. }: Place<'_>,
    (id, client): (&str, &Client),
    begun: Begun,
    is_known: bool,
) -> Result<Begun, Failure> {
    Ok(match begun {
        Begun::Answer(answer) if !is_known && registration::is_stranger(domain, tenant, id, client)? => {
            Begun::Offer(answer)
        }
        begun => begun,
    })
}

/// Answers a request that is in order, or begins a login for it.
async fn go(
    place: Place<'_>,
    client: (&str, &Client),
    (request, pushed): (AuthorizationRequest, Option<&str>),
    browser: &Browser,
) -> Result<Begun, Failure> {
    let anew =
        scope_policies::ask_anew(place.domain, place.tenant, (place.id, place.server), client.1, &request.scopes)?;
    let prompt = Prompt { login: request.prompt.login || anew, ..request.prompt };
    let request = AuthorizationRequest { prompt, ..request };
    let mut login = wait::begun(place, request, client.1.since, browser);
    login.pushed = pushed.map(str::to_owned);
    wait::recognise(place, &mut login, browser)?;
    let asked = Asked { place, client: Some(client), login: &login, request_id: &browser.request_id };
    match flow::step(asked).await? {
        Step::Ask(_) | Step::Consent(..) => wait::write_down(place, &login, browser).await.map(Begun::Login),
        done => conclude::conclude(asked, None, done).await.map(Begun::Answer),
    }
}

/// What the person has to do next in the login `id`. The browser must be the one that began it.
pub async fn next(domain: &Domain, tenant: &str, server: &str, id: &str, browser: &Browser) -> Result<Next, Failure> {
    let waiting = wait::find(domain, tenant, server, id, browser)?;
    let asked = waiting.asked(domain, tenant, server, browser);
    match flow::step(asked).await? {
        Step::Ask(next) => Ok(next),
        Step::Consent(sorted, consents) => {
            let described = |names: &[String]| flow::described(asked.place, names);
            let allowed = described(&sorted.known(asked.login.granted.as_deref()))?;
            let scopes = described(&sorted.asked)?;
            let request = &asked.login.request;
            let resources = reach::plain(asked.place, request)?;
            let (details, texts) = match asked.client {
                None => (Vec::new(), String::new()),
                Some((_, client)) => {
                    let details = reach::described(asked.place, client, request);
                    let texts = consent::texts(client, &scopes, &details, &resources);
                    (details, texts)
                }
            };
            Ok(Next::Consent { scopes, allowed, details, resources, consents, texts })
        }
        Step::Refuse(_) | Step::Answer(_) => Ok(Next::Finish),
    }
}

/// Answers the client and forgets the login.
pub async fn finish(
    domain: &Domain,
    tenant: &str,
    server: &str,
    id: &str,
    browser: &Browser,
) -> Result<Destination, Failure> {
    let waiting = wait::find(domain, tenant, server, id, browser)?;
    let asked = waiting.asked(domain, tenant, server, browser);
    conclude::conclude(asked, Some(id), flow::step(asked).await?).await
}

/// The person says no: the client is told `access_denied`, and the login is forgotten.
pub async fn refuse(
    domain: &Domain,
    tenant: &str,
    server: &str,
    id: &str,
    browser: &Browser,
) -> Result<Destination, Failure> {
    let waiting = wait::find(domain, tenant, server, id, browser)?;
    let asked = waiting.asked(domain, tenant, server, browser);
    conclude::refuse(asked, Some(id), Refusal::access("the person said no")).await
}
