//! What takes long or is random, done before the transaction that saves a server: keys, passwords, sealing.
//!
//! Nothing here depends on what the server is at that moment, except that a given password which is the present one keeps
//! its hash. What is said of nothing is found again inside the transaction, by [`super::save`].

use serde_json::Value;

use super::{Server, checker, problems, secrets::Secrets};
use crate::{
    crypto::Secret,
    domain::{
        Domain, Failure, authentication,
        key_ring::{KeyRing, Owner, given::Keys},
    },
};

/// What somebody asks a server to be, secrets in clear.
#[derive(Default)]
pub struct Wanted {
    /// The configuration. Its authentications are those below.
    pub server: Server,
    /// How people log in; none leaves it as it is.
    pub authentications: Option<Vec<authentication::Wanted>>,
    /// The secret; none leaves it as it is, and makes one for a new server.
    pub secret: Option<Secret>,
    /// Earlier secrets; none leaves them as they are, and adds the one that is replaced.
    pub rotated_secrets: Option<Vec<Secret>>,
    /// A JWK set: private keys replace the ring, public ones must be those it has, none leaves it as it is, and makes one
    /// for a new server.
    pub jwks: Option<Value>,
}

/// A server that is ready to be saved.
pub(in crate::domain) struct Prepared {
    pub(super) server: Server,
    pub(super) authentications: Option<Vec<authentication::Pending>>,
    pub(super) secrets: Secrets,
    pub(super) keys: Keys,
    /// What the server is known by; its profiles may ask for https.
    pub(super) issuer: String,
}

/// Checks what is asked of the server `id`, which may not exist yet, and makes it ready.
pub(in crate::domain) async fn prepare(
    domain: &Domain,
    tenant: &str,
    id: &str,
    wanted: Wanted,
) -> Result<Prepared, Failure> {
    let problems = problems(&wanted);
    if !problems.is_empty() {
        return Err(Failure::Invalid(problems));
    }
    let Wanted { mut server, authentications, secret, rotated_secrets, jwks } = wanted;
    let now = domain.store.current::<Server>(tenant, id, domain.now())?;
    let checker_now = now.as_deref().map(|now| &now.value.consent_checker);
    // On the heap: whoever makes a server waits in a future of a usual size.
    Box::pin(checker::accept(domain, tenant, &server.consent_checker, checker_now)).await?;
    let has_ring = domain.store.record::<KeyRing>(&[tenant, id])?.is_some();
    let needs = (!has_ring).then_some(server.signing_alg);
    let keys = Keys::prepare(domain, Owner::Server(tenant, id), jwks, needs).await?;
    server.signing_alg = keys.algorithm().unwrap_or(server.signing_alg);
    let secrets = Secrets::prepare(domain, tenant, id, secret.as_ref(), rotated_secrets.as_deref());
    let present = now.as_deref().map(|now| now.value.authentications.as_slice()).unwrap_or_default();
    let authentications = match authentications {
        None => None,
        Some(list) => {
            let owner = authentication::Owner { tenant, server: id };
            Some(authentication::prepare(domain, owner, list, present).await?)
        }
    };
    Ok(Prepared { server, authentications, secrets, keys, issuer: domain.issuer(tenant, id) })
}
