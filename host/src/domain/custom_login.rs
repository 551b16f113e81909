//! Logging in at a page of the tenant's own (reference/acp.md §3.5): the browser goes there, the page says by the login
//! operations who the person is, and the browser comes back.
//!
//! ```text
//! begin    login_id and login_state → the page      accept, reject   what the page's machine says, once
//! arrive   the browser is back with a ticket → the person is let in, once
//! ```
//!
//! The machine is believed, the browsers are not: only the one that began the login can go on with it, and only when it was
//! really sent back by the page. So nobody can have somebody else log in for them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{
    Domain, Failure, Problem,
    authentication::{Authentication, Method, mapping},
    authorize::Browser,
    handle::{self, Purpose},
    identity::Identity,
    let_in::Entry,
    login::{self, Login},
    server::{self, Server},
    text,
};
use crate::{
    crypto::{Secret, vault::Sealed},
    store::records,
};

/// The largest authentication context, in bytes of JSON: it is kept with every session and grant.
const MOST_BYTES: usize = 64 * 1024;
/// The most words of `amr`.
const MOST_WORDS: usize = 16;
/// How far two clocks may be apart, in seconds.
const LEEWAY: i64 = 60;

/// Who a page says the person is.
#[derive(Clone, Debug, Default)]
pub struct Vouched {
    /// The subject.
    pub subject: String,
    /// When the person has proven it, in seconds since 1970. None is now.
    pub auth_time: Option<i64>,
    /// The authentication context class.
    pub acr: Option<String>,
    /// The methods used.
    pub amr: Vec<String>,
    /// What else is known.
    pub context: Map<String, Value>,
}

/// What a page has said, until the browser is back. It has no `Debug`: the ticket lets a person in.
#[derive(Serialize, Deserialize)]
struct Accepted {
    identity: Identity,
    /// The name of the ticket that the browser has to bring.
    ticket: String,
}

/// The page of `method`, to which the browser goes on with its login. An earlier `login_state` is worth nothing afterwards.
pub async fn begin(
    domain: &Domain,
    tenant: &str,
    server_id: &str,
    login_id: &str,
    method: &Authentication,
    browser: &Browser,
) -> Result<String, Failure> {
    let server = server::current(domain, tenant, server_id)?;
    login::of_browser(domain, tenant, (server_id, &server.value), login_id, browser)?;
    let (method, login_url) = usable(&server.value, &method.id)?;
    let (state, name) = handle::make(domain, Purpose::LoginState, tenant, server_id);
    let id = method.id.clone();
    let change = move |login: &mut Login| {
        (login.login_state, login.method, login.errand) = (Some(name.clone()), Some(id.clone()), None);
        Ok(())
    };
    login::change(domain, tenant, login_id, change).await?;
    Ok(text::with_query(login_url, &[("login_id", login_id), ("login_state", state.expose())]))
}

/// A login, for the page to which it was sent. A `login_state` must be its own, when it is given.
pub fn find(domain: &Domain, tenant: &str, login_id: &str, login_state: Option<&str>) -> Result<Login, Failure> {
    look(domain, tenant, login_id, login_state, Purpose::LoginState)
}

/// Takes a page's word for who the person is. Answers where the page sends the browser.
pub async fn accept(
    domain: &Domain,
    tenant: &str,
    login_id: &str,
    login_state: &str,
    vouched: Vouched,
) -> Result<String, Failure> {
    Failure::unless_fine(problems(domain, &vouched))?;
    let (login, server) = login::of_tenant(domain, tenant, login_id)?;
    let (method, _) = usable(&server.value, login.method.as_deref().unwrap_or_default())?;
    let identity = identity(domain, method, vouched)?;
    is_recent_enough(domain, &login, identity.auth_time)?;
    let (ticket, name) = handle::make(domain, Purpose::Ticket, tenant, &login.server);
    let accepted = Accepted { identity, ticket: name };
    let sealed = seal(domain, (tenant, &login.server, login_id), &accepted)?;
    let state = handle::name(domain, Purpose::LoginState, tenant, &login.server, login_state);
    let change = move |login: &mut Login| {
        take(login, &state)?;
        login.errand = Some(sealed.clone());
        Ok(())
    };
    login::change(domain, tenant, login_id, change).await?;
    let back = format!("{}/login/{login_id}/return", domain.issuer(tenant, &login.server));
    Ok(text::with_query(&back, &[("ticket", ticket.expose())]))
}

/// Takes a page's word that the person does not log in: the client is told. Answers where the page sends the browser.
pub async fn reject(
    domain: &Domain,
    tenant: &str,
    login_id: &str,
    login_state: &str,
    refused: (String, String),
) -> Result<String, Failure> {
    give_up(domain, tenant, login_id, (Purpose::LoginState, login_state), refused).await
}

/// Lets a person in whose page has said who it is. Answers the cookie of the new session.
pub async fn arrive(
    domain: &Domain,
    tenant: &str,
    server_id: &str,
    login_id: &str,
    ticket: &str,
    browser: &Browser,
) -> Result<Secret, Failure> {
    let gone = || Failure::not_found("login", login_id);
    let server = server::current(domain, tenant, server_id)?;
    let login = login::of_browser(domain, tenant, (server_id, &server.value), login_id, browser)?;
    let sealed = login.errand.ok_or_else(gone)?;
    let Accepted { identity, ticket: name } = open(domain, (tenant, server_id, login_id), &sealed)?.ok_or_else(gone)?;
    if handle::name(domain, Purpose::Ticket, tenant, server_id, ticket) != name {
        return Err(gone());
    }
    let entry = Entry::new(domain, tenant, (server_id, &server.value), login_id, browser);
    let (cookie, now) = (entry.cookie.clone(), domain.world.now());
    let [tenant, server_id, login_id] = [tenant, server_id, login_id].map(str::to_owned);
    domain
        .write(move |write| {
            let mut login = entry.login(write)?;
            if login.errand.take().as_ref() != Some(&sealed) {
                return Err(Failure::not_found("login", &login_id));
            }
            let at = write.instant(now)?;
            usable(&server::at(write, &tenant, &server_id, at)?, &identity.method)?;
            records::put(write, &[&tenant, &login_id], &login)?;
            entry.open(write, identity.clone(), is_anew(&login, identity.auth_time))
        })
        .await?;
    Ok(cookie)
}

/// A login that was sent to a page with a handle of this purpose. Machines see no other.
pub(super) fn look(
    domain: &Domain,
    tenant: &str,
    login_id: &str,
    login_state: Option<&str>,
    purpose: Purpose,
) -> Result<Login, Failure> {
    let (login, _) = login::of_tenant(domain, tenant, login_id)?;
    let name = |text: &str| handle::name(domain, purpose, tenant, &login.server, text);
    match login_state {
        Some(text) if login.login_state.as_ref() != Some(&name(text)) => Err(wrong_state()),
        Some(_) | None => Ok(login),
    }
}

/// Ends a login for the client: a page says no. Answers where the browser goes to hear of it.
pub(super) async fn give_up(
    domain: &Domain,
    tenant: &str,
    login_id: &str,
    (purpose, login_state): (Purpose, &str),
    (error, description): (String, String),
) -> Result<String, Failure> {
    // RFC 6749 §4.1.2.1
    let plain = |byte: u8| matches!(byte, b' '..=b'!' | b'#'..=b'[' | b']'..=b'~');
    if error.is_empty() || error.len() > 100 || !error.bytes().all(plain) {
        return Err(Failure::invalid("/error", "must be a short word of printable ASCII"));
    }
    Failure::unless_fine(text::description("/error_description", &description).into_iter().collect())?;
    let (login, _) = login::of_tenant(domain, tenant, login_id)?;
    let state = handle::name(domain, purpose, tenant, &login.server, login_state);
    let change = move |login: &mut Login| {
        take(login, &state)?;
        login.refused = Some((error.clone(), description.clone()));
        Ok(())
    };
    login::change(domain, tenant, login_id, change).await?;
    Ok(page(domain, tenant, &login.server, login_id))
}

/// Where a login goes on.
pub(super) fn page(domain: &Domain, tenant: &str, server: &str, login_id: &str) -> String {
    format!("{}/login/{login_id}", domain.issuer(tenant, server))
}

/// Takes the `login_state` of this name out of a login, so that a page has its say once only.
pub(super) fn take(login: &mut Login, name: &str) -> Result<(), Failure> {
    match login.login_state.as_deref() == Some(name) && login.refused.is_none() {
        true => {
            login.login_state = None;
            Ok(())
        }
        false => Err(wrong_state()),
    }
}

/// The same for one that was used, that was made up, and that a later one has replaced.
fn wrong_state() -> Failure {
    Failure::Forbidden {
        needs: "the `login_state` with which the browser was sent last, and which was not used".to_owned(),
    }
}

/// A method that leads to a page, unless it is off.
fn usable<'a>(server: &'a Server, id: &str) -> Result<(&'a Authentication, &'a str), Failure> {
    let found = server.authentications.iter().find(|one| one.id == id && !one.disabled);
    match found.map(|one| (one, &one.method)) {
        Some((one, Method::Custom { login_url })) => Ok((one, login_url)),
        _ => Err(Failure::not_found("authentication method", id)),
    }
}

/// Everything that is wrong with what somebody vouches for.
pub(super) fn problems(domain: &Domain, vouched: &Vouched) -> Vec<Problem> {
    let Vouched { subject, auth_time, acr, amr, context: _ } = vouched;
    let mut problems = Vec::new();
    problems.extend(text::name("/subject", subject));
    let latest = domain.world.now_seconds().saturating_add(LEEWAY);
    if auth_time.is_some_and(|at| !(0..=latest).contains(&at)) {
        problems.push(Problem::new("/auth_time", "must not be in the future"));
    }
    problems.extend(acr.as_ref().and_then(|acr| text::name("/acr", acr)));
    if amr.len() > MOST_WORDS {
        problems.push(Problem::new("/amr", "must have at most 16 items"));
    }
    let words = amr.iter().enumerate();
    problems.extend(words.filter_map(|(place, word)| text::name(&format!("/amr/{place}"), word)));
    problems
}

fn identity(domain: &Domain, method: &Authentication, vouched: Vouched) -> Result<Identity, Failure> {
    let Vouched { subject, auth_time, acr, amr, context } = vouched;
    let context = Value::Object(mapping::apply(&method.mappings, context)).to_string();
    if context.len() > MOST_BYTES {
        return Err(Failure::invalid("/authentication_context", "must have at most 65536 bytes"));
    }
    let now = domain.world.now_seconds();
    let auth_time = auth_time.unwrap_or(now).min(now);
    Ok(Identity { subject, method: method.id.clone(), auth_time, acr, amr, context, proof: None })
}

/// Whether the person has proven who they are during this login.
fn is_anew(login: &Login, auth_time: i64) -> bool {
    auth_time >= login.since.saturating_sub(LEEWAY)
}

/// Whoever has to log in anew must have (OpenID Connect Core §3.1.2.1): the client asks for it, or they are known already and
/// were sent here nevertheless.
fn is_recent_enough(domain: &Domain, login: &Login, auth_time: i64) -> Result<(), Failure> {
    let now = domain.world.now_seconds();
    let oldest = login.request.max_age.map(|most| now.saturating_sub(most).saturating_sub(LEEWAY));
    let has_to = login.request.prompt.login || login.identity.is_some();
    match (!has_to || is_anew(login, auth_time)) && oldest.is_none_or(|oldest| auth_time >= oldest) {
        true => Ok(()),
        false => Err(Failure::invalid("/auth_time", "is too long ago: the person has to log in anew")),
    }
}

type Place<'a> = (&'a str, &'a str, &'a str);

fn context_of((tenant, server, login): Place<'_>) -> String {
    format!("accepted login of {tenant}/{server}/{login}")
}

fn seal(domain: &Domain, place: Place<'_>, accepted: &Accepted) -> Result<Sealed, Failure> {
    let text = serde_json::to_vec(accepted).map_err(|error| Failure::Internal { log: error.to_string() })?;
    Ok(domain.vault.seal(&domain.world, &context_of(place), &Zeroizing::new(text)))
}

/// What a page has said; none when what lies there is a provider's errand, which is sealed for something else.
fn open(domain: &Domain, place: Place<'_>, sealed: &Sealed) -> Result<Option<Accepted>, Failure> {
    let Ok(plain) = domain.vault.open_sealed(&context_of(place), sealed) else { return Ok(None) };
    serde_json::from_slice(&plain).map(Some).map_err(|error| Failure::Internal { log: error.to_string() })
}
