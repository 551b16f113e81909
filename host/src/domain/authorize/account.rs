//! A login without a client: the person wants to see the pages of their own account.
//!
//! Called by those pages when a browser shows no session.

use super::{AuthorizationRequest, Begun, Browser, Destination, Place, wait};
use crate::domain::{Domain, Failure, server, session};

/// Begins a login for the person's own account pages, or sends a browser with a session to them at once.
pub async fn begin_account(domain: &Domain, tenant: &str, server: &str, browser: &Browser) -> Result<Begun, Failure> {
    let found = server::current(domain, tenant, server)?;
    let place = Place { domain, tenant, id: server, server: &found.value };
    place.lets_people_in()?;
    if let Some(cookie) = &browser.session {
        if session::find(domain, tenant, (server, &found.value), cookie)?.is_some() {
            return Ok(Begun::Answer(pages(place)));
        }
    }
    ask(place, browser).await
}

/// Begins a login for the same pages, also when the browser has a session: the person has to prove who they are again.
pub async fn begin_account_again(
    domain: &Domain,
    tenant: &str,
    server: &str,
    browser: &Browser,
) -> Result<Begun, Failure> {
    let found = server::current(domain, tenant, server)?;
    let place = Place { domain, tenant, id: server, server: &found.value };
    place.lets_people_in()?;
    ask(place, browser).await
}

async fn ask(place: Place<'_>, browser: &Browser) -> Result<Begun, Failure> {
    let request = AuthorizationRequest { account: true, ..AuthorizationRequest::default() };
    wait::write_down(place, &wait::begun(place, request, 0, browser)).await.map(Begun::Login)
}

/// Where the pages are.
pub(super) fn pages(place: Place<'_>) -> Destination {
    Destination::Redirect(format!("{}/account", place.issuer()))
}
