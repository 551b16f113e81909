//! Telling a client that a person has answered (CIBA §10.2): a small request to its notification endpoint, in the background.
//!
//! Called when an answer is written. A client that is not reached asks the token endpoint by itself, as it may do anyway; so
//! nothing is tried twice.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use serde_json::json;
use zeroize::Zeroizing;

use super::{Elsewhere, backchannel::BackchannelRequest};
use crate::{
    crypto::{Secret, vault::Sealed},
    domain::{Domain, Failure, client, fetch::Exchange, server},
    store::records,
};

/// What is sealed until then.
#[derive(Serialize, Deserialize)]
struct Ping {
    auth_req_id: String,
    token: String,
}

/// The largest answer that is read, in bytes: what it says does not matter.
const MOST: usize = 4096;

/// How many clients of a tenant are being told at most, or wait for a place among the calls that go out.
const OF_TENANT: usize = 64;

/// How many are, by tenant.
static TELLING: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());

/// One of those places, which is free again when it is dropped.
struct Place(String);

impl Place {
    /// A place, if the tenant has one left.
    fn take(tenant: &str) -> Option<Place> {
        let mut telling = TELLING.lock().unwrap_or_else(PoisonError::into_inner);
        let busy = telling.entry(tenant.to_owned()).or_default();
        (*busy < OF_TENANT).then(|| {
            *busy += 1;
            Place(tenant.to_owned())
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut telling = TELLING.lock().unwrap_or_else(PoisonError::into_inner);
        match telling.get_mut(&self.0) {
            Some(busy) if *busy > 1 => *busy -= 1,
            _ => drop(telling.remove(&self.0)),
        }
    }
}

fn context(name: &str) -> String {
    format!("ping about {name}")
}

/// What a client will be told and with which token, sealed for the request of this name.
pub(super) fn sealed(domain: &Domain, name: &str, auth_req_id: &Secret, token: &Secret) -> Sealed {
    let ping = json!({ "auth_req_id": auth_req_id.expose(), "token": token.expose() });
    domain.vault.seal(&domain.world, &context(name), Zeroizing::new(ping.to_string()).as_bytes())
}

/// Tells the client of a request, if it wants to be told. Nobody waits for it, and what goes wrong changes no answer.
pub(in crate::domain) fn tell(domain: &Domain, tenant: &str, server: &str, which: &Elsewhere) {
    if let Err(failure) = send(domain, tenant, server, which) {
        tracing::warn!(reason = failure.to_log(), "a client could not be told of an answer");
    }
}

fn send(domain: &Domain, tenant: &str, server: &str, which: &Elsewhere) -> Result<(), Failure> {
    let Elsewhere::Backchannel(name) = which else { return Ok(()) };
    let found = records::get::<BackchannelRequest>(&domain.store.read()?, &[tenant, server, name])?;
    let Some(request) = found else { return Ok(()) };
    let Some(sealed) = &request.ping else { return Ok(()) };
    let client = client::current(domain, tenant, &request.waiting.client_id)?;
    let of = server::current(domain, tenant, server)?;
    // Another one of that name has not asked.
    if !request.waiting.is_of(&of.value, (&request.waiting.client_id, &client.value)) {
        return Ok(());
    }
    let mode = client.value.security.backchannel_authentication.as_ref();
    let Some(url) = mode.and_then(|mode| mode.notification_endpoint.clone()) else { return Ok(()) };
    let internal = |log: String| Failure::Internal { log };
    let plain = domain.vault.open_sealed(&context(name), sealed).map_err(|error| internal(error.to_string()))?;
    let ping: Ping = serde_json::from_slice(&plain).map_err(|error| internal(error.to_string()))?;
    let headers = [
        ("authorization".to_owned(), format!("Bearer {}", ping.token)),
        ("content-type".to_owned(), "application/json".to_owned()),
    ];
    let body = json!({ "auth_req_id": ping.auth_req_id }).to_string();
    let (outbound, client) = (std::sync::Arc::clone(&domain.outbound), request.waiting.client_id);
    let Some(place) = Place::take(tenant) else {
        tracing::warn!(tenant, client, "a client was not told of an answer: too many of this tenant are being told");
        return Ok(());
    };
    tokio::spawn(async move {
        let _place = place;
        let exchange =
            Exchange { method: "POST", url: &url, headers: &headers, body: body.as_bytes(), hosts: None, most: MOST };
        match outbound.call(exchange).await {
            Ok(answer) if (200..300).contains(&answer.status) => {}
            Ok(answer) => tracing::info!(client, status = answer.status, "a client did not take a notification"),
            Err(failure) => tracing::info!(client, reason = %failure, "a client could not be told of an answer"),
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_takes_its_own_places_only() {
        let taken: Vec<Place> = (0..OF_TENANT).map(|_| Place::take("crowded").unwrap()).collect();
        assert!(Place::take("crowded").is_none());
        assert!(Place::take("another").is_some());
        drop(taken);
        assert!(Place::take("crowded").is_some());
        assert!(TELLING.lock().unwrap().is_empty());
    }
}
