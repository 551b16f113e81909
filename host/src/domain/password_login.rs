//! Logging in with a name and a password that are kept here.
//!
//! Called by the login page. Who has which password is `authentication::static_users`'s business, how often somebody may try
//! `guesses`'.

use super::{
    Domain, Failure,
    authentication::static_users,
    authorize::{self, Browser, Next},
    guesses::Try,
    let_in::{self, Tried},
    server,
};
use crate::crypto::Secret;

/// Tries a name and a password in the login `login_id`, which must be waiting for them.
pub async fn log_in(
    domain: &Domain,
    (tenant, server_id): (&str, &str),
    login_id: &str,
    browser: &Browser,
    username: &str,
    password: &Secret,
) -> Result<Tried, Failure> {
    let Next::Password(method) = authorize::next(domain, tenant, server_id, login_id, browser).await? else {
        return Ok(Tried::GoneOn);
    };
    let attempt = Try { tenant, server: server_id, account: username, address: &browser.address };
    if let Err(seconds) = domain.guesses.allowed(attempt) {
        return Ok(Tried::Wait(seconds));
    }
    let proven = static_users::prove(domain, std::slice::from_ref(&method), username, password).await;
    let Some(identity) = proven else { return Ok(Tried::Wrong) };
    domain.guesses.succeeded(attempt);
    let server = server::current(domain, tenant, server_id)?;
    let cookie = let_in::let_in(domain, tenant, (server_id, &server.value), login_id, identity, browser).await?;
    Ok(Tried::In(cookie))
}
