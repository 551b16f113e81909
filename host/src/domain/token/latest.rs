//! The refresh token of each grant that is good now. A grant has at most one: whoever uses it gets the next one.
//!
//! It is filed by whose it is, written over at every use and taken out with its grant, so that lists of live tokens cost what
//! they hold, however many have been used. Called by `issue`, `grant` and `upgrade`, which keep it in step, and by `setup`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::RefreshToken;
use crate::{
    domain::{
        Domain, Failure, authentication,
        client::{self, Client},
        expiry,
        grant::Grant,
        server::Server,
    },
    store::{Record, State, Table, View, Write, records},
};

/// The refresh token that was made last of a grant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latest {
    /// The name of its record.
    pub token: String,
}

impl Record for Latest {
    const TABLE: Table = Table::LatestRefresh;
}

/// A refresh token that is good now.
#[derive(Debug)]
pub struct Live {
    /// The token.
    pub token: RefreshToken,
    /// What it was made from.
    pub grant: Grant,
    /// The client that has it.
    pub client: Arc<State<Client>>,
}

/// How many records are read at once.
const AT_ONCE: usize = 1000;

/// Files the token of a grant, over the one before it: tenant, server, subject, grant.
pub(in crate::domain) fn note(write: &mut Write<'_>, key: [&str; 4], token: &str) -> Result<(), Failure> {
    Ok(records::put(write, &key, &Latest { token: token.to_owned() })?)
}

/// Takes the token of a grant that goes out of the list: tenant, server, subject, grant.
pub(in crate::domain) fn forget(write: &mut Write<'_>, key: [&str; 4]) -> Result<(), Failure> {
    records::delete::<Latest>(write, &key)?;
    Ok(())
}

/// Takes out the token of a grant itself, which nobody is to use any more: tenant, server, subject, grant.
pub(in crate::domain) fn end(write: &mut Write<'_>, key: [&str; 4]) -> Result<(), Failure> {
    let [tenant, server, ..] = key;
    if let Some(Latest { token: name }) = records::get::<Latest>(&*write, &key)? {
        let place = [tenant, server, &name];
        if let Some(token) = records::get::<RefreshToken>(&*write, &place)? {
            expiry::unnote(write, &place, &token)?;
            records::delete::<RefreshToken>(write, &place)?;
        }
    }
    forget(write, key)
}

/// The refresh token of this name, when it is a person's and good now: neither used nor over, with its grant, its client and its
/// person still there. What clients have on their own behalf is no business of those who read lists of people's tokens. Not through the store's cache, which whole lists would empty of what is asked for often.
pub(in crate::domain) fn live(
    domain: &Domain,
    view: &impl View,
    tenant: &str,
    (server_id, server): (&str, &Server),
    name: &str,
) -> Result<Option<Live>, Failure> {
    let now = domain.world.now_seconds();
    let token = records::get::<RefreshToken>(view, &[tenant, server_id, name])?;
    let Some(token) = token.filter(|token| !token.used && token.ends > now) else { return Ok(None) };
    let Some(grant) = records::get::<Grant>(view, &[tenant, &token.grant])? else { return Ok(None) };
    let client = match client::current(domain, tenant, &grant.client_id) {
        Err(Failure::NotFound { .. }) => return Ok(None),
        found => found?,
    };
    let known = |person| authentication::still_knows(domain, server, person);
    let good =
        grant.server == server_id && grant.holds(server, &client.value, now) && grant.person().is_some_and(known);
    Ok(good.then_some(Live { token, grant, client }))
}

/// Files the tokens of a store that was written before they were filed.
pub(in crate::domain) async fn file_all(domain: &Domain) -> Result<(), Failure> {
    let read = domain.store.read()?;
    let filed = !records::list_after::<Latest>(&read, &[], None, 1)?.is_empty();
    if filed || records::list_after::<RefreshToken>(&read, &[], None, 1)?.is_empty() {
        return Ok(());
    }
    domain
        .write(|write| {
            let mut after: Option<Vec<String>> = None;
            loop {
                let last: Option<Vec<&str>> = after.as_ref().map(|key| key.iter().map(String::as_str).collect());
                let found = records::list_after::<RefreshToken>(&*write, &[], last.as_deref(), AT_ONCE)?;
                let whole = found.len() == AT_ONCE;
                after = found.last().map(|(key, _)| key.clone());
                for (key, token) in found {
                    file(write, &key, &token)?;
                }
                if !whole {
                    return Ok(());
                }
            }
        })
        .await
}

fn file(write: &mut Write<'_>, key: &[String], token: &RefreshToken) -> Result<(), Failure> {
    let [tenant, server, name] = key else { return Ok(()) };
    if token.used {
        return Ok(());
    }
    match records::get::<Grant>(&*write, &[tenant, &token.grant])? {
        Some(grant) => note(write, [tenant, server, &grant.identity.subject, &token.grant], name),
        None => Ok(()),
    }
}
