//! A session: a browser in which a person has logged in to an authorization server.
//!
//! Started by whoever lets a person in, asked by `authorize`, listed and ended by the person and by logout. The browser
//! holds a cookie; its keyed hash is the session's name.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    Domain, Failure, authentication, elsewhere, expiry, grant,
    handle::{self, Purpose},
    identity::Identity,
    logged_out,
    server::{self, Server},
};
use crate::{
    store::{Index, Record, Table, View, Write, index, records},
    world::Micros,
};

/// A browser in which a person has logged in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Which server of its name.
    pub server_since: Micros,
    /// Who has logged in, and how.
    pub identity: Identity,
    /// What the browser calls itself (User-Agent), cut short: for the person's own list.
    pub browser: String,
    /// The address it came from, for the same list.
    pub address: String,
    /// When it started, in seconds since 1970.
    pub since: i64,
    /// When it ends, in seconds since 1970.
    pub ends: i64,
    /// What clients know it by (`sid`), when that is not the name of its record: it is the one before goes on in this one.
    #[serde(default)]
    pub sid: String,
    /// The clients that have been told of it and want to hear of its end: which of their names, by the instants they were made.
    #[serde(default)]
    pub clients: BTreeMap<String, Micros>,
}

impl Record for Session {
    const TABLE: Table = Table::Session;
}

impl expiry::Ends for Session {
    const WHAT: expiry::What = expiry::What::Session;
    fn ends(&self) -> i64 {
        self.ends
    }
}

/// How long ago a person may have proven who they are to change how they log in, in seconds.
const RECENTLY: i64 = 15 * 60;

/// The most clients that hear of the end of one session.
const MOST_CLIENTS: usize = 200;

impl Session {
    /// What clients know the session by whose record has this name.
    pub fn sid<'a>(&'a self, name: &'a str) -> &'a str {
        if self.sid.is_empty() { name } else { &self.sid }
    }

    /// Remembers a client that wants to hear of the end. False when nothing changes by it.
    pub(super) fn remember(&mut self, client: &str, since: Micros) -> bool {
        let known = self.clients.get(client).is_some_and(|known| *known == since);
        let room = self.clients.contains_key(client) || self.clients.len() < MOST_CLIENTS;
        if !known && room {
            self.clients.insert(client.to_owned(), since);
        }
        !known && room
    }

    /// Whether the person has proven only now who they are: what changes how they log in asks for it, so that a browser that
    /// was left alone is not enough.
    pub fn is_recent(&self, domain: &Domain) -> bool {
        domain.world.now_seconds().saturating_sub(self.identity.auth_time) <= RECENTLY
    }
}

/// The session whose cookie a browser shows, with its name, unless it has ended or the server knows the person no more.
pub fn find(
    domain: &Domain,
    tenant: &str,
    (server_id, server): (&str, &Server),
    cookie: &str,
) -> Result<Option<(String, Arc<Session>)>, Failure> {
    let name = handle::name(domain, Purpose::Session, tenant, server_id, cookie);
    let found = domain.store.record::<Session>(&[tenant, server_id, &name])?;
    let now = domain.world.now_seconds();
    let holds = |found: &Arc<Session>| {
        let is_in_time = found.ends > now && found.server_since == server.since;
        is_in_time && authentication::still_knows(domain, server, &found.identity)
    };
    Ok(found.filter(holds).map(|found| (name, found)))
}

/// Starts a session, inside a transaction.
pub(super) fn start(
    write: &mut Write<'_>,
    tenant: &str,
    server: &str,
    name: &str,
    session: &Session,
) -> Result<(), Failure> {
    records::put(write, &[tenant, server, name], session)?;
    index::put(write, Index::SubjectSessions, &[tenant, server, &session.identity.subject], name)?;
    expiry::note(write, &[tenant, server, name], session)
}

/// Starts a session in the place of the one that the browser had, inside a transaction. What the same person has granted in
/// that goes on in the new one; if it was somebody else's, they are logged out.
pub(super) fn replace(
    write: &mut Write<'_>,
    (tenant, server): (&str, &str),
    before: Option<&str>,
    name: &str,
    session: &Session,
) -> Result<(), Failure> {
    let old = before.map(|before| records::get::<Session>(&*write, &[tenant, server, before])).transpose()?.flatten();
    let (Some(before), Some(old)) = (before, old) else { return start(write, tenant, server, name, session) };
    if old.identity.subject != session.identity.subject || old.server_since != session.server_since {
        end(write, tenant, server, before)?;
        return start(write, tenant, server, name, session);
    }
    // To clients it is one session: nobody has logged out.
    grant::carry_over(write, tenant, server, &old.identity.subject, (before, name))?;
    forget(write, tenant, server, before)?;
    let goes_on = Session { sid: old.sid(before).to_owned(), clients: old.clients.clone(), ..session.clone() };
    start(write, tenant, server, name, &goes_on)
}

/// Forgets a session, inside a transaction: its time is over.
pub(super) fn forget(write: &mut Write<'_>, tenant: &str, server: &str, name: &str) -> Result<bool, Failure> {
    let Some(session) = records::get::<Session>(&*write, &[tenant, server, name])? else { return Ok(false) };
    index::remove(write, Index::SubjectSessions, &[tenant, server, &session.identity.subject], name)?;
    Ok(records::delete::<Session>(write, &[tenant, server, name])?)
}

/// Ends a session, inside a transaction: somebody says so. What was granted in it and is not for offline use ends too.
pub(super) fn end(write: &mut Write<'_>, tenant: &str, server: &str, name: &str) -> Result<bool, Failure> {
    let Some(session) = records::get::<Session>(&*write, &[tenant, server, name])? else { return Ok(false) };
    for (id, grant) in grant::of_subject(&*write, tenant, server, &session.identity.subject)? {
        if grant.session.as_deref() == Some(name) && !grant.is_offline() {
            grant::revoke(write, tenant, &id)?;
        }
    }
    leave(write, tenant, server, name, &session)
}

/// Forgets a session that somebody has ended, inside a transaction: whoever wants to hear of that does.
fn leave(write: &mut Write<'_>, tenant: &str, server: &str, name: &str, session: &Session) -> Result<bool, Failure> {
    logged_out::note(write, tenant, server, name, session)?;
    forget(write, tenant, server, name)
}

/// The sessions of a person at a server, by name.
pub(super) fn of_subject(
    view: &impl View,
    tenant: &str,
    server: &str,
    subject: &str,
) -> Result<Vec<(String, Session)>, Failure> {
    let mut found = Vec::new();
    for name in index::ids(view, Index::SubjectSessions, &[tenant, server, subject])? {
        if let Some(session) = records::get::<Session>(view, &[tenant, server, &name])? {
            found.push((name, session));
        }
    }
    Ok(found)
}

/// The sessions of a person that have not ended, by name, the latest first.
pub fn list(domain: &Domain, tenant: &str, server_id: &str, subject: &str) -> Result<Vec<(String, Session)>, Failure> {
    let (server, now) = (server::current(domain, tenant, server_id)?, domain.world.now_seconds());
    let mut found = of_subject(&domain.store.read()?, tenant, server_id, subject)?;
    found.retain(|(_, session)| session.ends > now && session.server_since == server.value.since);
    found.sort_by_key(|(_, session)| std::cmp::Reverse(session.since));
    Ok(found)
}

/// Ends a session of a person. Somebody else's is not there for them.
pub async fn end_one(domain: &Domain, tenant: &str, server: &str, subject: &str, name: &str) -> Result<(), Failure> {
    let [tenant, server, subject, name] = [tenant, server, subject, name].map(str::to_owned);
    domain
        .write(move |write| {
            let found = records::get::<Session>(&*write, &[&tenant, &server, &name])?;
            match found.is_some_and(|session| session.identity.subject == subject) {
                true => end(write, &tenant, &server, &name).map(drop),
                false => Err(Failure::not_found("session", &name)),
            }
        })
        .await
}

/// Ends all sessions of a person and all that they have let clients do, offline use included: somebody has left, or a stranger is
/// in their account. So does what they have said yes to elsewhere and nobody has fetched yet, and the code with which clients may
/// ask them there. What they have agreed to stays remembered.
pub async fn end_everything(domain: &Domain, tenant: &str, server: &str, subject: &str) -> Result<(), Failure> {
    server::current(domain, tenant, server)?;
    let [tenant, server, subject] = [tenant, server, subject].map(str::to_owned);
    domain
        .write(move |write| {
            for (id, _) in grant::of_subject(&*write, &tenant, &server, &subject)? {
                grant::revoke(write, &tenant, &id)?;
            }
            for (name, session) in of_subject(&*write, &tenant, &server, &subject)? {
                leave(write, &tenant, &server, &name, &session)?;
            }
            elsewhere::end(write, [&tenant, &server, &subject])
        })
        .await
}

/// Ends all sessions of a person but one.
pub async fn end_others(
    domain: &Domain,
    tenant: &str,
    server: &str,
    subject: &str,
    but: Option<&str>,
) -> Result<(), Failure> {
    let [tenant, server, subject] = [tenant, server, subject].map(str::to_owned);
    let but = but.map(str::to_owned);
    domain
        .write(move |write| {
            for (name, _) in of_subject(&*write, &tenant, &server, &subject)? {
                if Some(&name) != but.as_ref() {
                    end(write, &tenant, &server, &name)?;
                }
            }
            Ok(())
        })
        .await
}
