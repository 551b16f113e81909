//! Who hears that a session is over, and what they are told: clients behind the browser's back (OpenID Connect Back-Channel
//! Logout 1.0), and their pages in the browser (Front-Channel Logout 1.0).
//!
//! [`note`] is called by `session` wherever one ends because somebody says so, inside the same transaction, so that nothing is
//! lost when the server is killed; the server's own task takes what is due ([`due`], in [`Turns`]) and [`tell`]s it, until the client
//! has heard it or was tried for long enough. A client may hear the same twice, and never that a session just ran out: that ends
//! nothing it has started itself.

mod turns;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Domain, Failure, Problem,
    client::{self, Client, security::LogoutAddress},
    encryption,
    fetch::Question,
    key_ring,
    session::Session,
    subject, text,
};
use crate::{
    crypto::{Secret, jws},
    store::{Record, Table, Write, records},
    world::Micros,
};
pub use turns::Turns;

/// The media type of a logout token (Back-Channel Logout §2.4).
const TYPE: &str = "logout+jwt";
/// The one event that it tells of (§2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// How long a logout token is good, in seconds (§2.4 recommends at most two minutes).
const GOOD_FOR: i64 = 120;
/// How long to wait after each try that failed, in seconds. After the last one nobody tries any more.
const PAUSES: [i64; 6] = [10, 60, 300, 1800, 7200, 21_600];
/// How many of a tenant's are looked at to find some whose turn it is: a client that hangs may have many before the others'.
const LOOKED_AT: usize = 8 * turns::OF_TENANT;

/// Somebody who has yet to hear that a session is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    server: String,
    client: String,
    /// Which client of that name.
    client_since: Micros,
    /// Who was logged in.
    subject: String,
    /// In which session.
    sid: String,
    /// How many tries have failed.
    tries: usize,
}

impl Record for Notice {
    const TABLE: Table = Table::LogoutNotice;
}

/// A notice whose time has come, with its key: tenant, time, server, session, client.
#[derive(Clone, Debug)]
pub struct Due {
    /// The key.
    pub key: Vec<String>,
    notice: Notice,
}

/// Whether a client wants to hear of the end of sessions at all.
pub(super) fn listens(client: &Client) -> bool {
    client.security.backchannel_logout.is_some() || client.security.frontchannel_logout.is_some()
}

/// Notes for every client of a session that it has to hear of its end, inside the transaction that ends it.
pub(super) fn note(
    write: &mut Write<'_>,
    tenant: &str,
    server: &str,
    name: &str,
    session: &Session,
) -> Result<(), Failure> {
    for (client, since) in &session.clients {
        let notice = Notice {
            server: server.to_owned(),
            client: client.clone(),
            client_since: *since,
            subject: session.identity.subject.clone(),
            sid: session.sid(name).to_owned(),
            tries: 0,
        };
        records::put(write, &[tenant, &digits(0), server, name, client], &notice)?;
    }
    Ok(())
}

/// Twelve digits, so that bytes sort like numbers.
fn digits(seconds: i64) -> String {
    format!("{:012}", seconds.clamp(0, 999_999_999_999))
}

/// Notices that are due now, some of every tenant.
pub fn due(domain: &Domain) -> Result<Vec<Due>, Failure> {
    let (read, now) = (domain.store.read()?, domain.world.now_seconds());
    let mut found = Vec::new();
    for tenant in records::owners::<Notice>(&read)? {
        let first = records::list_after::<Notice>(&read, &[&tenant], None, LOOKED_AT)?;
        let is_due = |key: &[String]| key.get(1).and_then(|at| at.parse::<i64>().ok()).is_some_and(|at| at <= now);
        found.extend(first.into_iter().filter(|(key, _)| is_due(key)).map(|(key, notice)| Due { key, notice }));
    }
    Ok(found)
}

/// How telling went.
enum Told {
    /// There is nothing left to do.
    Done,
    /// Nobody has heard it.
    Unheard,
}

/// Tells one client, and notes whether it has to be told again.
pub async fn tell(domain: &Domain, due: Due) -> Result<(), Failure> {
    let Due { key, notice } = due;
    let tenant = key.first().map(String::as_str).unwrap_or_default();
    let told = match post(domain, tenant, &notice).await {
        Ok(told) => told,
        // Whatever is wrong here is no better in a second, and must not take the place of others until it is.
        Err(failure) => unheard(&notice, failure.to_log().unwrap_or_default()),
    };
    let again = match (told, PAUSES.get(notice.tries)) {
        (Told::Done, _) => None,
        (Told::Unheard, Some(pause)) => Some(domain.world.now_seconds().saturating_add(*pause)),
        (Told::Unheard, None) => {
            let Notice { server, client, .. } = &notice;
            tracing::warn!(tenant, server, client, "a client could not be told that a session is over, for hours");
            None
        }
    };
    let notice = Notice { tries: notice.tries.saturating_add(1), ..notice };
    domain
        .write(move |write| {
            let mut key: Vec<&str> = key.iter().map(String::as_str).collect();
            // Gone with its tenant meanwhile: then nothing comes back.
            let there = records::delete::<Notice>(write, &key)?;
            let at = again.map(digits);
            if let (true, Some(at), Some(place)) = (there, &at, key.get_mut(1)) {
                *place = at;
                records::put(write, &key, &notice)?;
            }
            Ok(())
        })
        .await
}

/// Posts a logout token to a client that still wants one.
async fn post(domain: &Domain, tenant: &str, notice: &Notice) -> Result<Told, Failure> {
    let client = match client::current(domain, tenant, &notice.client) {
        Ok(client) if client.value.since == notice.client_since && client.value.server == notice.server => client,
        Ok(_) | Err(Failure::NotFound { .. }) => return Ok(Told::Done),
        Err(failure) => return Err(failure),
    };
    let Some(address) = &client.value.security.backchannel_logout else { return Ok(Told::Done) };
    let token = match token(domain, tenant, notice, &client.value).await {
        Ok(token) => token,
        // Its keys lie elsewhere, and nobody answers there.
        Err(Failure::Elsewhere { reason }) => return Ok(unheard(notice, &reason)),
        // The server has gone, and its keys with it.
        Err(Failure::NotFound { .. }) => return Ok(Told::Done),
        Err(failure) => return Err(failure),
    };
    let form = form_urlencoded::Serializer::new(String::new()).append_pair("logout_token", token.expose()).finish();
    let form = Secret::new(form);
    let question = Question { url: &address.uri, authorization: None, form: Some(&form) };
    Ok(match domain.outbound.tell(question).await {
        Ok(reply) if matches!(reply.status, 200 | 204) => Told::Done,
        // It has understood the request and will not have it (§2.8); the same again would not be better.
        Ok(reply) if reply.status == 400 => {
            let Notice { server, client, .. } = notice;
            tracing::warn!(tenant, server, client, "a client refuses to log somebody out");
            Told::Done
        }
        Ok(reply) => unheard(notice, &format!("answered with status {}", reply.status)),
        Err(failure) => unheard(notice, &failure.to_string()),
    })
}

fn unheard(notice: &Notice, reason: &str) -> Told {
    let Notice { server, client, tries, .. } = notice;
    tracing::info!(server, client, tries, reason, "a client could not be told that a session is over");
    Told::Unheard
}

/// A logout token (§2.4): signed like ID tokens, encrypted where they are, and never with a `nonce`, so that it cannot pass
/// for one.
async fn token(domain: &Domain, tenant: &str, notice: &Notice, client: &Client) -> Result<Secret, Failure> {
    let server = notice.server.as_str();
    let key = key_ring::signing(domain, tenant, server)?;
    let now = domain.world.now_seconds();
    let claims = json!({
        "iss": domain.issuer(tenant, server),
        "aud": notice.client,
        "iat": now,
        "exp": now.saturating_add(GOOD_FOR),
        "jti": HEXLOWER.encode(&domain.world.bytes::<16>()),
        "sub": subject::of(domain, tenant, server, client, &notice.subject)?,
        "sid": subject::session(domain, tenant, server, client, &notice.sid)?,
        "events": { EVENT: {} },
    });
    let signed = jws::sign(&key, TYPE, &claims).map_err(|error| Failure::Internal { log: error.to_string() })?;
    Ok(Secret::new(match &client.security.id_token_encryption {
        None => signed,
        Some(encryption) => {
            encryption::for_client(domain, client, encryption, Some(encryption::JWT), signed.as_bytes()).await?
        }
    }))
}

/// The pages of clients that the browser has to show when a session is over (Front-Channel Logout §2): each says whose session
/// it was.
pub fn pages(
    domain: &Domain,
    tenant: &str,
    server: &str,
    name: &str,
    session: &Session,
) -> Result<Vec<String>, Failure> {
    let issuer = domain.issuer(tenant, server);
    let mut pages = Vec::new();
    for (id, since) in &session.clients {
        let client = match client::current(domain, tenant, id) {
            Ok(client) if client.value.since == *since && client.value.server == server => client,
            Ok(_) | Err(Failure::NotFound { .. }) => continue,
            Err(failure) => return Err(failure),
        };
        if let Some(address) = &client.value.security.frontchannel_logout {
            let sid = subject::session(domain, tenant, server, &client.value, session.sid(name))?;
            pages.push(text::with_query(&address.uri, &[("iss", &issuer), ("sid", &sid)]));
        }
    }
    Ok(pages)
}

/// Everything that is wrong with where a client hears of a logout.
pub(super) fn check(client: &Client) -> Vec<Problem> {
    const BACK: &str = "/security/backchannel_logout_uri";
    const FRONT: &str = "/security/frontchannel_logout_uri";
    let mut problems = Vec::new();
    if let Some(LogoutAddress { uri, session_required: _ }) = &client.security.backchannel_logout {
        problems.extend(client::secure_uri(BACK, uri));
        problems.extend(uri.contains('#').then(|| Problem::new(BACK, "must not have a fragment")));
    }
    if let Some(LogoutAddress { uri, session_required: _ }) = &client.security.frontchannel_logout {
        problems.extend(text::web_uri(FRONT, uri));
        problems.extend(uri.contains('#').then(|| Problem::new(FRONT, "must not have a fragment")));
        if !client.redirect_uris.iter().any(|redirect| same_origin(redirect, uri)) {
            let reason = "must have the scheme, host and port of one of the redirect URIs";
            problems.push(Problem::new(FRONT, reason));
        }
    }
    problems
}

/// Whether two addresses have one scheme, host and port (Front-Channel Logout §2).
fn same_origin(one: &str, other: &str) -> bool {
    let origin = |uri: &str| {
        let uri = text::absolute(uri)?;
        let (scheme, authority) = (uri.scheme().as_str().to_ascii_lowercase(), uri.authority()?);
        let usual = if scheme == "https" { "443" } else { "80" };
        let port = authority.port().map(|port| port.as_str()).filter(|port| !port.is_empty()).unwrap_or(usual);
        Some((authority.host().to_ascii_lowercase(), port.to_owned(), scheme))
    };
    origin(one).is_some_and(|one| origin(other) == Some(one))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::client::security::ClientSecurity;

    fn wrong(back: Option<&str>, front: Option<&str>) -> Vec<String> {
        let at = |uri: Option<&str>| uri.map(|uri| LogoutAddress { uri: uri.to_owned(), session_required: false });
        let security = ClientSecurity {
            backchannel_logout: at(back),
            frontchannel_logout: at(front),
            ..ClientSecurity::default()
        };
        let redirect_uris = vec!["https://a.example/cb".to_owned()];
        check(&Client { security, redirect_uris, ..Client::default() }).into_iter().map(|wrong| wrong.member).collect()
    }

    #[test]
    fn a_client_hears_of_it_at_home() {
        let (back, front) = ("/security/backchannel_logout_uri", "/security/frontchannel_logout_uri");
        let none = Vec::<String>::new();
        assert_eq!(wrong(Some("https://b.example/out?a=b"), Some("https://A.example:443/out?x=1")), none);
        for uri in ["http://b.example/out", "https://b.example/out#x", "b.example", "https://u@b.example/"] {
            assert!(wrong(Some(uri), None).contains(&back.to_owned()), "{uri}");
        }
        for uri in [
            "https://b.example/out",
            "https://a.example:8443/",
            "http://a.example/",
            "https://a.example/#x",
            "javascript:a",
        ] {
            assert!(wrong(None, Some(uri)).contains(&front.to_owned()), "{uri}");
        }
    }

    #[test]
    fn patience_grows_and_ends() {
        assert!(PAUSES.is_sorted() && PAUSES.iter().sum::<i64>() < 24 * 3600);
        assert!(digits(9) < digits(10) && digits(-1) == digits(0));
    }
}
