//! A client's secret: how it is kept and how a presented one is checked. Lives outside the timeline.

use serde::{Deserialize, Serialize};

use super::{Domain, Failure, Problem};
use crate::{
    crypto::{
        Secret,
        password::MOST_PASSWORD_BYTES,
        vault::{KeyedHash, Sealed},
    },
    store::{Record, Table},
};

/// What proves a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Credential {
    /// A secret of 256 random bits that the server made: a keyed hash is enough, nobody can guess it.
    Generated(KeyedHash),
    /// A secret somebody chose: argon2id, as a PHC string.
    Chosen(String),
    /// A secret of 256 random bits that the server made and can show again: a gateway's package holds it.
    Sealed(Sealed),
}

/// The shortest secret somebody may choose, in characters.
const SHORTEST: usize = 32;

impl Record for Credential {
    const TABLE: Table = Table::Credential;
}

/// Binds a hash to what it is for, so that it is worth nothing elsewhere.
fn label(tenant: &str, client_id: &str) -> String {
    format!("client secret of {tenant}/{client_id}")
}

/// A new secret and how it is kept. The secret is shown once.
pub fn generate(domain: &Domain, tenant: &str, client_id: &str) -> (Secret, Credential) {
    let secret = Secret::generate(&domain.world);
    let credential = generated(domain, tenant, client_id, &secret);
    (secret, credential)
}

/// How a secret of 256 random bits is kept.
pub(super) fn generated(domain: &Domain, tenant: &str, client_id: &str, secret: &Secret) -> Credential {
    Credential::Generated(domain.vault.keyed_hash(&label(tenant, client_id), secret.expose()))
}

/// A new secret that can be shown again, and how it is kept.
pub(super) fn generate_sealed(domain: &Domain, tenant: &str, client_id: &str) -> (Secret, Credential) {
    let secret = Secret::generate(&domain.world);
    let sealed = domain.vault.seal(&domain.world, &label(tenant, client_id), secret.expose().as_bytes());
    (secret, Credential::Sealed(sealed))
}

/// The secret of a client, if it was kept in a way that can be undone.
pub(super) fn reveal(domain: &Domain, tenant: &str, client_id: &str) -> Result<Option<Secret>, Failure> {
    let found = domain.store.record::<Credential>(&[tenant, client_id])?;
    match found.as_deref() {
        Some(Credential::Sealed(sealed)) => open(domain, tenant, client_id, sealed).map(Some),
        Some(Credential::Generated(_) | Credential::Chosen(_)) | None => Ok(None),
    }
}

fn open(domain: &Domain, tenant: &str, client_id: &str, sealed: &Sealed) -> Result<Secret, Failure> {
    let internal = |error: String| Failure::Internal { log: error };
    let plain = domain.vault.open_sealed(&label(tenant, client_id), sealed);
    let plain = plain.map_err(|error| internal(error.to_string()))?;
    let text = std::str::from_utf8(&plain).map_err(|error| internal(error.to_string()))?;
    Ok(Secret::new(text))
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

/// True when one of `candidates` is the client's secret; there are several when it is not known how the caller encoded it.
///
/// A client that does not exist costs what one with a generated secret costs: anything dearer would let strangers spend
/// argon2's time and memory. So the time may tell that a secret was chosen by somebody, never that one was generated.
pub async fn verify(domain: &Domain, tenant: &str, client_id: &str, candidates: Vec<Secret>) -> Result<bool, Failure> {
    let found = domain.store.record::<Credential>(&[tenant, client_id])?;
    let expected = match found.as_deref() {
        Some(Credential::Chosen(phc)) => return Ok(domain.passwords.verify(candidates, phc).await),
        Some(Credential::Sealed(sealed)) => {
            let secret = open(domain, tenant, client_id, sealed)?;
            return Ok(candidates.iter().fold(false, |right, candidate| right | secret.same(candidate.expose())));
        }
        Some(Credential::Generated(hash)) => Some(hash),
        None => None,
    };
    let label = label(tenant, client_id);
    let hashes = candidates.iter().map(|secret| domain.vault.keyed_hash(&label, secret.expose()));
    // Every candidate is hashed and compared, whether there is a client and whichever is right.
    Ok(hashes.fold(false, |right, hash| right | (expected == Some(&hash))))
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
