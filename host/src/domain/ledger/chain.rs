//! Appending to a tenant's chain. Signing takes its time, so it is done before the write transaction, which then checks
//! that the chain still ends where the signatures say.

use std::sync::Arc;

use serde::Serialize;

use super::{EVENT_TYPE, Event, HEAD_TYPE, Head, Position, PublicKey, hash, mac, number_text};
use crate::{
    crypto::{KeyError, MacKey, SigningKey, detached, jws},
    domain::{Domain, Failure, id, key_ring, moment},
    store::{Index, Write, index, records},
    world::Micros,
};

/// Signed events that fit behind one end of the chain.
#[derive(Clone)]
pub(in crate::domain) struct Links {
    tenant: String,
    /// The end that they were signed for; none for the first events.
    behind: Option<(u64, String)>,
    events: Vec<(u64, Event)>,
    head: Head,
}

/// What the signature of a head covers. `verify` reads it back.
#[derive(Serialize)]
struct End<'a> {
    tenant: &'a str,
    number: u64,
    hash: &'a str,
}

/// Everything that signing needs, so that it can be done on another thread.
struct Signer {
    key: Arc<SigningKey>,
    mac: MacKey,
    tenant: String,
    subject: String,
    date: Micros,
}

/// Signs payloads about one person as the next events of the tenant's chain. The caller has its turn ([`super::Turns`]).
pub(in crate::domain) async fn sign(
    domain: &Domain,
    tenant: &str,
    subject: &str,
    date: Micros,
    payloads: Vec<String>,
) -> Result<Links, Failure> {
    let head = records::get::<Head>(&domain.store.read()?, &[tenant])?;
    let payloads: Vec<(String, String)> =
        payloads.into_iter().map(|payload| (id::uuid(&domain.world), payload)).collect();
    let signer = Signer {
        key: key_ring::tenant_signing(domain, tenant)?,
        mac: mac(&domain.vault),
        tenant: tenant.to_owned(),
        subject: subject.to_owned(),
        date,
    };
    let signed = tokio::task::spawn_blocking(move || signer.links(head, payloads)).await;
    signed.map_err(internal)?.map_err(internal)
}

/// Writes signed events inside a transaction. [`Failure::Outdated`] when the chain does not end where they begin: then
/// they have to be signed again.
pub(in crate::domain) fn append(write: &mut Write<'_>, links: &Links) -> Result<(), Failure> {
    let Links { tenant, behind, events, head } = links;
    let found = records::get::<Head>(write, &[tenant])?.map(|head| (head.number, head.hash));
    if found != *behind {
        return Err(Failure::Outdated { noun: "privacy ledger" });
    }
    for (number, event) in events {
        let number = number_text(*number);
        records::put(write, &[tenant, &number], event)?;
        index::put(write, Index::SubjectEvents, &[tenant, &event.subject], &number)?;
    }
    Ok(records::put(write, &[tenant], head)?)
}

impl Signer {
    fn links(&self, head: Option<Head>, payloads: Vec<(String, String)>) -> Result<Links, KeyError> {
        let behind = head.as_ref().map(|head| (head.number, head.hash.clone()));
        let (mut number, mut previous) = behind.clone().unwrap_or_default();
        let mut events = Vec::with_capacity(payloads.len());
        for (id, payload) in payloads {
            number += 1;
            let event = self.event(id, number, previous, payload)?;
            previous = event.hash.clone();
            events.push((number, event));
        }
        let keys = self.keys(head.map(|head| head.keys).unwrap_or_default());
        let end = End { tenant: &self.tenant, number, hash: &previous };
        let signature = jws::sign(&self.key, HEAD_TYPE, &end)?;
        let head = Head { number, hash: previous, signature, keys };
        Ok(Links { tenant: self.tenant.clone(), behind, events, head })
    }

    fn event(&self, id: String, number: u64, previous: String, payload: String) -> Result<Event, KeyError> {
        let position = Position {
            id,
            tenant: self.tenant.clone(),
            sub: self.subject.clone(),
            date: moment::show(self.date),
            seq: number,
            prev: previous,
        };
        let signature = detached::sign(&self.key, EVENT_TYPE, &position, payload.as_bytes())?;
        let hash = hash(&signature, &payload).ok_or(KeyError::Claims)?;
        let Position { id, sub: subject, .. } = position;
        Ok(Event { id, date: self.date, subject, payload, signature, hash })
    }

    /// The keys that have signed, with the one that signs now.
    fn keys(&self, mut keys: Vec<PublicKey>) -> Vec<PublicKey> {
        if !keys.iter().any(|key| key.kid == self.key.kid()) {
            let jwk = self.key.public_jwk().to_string();
            let code = self.mac.sign(&[self.tenant.as_bytes(), jwk.as_bytes()]).to_vec();
            keys.push(PublicKey { kid: self.key.kid().to_owned(), jwk, code });
        }
        keys
    }
}

fn internal(error: impl std::fmt::Display) -> Failure {
    Failure::Internal { log: format!("the privacy ledger: {error}") }
}
