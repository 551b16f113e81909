//! Telling a person's authentication device that a client asks them (CIBA §3, §7.1): a small signed request to the endpoint that the
//! server has for it, which answers later by an operation of the administration (`vouched`).
//!
//! [`note`] is called where a request is written down, inside the same transaction, so that nothing is lost when the server is
//! killed; the server's own task takes what is due ([`due`]) and [`tell`]s it, a few times, as long as somebody may answer. What is
//! due is put off before it is told, so that a device which hangs holds up nobody. A device may hear the same twice.
//!
//! The device knows that it is us by a token that the server's own key has signed: whoever can check an ID token of the server can
//! check it, and no secret has to be shared. It is for that endpoint, good for two minutes, and says what the body is.

use std::{sync::Arc, time::Duration};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::{Elsewhere, Open, backchannel::BackchannelRequest, gone, open};
use crate::{
    crypto::{digest, jws, vault::Sealed},
    domain::{
        Domain, Failure,
        fetch::Exchange,
        handle::{self, Purpose},
        key_ring, moment, scope,
        server::{self, Server},
    },
    store::{Record, Table, Write, records},
};

/// The media type of the token that says who we are.
const TYPE: &str = "backchannel-request+jwt";
/// How long that is good, in seconds.
const GOOD_FOR: i64 = 120;
/// How long to wait after each try, in seconds. After the last one nobody tries any more.
const PAUSES: [i64; 4] = [15, 20, 30, 60];
/// How many devices are told at the same time.
const AT_ONCE: usize = 32;
/// How many of one tenant: those that do not answer must not hold up everybody's.
const OF_TENANT: usize = 16;
/// The largest answer that is read, in bytes: what it says does not matter.
const MOST: usize = 4096;

/// With what a device answers, kept with its request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summons {
    /// The name of the `request_state`.
    name: String,
    /// Itself, sealed until the device is told.
    state: Sealed,
}

fn context(request: &str) -> String {
    format!("summons about {request}")
}

impl Summons {
    /// A new one, for the request of this name.
    pub(super) fn new(domain: &Domain, (tenant, server): (&str, &str), request: &str) -> Summons {
        let (state, name) = handle::make(domain, Purpose::Summons, tenant, server);
        Summons { name, state: domain.vault.seal(&domain.world, &context(request), state.expose().as_bytes()) }
    }

    /// Whether this is what the device was given.
    pub(super) fn is_of(&self, domain: &Domain, (tenant, server): (&str, &str), shown: &str) -> bool {
        handle::name(domain, Purpose::Summons, tenant, server, shown) == self.name
    }
}

/// A device that has yet to hear that its person is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// How often it was told, and did not say that it has heard.
    tries: usize,
}

impl Record for Notice {
    const TABLE: Table = Table::Summons;
}

/// A notice whose time has come. It is put off already.
#[derive(Clone, Debug)]
pub struct Due {
    /// Whose it is.
    pub tenant: String,
    server: String,
    request: String,
    /// When it is told again, as its key has it; none when this is the last time.
    again: Option<String>,
}

/// Wakes whoever tells devices.
#[derive(Clone, Default)]
pub struct Bell(Arc<Notify>);

impl Bell {
    /// Somebody is to be told.
    pub(super) fn ring(&self) {
        self.0.notify_one();
    }

    /// Waits until there is somebody to be told, or until it is time to look.
    pub async fn rings(&self, patience: Duration) {
        // Either way somebody looks.
        let _ = tokio::time::timeout(patience, self.0.notified()).await;
    }
}

/// What wakes whoever tells devices.
pub fn bell(domain: &Domain) -> Bell {
    domain.summons.clone()
}

/// Notes that the device of a request has to be told, inside the transaction that writes it down.
pub(super) fn note(write: &mut Write<'_>, [tenant, server, request]: &[&str; 3], now: i64) -> Result<(), Failure> {
    Ok(records::put(write, &[tenant, &digits(now), server, request], &Notice { tries: 0 })?)
}

/// Twelve digits, so that bytes sort like numbers.
fn digits(seconds: i64) -> String {
    format!("{:012}", seconds.clamp(0, 999_999_999_999))
}

/// Takes notices that are due now, one of each tenant after the other, and puts them off. `telling` says of which tenants devices are
/// being told already.
pub async fn due(domain: &Domain, telling: &[String]) -> Result<Vec<Due>, Failure> {
    let now = domain.world.now_seconds();
    let is_due = |key: &[String]| key.get(1).and_then(|at| at.parse::<i64>().ok()).is_some_and(|at| at <= now);
    let found = {
        let read = domain.store.read()?;
        let mut found = Vec::new();
        for tenant in records::owners::<Notice>(&read)? {
            let first = records::list_after::<Notice>(&read, &[&tenant], None, OF_TENANT)?;
            found.push((tenant, first.into_iter().filter(|(key, _)| is_due(key)).collect()));
        }
        in_turn(found, telling)
    };
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let take = move |write: &mut Write<'_>| {
        let taken = found.iter().map(|(key, notice)| put_off(write, key, notice, now));
        Ok(taken.collect::<Result<Vec<_>, Failure>>()?.into_iter().flatten().collect())
    };
    domain.write(take).await
}

/// Those that are told now, of what is due by tenant: whoever has the fewest places comes first.
fn in_turn<T>(due: Vec<(String, Vec<T>)>, telling: &[String]) -> Vec<T> {
    let mut turns = Vec::new();
    for (tenant, due) in due {
        let busy = telling.iter().filter(|of| **of == tenant).count();
        turns.extend((busy..OF_TENANT).zip(due));
    }
    turns.sort_by_key(|(turn, _)| *turn);
    turns.truncate(AT_ONCE.saturating_sub(telling.len()));
    turns.into_iter().map(|(_, one)| one).collect()
}

/// Puts a notice off, inside a transaction. None when it has gone meanwhile.
fn put_off(write: &mut Write<'_>, key: &[String], notice: &Notice, now: i64) -> Result<Option<Due>, Failure> {
    let [tenant, at, server, request] = key else { return Ok(None) };
    if !records::delete::<Notice>(write, &[tenant, at, server, request])? {
        return Ok(None);
    }
    let again = PAUSES.get(notice.tries).map(|pause| digits(now.saturating_add(*pause)));
    if let Some(at) = &again {
        let notice = Notice { tries: notice.tries.saturating_add(1) };
        records::put(write, &[tenant, at, server, request], &notice)?;
    }
    let [tenant, server, request] = [tenant, server, request].map(String::clone);
    Ok(Some(Due { tenant, server, request, again }))
}

/// Tells one device. When there is nothing left to tell, nobody tries again.
pub async fn tell(domain: &Domain, due: Due) -> Result<(), Failure> {
    let Due { tenant, server, request, again } = due;
    if let Err(reason) = post(domain, &tenant, &server, &request).await? {
        tracing::info!(
            tenant,
            server,
            reason,
            last = again.is_none(),
            "a device could not be told that its person is asked"
        );
        return Ok(());
    }
    let Some(at) = again else { return Ok(()) };
    let done = move |write: &mut Write<'_>| {
        Ok(records::delete::<Notice>(write, &[&tenant, &at, &server, &request]).map(drop)?)
    };
    domain.write(done).await
}

/// A request that a device may answer, with what it was given for that. One that nobody may answer any more is not found.
pub(super) fn find(
    domain: &Domain,
    tenant: &str,
    server: (&str, &Server),
    request: &str,
) -> Result<(Open, Summons), Failure> {
    let found = records::get::<BackchannelRequest>(&domain.store.read()?, &[tenant, server.0, request])?;
    let summons = found.and_then(|found| found.summons).ok_or_else(gone)?;
    Ok((open(domain, tenant, server, &Elsewhere::Backchannel(request.to_owned()))?, summons))
}

/// Posts to the device. The inner error says why it has not heard.
async fn post(domain: &Domain, tenant: &str, server_id: &str, request: &str) -> Result<Result<(), String>, Failure> {
    let found = server::current(domain, tenant, server_id)
        .and_then(|server| Ok((find(domain, tenant, (server_id, &server.value), request)?, server)));
    let ((open, summons), server) = match found {
        Ok(found) => found,
        // Somebody has answered, its time is over, or its client or server has gone.
        Err(Failure::NotFound { .. }) => return Ok(Ok(())),
        Err(failure) => return Err(failure),
    };
    let Some(url) = &server.value.security.authentication_device_endpoint else { return Ok(Ok(())) };
    let body = document(domain, tenant, (request, &summons), &open)?.to_string();
    let headers = [
        ("authorization".to_owned(), format!("Bearer {}", token(domain, (tenant, server_id), url, &body)?)),
        ("content-type".to_owned(), "application/json".to_owned()),
    ];
    let exchange = Exchange { method: "POST", url, headers: &headers, body: body.as_bytes(), hosts: None, most: MOST };
    Ok(match domain.outbound.call(exchange).await {
        Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
        Ok(answer) => Err(format!("answered with status {}", answer.status)),
        Err(failure) => Err(failure.to_string()),
    })
}

/// What a device is told: which request it is and with what to answer, who asks whom for what, and until when.
fn document(
    domain: &Domain,
    tenant: &str,
    (request, summons): (&str, &Summons),
    Open { waiting, client }: &Open,
) -> Result<Value, Failure> {
    let internal = |log: String| Failure::Internal { log };
    let state =
        domain.vault.open_sealed(&context(request), &summons.state).map_err(|error| internal(error.to_string()))?;
    let state = std::str::from_utf8(&state).map_err(|error| internal(error.to_string()))?;
    let known = scope::list(domain, tenant, &waiting.server)?.into_iter().map(|(_, state)| state.value);
    let asked = known.filter(|scope| waiting.scopes.contains(&scope.name));
    let scopes: Vec<Value> = asked
        .map(
            |scope| json!({ "name": scope.name, "display_name": scope.display_name, "description": scope.description }),
        )
        .collect();
    Ok(json!({
        "id": request,
        "request_state": state,
        "tenant_id": tenant,
        "server_id": waiting.server,
        "subject": waiting.subject,
        "client_id": waiting.client_id,
        "client_name": client.value.name,
        "scopes": scopes,
        "resources": waiting.resources,
        "authorization_details": waiting.details,
        "binding_message": waiting.message,
        "acr_values": waiting.acr_values,
        "requested_at": moment::show_seconds(waiting.since),
        "expires_at": moment::show_seconds(waiting.ends),
    }))
}

/// The token by which a device knows that it is this server that tells it, and that nobody has changed what it is told.
fn token(domain: &Domain, (tenant, server): (&str, &str), url: &str, body: &str) -> Result<String, Failure> {
    let now = domain.world.now_seconds();
    let claims = json!({
        "iss": domain.issuer(tenant, server),
        "aud": url,
        "iat": now,
        "exp": now.saturating_add(GOOD_FOR),
        "jti": HEXLOWER.encode(&domain.world.bytes::<16>()),
        "body_sha256": BASE64URL_NOPAD.encode(&digest::sha256(body.as_bytes())),
    });
    let key = key_ring::signing(domain, tenant, server)?;
    jws::sign(&key, TYPE, &claims).map_err(|error| Failure::Internal { log: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_whose_devices_hang_holds_up_itself() {
        let due = |tenant: &str, count: usize| (tenant.to_owned(), vec![tenant.to_owned(); count]);
        let first = in_turn(vec![due("a", 40), due("b", 2)], &[]);
        assert_eq!((first.len(), first[..5].concat().as_str()), (18, "ababa"));
        let hang = vec!["a".to_owned(); 16];
        assert_eq!(in_turn(vec![due("a", 40), due("b", 20)], &hang), vec!["b"; 16]);
        let (b, c) = (vec!["b".to_owned(); 15], ["c".to_owned()]);
        assert!(in_turn(vec![due("d", 1)], &[hang.clone(), b.clone(), c.to_vec()].concat()).is_empty());
        assert_eq!(in_turn(vec![due("a", 9), due("b", 9), due("d", 1)], &[hang, b].concat()), ["d"]);
    }
}
