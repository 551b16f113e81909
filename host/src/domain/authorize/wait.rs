//! A login while it waits: begun, written down, found again by the browser that began it, and what the person says on it.
//!
//! Called by the operations of `authorize`. A login of another browser is not found: whoever sends somebody a link into the
//! middle of their own login gets nothing by it. Once the person is known, the browser shows their session as well.

use std::sync::Arc;

use super::{AuthorizationRequest, Browser, Place, flow::Asked, pushed};
use crate::{
    domain::{
        Domain, Failure,
        client::{self, Client},
        identity::Identity,
        login::{self, Login, PATIENCE},
        server::{self, Server},
        session, subject,
    },
    store::{State, Write},
    world::Micros,
};

/// A login that was found again, with what it is about.
pub(super) struct Waiting {
    pub(super) server: Arc<State<Server>>,
    /// None for the person's own account.
    pub(super) client: Option<Arc<State<Client>>>,
    pub(super) login: Login,
}

impl Waiting {
    /// The login, to be looked at.
    pub(super) fn asked<'a>(
        &'a self,
        domain: &'a Domain,
        tenant: &'a str,
        id: &'a str,
        browser: &'a Browser,
    ) -> Asked<'a> {
        let client = self.client.as_ref().map(|client| (self.login.request.client_id.as_str(), &client.value));
        let place = Place { domain, tenant, id, server: &self.server.value };
        Asked { place, client, login: &self.login, request_id: &browser.request_id }
    }
}

/// A login as it begins. Who the person is, nobody knows yet.
pub(super) fn begun(place: Place<'_>, request: AuthorizationRequest, client_since: Micros, browser: &Browser) -> Login {
    of(place, request, client_since, browser.name(place.domain, place.tenant, place.id))
}

/// The same, of a browser that logins know by this name.
pub(super) fn of(place: Place<'_>, request: AuthorizationRequest, client_since: Micros, browser: String) -> Login {
    let now = place.domain.world.now_seconds();
    Login {
        server: place.id.to_owned(),
        server_since: place.server.since,
        client_since,
        request,
        browser,
        pushed: None,
        method: None,
        errand: None,
        login_state: None,
        identity: None,
        session: None,
        entered: false,
        anew: false,
        confirmed: false,
        granted: None,
        refused: None,
        since: now,
        ends: now.saturating_add(PATIENCE),
    }
}

/// Takes over who the browser's session says it is, if that is good enough for the request.
pub(super) fn recognise(place: Place<'_>, login: &mut Login, browser: &Browser) -> Result<(), Failure> {
    let Some(cookie) = &browser.session else { return Ok(()) };
    let found = session::find(place.domain, place.tenant, (place.id, place.server), cookie)?;
    let Some((name, session)) = found else { return Ok(()) };
    let will_do = will_do(&login.request, &session.identity, login.since);
    if will_do && is_expected(place, &login.request, &session.identity)? {
        (login.identity, login.session) = (Some(session.identity.clone()), Some(name));
    }
    Ok(())
}

/// Whether somebody is logged in in this browser, whatever the request asks of them.
pub(super) fn knows(place: Place<'_>, browser: &Browser) -> Result<bool, Failure> {
    let Some(cookie) = &browser.session else { return Ok(false) };
    Ok(session::find(place.domain, place.tenant, (place.id, place.server), cookie)?.is_some())
}

/// Whether a person is who the client has asked for, if it has: by the name that it knows them by.
pub(super) fn is_expected(
    place: Place<'_>,
    request: &AuthorizationRequest,
    identity: &Identity,
) -> Result<bool, Failure> {
    let Some(named) = &request.expected_subject else { return Ok(true) };
    let Place { domain, tenant, id, .. } = place;
    subject::is(domain, tenant, id, &request.client_id, named, &identity.subject)
}

/// Whether somebody who has logged in before need not do so again, whoever was asked for.
fn will_do(request: &AuthorizationRequest, identity: &Identity, now: i64) -> bool {
    let AuthorizationRequest { prompt, max_age, acr_values, required_acr, .. } = request;
    let asked_again = prompt.login || prompt.select_account;
    // 0 asks for a login now (OpenID Connect Core §15.1).
    let fresh = max_age.is_none_or(|most| most > 0 && now.saturating_sub(identity.auth_time) <= most);
    let reaches =
        |wanted: &[String]| wanted.is_empty() || identity.acr.as_ref().is_some_and(|acr| wanted.contains(acr));
    // Voluntary classes are worth asking the person again for, and no reason to refuse where nobody can be asked.
    let acr = reaches(required_acr) && (prompt.none || reaches(acr_values));
    !asked_again && fresh && acr
}

/// Writes a login down. Answers its id. Anybody may begin one, so a network may only begin so many. That is told to the person:
/// a client would only ask again.
pub(super) async fn write_down(place: Place<'_>, login: &Login, browser: &Browser) -> Result<String, Failure> {
    if !place.domain.logins.allows(place.tenant, place.id, &browser.address, login.since) {
        let reason = "too many have been begun from this network, try again later".to_owned();
        return Err(Failure::Conflict { noun: "login", reason });
    }
    let id = login::new_id(place.domain);
    let (tenant, login, name) = (place.tenant.to_owned(), login.clone(), id.clone());
    let begins = move |write: &mut Write<'_>| {
        if let Some(pushed) = &login.pushed {
            pushed::take(write, [&tenant, &login.server, pushed], &name)?;
        }
        login::put(write, &tenant, &name, &login)
    };
    place.domain.write(begins).await?;
    Ok(id)
}

/// Finds a login again, for the browser that began it. Server and client must be the ones that it was begun with.
pub(super) fn find(
    domain: &Domain,
    tenant: &str,
    server_id: &str,
    id: &str,
    browser: &Browser,
) -> Result<Waiting, Failure> {
    let gone = || Failure::not_found("login", id);
    let server = server::current(domain, tenant, server_id)?;
    let mut login = login::of_browser(domain, tenant, (server_id, &server.value), id, browser)?;
    let client = match login.request.account {
        true => None,
        false => match client::current(domain, tenant, &login.request.client_id) {
            Ok(client) if client.value.since == login.client_since && client.value.server == server_id => Some(client),
            Ok(_) | Err(Failure::NotFound { .. }) => return Err(gone()),
            Err(failure) => return Err(failure),
        },
    };
    if !is_theirs(domain, tenant, (server_id, &server.value), &login, browser)? {
        (login.identity, login.session) = (None, None);
    }
    Ok(Waiting { server, client, login })
}

/// Whether the session that says who the person is has not ended meanwhile, and is this browser's; one of somebody whom the server
/// knows no more has ended. The cookie that binds a login
/// to its browser is older than the session, so somebody else may have put it there and know it (RFC 9700 §4.7).
fn is_theirs(
    domain: &Domain,
    tenant: &str,
    server: (&str, &Server),
    login: &Login,
    browser: &Browser,
) -> Result<bool, Failure> {
    let Some(name) = &login.session else { return Ok(true) };
    let Some(cookie) = &browser.session else { return Ok(false) };
    let found = session::find(domain, tenant, server, cookie)?;
    Ok(found.is_some_and(|(shown, _)| shown == *name))
}
