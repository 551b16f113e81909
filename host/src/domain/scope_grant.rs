//! Asking for scopes at a page of the tenant's own (reference/acp.md §3.5): `consent_url` of the server. The browser goes there,
//! the page says by the scope grant operations what the client may have, and the browser comes back to the login.
//!
//! Consents are not the page's business: what is required and missing is asked for by our own page afterwards.

use super::{
    Domain, Failure, Problem,
    authorize::Browser,
    client, custom_login,
    handle::{self, Purpose},
    in_force::policies::{self, About},
    login::{self, Login},
    server, text,
};

/// The page to which the browser goes on with its login; none when the server has none, or the page has had its say. A page of
/// the tenant's own is asked about scopes only, so that ours asks where there is more.
pub async fn begin(
    domain: &Domain,
    tenant: &str,
    server_id: &str,
    login_id: &str,
    browser: &Browser,
) -> Result<Option<String>, Failure> {
    let server = server::current(domain, tenant, server_id)?;
    let login = login::of_browser(domain, tenant, (server_id, &server.value), login_id, browser)?;
    let is_theirs = login.granted.is_none() && login.request.details.is_empty();
    let Some(url) = server.value.consent_url.as_deref().filter(|_| is_theirs) else { return Ok(None) };
    let (state, name) = handle::make(domain, Purpose::ConsentState, tenant, server_id);
    let seen = login.identity;
    let change = move |login: &mut Login| {
        // The page is about this person.
        if login.identity != seen {
            return Err(Failure::Conflict { noun: "login", reason: "it has just gone on elsewhere".to_owned() });
        }
        login.login_state = Some(name.clone());
        Ok(())
    };
    login::change(domain, tenant, login_id, change).await?;
    Ok(Some(text::with_query(url, &[("login_id", login_id), ("login_state", state.expose())])))
}

/// A login whose person is known, for the page to which it was sent. A `login_state` must be its own, when it is given.
pub fn find(domain: &Domain, tenant: &str, login_id: &str, login_state: Option<&str>) -> Result<Login, Failure> {
    let login = custom_login::look(domain, tenant, login_id, login_state, Purpose::ConsentState)?;
    match login.identity {
        Some(_) => Ok(login),
        None => Err(Failure::not_found("scope grant", login_id)),
    }
}

/// Those of the scopes asked for that the policies let the person have.
pub async fn allowed(domain: &Domain, tenant: &str, login: &Login, request_id: &str) -> Result<Vec<String>, Failure> {
    let (Some(identity), false) = (&login.identity, login.request.account) else { return Ok(Vec::new()) };
    let server = server::current(domain, tenant, &login.server)?;
    let client = client::current(domain, tenant, &login.request.client_id)?;
    let about = About {
        tenant,
        server: (&login.server, &server.value),
        client: (&login.request.client_id, &client.value),
        identity,
        scopes: &login.request.scopes,
        reach: login.request.reach(),
        request_id,
    };
    policies::scopes(domain, about).await
}

/// Takes a page's word for the scopes that the client may have. Answers where the page sends the browser.
pub async fn accept(
    domain: &Domain,
    tenant: &str,
    login_id: &str,
    login_state: &str,
    granted: Vec<String>,
) -> Result<String, Failure> {
    let (login, _) = login::of_tenant(domain, tenant, login_id)?;
    let asked = |(place, scope): (usize, &String)| {
        let unasked = !login.request.scopes.contains(scope);
        unasked.then(|| Problem::new(format!("/granted_scopes/{place}"), "was not asked for"))
    };
    Failure::unless_fine(granted.iter().enumerate().filter_map(asked).collect())?;
    let state = handle::name(domain, Purpose::ConsentState, tenant, &login.server, login_state);
    let change = move |login: &mut Login| {
        custom_login::take(login, &state)?;
        login.granted = Some(granted.clone());
        Ok(())
    };
    login::change(domain, tenant, login_id, change).await?;
    Ok(custom_login::page(domain, tenant, &login.server, login_id))
}

/// Takes a page's word that the person says no: the client is told. Answers where the page sends the browser.
pub async fn reject(
    domain: &Domain,
    tenant: &str,
    login_id: &str,
    login_state: &str,
    refused: (String, String),
) -> Result<String, Failure> {
    custom_login::give_up(domain, tenant, login_id, (Purpose::ConsentState, login_state), refused).await
}
