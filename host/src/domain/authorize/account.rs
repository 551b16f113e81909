//! A login without a client: the person wants to see the pages of their own account.
//!
//! Called by those pages when a browser shows no session that is good enough.

use super::{
    AuthorizationRequest, Begun, Browser, Place, conclude,
    flow::{self, Asked, Step},
    wait,
};
use crate::domain::{Domain, Failure, login::Login, server};

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
    place.lets_people_in()?;
    let login = known(place, page, browser)?;
    let asked = asked(place, &login, browser);
    match flow::step(asked).await? {
        Step::Ask(_) | Step::Consent(..) => wait::write_down(place, &login, browser).await.map(Begun::Login),
        done => conclude::conclude(asked, None, done).await.map(Begun::Answer),
    }
}

/// Whether the browser's session is good enough for the pages of the person's own account.
pub async fn is_welcome(domain: &Domain, (tenant, server): (&str, &str), browser: &Browser) -> Result<bool, Failure> {
    let found = server::current(domain, tenant, server)?;
    let place = Place { domain, tenant, id: server, server: &found.value };
    let login = known(place, "", browser)?;
    Ok(matches!(flow::step(asked(place, &login, browser)).await?, Step::Answer(_)))
}

/// Begins a login for such a page also when the browser has a session: the person has to prove who they are again.
pub async fn begin_account_again(
    domain: &Domain,
    (tenant, server): (&str, &str),
    page: &str,
    browser: &Browser,
) -> Result<Begun, Failure> {
    let found = server::current(domain, tenant, server)?;
    let place = Place { domain, tenant, id: server, server: &found.value };
    place.lets_people_in()?;
    wait::write_down(place, &blank(place, page, browser), browser).await.map(Begun::Login)
}

fn asked<'a>(place: Place<'a>, login: &'a Login, browser: &'a Browser) -> Asked<'a> {
    Asked { place, client: None, login, request_id: &browser.request_id }
}

/// A login for a page, with who the browser's session says it is.
fn known(place: Place<'_>, page: &str, browser: &Browser) -> Result<Login, Failure> {
    let mut login = blank(place, page, browser);
    wait::recognise(place, &mut login, browser)?;
    Ok(login)
}

fn blank(place: Place<'_>, page: &str, browser: &Browser) -> Login {
    let redirect_uri = address(place, page);
    let request = AuthorizationRequest { account: true, redirect_uri, ..AuthorizationRequest::default() };
    wait::begun(place, request, 0, browser)
}

fn address(place: Place<'_>, page: &str) -> String {
    format!("{}{page}", place.issuer())
}
