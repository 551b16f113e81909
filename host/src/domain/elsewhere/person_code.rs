//! The code by which a person shows a client elsewhere that it may ask them at all (CIBA §7.1, `user_code`): they choose it on
//! their account page and tell it where they want to be asked, so that who only knows their name cannot bother them.
//!
//! Set by that page, asked by `backchannel` for clients that have registered it. Only its argon2id hash is kept.

use serde::{Deserialize, Serialize};

use super::backchannel::NotAsked;
use crate::{
    crypto::{Secret, password},
    domain::{Domain, Failure, guesses::Try, second_factor::Whose},
    store::{Record, Table, Write, records},
    world::Micros,
};

/// How many characters a code has: enough that guessing at the pace of `guesses` leads nowhere, few enough for a small device.
const CHARACTERS: std::ops::RangeInclusive<usize> = 6..=64;

/// A person's code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PersonCode {
    /// Which server of its name.
    pub server_since: Micros,
    /// argon2id, as a PHC string.
    pub hash: String,
    /// When it was set, in seconds since 1970.
    pub since: i64,
}

impl Record for PersonCode {
    const TABLE: Table = Table::PersonCode;
}

/// What became of a code that a person has chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// It is theirs from now on.
    Set,
    /// It has too few characters, or too many.
    Unfit,
}

/// Whether a person has one.
pub fn is_set(domain: &Domain, whose: Whose<'_>) -> Result<bool, Failure> {
    Ok(find(domain, whose)?.is_some())
}

/// Sets a person's code, in the place of the one that they have.
pub async fn set(domain: &Domain, whose: Whose<'_>, typed: &str) -> Result<Chosen, Failure> {
    let typed = typed.trim();
    if !CHARACTERS.contains(&typed.chars().count()) {
        return Ok(Chosen::Unfit);
    }
    let hashed = domain.passwords.hash(Secret::new(typed)).await;
    let hash = hashed.map_err(|error| Failure::Internal { log: format!("a code of a person: {error}") })?;
    let code = PersonCode { server_since: whose.server.1.since, hash, since: domain.world.now_seconds() };
    let key = whose.key().map(str::to_owned);
    domain.write(move |write| Ok(records::put(write, &key.each_ref().map(String::as_str), &code)?)).await?;
    Ok(Chosen::Set)
}

/// Takes a person's code away, if there is one: clients that have to show it ask them no more.
pub async fn remove(domain: &Domain, whose: Whose<'_>) -> Result<(), Failure> {
    let key = whose.key().map(str::to_owned);
    let gone = move |write: &mut Write<'_>| {
        Ok(records::delete::<PersonCode>(write, &key.each_ref().map(String::as_str)).map(drop)?)
    };
    domain.write(gone).await
}

/// Whether a client shows the code of the person. Whoever has set none has none that could be right, and it costs the same.
pub(super) async fn prove(
    domain: &Domain,
    whose: Whose<'_>,
    shown: Option<&str>,
    address: &str,
) -> Result<(), NotAsked> {
    let Some(shown) = shown else { return Err(NotAsked::MissingCode) };
    // No server has such an id: what is typed at a login counts for itself.
    let place = format!("{}/request-code", whose.server.0);
    let attempt = Try { tenant: whose.tenant, server: &place, account: whose.subject, address };
    if let Err(seconds) = domain.guesses.allowed(attempt) {
        return Err(Failure::TooMany { seconds }.into());
    }
    let found = find(domain, whose)?;
    let (code, hash) = (Secret::new(shown.trim()), found.as_ref().map(|found| found.hash.as_str()));
    if !domain.passwords.verify_at_all(&code, hash, &[password::OUR_COST].into()).await {
        return Err(NotAsked::WrongCode);
    }
    domain.guesses.succeeded(attempt);
    Ok(())
}

fn find(domain: &Domain, whose: Whose<'_>) -> Result<Option<PersonCode>, Failure> {
    let found = records::get::<PersonCode>(&domain.store.read()?, &whose.key())?;
    Ok(found.filter(|found| found.server_since == whose.server.1.since))
}
