//! Passwords and chosen client secrets: argon2id (RFC 9106), kept as PHC strings.
//!
//! Called by `domain` and `authn`. Must not know accounts. The plain functions block for tens of milliseconds and take
//! 19 MiB; on the runtime use [`Passwords`], which bounds how many of them run at once.

use super::{mac::MacKey, secret::Secret, turns::Turns};
use crate::world::World;
use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use quick_cache::sync::Cache;
use std::{collections::BTreeSet, fmt, sync::Arc};

/// OWASP's recommendation for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// What the hashes that are made here cost, as they begin.
pub const OUR_COST: &str = "$argon2id$v=19$m=19456,t=2,p=1";

/// The salt and the output of a hash that nobody's password has: drawn once, of no text that anybody knows.
const NOBODY: &str = "$UG9ydGN1bGxpcyBub2JvZA$6QGSo4i2b9k1hB5oU0JH0s0d0tq3mZrT0Y8b1m3m2lA";

/// What an imported hash may cost at most. Without a bound, one stored string could take all memory.
const MOST_MEMORY_KIB: u32 = 64 * 1024;
const MOST_PASSES: u32 = 10;
const MOST_LANES: u32 = 4;

/// Room for this many KiB is asked of the system by itself and given back to it at once, whatever the allocator has seen before
/// (glibc does so for certain beyond 32 MiB). Smaller blocks would stay with the process, several times 19 MiB.
const OF_THE_SYSTEM_KIB: usize = 33 * 1024;

/// The longest password, in bytes: more than anyone types. Bounds the work before argon2's own.
pub const MOST_PASSWORD_BYTES: usize = 1024;

/// Hashes `password` under a new salt. Blocks.
pub fn hash(world: &World, password: &Secret) -> Result<String, PasswordError> {
    let bytes = password.expose().as_bytes();
    if bytes.len() > MOST_PASSWORD_BYTES {
        return Err(PasswordError::TooLong);
    }
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| PasswordError::Hashing)?;
    let written = ParamsString::try_from(&params).map_err(|_| PasswordError::Hashing)?;
    let salt = Salt::new(&world.bytes::<16>()).map_err(|_| PasswordError::Hashing)?;
    let output = compute(bytes, &salt, Version::V0x13, params).ok_or(PasswordError::Hashing)?;
    let (algorithm, version) = (Algorithm::Argon2id.ident(), Some(Version::V0x13.into()));
    Ok(PasswordHash { algorithm, version, params: written, salt: Some(salt), hash: Some(output) }.to_string())
}

/// Whether `password` has the hash `phc`. Blocks. False also for a malformed hash, for another algorithm than argon2id,
/// and for one that would cost more than 64 MiB, 10 passes or 4 lanes.
pub fn verify(password: &Secret, phc: &str) -> bool {
    let bytes = password.expose().as_bytes();
    let Ok(hash) = PasswordHash::new(phc) else { return false };
    bytes.len() <= MOST_PASSWORD_BYTES && affordable(&hash) && again(bytes, &hash).is_some_and(|same| same)
}

/// Whether hashing `password` as `hash` was made gives the same. Outputs are compared in constant time.
fn again(password: &[u8], hash: &PasswordHash) -> Option<bool> {
    let (salt, expected) = (hash.salt.as_ref()?, hash.hash.as_ref()?);
    let version = hash.version.map_or(Ok(Version::default()), Version::try_from).ok()?;
    Some(compute(password, salt, version, Params::try_from(hash).ok()?)? == *expected)
}

/// argon2id.
fn compute(password: &[u8], salt: &Salt, version: Version, params: Params) -> Option<Output> {
    let (blocks, length) = (params.block_count(), params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN));
    // A block has one KiB.
    let mut memory = Vec::with_capacity(blocks.max(OF_THE_SYSTEM_KIB));
    memory.resize(blocks, Block::new());
    let mut out = [0; Output::MAX_LENGTH];
    let out = out.get_mut(..length)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, version, params);
    argon2.hash_password_into_with_memory(password, salt, out, &mut memory).ok()?;
    Output::new(out).ok()
}

/// Whether `phc` is a hash that [`verify`] would compute: for hashes that come from elsewhere.
pub fn is_hash(phc: &str) -> bool {
    PasswordHash::new(phc).is_ok_and(|hash| hash.hash.is_some() && affordable(&hash))
}

/// What it costs to check a password against `phc`: all but its salt and its output.
pub fn cost(phc: &str) -> &str {
    phc.rsplitn(3, '$').last().unwrap_or_default()
}

fn affordable(hash: &PasswordHash) -> bool {
    let Ok(params) = Params::try_from(hash) else { return false };
    hash.algorithm.as_str() == Algorithm::Argon2id.as_str()
        && params.m_cost() <= MOST_MEMORY_KIB
        && params.t_cost() <= MOST_PASSES
        && params.p_cost() <= MOST_LANES
}

/// Hashes and checks passwords off the runtime's threads, a few at a time. Cheap to clone.
///
/// A right password is remembered, so that a machine client with a chosen secret pays for argon2 once and not for each
/// token. What is remembered is an authentication code over hash and password under a key that lives and dies with
/// the process; a new password has a new hash and so is not found. A wrong password always pays.
#[derive(Clone)]
pub struct Passwords(Arc<Shared>);

struct Shared {
    world: World,
    turns: Turns,
    /// The cost of every hash that was computed, for tests.
    #[cfg(test)]
    paid: std::sync::Mutex<Vec<String>>,
    remembered: Cache<[u8; 32], ()>,
    process_key: MacKey,
}

impl Passwords {
    /// At most `parallel` computations at once (19 MiB each, at least one), and about `remembered` right passwords.
    pub fn new(world: World, parallel: usize, remembered: usize) -> Passwords {
        let turns = Turns::new(parallel);
        let process_key = MacKey::new(&world.bytes());
        Passwords(Arc::new(Shared {
            world,
            turns,
            #[cfg(test)]
            paid: std::sync::Mutex::default(),
            remembered: Cache::new(remembered),
            process_key,
        }))
    }

    /// [`hash`], when its turn comes.
    pub async fn hash(&self, password: Secret) -> Result<String, PasswordError> {
        let world = self.0.world.clone();
        self.0.turns.run(move || hash(&world, &password)).await.unwrap_or(Err(PasswordError::Interrupted))
    }

    /// Whether one of `candidates` has the hash `phc`: at once if it was right before, else when its turn comes. There
    /// are several when it is not known how the caller encoded what it sent.
    pub async fn verify(&self, candidates: Vec<Secret>, phc: &str) -> bool {
        // All are looked up before any is computed: a wrong one costs the same every time.
        if candidates.iter().any(|password| self.0.remembered.get(&self.memory(password, phc)).is_some()) {
            return true;
        }
        for password in candidates {
            #[cfg(test)]
            self.0.paid.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(cost(phc).to_owned());
            let (memory, phc) = (self.memory(&password, phc), phc.to_owned());
            if self.0.turns.run(move || verify(&password, &phc)).await.unwrap_or(false) {
                self.0.remembered.insert(memory, ());
                return true;
            }
        }
        false
    }

    /// Whether `password` has the hash `phc`, for whoever must not tell by the time it takes whether there is such a hash:
    /// one hash is computed at each of `costs`, also where there is none. Only a right password answers earlier.
    pub async fn verify_at_all(&self, password: &Secret, phc: Option<&str>, costs: &BTreeSet<&str>) -> bool {
        if let Some(phc) = phc
            && self.verify(vec![password.clone()], phc).await
        {
            return true;
        }
        let paid = phc.map(cost);
        for cost in costs.iter().filter(|cost| paid != Some(**cost)) {
            self.verify(vec![password.clone()], &format!("{cost}{NOBODY}")).await;
        }
        false
    }

    /// What is kept of a right password.
    fn memory(&self, password: &Secret, phc: &str) -> [u8; 32] {
        self.0.process_key.sign(&[phc.as_bytes(), password.expose().as_bytes()])
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Passwords")
    }
}

/// Why a password was not hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordError {
    /// Longer than 1024 bytes.
    TooLong,
    /// The library refused, for example for want of memory.
    Hashing,
    /// The runtime stopped before it was done.
    Interrupted,
}

impl fmt::Display for PasswordError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            PasswordError::TooLong => "the password is longer than 1024 bytes",
            PasswordError::Hashing => "the password could not be hashed",
            PasswordError::Interrupted => "the server stopped before the password was hashed",
        })
    }
}

impl std::error::Error for PasswordError {}

#[cfg(test)]
mod tests;
