//! Who is meant by a client that asks a person elsewhere (CIBA §7.1): exactly one hint says so, and it has to be somebody whom the
//! server knows.
//!
//! Called by `backchannel`, and by `vouched` for what is known of the person who has answered on a device.

use super::backchannel::{NotAsked, Sent};
use crate::{
    domain::{
        Domain, Failure,
        authentication::{self, static_users},
        client::Client,
        grant,
        identity::Identity,
        issue::id_token::{self, Hint},
        server::Server,
        session, subject,
    },
    store::{Index, index},
};

/// The longest hint, in bytes.
const LONGEST_HINT: usize = 1024;
/// How soon a client that has named too many whom nobody knows may try again, in seconds.
const LATER: u64 = 600;

/// Who is asked, by their name here. Whoever names people until somebody is known finds out who is: so a client has so many hints
/// from a network, and behind them learns nothing, whoever it names.
pub(super) fn meant(
    domain: &Domain,
    tenant: &str,
    (server_id, server): (&str, &Server),
    (client_id, client): (&str, &Client),
    sent: Sent<'_>,
) -> Result<String, NotAsked> {
    let (counted, now) = (format!("{server_id}/{client_id}"), domain.world.now_seconds());
    if domain.hints.is_full(tenant, &counted, sent.address, now) {
        return Err(Failure::TooMany { seconds: LATER }.into());
    }
    let named = named(domain, tenant, server_id, (client_id, client), sent)?;
    let known = |name: &String| is_known(domain, tenant, (server_id, server), name);
    match named.map(|name| Ok::<_, Failure>(known(&name)?.then_some(name))).transpose()?.flatten() {
        Some(name) => Ok(name),
        None => {
            domain.hints.allows(tenant, &counted, sent.address, now);
            Err(NotAsked::NobodyKnown)
        }
    }
}

/// The name that the hint means; none when it can be nobody's.
fn named(
    domain: &Domain,
    tenant: &str,
    server: &str,
    client: (&str, &Client),
    sent: Sent<'_>,
) -> Result<Option<String>, NotAsked> {
    match (sent.login_hint, sent.id_token_hint, sent.login_hint_token) {
        (None, None, Some(_)) => {
            Err(NotAsked::Request("login_hint_token is not supported: send login_hint or id_token_hint"))
        }
        (Some(name), None, None) => Ok(Some(name.to_owned()).filter(|name| name.len() <= LONGEST_HINT)),
        (None, Some(token), None) => match id_token::read_hint(domain, tenant, server, token)? {
            Some(hint) if hint.audience.iter().any(|audience| audience == client.0) => {
                Ok(of_hint(domain, tenant, server, client.1, hint)?)
            }
            _ => Err(NotAsked::Request("id_token_hint is no ID token of this server for this client")),
        },
        _ => Err(NotAsked::Request("exactly one of login_hint, id_token_hint and login_hint_token is required")),
    }
}

/// Our own name for the person of an ID token. One that has another name for each client is found by the grant that the token
/// was made from, while that is there.
fn of_hint(
    domain: &Domain,
    tenant: &str,
    server: &str,
    client: &Client,
    Hint { subject: named, audience: _, grant }: Hint,
) -> Result<Option<String>, Failure> {
    if !client.security.pairwise {
        return Ok(Some(named));
    }
    let found = grant.map(|id| grant::current(domain, tenant, &id)).transpose()?.flatten();
    let Some(found) = found.filter(|found| found.server == server) else { return Ok(None) };
    let Some(person) = found.person() else { return Ok(None) };
    let is_theirs = subject::of(domain, tenant, server, client, &person.subject)? == named;
    Ok(is_theirs.then(|| person.subject.clone()))
}

/// Whether the server knows somebody of this name: from its own list, or since they are logged in or have let a client in.
fn is_known(domain: &Domain, tenant: &str, (id, server): (&str, &Server), subject: &str) -> Result<bool, Failure> {
    let read = domain.store.read()?;
    let has = |list| index::any(&read, list, &[tenant, id, subject]);
    Ok(static_users::is_known(&server.authentications, subject)
        || has(Index::SubjectSessions)?
        || has(Index::SubjectGrants)?)
}

/// What the server knows of somebody who is not here: from its own list, or from where they have logged in last and are still
/// known. How they have proven it then says nothing about now.
pub(super) fn identity(
    domain: &Domain,
    tenant: &str,
    (id, server): (&str, &Server),
    subject: &str,
) -> Result<Option<Identity>, Failure> {
    if let Some(listed) = static_users::listed(domain, &server.authentications, subject) {
        return Ok(Some(listed));
    }
    let (read, now) = (domain.store.read()?, domain.world.now_seconds());
    let sessions = session::of_subject(&read, tenant, id, subject)?.into_iter().map(|(_, session)| session);
    let sessions = sessions.filter(|session| session.ends > now && session.server_since == server.since);
    let grants = grant::of_subject(&read, tenant, id, subject)?.into_iter().map(|(_, grant)| grant);
    let grants = grants.filter(|grant| grant.ends > now && grant.server_since == server.since);
    let people = grants.filter_map(|grant| grant.person().cloned());
    let seen = sessions.map(|session| session.identity).chain(people);
    let known = seen.filter(|identity| authentication::still_knows(domain, server, identity));
    Ok(known.max_by_key(|identity| identity.auth_time))
}
