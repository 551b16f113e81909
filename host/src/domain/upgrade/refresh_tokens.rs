//! Refresh tokens of stores in which each had a record of its own: what is good of them is put where it is now, with their grants.
//!
//! Called by `upgrade` at every start. The old records stay until they end: they say which grant such a token is of, and that it
//! was made here, so that one which was used before is still known for what it is.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        Domain, Failure, expiry,
        grant::Grant,
        token::{RefreshToken, older::Older},
    },
    store::{Record, Table, Write, records},
};

/// How many are looked at in one transaction.
const AT_ONCE: usize = 5_000;

/// Notes that all of them have been moved.
#[derive(Serialize, Deserialize)]
struct Moved {}

impl Record for Moved {
    const TABLE: Table = Table::Meta;
}

/// Where that is noted.
const NOTE: [&str; 2] = ["moved", "refresh_tokens"];

/// Moves what is good, once.
pub(super) async fn move_all(domain: &Domain) -> Result<(), Failure> {
    let read = domain.store.read()?;
    let has_none = records::list_after::<Older>(&read, &[], None, 1)?.is_empty();
    if has_none || records::get::<Moved>(&read, &NOTE)?.is_some() {
        return Ok(());
    }
    let mut after = None;
    loop {
        let from = after.take();
        after = domain.write(move |write| move_some(write, from.as_deref())).await?;
        if after.is_none() {
            return Ok(());
        }
    }
}

/// Moves some of those behind `after`. Answers the last of them, or none when that were all.
fn move_some(write: &mut Write<'_>, after: Option<&[String]>) -> Result<Option<Vec<String>>, Failure> {
    let last: Option<Vec<&str>> = after.map(|key| key.iter().map(String::as_str).collect());
    let found = records::list_after::<Older>(&*write, &[], last.as_deref(), AT_ONCE)?;
    let whole = found.len() == AT_ONCE;
    let last = found.last().map(|(key, _)| key.clone());
    for (key, token) in found {
        if let [tenant, server, hash] = key.as_slice() {
            move_one(write, [tenant, server, hash], token)?;
        }
    }
    if whole {
        return Ok(last);
    }
    records::put(write, &NOTE, &Moved {})?;
    Ok(None)
}

/// Files a token with its grant if it is good, and keeps its own record as long as the grant lasts: so it is known when it is used
/// again, and where tokens stay when they are used, it is shown for longer than it was good at first.
fn move_one(write: &mut Write<'_>, key: [&str; 3], token: Older) -> Result<(), Failure> {
    let [tenant, server, hash] = key;
    let Some(grant) = records::get::<Grant>(&*write, &[tenant, &token.grant])? else { return Ok(()) };
    if !token.used {
        let moved = RefreshToken { hash: hash.to_owned(), number: 0, since: token.since, ends: token.ends };
        records::put(write, &[tenant, server, &grant.identity.subject, &token.grant], &moved)?;
    }
    let kept = Older { ends: grant.ends, ..token };
    records::put(write, &key, &kept)?;
    expiry::note(write, &key, &kept)
}
