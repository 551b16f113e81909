//! Refresh tokens: a grant has at most one that is good now, and one record that says which.
//!
//! Whoever uses it gets the next one, which is written over it. Of those that were used nothing is kept, yet each is known again as
//! long as its grant lasts, since it says itself which one it is (`shown`). The record is filed by whose it is and goes with its
//! grant, so lists of live tokens cost what they hold, and using tokens does not let the store grow.
//!
//! Called by `issue`, which makes and exchanges them, by `introspect` and `revoke`, by `grant`, and by `setup`, which lists them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    older,
    shown::{self, Shown},
};
use crate::{
    crypto::Secret,
    domain::{
        Confirmation, Domain, Failure, authentication,
        client::{self, Client},
        grant::{self, Grant},
        handle::{self, Purpose},
        server::Server,
    },
    store::{Record, State, Table, View, Write, records},
};

/// The refresh token of a grant that is good now. Its key is tenant, server, subject, grant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RefreshToken {
    /// Its keyed hash.
    #[serde(rename = "token")]
    pub hash: String,
    /// How many of the grant were before it.
    #[serde(default)]
    pub number: u64,
    /// When it was made, in seconds since 1970. 0 when it is of a time that did not keep that.
    #[serde(default)]
    pub since: i64,
    /// When it ends unless it is used, in seconds since 1970. Never later than the grant. A record of a time that kept its hash only,
    /// and that `upgrade` has not written over, is of one that has ended.
    #[serde(default)]
    pub ends: i64,
}

impl Record for RefreshToken {
    const TABLE: Table = Table::RefreshToken;
}

/// A token that somebody shows and that was made here, with the one of its grant that is good now.
#[derive(Debug)]
pub struct Found {
    /// The id of its grant.
    pub grant_id: String,
    /// Its grant, which has not ended.
    pub grant: Arc<Grant>,
    /// The one that is good now.
    pub good: RefreshToken,
    /// Whether what is shown was used before, so that another one is good now.
    pub is_used: bool,
    /// The keys that whoever uses what is shown must hold, where nothing else proves who that is (RFC 9449 §5, RFC 8705 §4).
    pub confirmation: Confirmation,
}

/// A refresh token that is good now.
#[derive(Debug)]
pub struct Live {
    /// The id of its grant.
    pub grant_id: String,
    /// The token.
    pub token: RefreshToken,
    /// What it was made from.
    pub grant: Grant,
    /// The client that has it.
    pub client: Arc<State<Client>>,
}

/// A new token of a grant, after `number` others and bound to these keys, and its keyed hash.
pub fn make(
    domain: &Domain,
    tenant: &str,
    server: &str,
    (grant, number): (&str, u64),
    confirmation: Option<&Confirmation>,
) -> (Secret, String) {
    let shown = Shown { grant, number, confirmation: confirmation.cloned().unwrap_or_default() };
    let secret = shown::make(domain, tenant, server, &shown);
    let hash = hash(domain, tenant, server, secret.expose());
    (secret, hash)
}

fn hash(domain: &Domain, tenant: &str, server: &str, text: &str) -> String {
    handle::name(domain, Purpose::Refresh, tenant, server, text)
}

/// The token of this text with its grant, whether it is good or was used. None when it was never made here, or when its grant has
/// ended or has no token any more.
pub fn find(domain: &Domain, tenant: &str, server: &str, text: &str) -> Result<Option<Found>, Failure> {
    if !handle::looks_like(Purpose::Refresh, text) {
        return Ok(None);
    }
    // Not through the cache: the record is another one at the next use.
    let (read, hash) = (domain.store.read()?, hash(domain, tenant, server, text));
    let (grant_id, number, confirmation) = match shown::read(domain, tenant, server, text) {
        Some(Shown { grant, number, confirmation }) => (grant.to_owned(), Some(number), confirmation),
        None => match older::find(&read, tenant, server, &hash)? {
            Some(older) => (older.grant, None, older.confirmation.unwrap_or_default()),
            None => return Ok(None),
        },
    };
    let Some(grant) = grant::current(domain, tenant, &grant_id)? else { return Ok(None) };
    let key = [tenant, server, &grant.identity.subject, &grant_id];
    let Some(good) = records::get::<RefreshToken>(&read, &key)? else { return Ok(None) };
    // Any other one with its number or a later one was made after the backup that this store was restored from: nobody has used it here.
    let is_used = good.hash != hash;
    let is_known = !is_used || number.is_none_or(|number| number < good.number);
    Ok(is_known.then_some(Found { grant_id, grant, good, is_used, confirmation }))
}

/// Takes out the token of a grant, inside a transaction: tenant, server, subject, grant.
pub(in crate::domain) fn forget(write: &mut Write<'_>, key: [&str; 4]) -> Result<(), Failure> {
    records::delete::<RefreshToken>(write, &key)?;
    Ok(())
}

/// A token as a person's that is good now: it has not ended, and its grant, its client and its person are still there. What clients
/// have on their own behalf is no business of those who read lists of people's tokens. Not through the store's cache, which whole
/// lists would empty of what is asked for often.
pub(in crate::domain) fn live(
    domain: &Domain,
    view: &impl View,
    tenant: &str,
    (server_id, server): (&str, &Server),
    (grant_id, token): (&str, RefreshToken),
) -> Result<Option<Live>, Failure> {
    let now = domain.world.now_seconds();
    let grant = if token.ends > now { records::get::<Grant>(view, &[tenant, grant_id])? } else { None };
    let Some(grant) = grant else { return Ok(None) };
    let client = match client::current(domain, tenant, &grant.client_id) {
        Err(Failure::NotFound { .. }) => return Ok(None),
        found => found?,
    };
    let known = |person| authentication::still_knows(domain, server, person);
    let good =
        grant.server == server_id && grant.holds(server, &client.value, now) && grant.person().is_some_and(known);
    Ok(good.then(|| Live { grant_id: grant_id.to_owned(), token, grant, client }))
}

/// The live token of a grant, if it is the one with this number.
pub(in crate::domain) fn live_of(
    domain: &Domain,
    view: &impl View,
    tenant: &str,
    server: (&str, &Server),
    (grant_id, number): (&str, u64),
) -> Result<Option<Live>, Failure> {
    let Some(grant) = records::get::<Grant>(view, &[tenant, grant_id])? else { return Ok(None) };
    let token = records::get::<RefreshToken>(view, &[tenant, server.0, &grant.identity.subject, grant_id])?;
    match token.filter(|token| token.number == number) {
        Some(token) => live(domain, view, tenant, server, (grant_id, token)),
        None => Ok(None),
    }
}
