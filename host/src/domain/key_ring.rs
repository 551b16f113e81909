//! The signing keys of an authorization server, and the one key of each tenant. The private halves are sealed in the store.
//!
//! Called by whoever signs or checks tokens and ledger events, and by the nouns that own a ring. `given.rs` reads the keys
//! that somebody brings along.

pub(super) mod given;
mod rotation;

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Domain, Failure};
use crate::{
    crypto::{
        keys::{Algorithm, SigningKey},
        vault::Sealed,
    },
    store::{Record, Table, Write, records},
};
pub use rotation::Turn;

/// All keys of one owner, the signing one first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyRing {
    /// Never empty.
    pub keys: Vec<StoredKey>,
}

/// One key as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredKey {
    /// Its name: the RFC 7638 thumbprint, unless it was brought along with another.
    pub kid: String,
    /// The thumbprint where the name is another.
    #[serde(default)]
    pub thumbprint: Option<String>,
    /// What it signs with. Rings of before there was a choice have its kind here.
    #[serde(alias = "kind")]
    pub algorithm: Algorithm,
    /// The public half as a JWK (RFC 7517), as JSON text.
    pub public_jwk: String,
    /// The private half, PKCS#8.
    pub private: SealedKey,
    /// What becomes of it, unless it is the first one.
    #[serde(default)]
    pub turn: Turn,
}

/// A private half that is encrypted. Beside it stands the key itself once somebody has signed with it, in memory only: decoding costs
/// tens of microseconds. The store forgets a record in its cache when it changes, so no key outlives its ring.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SealedKey {
    sealed: Sealed,
    #[serde(skip)]
    opened: OnceLock<Arc<SigningKey>>,
}

impl PartialEq for SealedKey {
    fn eq(&self, other: &SealedKey) -> bool {
        self.sealed == other.sealed
    }
}

impl fmt::Debug for SealedKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SealedKey(***)")
    }
}

impl From<Sealed> for SealedKey {
    fn from(sealed: Sealed) -> SealedKey {
        SealedKey { sealed, opened: OnceLock::new() }
    }
}

impl Record for KeyRing {
    const TABLE: Table = Table::SigningKey;
}

impl KeyRing {
    /// True when both hold the same keys under the same names in the same order.
    fn same(&self, other: &KeyRing) -> bool {
        let public = |ring: &KeyRing| ring.keys.iter().map(|key| key.public_jwk.clone()).collect::<Vec<_>>();
        public(self) == public(other)
    }

    /// A key of this ring that has signed otherwise as one of `other`: no key signs in two ways (RFC 8725 §3.1).
    fn otherwise(&self, other: &KeyRing) -> Option<usize> {
        let signed = |key: &StoredKey| {
            let same = |known: &&StoredKey| known.thumbprint() == key.thumbprint();
            other.keys.iter().find(same).is_some_and(|known| known.algorithm != key.algorithm)
        };
        self.keys.iter().position(signed)
    }

    fn public(&self) -> Result<Vec<Value>, Failure> {
        self.keys.iter().map(|key| serde_json::from_str(&key.public_jwk).map_err(internal)).collect()
    }
}

impl StoredKey {
    /// What tells the key from every other one, whatever its name.
    pub fn thumbprint(&self) -> &str {
        self.thumbprint.as_deref().unwrap_or(&self.kid)
    }
}

/// Whose keys they are.
#[derive(Clone, Copy)]
pub(super) enum Owner<'a> {
    /// A tenant's own: signs its privacy ledger.
    Tenant(&'a str),
    /// An authorization server's, by tenant and id: sign its tokens.
    Server(&'a str, &'a str),
}

impl Owner<'_> {
    /// What a private half is sealed for.
    fn context(self, kid: &str) -> String {
        match self {
            Owner::Tenant(tenant) => format!("signing key of tenant {tenant}/{kid}"),
            Owner::Server(tenant, server) => format!("signing key {tenant}/{server}/{kid}"),
        }
    }

    fn not_found(self) -> Failure {
        match self {
            Owner::Tenant(tenant) => Failure::not_found("tenant", tenant),
            Owner::Server(_, server) => Failure::not_found("authorization server", server),
        }
    }

    /// The ring as it is kept.
    fn ring(self, domain: &Domain) -> Result<Arc<KeyRing>, Failure> {
        let found = match self {
            Owner::Tenant(tenant) => domain.store.record::<KeyRing>(&[tenant])?,
            Owner::Server(tenant, server) => domain.store.record::<KeyRing>(&[tenant, server])?,
        };
        found.ok_or_else(|| self.not_found())
    }

    /// The ring as it is inside a transaction.
    pub(super) fn ring_in(self, write: &Write<'_>) -> Result<Option<KeyRing>, Failure> {
        Ok(match self {
            Owner::Tenant(tenant) => records::get(write, &[tenant])?,
            Owner::Server(tenant, server) => records::get(write, &[tenant, server])?,
        })
    }

    /// Keeps a ring, inside a transaction.
    pub(super) fn put(self, write: &mut Write<'_>, ring: &KeyRing) -> Result<(), Failure> {
        match self {
            Owner::Tenant(tenant) => records::put(write, &[tenant], ring)?,
            Owner::Server(tenant, server) => records::put(write, &[tenant, server], ring)?,
        }
        Ok(())
    }

    /// Forgets the ring, inside a transaction. Whatever it signed is worth nothing from then on.
    pub(super) fn remove(self, write: &mut Write<'_>) -> Result<bool, Failure> {
        Ok(match self {
            Owner::Tenant(tenant) => records::delete::<KeyRing>(write, &[tenant])?,
            Owner::Server(tenant, server) => records::delete::<KeyRing>(write, &[tenant, server])?,
        })
    }

    fn seal(self, domain: &Domain, key: &SigningKey) -> Result<StoredKey, Failure> {
        let kid = key.kid().to_owned();
        let private = domain.vault.seal(&domain.world, &self.context(&kid), &key.pkcs8().map_err(internal)?);
        Ok(StoredKey {
            thumbprint: (key.thumbprint() != kid).then(|| key.thumbprint().to_owned()),
            kid,
            algorithm: key.algorithm(),
            public_jwk: key.public_jwk().to_string(),
            private: private.into(),
            turn: Turn::default(),
        })
    }

    fn open(self, domain: &Domain, stored: &StoredKey) -> Result<Arc<SigningKey>, Failure> {
        let SealedKey { sealed, opened } = &stored.private;
        if let Some(key) = opened.get() {
            return Ok(Arc::clone(key));
        }
        let pkcs8 = domain.vault.open_sealed(&self.context(&stored.kid), sealed).map_err(internal)?;
        let key = SigningKey::from_pkcs8(stored.algorithm, &pkcs8).and_then(|key| key.named(&stored.kid));
        let key = Arc::new(key.map_err(internal)?);
        Ok(Arc::clone(opened.get_or_init(|| key)))
    }

    fn signing(self, domain: &Domain) -> Result<Arc<SigningKey>, Failure> {
        match self.ring(domain)?.keys.first() {
            Some(stored) => self.open(domain, stored),
            None => Err(Failure::Internal { log: format!("the ring of {} is empty", self.context("any")) }),
        }
    }

    /// A new ring with one key. RSA takes a while, so it is made off the event loop.
    pub(super) async fn generate(self, domain: &Domain, algorithm: Algorithm) -> Result<KeyRing, Failure> {
        let key = in_turn(domain, move || SigningKey::generate(algorithm)).await?.map_err(internal)?;
        Ok(KeyRing { keys: vec![self.seal(domain, &key)?] })
    }

    fn private(self, domain: &Domain) -> Result<Value, Failure> {
        self.private_of(domain, &*self.ring(domain)?)
    }

    /// The keys of a ring of this owner with their private halves as a JWK set.
    pub(super) fn private_of(self, domain: &Domain, ring: &KeyRing) -> Result<Value, Failure> {
        let one = |stored| self.open(domain, stored)?.private_jwk().map_err(internal);
        let keys: Vec<Value> = ring.keys.iter().map(one).collect::<Result<_, Failure>>()?;
        Ok(json!({ "keys": keys }))
    }
}

/// Makes or checks keys when the turn comes.
async fn in_turn<T: Send + 'static>(domain: &Domain, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    domain.making_keys.run(work).await.ok_or_else(|| internal("the work on signing keys did not end"))
}

/// A new ring for a server.
pub async fn generate(domain: &Domain, tenant: &str, server: &str, algorithm: Algorithm) -> Result<KeyRing, Failure> {
    Owner::Server(tenant, server).generate(domain, algorithm).await
}

/// The ring of a server.
pub fn current(domain: &Domain, tenant: &str, server: &str) -> Result<Arc<KeyRing>, Failure> {
    Owner::Server(tenant, server).ring(domain)
}

/// The key that signs new tokens.
pub fn signing(domain: &Domain, tenant: &str, server: &str) -> Result<Arc<SigningKey>, Failure> {
    Owner::Server(tenant, server).signing(domain)
}

/// Whether a key signs what everybody gets, now or when its turn comes.
pub fn signs_in_turn(place: usize, key: &StoredKey) -> bool {
    place == 0 || key.turn == Turn::Next
}

/// Whether a key signs for a client that asks for its algorithm: also the next one, which clients know already, and one that was
/// brought along. A retired key signs nothing new.
pub fn signs_when_asked(place: usize, key: &StoredKey) -> bool {
    signs_in_turn(place, key) || key.turn == Turn::Kept
}

/// The algorithms of those keys of a server that `signs` picks, in their order.
pub fn algorithms(
    domain: &Domain,
    tenant: &str,
    server: &str,
    signs: fn(usize, &StoredKey) -> bool,
) -> Result<Vec<&'static str>, Failure> {
    let ring = current(domain, tenant, server)?;
    let mut found = Vec::new();
    for (place, key) in ring.keys.iter().enumerate() {
        let algorithm = key.algorithm.name();
        if signs(place, key) && !found.contains(&algorithm) {
            found.push(algorithm);
        }
    }
    Ok(found)
}

/// The key of a server that signs with this algorithm for a client that asks for it.
pub fn signing_with(
    domain: &Domain,
    tenant: &str,
    server: &str,
    algorithm: &str,
) -> Result<Option<Arc<SigningKey>>, Failure> {
    let owner = Owner::Server(tenant, server);
    let ring = owner.ring(domain)?;
    let mut keys = ring.keys.iter().enumerate().filter(|(place, key)| signs_when_asked(*place, key));
    let found = keys.find(|(_, key)| key.algorithm.name() == algorithm);
    found.map(|(_, key)| owner.open(domain, key)).transpose()
}

/// The key `kid` of a server, for checking what it signed.
pub fn find(domain: &Domain, tenant: &str, server: &str, kid: &str) -> Result<Option<Arc<SigningKey>>, Failure> {
    let owner = Owner::Server(tenant, server);
    let ring = match owner.ring(domain) {
        Err(Failure::NotFound { .. }) => return Ok(None),
        other => other?,
    };
    let mut standing = ring.standing(domain.world.now_seconds());
    standing.find(|stored| stored.kid == kid).map(|stored| owner.open(domain, stored)).transpose()
}

/// The public halves of a server's keys for everybody (RFC 7517 §5), each a JWK as JSON text: without those whose tokens
/// have all ended.
pub fn published(domain: &Domain, tenant: &str, server: &str) -> Result<Vec<String>, Failure> {
    let ring = current(domain, tenant, server)?;
    let now = domain.world.now_seconds();
    Ok(ring.without_ended(now).keys.into_iter().map(|key| key.public_jwk).collect())
}

/// The public halves of all of a server's keys as a JWK set.
pub fn jwks(domain: &Domain, tenant: &str, server: &str) -> Result<Value, Failure> {
    Ok(json!({ "keys": current(domain, tenant, server)?.public()? }))
}

/// A server's keys with their private halves as a JWK set, for an export.
pub fn private_jwks(domain: &Domain, tenant: &str, server: &str) -> Result<Value, Failure> {
    Owner::Server(tenant, server).private(domain)
}

/// What a tenant's own key signs with.
const TENANT_KEY: Algorithm = Algorithm::Es256;

/// A new ring for a tenant.
pub(super) async fn generate_for_tenant(domain: &Domain, tenant: &str) -> Result<KeyRing, Failure> {
    Owner::Tenant(tenant).generate(domain, TENANT_KEY).await
}

/// The key that signs what a tenant writes down itself: its privacy ledger.
pub fn tenant_signing(domain: &Domain, tenant: &str) -> Result<Arc<SigningKey>, Failure> {
    Owner::Tenant(tenant).signing(domain)
}

/// The public halves of a tenant's own keys as a JWK set.
pub fn tenant_jwks(domain: &Domain, tenant: &str) -> Result<Value, Failure> {
    Ok(json!({ "keys": Owner::Tenant(tenant).ring(domain)?.public()? }))
}

/// A tenant's own keys with their private halves as a JWK set, for an export.
pub fn tenant_private_jwks(domain: &Domain, tenant: &str) -> Result<Value, Failure> {
    Owner::Tenant(tenant).private(domain)
}

fn internal(error: impl fmt::Display) -> Failure {
    Failure::Internal { log: error.to_string() }
}
