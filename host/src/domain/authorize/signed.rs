//! Signed answers (JARM §2): everything that a client is told, as one token that says from whom and for whom it is, encrypted
//! where the client wants it.
//!
//! Called by `answer` for requests whose response mode says so. Signs, and may ask for the client's keys, so it must not run
//! inside a transaction.

use serde_json::{Map, Value};

use super::{AuthorizationRequest, Place, answer::Members};
use crate::{
    crypto::jws,
    domain::{Failure, client::Client, encryption, key_ring},
};

/// The only member of such an answer.
const MEMBER: &str = "response";
/// How long one is good, in seconds: ten minutes are the most that is recommended (JARM §2.1).
const LASTS: i64 = 600;

/// The members of an answer as one.
pub(super) async fn sealed(
    place: Place<'_>,
    client: &Client,
    request: &AuthorizationRequest,
    members: Members,
) -> Result<Members, Failure> {
    let token = sign(place, client, request, members)?;
    let token = match &client.security.authorization_encryption {
        None => token,
        Some(wanted) => {
            let inside = Some(encryption::JWT);
            encryption::for_client(place.domain, client, wanted, inside, token.as_bytes()).await?
        }
    };
    Ok(vec![(MEMBER, token)])
}

/// With the algorithm that the client has registered and no other: it would refuse that, and should.
fn sign(
    Place { domain, tenant, id, .. }: Place<'_>,
    client: &Client,
    request: &AuthorizationRequest,
    members: Members,
) -> Result<String, Failure> {
    let wanted = client.security.authorization_signing_alg.as_str();
    let key = match wanted {
        "" => Some(key_ring::signing(domain, tenant, id)?),
        algorithm => key_ring::signing_with(domain, tenant, id, algorithm)?,
    };
    let key = key.ok_or_else(|| {
        let reason = format!("answers cannot be signed with `{wanted}`: this server has no such key");
        Failure::Unsupported { reason }
    })?;
    let mut claims: Map<String, Value> =
        members.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
    claims.insert("aud".to_owned(), Value::from(request.client_id.as_str()));
    claims.insert("exp".to_owned(), Value::from(domain.world.now_seconds().saturating_add(LASTS)));
    jws::sign(&key, encryption::JWT, &claims).map_err(|error| Failure::Internal { log: error.to_string() })
}
