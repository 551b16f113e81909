//! The second factor in a login: proven, or set up by somebody who has just proven the first. One transaction uses the code up,
//! tells the login, and starts a new session, since this one is worth more than the one before.

use super::{Fresh, Proof, SecondFactor, Whose, check, put_new, taken_up, use_up};
use crate::{
    domain::{
        Domain, Failure,
        authorize::{self, Browser, Next},
        identity::Identity,
        let_in::{Entry, Tried},
        login, server,
    },
    store::Write,
};

/// What a right code does to the record.
enum Then {
    UseUp(Fresh),
    PutNew(Box<SecondFactor>),
}

/// Proves the second factor in a login.
pub async fn prove_at_login(
    domain: &Domain,
    (tenant, server_id): (&str, &str),
    login_id: &str,
    browser: &Browser,
    code: &str,
) -> Result<Tried, Failure> {
    let Next::SecondFactor { enrolled: true } = authorize::next(domain, tenant, server_id, login_id, browser).await?
    else {
        return Ok(Tried::GoneOn);
    };
    go_on(domain, (tenant, server_id), login_id, browser, |whose| Ok(check(domain, whose, code)?.map(Then::UseUp)))
        .await
}

/// Sets up the second factor in a login, and proves it at once.
pub async fn enrol_at_login(
    domain: &Domain,
    (tenant, server_id): (&str, &str),
    login_id: &str,
    browser: &Browser,
    (ticket, code): (&str, &str),
) -> Result<Tried, Failure> {
    let Next::SecondFactor { enrolled: false } = authorize::next(domain, tenant, server_id, login_id, browser).await?
    else {
        return Ok(Tried::GoneOn);
    };
    go_on(domain, (tenant, server_id), login_id, browser, |whose| {
        let factor = taken_up(domain, whose, login_id, ticket, code)?;
        Ok(factor.map(|factor| Then::PutNew(Box::new(factor))))
    })
    .await
}

async fn go_on(
    domain: &Domain,
    (tenant, server_id): (&str, &str),
    login_id: &str,
    browser: &Browser,
    proven: impl FnOnce(Whose<'_>) -> Result<Result<Then, Proof>, Failure>,
) -> Result<Tried, Failure> {
    let server = server::current(domain, tenant, server_id)?;
    let seen = login::current(domain, tenant, server_id, login_id)?;
    let Some(identity) = seen.identity else { return Ok(Tried::GoneOn) };
    let whose = Whose { tenant, server: (server_id, &server.value), subject: &identity.subject };
    let then = match proven(whose)? {
        Ok(then) => then,
        Err(Proof::Wait(seconds)) => return Ok(Tried::Wait(seconds)),
        Err(Proof::Wrong | Proof::Right) => return Ok(Tried::Wrong),
    };
    let entry = Entry::new(domain, tenant, whose.server, login_id, browser);
    let cookie = entry.cookie.clone();
    let (key, since) = (whose.key().map(str::to_owned), server.value.since);
    let stronger = stronger(&identity);
    let entered = domain.write(move |write: &mut Write<'_>| {
        let login = entry.login(write)?;
        if login.identity.as_ref() != Some(&identity) {
            return Err(Failure::Conflict { noun: "login", reason: "it has just gone on elsewhere".to_owned() });
        }
        match &then {
            Then::UseUp(fresh) if !use_up(write, &key, fresh)? => return Ok(false),
            Then::UseUp(_) => {}
            Then::PutNew(factor) => put_new(write, &key, since, factor)?,
        }
        entry.open(write, stronger.clone(), login.anew)?;
        Ok(true)
    });
    Ok(if entered.await? { Tried::In(cookie) } else { Tried::Wrong })
}

/// The identity with the second factor among its methods (RFC 8176). When the person logged in stays as it was.
pub(super) fn stronger(identity: &Identity) -> Identity {
    let mut stronger = identity.clone();
    for method in ["otp", "mfa"] {
        if !stronger.amr.iter().any(|known| known == method) {
            stronger.amr.push(method.to_owned());
        }
    }
    stronger
}
