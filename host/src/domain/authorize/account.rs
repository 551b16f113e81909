//! A login without a client: the person wants to see the pages of their own account.
//!
//! Called by those pages when a browser shows no session.

use super::{AuthorizationRequest, Begun, Browser, Destination, Place, wait};
use crate::domain::{Domain, Failure, server, session};

/// Begins a login for a page of the person's own account, or sends a browser with a session there at once. `page` is its path
/// below the issuer.
pub async fn begin_account(
    domain: &Domain,
    (tenant, server): (&str, &str),
    page: &str,
    browser: &Browser,
) -> Result<Begun, Failure> {
    let found = server::current(domain, tenant, server)?;
    let place = Place { domain, tenant, id: server, server: &found.value };
    if let Some(cookie) = &browser.session
        && session::find(domain, tenant, (server, &found.value), cookie)?.is_some()
    {
        return Ok(Begun::Answer(Destination::Redirect(address(place, page))));
    }
    ask(place, page, browser).await
}

/// Begins a login for such a page also when the browser has a session: the person has to prove who they are again.
pub async fn begin_account_again(
    domain: &Domain,
    (tenant, server): (&str, &str),
    page: &str,
    browser: &Browser,
) -> Result<Begun, Failure> {
    let found = server::current(domain, tenant, server)?;
    ask(Place { domain, tenant, id: server, server: &found.value }, page, browser).await
}

async fn ask(place: Place<'_>, page: &str, browser: &Browser) -> Result<Begun, Failure> {
    place.lets_people_in()?;
    let redirect_uri = address(place, page);
    let request = AuthorizationRequest { account: true, redirect_uri, ..AuthorizationRequest::default() };
    wait::write_down(place, &wait::begun(place, request, 0, browser), browser).await.map(Begun::Login)
}

fn address(place: Place<'_>, page: &str) -> String {
    format!("{}{page}", place.issuer())
}
