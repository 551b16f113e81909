//! Userinfo of a provider (OpenID Connect Core §5.3): more about the person than the ID token says.

use serde_json::{Map, Value};

use super::{Trouble, errand::Errand, keys};
use crate::{
    crypto::Secret,
    domain::{Domain, fetch::Question},
};

/// The claims of userinfo. They must be about `subject`, or somebody else's answer could be slipped in (§5.3.4).
pub(super) async fn claims(
    domain: &Domain,
    errand: &Errand,
    access_token: &Secret,
    subject: &str,
) -> Result<Map<String, Value>, Trouble> {
    let url = errand.provider.userinfo_endpoint.as_deref().ok_or("it has no userinfo endpoint")?;
    let body = ask(domain, url, access_token).await?;
    let claims = match serde_json::from_slice(&body) {
        Ok(claims) => claims,
        Err(_) => signed(domain, errand, &body).await?,
    };
    match claims.get("sub").and_then(Value::as_str) == Some(subject) {
        true => Ok(claims),
        false => Err("its userinfo is about somebody else".into()),
    }
}

/// The answer of a resource that takes the provider's access token.
pub(super) async fn ask(domain: &Domain, url: &str, access_token: &Secret) -> Result<Vec<u8>, Trouble> {
    let authorization = Secret::new(format!("Bearer {}", access_token.expose()));
    let question = Question { url, authorization: Some(&authorization), form: None };
    let reply = domain.outbound.ask(question).await;
    let reply = reply.map_err(|failure| Trouble::unavailable(format!("{url} {failure}")))?;
    match reply.status {
        200 => Ok(reply.body),
        status => Err(Trouble::unavailable(format!("{url} answered with status {status}"))),
    }
}

/// A signed answer (§5.3.2), which must be for us.
async fn signed(domain: &Domain, errand: &Errand, body: &[u8]) -> Result<Map<String, Value>, Trouble> {
    let token = std::str::from_utf8(body).map_err(|_| "its userinfo cannot be read")?;
    let claims = keys::verify(domain, &errand.provider.jwks_uri, token.trim()).await?.claims;
    let ours = match claims.get("aud") {
        Some(Value::Array(several)) => several.iter().any(|one| *one == errand.client_id),
        Some(one) => *one == errand.client_id,
        None => false,
    };
    let right = ours && claims.get("iss").is_some_and(|iss| *iss == errand.provider.issuer);
    if right { Ok(claims) } else { Err("its userinfo is for somebody else".into()) }
}
