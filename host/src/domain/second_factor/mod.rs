//! The second factor of a person at a server: an authenticator app that shows codes (RFC 6238).
//!
//! Asked for in every login of who has one, and when a policy wants more than the first factor (`at_login.rs`), set up there or on the person's own
//! account page, removed by the person or, when the phone is lost, by an administrator. A code is good once.

mod at_login;
mod offer;

use serde::{Deserialize, Serialize};

use super::{Domain, Failure, guesses::Try, server::Server, session::Session};
use crate::{
    crypto::{totp, vault::Sealed},
    store::{Record, Table, Write, records},
    world::Micros,
};

pub use at_login::{enrol_at_login, prove_at_login};
pub use offer::{Offer, offer, offered};

/// A person's second factor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SecondFactor {
    /// Which server of its name.
    pub server_since: Micros,
    /// What the app was given, sealed.
    pub secret: Sealed,
    /// The step of the last code that was taken: it and those before are not taken again (RFC 6238 §5.2).
    pub last_step: i64,
    /// When it was set up, in seconds since 1970.
    pub since: i64,
}

impl Record for SecondFactor {
    const TABLE: Table = Table::SecondFactor;
}

/// Whose it is.
#[derive(Clone, Copy, Debug)]
pub struct Whose<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The authorization server and its id.
    pub server: (&'a str, &'a Server),
    /// The person.
    pub subject: &'a str,
}

impl Whose<'_> {
    /// What is filed under them.
    pub(in crate::domain) fn key(&self) -> [&str; 3] {
        [self.tenant, self.server.0, self.subject]
    }

    /// What a secret is sealed for.
    fn context(&self) -> String {
        format!("second factor of {}/{}/{}", self.tenant, self.server.0, self.subject)
    }

    /// Whoever guesses codes knows the password, and may come from anywhere: so the address does not matter.
    fn limit<'a>(&'a self, account: &'a str) -> Try<'a> {
        Try { tenant: self.tenant, server: self.server.0, account, address: "" }
    }
}

/// What became of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It was right.
    Right,
    /// It was wrong, or used before.
    Wrong,
    /// Too many were wrong: not before so many seconds.
    Wait(u64),
}

/// A code that was right, to be used up inside a transaction.
struct Fresh {
    secret: Sealed,
    step: i64,
}

/// Whether a person has one.
pub fn is_enrolled(domain: &Domain, whose: Whose<'_>) -> Result<bool, Failure> {
    Ok(find(domain, whose)?.is_some())
}

/// Sets up what was offered at `place`, which is the session of the person, with a code that shows that the app has it. For the person's own account page.
pub async fn enrol(domain: &Domain, whose: Whose<'_>, place: &str, ticket: &str, code: &str) -> Result<Proof, Failure> {
    let factor = match taken_up(domain, whose, place, ticket, code)? {
        Ok(factor) => factor,
        Err(proof) => return Ok(proof),
    };
    let (key, since) = (whose.key().map(str::to_owned), whose.server.1.since);
    let session = place.to_owned();
    let set_up = move |write: &mut Write<'_>| {
        put_new(write, &key, since, &factor)?;
        let [tenant, server, subject] = borrowed(&key);
        let place = [tenant, server, session.as_str()];
        let found = records::get::<Session>(&*write, &place)?.filter(|found| found.identity.subject == subject);
        if let Some(found) = found {
            // They have just shown it, so this session has it as well. All others have not.
            let identity = at_login::stronger(&found.identity);
            records::put(write, &place, &Session { identity, ..found })?;
        }
        Ok(())
    };
    domain.write(set_up).await?;
    Ok(Proof::Right)
}

/// Removes it for the person, who proves with a code that it is theirs.
pub async fn give_up(domain: &Domain, whose: Whose<'_>, code: &str) -> Result<Proof, Failure> {
    let fresh = match check(domain, whose, code)? {
        Ok(fresh) => fresh,
        Err(proof) => return Ok(proof),
    };
    let key = whose.key().map(str::to_owned);
    let gone = domain.write(move |write| {
        let used = use_up(write, &key, &fresh)?;
        if used {
            records::delete::<SecondFactor>(write, &borrowed(&key))?;
        }
        Ok(used)
    });
    Ok(if gone.await? { Proof::Right } else { Proof::Wrong })
}

/// Removes it, if there is one: an administrator helps somebody who has lost their phone.
pub async fn remove(domain: &Domain, tenant: &str, server: &str, subject: &str) -> Result<(), Failure> {
    super::server::current(domain, tenant, server)?;
    let key = [tenant, server, subject].map(str::to_owned);
    domain.write(move |write| Ok(records::delete::<SecondFactor>(write, &borrowed(&key)).map(drop)?)).await
}

fn find(domain: &Domain, whose: Whose<'_>) -> Result<Option<SecondFactor>, Failure> {
    let found = records::get::<SecondFactor>(&domain.store.read()?, &whose.key())?;
    Ok(found.filter(|found| found.server_since == whose.server.1.since))
}

/// Checks a code against the person's secret. Counts as a guess.
fn check(domain: &Domain, whose: Whose<'_>, code: &str) -> Result<Result<Fresh, Proof>, Failure> {
    let account = format!("second factor of {}", whose.subject);
    if let Err(seconds) = domain.guesses.allowed(whose.limit(&account)) {
        return Ok(Err(Proof::Wait(seconds)));
    }
    let Some(found) = find(domain, whose)? else { return Ok(Err(Proof::Wrong)) };
    let secret = domain.vault.open_sealed(&whose.context(), &found.secret);
    let secret = secret.map_err(|error| Failure::Internal { log: format!("second factor: {error}") })?;
    let step = totp::matching(&secret, &digits(code), domain.world.now_seconds());
    match step.filter(|step| *step > found.last_step) {
        Some(step) => {
            domain.guesses.succeeded(whose.limit(&account));
            Ok(Ok(Fresh { secret: found.secret, step }))
        }
        None => Ok(Err(Proof::Wrong)),
    }
}

/// Checks a code against the secret that was offered. Answers what is to be kept. Nobody can guess anything here: the
/// secret stands on the page.
fn taken_up(
    domain: &Domain,
    whose: Whose<'_>,
    place: &str,
    ticket: &str,
    code: &str,
) -> Result<Result<SecondFactor, Proof>, Failure> {
    let secret = offer::opened(domain, whose, place, ticket)?;
    let now = domain.world.now_seconds();
    let Some(step) = totp::matching(&secret, &digits(code), now) else { return Ok(Err(Proof::Wrong)) };
    let sealed = domain.vault.seal(&domain.world, &whose.context(), &secret);
    Ok(Ok(SecondFactor { server_since: whose.server.1.since, secret: sealed, last_step: step, since: now }))
}

/// People type codes as apps show them, in two groups.
fn digits(code: &str) -> String {
    code.chars().filter(|letter| !letter.is_whitespace()).take(16).collect()
}

/// Writes a new one, inside a transaction. One that is there stays: whoever knows only the password must not replace it.
fn put_new(write: &mut Write<'_>, key: &[String; 3], since: Micros, factor: &SecondFactor) -> Result<(), Failure> {
    let key = borrowed(key);
    let found = records::get::<SecondFactor>(&*write, &key)?;
    if found.is_some_and(|found| found.server_since == since) {
        let reason = "there is one already".to_owned();
        return Err(Failure::Conflict { noun: "second factor", reason });
    }
    Ok(records::put(write, &key, factor)?)
}

/// Marks a code as used, inside a transaction. False when somebody was faster, or the secret is another one by now.
fn use_up(write: &mut Write<'_>, key: &[String; 3], fresh: &Fresh) -> Result<bool, Failure> {
    let key = borrowed(key);
    let found = records::get::<SecondFactor>(&*write, &key)?;
    match found.filter(|found| found.secret == fresh.secret && found.last_step < fresh.step) {
        Some(found) => {
            records::put(write, &key, &SecondFactor { last_step: fresh.step, ..found })?;
            Ok(true)
        }
        None => Ok(false),
    }
}

fn borrowed(key: &[String; 3]) -> [&str; 3] {
    key.each_ref().map(String::as_str)
}
