//! A client's secret: how it is kept, how a presented one is checked, and who gets to see it. Lives outside the timeline.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::{Domain, Failure, Problem, expiry};
use crate::{
    crypto::{
        Secret,
        password::MOST_PASSWORD_BYTES,
        vault::{KeyedHash, Sealed},
    },
    store::{Record, Table, Write, records},
};

/// What proves a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Credential {
    /// A secret of 256 random bits that the first start made: a keyed hash is enough, nobody can guess it.
    Generated(KeyedHash),
    /// argon2id, as a PHC string: the bootstrap secret that somebody chose, and hashes that came from elsewhere.
    Chosen(String),
    /// Encrypted, so that those who administrate the client can see it again.
    Sealed(SealedSecret),
}

/// A secret that is encrypted. Beside it stands its keyed hash once somebody has asked for it, in memory only: the store
/// forgets a record in its cache when it changes, so the hash never outlives its secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SealedSecret {
    sealed: Sealed,
    #[serde(skip)]
    hash: OnceLock<KeyedHash>,
}

impl PartialEq for SealedSecret {
    fn eq(&self, other: &SealedSecret) -> bool {
        self.sealed == other.sealed
    }
}

/// What proved a client until its secret was exchanged, and does for a while yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Superseded {
    /// The secret before.
    pub(super) credential: Credential,
    /// Until when it is good, in seconds since 1970.
    pub(super) ends: i64,
}

/// What a caller says about the secret of a client.
#[derive(Clone, Debug)]
pub enum Given {
    /// Nothing: the client keeps the one it has, or gets one.
    Nothing,
    /// This secret.
    Secret(Secret),
    /// The hash of one, as a PHC string.
    Hash(String),
}

/// A credential as an export has it.
#[derive(Debug)]
pub enum Exported {
    /// There is none, or it cannot leave this installation.
    Nothing,
    /// The secret itself.
    Secret(Secret),
    /// Its hash, as a PHC string.
    Hash(String),
}

/// The shortest secret somebody may choose, in characters.
const SHORTEST: usize = 32;

impl Record for Credential {
    const TABLE: Table = Table::Credential;
}

impl Record for Superseded {
    const TABLE: Table = Table::Superseded;
}

impl expiry::Ends for Superseded {
    const WHAT: expiry::What = expiry::What::Superseded;
    fn ends(&self) -> i64 {
        self.ends
    }
}

impl Superseded {
    /// Writes it down, inside a transaction, after the client was saved with its new secret.
    pub(super) fn save(&self, write: &mut Write<'_>, tenant: &str, client_id: &str) -> Result<(), Failure> {
        records::put(write, &[tenant, client_id], self)?;
        expiry::note(write, &[tenant, client_id], self)
    }
}

impl Credential {
    /// The credential of the client `client_id` for an export. A keyed hash is worth nothing elsewhere.
    pub(super) fn exported(self, domain: &Domain, tenant: &str, client_id: &str) -> Result<Exported, Failure> {
        match self {
            Credential::Generated(_) => Ok(Exported::Nothing),
            Credential::Sealed(sealed) => Ok(Exported::Secret(open(domain, tenant, client_id, &sealed.sealed)?)),
            Credential::Chosen(phc) => Ok(Exported::Hash(phc)),
        }
    }
}

/// Binds a hash to what it is for, so that it is worth nothing elsewhere.
fn label(tenant: &str, client_id: &str) -> String {
    format!("client secret of {tenant}/{client_id}")
}

/// A new secret and how it is kept.
pub fn generate(domain: &Domain, tenant: &str, client_id: &str) -> (Secret, Credential) {
    let secret = Secret::generate(&domain.world);
    let credential = seal(domain, tenant, client_id, &secret);
    (secret, credential)
}

/// How the secret of a client is kept. One chosen by somebody must have passed [`check`].
pub fn seal(domain: &Domain, tenant: &str, client_id: &str, secret: &Secret) -> Credential {
    let context = label(tenant, client_id);
    let sealed = domain.vault.seal(&domain.world, &context, secret.expose().as_bytes());
    Credential::Sealed(SealedSecret { sealed, hash: OnceLock::new() })
}

/// Like [`seal`], but the same secret stays sealed as it is: who writes back what was read has changed nothing.
pub(super) fn keep(domain: &Domain, tenant: &str, client_id: &str, secret: &Secret) -> Result<Credential, Failure> {
    let found = domain.store.record::<Credential>(&[tenant, client_id])?;
    match found.as_deref() {
        Some(same @ Credential::Sealed(kept))
            if open(domain, tenant, client_id, &kept.sealed)?.same(secret.expose()) =>
        {
            Ok(same.clone())
        }
        _ => Ok(seal(domain, tenant, client_id, secret)),
    }
}

fn open(domain: &Domain, tenant: &str, client_id: &str, sealed: &Sealed) -> Result<Secret, Failure> {
    let opened = domain.vault.open_sealed(&label(tenant, client_id), sealed);
    let text = opened.map_err(|error| Failure::Internal { log: format!("client secret: {error}") })?;
    let text = std::str::from_utf8(&text).map_err(|error| Failure::Internal { log: error.to_string() })?;
    Ok(Secret::new(text))
}

/// The secret of a client, unless only a hash is kept or it has none.
pub fn reveal(domain: &Domain, tenant: &str, client_id: &str) -> Result<Option<Secret>, Failure> {
    match domain.store.record::<Credential>(&[tenant, client_id])?.as_deref() {
        Some(Credential::Sealed(kept)) => open(domain, tenant, client_id, &kept.sealed).map(Some),
        Some(Credential::Chosen(_) | Credential::Generated(_)) | None => Ok(None),
    }
}

/// Whether a client has a secret, known in clear or not.
pub fn has(domain: &Domain, tenant: &str, client_id: &str) -> Result<bool, Failure> {
    Ok(domain.store.record::<Credential>(&[tenant, client_id])?.is_some())
}

/// How a secret of 256 random bits is kept.
pub(super) fn generated(domain: &Domain, tenant: &str, client_id: &str, secret: &Secret) -> Credential {
    Credential::Generated(domain.vault.keyed_hash(&label(tenant, client_id), secret.expose()))
}

/// Checks the length of a secret chosen by somebody.
pub fn check(member: &str, secret: &Secret) -> Result<(), Problem> {
    let text = secret.expose();
    if text.chars().count() < SHORTEST {
        return Err(Problem::new(member, format!("must have at least {SHORTEST} characters")));
    }
    if text.len() > MOST_PASSWORD_BYTES {
        return Err(Problem::new(member, format!("must have at most {MOST_PASSWORD_BYTES} bytes")));
    }
    Ok(())
}

/// How a secret chosen by somebody is kept. It must have passed [`check`].
pub async fn choose(domain: &Domain, secret: Secret) -> Result<Credential, Failure> {
    let hashed = domain.passwords.hash(secret).await;
    hashed.map(Credential::Chosen).map_err(|error| Failure::Internal { log: error.to_string() })
}

/// True when one of `candidates` is the client's secret, or the one before it while that is good yet; there are several when it
/// is not known how the caller encoded it.
///
/// A client that does not exist costs what one with a sealed secret costs, but for the opening of a few bytes the first
/// time: anything dearer would let strangers spend argon2's time and memory. So the time may tell that only a hash of a
/// secret is kept, or that it was exchanged lately.
pub async fn verify(domain: &Domain, tenant: &str, client_id: &str, candidates: Vec<Secret>) -> Result<bool, Failure> {
    let found = domain.store.record::<Credential>(&[tenant, client_id])?;
    let before = match may_be_superseded(domain)? {
        true => domain.store.record::<Superseded>(&[tenant, client_id])?,
        false => None,
    };
    let before = before.filter(|before| before.ends > domain.world.now_seconds());
    if let Some(before) = before
        && is_right(domain, tenant, client_id, Some(&before.credential), candidates.clone()).await?
    {
        return Ok(true);
    }
    is_right(domain, tenant, client_id, found.as_deref(), candidates).await
}

/// Whether there may be secrets that were exchanged and are good yet: where they never are, nobody need look for them at every
/// request. Whether new ones are made is said at the start, so the answer stays.
fn may_be_superseded(domain: &Domain) -> Result<bool, Failure> {
    if let Some(may) = domain.superseded.get() {
        return Ok(*may);
    }
    let none = records::list_after::<Superseded>(&domain.store.read()?, &[], None, 1)?.is_empty();
    Ok(*domain.superseded.get_or_init(|| domain.rotation_grace_seconds > 0 || !none))
}

/// True when one of `candidates` is the secret of a credential.
async fn is_right(
    domain: &Domain,
    tenant: &str,
    client_id: &str,
    credential: Option<&Credential>,
    candidates: Vec<Secret>,
) -> Result<bool, Failure> {
    let label = label(tenant, client_id);
    let hash = |secret: &Secret| domain.vault.keyed_hash(&label, secret.expose());
    let (known, expected) = match credential {
        Some(Credential::Chosen(phc)) => return Ok(domain.passwords.verify(candidates, phc).await),
        Some(Credential::Generated(expected)) => (true, *expected),
        Some(Credential::Sealed(kept)) => (true, hash_of(domain, tenant, client_id, kept)?),
        None => (false, KeyedHash::none()),
    };
    // Every candidate is hashed and compared, whether there is a client and whichever is right.
    Ok(known & candidates.iter().fold(false, |right, secret| right | (hash(secret) == expected)))
}

/// The keyed hash of a sealed secret, which is opened for it once.
fn hash_of(domain: &Domain, tenant: &str, client_id: &str, kept: &SealedSecret) -> Result<KeyedHash, Failure> {
    if let Some(hash) = kept.hash.get() {
        return Ok(*hash);
    }
    let secret = open(domain, tenant, client_id, &kept.sealed)?;
    let hash = domain.vault.keyed_hash(&label(tenant, client_id), secret.expose());
    Ok(*kept.hash.get_or_init(|| hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_secret_is_long_enough_and_not_too_long() {
        let reason = |text: String| check("/client_secret", &Secret::new(text)).err().map(|problem| problem.reason);
        assert_eq!(reason("ä".repeat(31)), Some("must have at least 32 characters".to_owned()));
        assert_eq!(reason("ä".repeat(32)), None);
        assert_eq!(reason("ä".repeat(512)), None);
        assert_eq!(reason("ä".repeat(512) + "a"), Some("must have at most 1024 bytes".to_owned()));
    }
}
