//! The signing keys of a server, one after the other: administrators add the next one, let it sign, and remove what is left.
//!
//! Called by the administration. Each is a change of the server: its ETag and its author are the server's.

use super::{Server, current};
use crate::{
    crypto::keys::Algorithm,
    domain::{
        By, Domain, Failure,
        key_ring::{self, KeyRing, Owner},
        profile,
        stamp::{Author, Stamp},
    },
    store::{State, Write, timeline},
};

/// How far the clocks of those who check tokens may be behind, in seconds.
const LEEWAY: i64 = 60;

/// Adds a key that is published from now on and signs after the present one (addSigningKey), as that one does unless something
/// else is given.
pub async fn add_key(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    algorithm: Option<Algorithm>,
) -> Result<State<Server>, Failure> {
    let server = current(domain, tenant, id)?;
    let algorithm = algorithm.unwrap_or(server.value.signing_alg);
    Failure::unless_fine(profile::key_problem(&server.value, algorithm).into_iter().collect())?;
    let fresh = key_ring::generate(domain, tenant, id, algorithm).await?;
    let now = domain.world.now_seconds();
    change(domain, by, tenant, id, move |ring, _| ring.add(&fresh, now)).await
}

/// Lets the next key sign, which is made if there is none; the present one stays until its tokens have ended
/// (rotateSigningKeys).
pub async fn rotate_keys(domain: &Domain, by: &By<'_>, tenant: &str, id: &str) -> Result<State<Server>, Failure> {
    let now = domain.world.now_seconds();
    let turn = move |ring: &mut KeyRing, longest: i64| ring.rotate(now, now.saturating_add(longest));
    change(domain, by, tenant, id, turn).await
}

/// Removes a key that does not sign; whatever it has signed is worth nothing from then on (deleteSigningKey).
pub async fn remove_key(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    kid: &str,
) -> Result<State<Server>, Failure> {
    let kid = kid.to_owned();
    change(domain, by, tenant, id, move |ring, _| ring.remove(&kid)).await
}

/// Changes the ring of a server in one transaction. `work` gets the ring and the longest life of a token that it may have
/// signed.
async fn change(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    id: &str,
    work: impl Fn(&mut KeyRing, i64) -> Result<(), Failure> + Send + 'static,
) -> Result<State<Server>, Failure> {
    let (tenant, id, author) = (tenant.to_owned(), id.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let server = stamp.target::<Server>(write, &tenant, &id)?.value;
            let owner = Owner::Server(&tenant, &id);
            let mut ring = owner.ring_in(write)?.ok_or_else(|| Failure::not_found("authorization server", &id))?;
            work(&mut ring, longest(write, &tenant, &id)?)?;
            owner.put(write, &ring)?;
            save(write, &tenant, &id, server, &ring, &stamp)
        })
        .await
}

fn save(
    write: &mut Write<'_>,
    tenant: &str,
    id: &str,
    server: Server,
    ring: &KeyRing,
    stamp: &Stamp,
) -> Result<State<Server>, Failure> {
    let signing_alg = ring.keys.first().map_or(server.signing_alg, |key| key.algorithm);
    Ok(stamp.append(write, tenant, id, Server { signing_alg, secrets_since: stamp.now, ..server })?)
}

/// The longest life of a token of this server, in seconds: also of one that was issued before its configuration changed.
fn longest(write: &Write<'_>, tenant: &str, id: &str) -> Result<i64, Failure> {
    let states = timeline::history::<Server>(write, tenant, id)?;
    let lives = states.iter().map(|state| state.value.access_token_seconds.max(state.value.id_token_seconds));
    Ok(lives.max().unwrap_or_default().saturating_add(LEEWAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_of_before_there_was_a_choice_are_read() {
        let server: Server = serde_json::from_str(r#"{"name":"Shop","key_type":"eddsa"}"#).unwrap();
        assert_eq!(server.signing_alg, Algorithm::EdDsa);
        assert!(serde_json::to_string(&server).unwrap().contains(r#""signing_alg":"EdDSA""#));
        assert_eq!(serde_json::from_str::<Server>("{}").unwrap().signing_alg, Algorithm::Rs256);
    }
}
