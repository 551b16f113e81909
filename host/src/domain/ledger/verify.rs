//! Looks at a tenant's chain again: every event's signature, hash and place, and that the chain ends where its signed head
//! says. In slices, so that a long chain can be followed. Called by `portcullis ledger verify`.
//!
//! Whoever changed the file may have changed anything, so whatever cannot be read is a break as well, and no error.

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;
use serde_json::Value;

use super::{Event, Head, Position, hash, number_text};
use crate::{
    crypto::{MacKey, VerifyingKey, detached::Detached, jws, keys::thumbprint},
    domain::{consent_grant::ConsentGrant, moment, tenant::Tenant},
    store::{Index, Read, Store, StoreError, index, records, timeline},
};

/// How far a verification has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The last number that was looked at.
    pub number: u64,
    /// The hash that the event after it must name; none when the last event was missing.
    pub hash: Option<String>,
}

/// Something that should not be so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    /// The event; none for the head.
    pub number: Option<u64>,
    /// What is wrong with it.
    pub what: String,
}

/// What a part of a chain looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    /// In order.
    pub breaks: Vec<Break>,
    /// Where to go on.
    pub progress: Progress,
    /// Whether this was the last part.
    pub done: bool,
    /// The event that has the hash that was asked for.
    pub expected: Option<u64>,
}

impl Progress {
    /// Before the first event.
    pub fn start() -> Progress {
        Progress { number: 0, hash: Some(String::new()) }
    }
}

/// The tenants that have a ledger, or should have one.
pub fn tenants(store: &Store) -> Result<Vec<String>, StoreError> {
    let read = store.read()?;
    let mut tenants = records::owners::<Head>(&read)?;
    tenants.extend(records::owners::<Event>(&read)?);
    tenants.extend(records::owners::<ConsentGrant>(&read)?);
    tenants.sort_unstable();
    tenants.dedup();
    Ok(tenants)
}

/// Verifies at most `most` events behind `progress`, and the head behind the last. `mac` is [`super::mac`]; `expect` is a
/// hash to look for.
pub fn verify(
    store: &Store,
    mac: &MacKey,
    tenant: &str,
    progress: Progress,
    most: u64,
    expect: Option<&str>,
) -> Result<Slice, StoreError> {
    let read = store.read()?;
    let mut told = Vec::new();
    let head = readable(records::get::<Head>(&read, &[tenant]))?;
    let (keys, unknown) = trusted(mac, tenant, &head);
    let mut verifier = Verifier { read, tenant, keys, last: None, progress, expect, expected: None };
    verifier.last = head.iter().flatten().find(|head| verifier.signed(head)).map(|head| head.number);
    for _ in 0..most {
        if !verifier.step(&mut told)? {
            told.extend(unknown);
            verifier.end(head, &mut told)?;
            return Ok(verifier.slice(told, true));
        }
    }
    Ok(verifier.slice(told, false))
}

type Keys = BTreeMap<String, VerifyingKey>;

/// The keys that this server has put down, and what is said of the others.
fn trusted(mac: &MacKey, tenant: &str, head: &Readable<Head>) -> (Keys, Vec<Break>) {
    let (mut keys, mut told) = (Keys::new(), Vec::new());
    for key in head.iter().flatten().flat_map(|head| &head.keys) {
        let ours = mac.verify(&[tenant.as_bytes(), key.jwk.as_bytes()], &key.code);
        match Some(&key.jwk).filter(|_| ours).and_then(|jwk| verifying(jwk)) {
            Some((kid, verifier)) => drop(keys.insert(kid, verifier)),
            None => told.push(of_head(format!("the key `{}` was not put there by this server", key.kid))),
        }
    }
    (keys, told)
}

/// A key under its thumbprint, whatever name stands beside it.
fn verifying(jwk: &str) -> Option<(String, VerifyingKey)> {
    let jwk: Value = serde_json::from_str(jwk).ok()?;
    Some((thumbprint(&jwk).ok()?, VerifyingKey::from_jwk(&jwk).ok()?))
}

/// A record that may be there, or be damaged.
type Readable<T> = Result<Option<T>, String>;

fn readable<T>(found: Result<Option<T>, StoreError>) -> Result<Readable<T>, StoreError> {
    match found {
        Ok(found) => Ok(Ok(found)),
        Err(error @ (StoreError::Corrupt { .. } | StoreError::Newer { .. })) => Ok(Err(error.to_string())),
        Err(other) => Err(other),
    }
}

struct Verifier<'a> {
    read: Arc<Read>,
    tenant: &'a str,
    keys: Keys,
    /// The number of the last event, when a signed head says so.
    last: Option<u64>,
    progress: Progress,
    expect: Option<&'a str>,
    expected: Option<u64>,
}

/// What the table holds behind an event.
enum Following {
    Event(u64),
    NoEvent,
    Nothing,
}

impl Verifier<'_> {
    /// Looks at the next event, or at a gap as a whole. Answers false behind the last one.
    fn step(&mut self, told: &mut Vec<Break>) -> Result<bool, StoreError> {
        let number = self.progress.number + 1;
        let following = self.following()?;
        let gap_until = match following {
            Following::Event(found) if found == number => {
                self.event(number, told)?;
                return Ok(true);
            }
            Following::Event(found) => found - 1,
            Following::NoEvent | Following::Nothing => self.last.unwrap_or_default(),
        };
        if gap_until >= number {
            let what = match gap_until == number {
                true => "is missing".to_owned(),
                false => format!("is missing, and so is everything up to event {gap_until}"),
            };
            told.push(Break { number: Some(number), what });
            self.progress = Progress { number: gap_until, hash: None };
            return Ok(true);
        }
        told.extend(matches!(following, Following::NoEvent).then(|| of_head("there is an entry that is no event")));
        Ok(false)
    }

    fn following(&self) -> Result<Following, StoreError> {
        let after = number_text(self.progress.number);
        let key = records::next_key::<Event>(&self.read, &[self.tenant], &[self.tenant, &after])?;
        Ok(match key.as_deref() {
            None => Following::Nothing,
            Some([_, text]) => match text.parse() {
                Ok(number) if number_text(number) == *text && number > self.progress.number => Following::Event(number),
                _ => Following::NoEvent,
            },
            Some(_) => Following::NoEvent,
        })
    }

    /// Looks at an event that is there.
    fn event(&mut self, number: u64, told: &mut Vec<Break>) -> Result<(), StoreError> {
        let key = number_text(number);
        let mut wrong = Vec::new();
        let mut hash = None;
        match readable(records::get::<Event>(&self.read, &[self.tenant, &key]))? {
            Err(damage) => wrong.push(format!("cannot be read: {damage}")),
            Ok(None) => wrong.push("is missing".to_owned()),
            Ok(Some(event)) => {
                wrong.extend(self.faults(number, &event));
                if !index::has(&self.read, Index::SubjectEvents, &[self.tenant, &event.subject], &key)? {
                    wrong.push("is not listed under its subject".to_owned());
                }
                if self.expect == Some(event.hash.as_str()) {
                    self.expected = Some(number);
                }
                hash = Some(event.hash);
            }
        }
        if self.last.is_some_and(|last| number > last) {
            wrong.push("lies behind the end that the head names".to_owned());
        }
        told.extend(wrong.into_iter().map(|what| Break { number: Some(number), what }));
        self.progress = Progress { number, hash };
        Ok(())
    }

    /// What is wrong with an event's content and its place.
    fn faults(&self, number: u64, event: &Event) -> Vec<String> {
        let Event { id, date, subject, payload, signature, hash: own } = event;
        let mut wrong = Vec::new();
        if hash(signature, payload).as_ref() != Some(own) {
            wrong.push("does not have the hash of its content".to_owned());
        }
        let read = Detached::read(signature).and_then(|detached| Ok((detached.header::<Position>()?, detached)));
        let Ok((position, detached)) = read else {
            wrong.push("has a signature that cannot be read".to_owned());
            return wrong;
        };
        match detached.kid().and_then(|kid| self.keys.get(kid)) {
            None => wrong.push("is signed with a key that is none of the ledger's".to_owned()),
            Some(key) if detached.verify(payload.as_bytes(), key).is_err() => {
                wrong.push("has content that was not signed like this".to_owned());
            }
            Some(_) => {}
        }
        let Position { id: signed_id, tenant, sub, date: signed_date, seq, prev } = position;
        if seq != number {
            wrong.push(format!("is in the place of another: it was signed as event {seq}"));
        }
        if self.progress.hash.as_ref().is_some_and(|hash| *hash != prev) {
            wrong.push("does not follow the event before it".to_owned());
        }
        let same = [
            ("tenant", tenant == self.tenant),
            ("id", signed_id == *id),
            ("subject", sub == *subject),
            ("date", signed_date == moment::show(*date)),
        ];
        wrong.extend(
            same.iter().filter(|(_, same)| !same).map(|(what, _)| format!("has another {what} than was signed")),
        );
        wrong
    }

    /// Looks at the head, behind the last event.
    fn end(&self, head: Readable<Head>, told: &mut Vec<Break>) -> Result<(), StoreError> {
        let head = match head {
            Ok(Some(head)) => head,
            // Its ledger goes with a tenant, maybe between two slices.
            Ok(None) if self.tenant_is_gone() => return Ok(()),
            Ok(None) if self.progress.number > 0 => {
                told.push(of_head("the head is missing"));
                return Ok(());
            }
            Ok(None) => {
                let granted = !records::list_after::<ConsentGrant>(&self.read, &[self.tenant], None, 1)?.is_empty();
                told.extend(granted.then(|| of_head("there are grants and no ledger")));
                return Ok(());
            }
            Err(damage) => {
                told.push(of_head(format!("the head cannot be read: {damage}")));
                return Ok(());
            }
        };
        if !self.signed(&head) {
            told.push(of_head("the head was not signed like this"));
        }
        if self.progress.number == head.number && self.progress.hash.as_ref().is_some_and(|hash| *hash != head.hash) {
            told.push(of_head("the head names another hash than the last event's"));
        }
        Ok(())
    }

    fn tenant_is_gone(&self) -> bool {
        let states = timeline::history::<Tenant>(&self.read, self.tenant, self.tenant);
        states.is_ok_and(|states| states.last().is_some_and(|last| last.deleted))
    }

    /// Whether one of the ledger's keys has signed this head of this tenant.
    fn signed(&self, head: &Head) -> bool {
        #[derive(Deserialize, PartialEq)]
        struct End {
            tenant: String,
            number: u64,
            hash: String,
        }
        let header = jws::decode_header(&head.signature).ok();
        let key = header.and_then(|header| self.keys.get(&header.kid?));
        let claims = key.and_then(|key| jws::verify(&head.signature, key).ok());
        let end = claims.and_then(|claims| End::deserialize(Value::Object(claims)).ok());
        end == Some(End { tenant: self.tenant.to_owned(), number: head.number, hash: head.hash.clone() })
    }

    fn slice(self, breaks: Vec<Break>, done: bool) -> Slice {
        Slice { breaks, progress: self.progress, done, expected: self.expected }
    }
}

fn of_head(what: impl Into<String>) -> Break {
    Break { number: None, what: what.into() }
}
