//! The privacy ledger: what people granted and took back, append-only, one chain of signed events for every tenant.
//!
//! An event is a payload (JSON text, answered byte for byte as it was signed) and a JWS with detached payload (RFC 7515,
//! appendix F) by the tenant's key. The header of the JWS has the event's [`Position`]: its id, date and subject, its
//! number, and the hash of the event before. So the signature covers the place in the chain, and whoever has the events
//! can verify the chain with public keys alone. The hash of an event is the SHA-256 of its JWS with the payload in its
//! place. The [`Head`] is signed as well: a chain that lost its last events does not fit it.
//!
//! What a file shows cannot be more than what is in it: an older copy of the whole chain, head included, is a sound one.
//! Against that helps the hash of a head written down elsewhere (`verify --expect`).
//!
//! ```text
//! payload  what is signed      chain   append: sign outside, check and write inside the transaction
//! find     the admins' list    verify  looks at everything again
//! ```

mod chain;
mod find;
mod payload;
mod verify;

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, MutexGuard};

use crate::{
    crypto::{MacKey, Vault, detached, digest::sha256_hex},
    store::{Record, Table},
    world::Micros,
};

pub(super) use chain::{append, sign};
pub use find::{Filter, Found, find, latest};
pub(super) use payload::{Said, text};
pub use verify::{Break, Progress, Slice, tenants, verify};

/// An event as it is kept. Its number and its tenant are in its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// A UUID.
    pub id: String,
    /// When, in microseconds. Never before that of the event before.
    pub date: Micros,
    /// The person.
    pub subject: String,
    /// JSON text, as it was signed.
    pub payload: String,
    /// The JWS with detached payload.
    pub signature: String,
    /// The hash of this event, in hex.
    pub hash: String,
}

impl Record for Event {
    const TABLE: Table = Table::Ledger;
}

/// The end of a tenant's chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The number of the last event.
    pub number: u64,
    /// Its hash.
    pub hash: String,
    /// A JWS over tenant, number and hash.
    pub signature: String,
    /// Every key that has ever signed here. The tenant may have other keys by now.
    pub keys: Vec<PublicKey>,
}

impl Record for Head {
    const TABLE: Table = Table::LedgerHead;
}

/// A key with which events can be verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKey {
    /// Its name.
    pub kid: String,
    /// The JWK, as JSON text.
    pub jwk: String,
    /// Our authentication code over tenant and JWK: whoever can only write to the file cannot bring a key of his own.
    pub code: Vec<u8>,
}

/// What the header of an event's JWS says besides `alg`, `typ` and `kid`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Position {
    id: String,
    tenant: String,
    sub: String,
    /// RFC 3339.
    date: String,
    seq: u64,
    /// The hash of the event before; empty for the first.
    prev: String,
}

/// The type in the header of an event's JWS.
const EVENT_TYPE: &str = "privacy-event";
/// The type in the header of a head's JWS.
const HEAD_TYPE: &str = "privacy-ledger-head";

/// The key for the codes of [`PublicKey`].
pub fn mac(vault: &Vault) -> MacKey {
    vault.mac_key("privacy ledger keys")
}

/// An event's number as a part of its key: texts sort like the numbers.
fn number_text(number: u64) -> String {
    format!("{number:020}")
}

/// The hash of an event; none when the signature does not have the shape of one.
fn hash(signature: &str, payload: &str) -> Option<String> {
    detached::attach(signature, payload.as_bytes()).map(|whole| sha256_hex(whole.as_bytes()))
}

/// Appends to one chain come one after the other: each is signed on what the one before has left. A fixed number of
/// locks, so that tenants seldom wait for one another and their number does not matter.
pub(super) struct Turns(Vec<Mutex<()>>);

impl Default for Turns {
    fn default() -> Turns {
        Turns((0..64).map(|_| Mutex::new(())).collect())
    }
}

impl Turns {
    /// Waits for the turn of a tenant, which ends when the guard is dropped.
    pub(super) async fn wait(&self, tenant: &str) -> Option<MutexGuard<'_, ()>> {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(tenant);
        let place = usize::try_from(hash % self.0.len() as u64).unwrap_or_default();
        Some(self.0.get(place)?.lock().await)
    }
}
