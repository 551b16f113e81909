//! ID tokens: what a client is told about who has logged in (OpenID Connect Core §2).
//!
//! Called by the grants of the token endpoint and by `authorize` for implicit and hybrid answers, before the transaction.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value};

use crate::{
    crypto::{
        Secret, SigningKey,
        digest::{sha256, sha512},
        jwe, jws,
        keys::Algorithm,
    },
    domain::{
        Domain, Failure, encryption, in_force, key_ring,
        setup::effective,
        subject,
        token::{Order, readable},
    },
};

/// The scope that asks for an ID token.
pub const OPENID: &str = "openid";
/// The claim that names the grant it was made from, so that it ends with that where it is exchanged (RFC 8693).
pub(super) const GRANT: &str = "gid";
/// The media type, as most clients expect it (RFC 7519 §5.1).
const TYPE: &str = "JWT";

/// What goes with an ID token in the same answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct With<'a> {
    /// The `nonce` of the authorization request. None at a refresh (OpenID Connect Core §12.2).
    pub nonce: Option<&'a str>,
    /// The access token, for `at_hash`.
    pub access_token: Option<&'a Secret>,
    /// The authorization code, for `c_hash`.
    pub code: Option<&'a Secret>,
    /// The `state` of the authorization request, for `s_hash` (FAPI 1.0 Part 2 §5.2.2.1-5).
    pub state: Option<&'a str>,
}

/// Makes an ID token. The order must have a grant: without a person there is nothing to tell.
pub async fn sign(domain: &Domain, order: &Order<'_>, with: With<'_>) -> Result<Secret, Failure> {
    let mut more = in_force::claims::for_id_token(domain, order).await?;
    more.extend(order.claims.map(|added| added.id_token.clone()).unwrap_or_default());
    let key = key_ring::signing(domain, order.tenant, order.server.0)?;
    let claims = claims(domain, order, &key, with, more)?;
    let token = jws::sign(&key, TYPE, &claims).map_err(|error| Failure::Internal { log: error.to_string() })?;
    let (token, client) = (readable(token)?, order.client.1);
    match &client.security.id_token_encryption {
        None => Ok(token),
        Some(encryption) => {
            let inner = token.expose().as_bytes();
            let outer = encryption::for_client(domain, client, encryption, Some(encryption::JWT), inner).await?;
            Ok(Secret::new(outer))
        }
    }
}

/// What an ID token of ours says when somebody shows it again. It may have expired: it is a hint, not a proof.
#[derive(Debug)]
pub struct Hint {
    /// The person, as the clients know them.
    pub subject: String,
    /// The clients it is for.
    pub audience: Vec<String>,
    /// The grant that it was made from.
    pub grant: Option<String>,
}

/// The person and the clients of an ID token that one of the server's keys has signed.
pub fn read_hint(domain: &Domain, tenant: &str, server: &str, token: &str) -> Result<Option<Hint>, Failure> {
    let Some(claims) = read(domain, tenant, server, token)? else { return Ok(None) };
    let subject = claims.get("sub").and_then(Value::as_str);
    let grant = claims.get(GRANT).and_then(Value::as_str).map(str::to_owned);
    Ok(subject.map(|subject| Hint { subject: subject.to_owned(), audience: audience(&claims), grant }))
}

/// The clients that an ID token is for.
pub(super) fn audience(claims: &Map<String, Value>) -> Vec<String> {
    match claims.get("aud") {
        Some(Value::String(only)) => vec![only.clone()],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// What an ID token says that one of the server's keys has signed, whether it has ended or not. An access token is none, though the
/// same keys sign it. A client may have encrypted it for us (OpenID Connect Core §3.1.2.1).
pub(super) fn read(
    domain: &Domain,
    tenant: &str,
    server: &str,
    token: &str,
) -> Result<Option<Map<String, Value>>, Failure> {
    let opened = match jwe::is_encrypted(token) {
        true => encryption::open(domain, tenant, server, token)?.and_then(|plain| String::from_utf8(plain).ok()),
        false => None,
    };
    let token = opened.as_deref().unwrap_or(token);
    let Ok(header) = jws::decode_header(token) else { return Ok(None) };
    let (Some(kid), Some(TYPE)) = (header.kid, header.typ.as_deref()) else { return Ok(None) };
    let Some(key) = key_ring::find(domain, tenant, server, &kid)? else { return Ok(None) };
    let claims: Option<Map<String, Value>> = jws::verify(token, &key.verifier()).ok();
    let Some(claims) = claims else { return Ok(None) };
    // Signed userinfo has the same type and is for the same client, but neither of these.
    let is_id_token = ["exp", "auth_time"].into_iter().all(|name| claims.get(name).is_some_and(Value::is_i64));
    let issuer = claims.get("iss").and_then(Value::as_str);
    let ours = is_id_token && issuer == Some(domain.issuer(tenant, server).as_str());
    Ok(Some(claims).filter(|_| ours))
}

/// Our own claims come last, so that none of the tenant's can stand in their place. The audience is one client, so there
/// is no `azp` (OpenID Connect Core §2).
fn claims(
    domain: &Domain,
    order: &Order<'_>,
    key: &SigningKey,
    with: With<'_>,
    mut claims: Map<String, Value>,
) -> Result<Map<String, Value>, Failure> {
    let Some((grant_id, grant)) = order.grant else {
        return Err(Failure::Internal { log: "an ID token is about a person".to_owned() });
    };
    let ((server_id, server), client) = (order.server, order.client.1);
    let lasts = effective::lifetimes(server, client).id_token;
    let sid = grant.sid.as_deref().or(grant.session.as_deref());
    let sid = sid.map(|sid| subject::session(domain, order.tenant, server_id, client, sid)).transpose()?;
    let (now, identity) = (domain.world.now_seconds(), &grant.identity);
    let amr = (!identity.amr.is_empty()).then(|| Value::from(identity.amr.clone()));
    let half_text = |text: &str| Value::from(half(key.algorithm(), text));
    let half = |token: &Secret| half_text(token.expose());
    let own = [
        ("iss", Some(Value::from(domain.issuer(order.tenant, server_id)))),
        ("sub", Some(Value::from(subject::of(domain, order.tenant, server_id, client, &identity.subject)?))),
        ("aud", Some(Value::from(order.client.0))),
        ("azp", None),
        ("iat", Some(Value::from(now))),
        ("exp", Some(Value::from(now.saturating_add(lasts)))),
        ("auth_time", Some(Value::from(identity.auth_time))),
        ("nonce", with.nonce.map(Value::from)),
        ("acr", identity.acr.as_deref().map(Value::from)),
        ("amr", amr),
        ("sid", sid.map(Value::from)),
        (GRANT, Some(Value::from(grant_id))),
        ("at_hash", with.access_token.map(half)),
        ("c_hash", with.code.map(half)),
        ("s_hash", with.state.map(half_text)),
    ];
    for (name, value) in own {
        match value {
            Some(value) => claims.insert(name.to_owned(), value),
            None => claims.remove(name),
        };
    }
    Ok(claims)
}

/// The left half of the digest that goes with the signature's algorithm (OpenID Connect Core §3.1.3.6).
fn half(algorithm: Algorithm, text: &str) -> String {
    let digest = match algorithm {
        Algorithm::Rs256 | Algorithm::Ps256 | Algorithm::Es256 => sha256(text.as_bytes()).to_vec(),
        Algorithm::EdDsa => sha512(text.as_bytes()).to_vec(),
    };
    let (left, _) = digest.split_at(digest.len() / 2);
    BASE64URL_NOPAD.encode(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_go_with_the_algorithm() {
        // OpenID Connect Core, appendix A.4.
        let code = "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk";
        for algorithm in [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256] {
            assert_eq!(half(algorithm, code), "LDktKdoQak3Pk0cnXxCltA", "{algorithm:?}");
        }
        assert_eq!(BASE64URL_NOPAD.decode(half(Algorithm::EdDsa, code).as_bytes()).unwrap().len(), 32);
    }
}
