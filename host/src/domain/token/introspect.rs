//! Introspection (RFC 7662): what a token is worth now, for whoever it is shown to.
//!
//! Called by its edge, which also asks for the answer as a JWT (RFC 9701). Writes nothing and lists nothing: a few lookups,
//! those of access tokens in the store's cache, however many tokens there are.

use std::sync::Arc;

use serde::Serialize;
use serde_json::json;

use super::{
    Known,
    asker::Asker,
    known,
    refresh::{self, Found},
};
use crate::{
    crypto::{Secret, jws},
    domain::{
        Domain, Failure, authentication, client, encryption,
        grant::Grant,
        handle::{self, Purpose},
        key_ring,
        server::Server,
        subject,
    },
};

/// The media type of an answer that is a JWT (RFC 9701 §5).
const TYPE: &str = "token-introspection+jwt";

/// A token that is good, as far as it is the asker's business.
#[derive(Debug)]
pub enum Introspection {
    /// An access token.
    Access(Arc<Known>),
    /// A refresh token.
    Refresh {
        /// What it was made from.
        grant: Arc<Grant>,
        /// Whom it is about, as the client knows them.
        subject: String,
        /// When it ends, in seconds since 1970.
        ends: i64,
    },
}

/// What a token of a server is worth. None when it is not good, for whatever reason: unknown, ended, revoked, another
/// server's, or none of the asker's business.
pub fn introspect(
    domain: &Domain,
    tenant: &str,
    server: (&str, &Server),
    asker: &Asker,
    token: &str,
) -> Result<Option<Introspection>, Failure> {
    if handle::looks_like(Purpose::Refresh, token) {
        let found = holding(domain, tenant, server, token)?.filter(|found| !found.is_used);
        let found = found.filter(|found| asker.may(&found.grant.client_id));
        let Some(Found { grant, good, .. }) = found else { return Ok(None) };
        let subject = about(domain, tenant, &grant)?;
        return Ok(Some(Introspection::Refresh { grant, subject, ends: good.ends }));
    }
    match known(domain, tenant, token) {
        Ok(known) => {
            let theirs = known.bearer.server == server.0 && asker.may(&known.bearer.client_id);
            Ok(theirs.then_some(Introspection::Access(known)))
        }
        Err(Failure::Unauthenticated(_)) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Whom a grant is about, as its client knows them.
fn about(domain: &Domain, tenant: &str, grant: &Grant) -> Result<String, Failure> {
    let name = &grant.identity.subject;
    if grant.own {
        return Ok(name.clone());
    }
    let client = client::current(domain, tenant, &grant.client_id)?;
    Ok(subject::of(domain, tenant, &grant.server, &client.value, name)?.into_owned())
}

/// Whether whoever asks wants the answer as a JWT: because the client has said so, or the request (`asked_for`) does.
pub fn wants_jwt(domain: &Domain, tenant: &str, (asker, asked_for): (&Asker, bool)) -> Result<bool, Failure> {
    let client = client::current(domain, tenant, &asker.client_id)?;
    let security = &client.value.security;
    Ok(asked_for || !security.introspection_signing_alg.is_empty() || security.introspection_encryption.is_some())
}

/// An answer as a JWT for whoever asks, signed by the server and encrypted where the client has said so (RFC 9701 §5, §6).
pub async fn jwt(
    domain: &Domain,
    tenant: &str,
    server: &str,
    asker: &Asker,
    answer: &(impl Serialize + Sync),
) -> Result<Secret, Failure> {
    let client = client::current(domain, tenant, &asker.client_id)?;
    let security = &client.value.security;
    let algorithm = security.introspection_signing_alg.as_str();
    let key = match algorithm {
        "" => Some(key_ring::signing(domain, tenant, server)?),
        algorithm => key_ring::signing_with(domain, tenant, server, algorithm)?,
    };
    let key = key.ok_or_else(|| Failure::Unsupported {
        reason: format!("the answer cannot be signed with `{algorithm}`: this server has no such key"),
    })?;
    let claims = json!({
        "iss": domain.issuer(tenant, server),
        "aud": asker.client_id,
        "iat": domain.world.now_seconds(),
        "token_introspection": answer,
    });
    let signed = jws::sign(&key, TYPE, &claims).map_err(|error| Failure::Internal { log: error.to_string() })?;
    let token = match &security.introspection_encryption {
        None => signed,
        Some(how) => {
            encryption::for_client(domain, &client.value, how, Some(encryption::JWT), signed.as_bytes()).await?
        }
    };
    Ok(Secret::new(token))
}

/// A refresh token that has not ended, used or not, whose grant holds for a client and a person that are still there.
pub(super) fn holding(
    domain: &Domain,
    tenant: &str,
    (server_id, server): (&str, &Server),
    token: &str,
) -> Result<Option<Found>, Failure> {
    let now = domain.world.now_seconds();
    let found = refresh::find(domain, tenant, server_id, token)?;
    let Some(found) = found.filter(|found| found.is_used || found.good.ends > now) else { return Ok(None) };
    match client::current(domain, tenant, &found.grant.client_id) {
        Ok(client) if found.grant.holds(server, &client.value, now) => {
            let knows = |person| authentication::still_knows(domain, server, person);
            let known = found.grant.person().is_none_or(knows);
            Ok(known.then_some(found))
        }
        Ok(_) | Err(Failure::NotFound { .. }) => Ok(None),
        Err(failure) => Err(failure),
    }
}
