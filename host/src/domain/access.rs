//! Access: which scopes a person lets a client have, remembered, so that nobody is asked twice and everybody can take it back.
//!
//! Written by the consent page and the scope-grants operations, read by `authorize`, listed and revoked by the person.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::{
    Domain, Failure,
    client::{self, Client},
    grant,
    server::{self, Server},
};
use crate::{
    store::{Record, State, Table, View, Write, records},
    world::Micros,
};

/// What a person lets a client have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Access {
    /// Which server of its name.
    pub server_since: Micros,
    /// Which client of its name.
    pub client_since: Micros,
    /// Which client it was by what it said of itself (`Client::said_since`).
    #[serde(default)]
    pub client_said: Micros,
    /// The scopes, in the order in which they were granted.
    pub scopes: Vec<String>,
    /// When each of them was granted last, in seconds since 1970; those that are not here, at `since`.
    #[serde(default)]
    pub granted: BTreeMap<String, i64>,
    /// What they let it have besides, by name: authorization details, and resources without scopes.
    #[serde(default)]
    pub agreed: BTreeSet<String>,
    /// When the person was last asked, or let it have more, in seconds since 1970.
    pub since: i64,
}

impl Record for Access {
    const TABLE: Table = Table::Access;
}

/// Between whom.
#[derive(Clone, Copy, Debug)]
pub struct Between<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The authorization server.
    pub server: &'a str,
    /// The person.
    pub subject: &'a str,
    /// The client.
    pub client: &'a str,
}

/// Which server and client of their names, what the client had said of itself, and how long what is remembered counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Which {
    server_since: Micros,
    client_since: Micros,
    client_said: Micros,
    lasts: Option<i64>,
}

impl Which {
    /// These ones, as they are now.
    pub(super) fn of(server: &Server, client: &Client) -> Which {
        let of_client = client.setup.as_ref().and_then(|members| members.persisted_consent_seconds);
        let of_server = || server.setup.as_ref().and_then(|members| members.persisted_consent_seconds);
        let lasts = of_client.or_else(of_server);
        let (server_since, client_since, client_said) = (server.since, client.since, client.said_since);
        Which { server_since, client_since, client_said, lasts }
    }

    /// Whether what is remembered is about these, and still counts at `now`, in seconds since 1970.
    pub(super) fn counts(&self, found: &Access, now: i64) -> bool {
        let Which { server_since, client_since, client_said, .. } = *self;
        let same = (found.server_since, found.client_since, found.client_said);
        same == (server_since, client_since, client_said) && self.ends(found).is_none_or(|ends| ends > now)
    }

    /// When what is remembered no longer counts, in seconds since 1970; never when none.
    pub(super) fn ends(&self, found: &Access) -> Option<i64> {
        self.lasts.map(|lasts| found.since.saturating_add(lasts))
    }
}

impl Between<'_> {
    fn key(&self) -> [&str; 4] {
        [self.tenant, self.server, self.subject, self.client]
    }
}

/// The scopes that a person has let this client have, each with when that was last: none when an earlier client or server of the same name was meant, or when
/// that was too long ago.
pub fn remembered(
    view: &impl View,
    between: Between<'_>,
    server: &Server,
    client: &Client,
    now: i64,
) -> Result<BTreeMap<String, i64>, Failure> {
    let found = records::get::<Access>(view, &between.key())?;
    let Some(found) = found.filter(|found| Which::of(server, client).counts(found, now)) else {
        return Ok(BTreeMap::new());
    };
    let Access { scopes, granted, since, .. } = found;
    let when = |scope: String| (granted.get(&scope).copied().unwrap_or(since), scope);
    Ok(scopes.into_iter().map(when).map(|(granted, scope)| (scope, granted)).collect())
}

/// What a person has let this client have besides scopes, by name, as [`remembered`].
pub(super) fn agreed(
    view: &impl View,
    between: Between<'_>,
    server: &Server,
    client: &Client,
    now: i64,
) -> Result<BTreeSet<String>, Failure> {
    let found = records::get::<Access>(view, &between.key())?;
    Ok(found.filter(|found| Which::of(server, client).counts(found, now)).map(|found| found.agreed).unwrap_or_default())
}

/// How many details are remembered of one client: one that asks for other ones each time is asked about each time.
const MOST_AGREED: usize = 100;

/// Adds `scopes` and what else was agreed to, by name, to what is remembered, inside a transaction. What is remembered already is not prolonged by being used.
pub(super) fn remember(
    write: &mut Write<'_>,
    between: Between<'_>,
    which: Which,
    (scopes, agreed): (&[String], &[String]),
    now: i64,
) -> Result<(), Failure> {
    let found = records::get::<Access>(&*write, &between.key())?;
    let found = found.filter(|found| which.counts(found, now));
    let found = found.unwrap_or_default();
    let (mut all, mut granted, before) = (found.scopes, found.granted, found.since);
    let mut others = found.agreed;
    let known = all.len() + others.len();
    if others.len() + agreed.len() > MOST_AGREED {
        others.clear();
    }
    others.extend(agreed.iter().cloned());
    for scope in &all {
        granted.entry(scope.clone()).or_insert(before);
    }
    for scope in scopes {
        granted.insert(scope.clone(), now);
        if !all.contains(scope) {
            all.push(scope.clone());
        }
    }
    let since = if all.len() + others.len() == known && before > 0 { before } else { now };
    let Which { server_since, client_since, client_said, lasts: _ } = which;
    let access = Access { server_since, client_since, client_said, scopes: all, granted, agreed: others, since };
    Ok(records::put(write, &between.key(), &access)?)
}

/// Takes it back with every grant made of it, inside a transaction. Answers whether there was anything.
pub(super) fn revoke(write: &mut Write<'_>, between: Between<'_>) -> Result<bool, Failure> {
    let mut found = records::delete::<Access>(write, &between.key())?;
    for (id, grant) in grant::of_subject(&*write, between.tenant, between.server, between.subject)? {
        if grant.client_id == between.client {
            found |= grant::revoke(write, between.tenant, &id)?;
        }
    }
    Ok(found)
}

/// Everything a person lets clients have at a server: the client's id and the access.
pub fn of_subject(
    view: &impl View,
    tenant: &str,
    server: &str,
    subject: &str,
) -> Result<Vec<(String, Access)>, Failure> {
    let found = records::list_prefix::<Access>(view, &[tenant, server, subject])?;
    Ok(found.into_iter().filter_map(|(mut key, access)| Some((key.pop()?, access))).collect())
}

/// A client that has access to what is a person's.
#[derive(Clone, Debug)]
pub struct Allowed {
    /// Its id.
    pub client_id: String,
    /// The client.
    pub client: Arc<State<Client>>,
    /// The scopes that it may have without asking again, and those of its grants.
    pub scopes: Vec<String>,
    /// When it got access last, in seconds since 1970.
    pub since: i64,
}

/// The clients that have access to what is a person's, by id: those that the person has let have scopes, and those with a
/// grant, which a trusted client gets without being let.
pub fn clients(domain: &Domain, tenant: &str, server_id: &str, subject: &str) -> Result<Vec<Allowed>, Failure> {
    let (server, now) = (server::current(domain, tenant, server_id)?, domain.world.now_seconds());
    let read = domain.store.read()?;
    // Each is compared with its client below: what an earlier client of the same name had is nobody's.
    let mut found: BTreeMap<(String, Micros), (Vec<String>, i64)> = BTreeMap::new();
    for (client_id, access) in of_subject(&read, tenant, server_id, subject)? {
        if access.server_since == server.value.since {
            found.insert((client_id, access.client_since), (access.scopes, access.since));
        }
    }
    for (_, grant) in grant::of_subject(&read, tenant, server_id, subject)? {
        if grant.server_since == server.value.since && grant.ends > now {
            let (scopes, since) = found.entry((grant.client_id, grant.client_since)).or_default();
            *since = grant.since.max(*since);
            let new: Vec<String> = grant.scopes.into_iter().filter(|scope| !scopes.contains(scope)).collect();
            scopes.extend(new);
        }
    }
    let mut allowed = Vec::new();
    for ((client_id, client_since), (scopes, since)) in found {
        match client::current(domain, tenant, &client_id) {
            Ok(client) if client.value.since == client_since => {
                allowed.push(Allowed { client_id, client, scopes, since });
            }
            Ok(_) | Err(Failure::NotFound { .. }) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(allowed)
}

/// Takes everything back that a person lets a client have (revokeClientAccess). Answers whether there was anything.
pub async fn take_back(
    domain: &Domain,
    tenant: &str,
    server: &str,
    subject: &str,
    client: &str,
) -> Result<bool, Failure> {
    let names = [tenant, server, subject, client].map(str::to_owned);
    domain
        .write(move |write| {
            let [tenant, server, subject, client] = &names;
            revoke(write, Between { tenant, server, subject, client })
        })
        .await
}
