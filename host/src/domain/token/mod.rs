//! Access tokens: made in `mint.rs`, verified here for every bearer.

mod mint;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Bearer, Credentials, Domain, Failure,
    caller::Issuer,
    client,
    client::ClientScopes,
    expiry, grant,
    handle::{self, Purpose},
    key_ring, server,
};
use crate::{
    crypto::{Secret, digest, jws},
    store::{Record, Table},
    world::Micros,
};

pub use mint::{Form, Kept, Minted, Order, mint};

/// The grant of a client on its own behalf (RFC 6749 §4.4).
pub const CLIENT_CREDENTIALS: &str = "client_credentials";
/// Opaque tokens are found by tenant alone: a bearer's request does not say which server its token is of.
const ANY_SERVER: &str = "";
/// The media type of an access token (RFC 9068 §2.1).
const TYPE: &str = "at+jwt";

/// The claims of an access token (RFC 9068 §2.2; `scp`, `tid` and `aid` as ACP has them). `gid` is the grant it was made from.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Vec<String>,
    client_id: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
    scope: String,
    scp: Vec<String>,
    tid: String,
    aid: String,
    client_since: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    acr: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    amr: Vec<String>,
    /// What the tenant's claims add.
    #[serde(flatten)]
    more: Map<String, Value>,
}

/// A token that was just issued (RFC 6749 §5.1).
#[derive(Debug)]
pub struct Issued {
    /// The token itself.
    pub access_token: Secret,
    /// How long it is good, in seconds.
    pub expires_in: i64,
    /// The granted scopes.
    pub scopes: Vec<String>,
}

/// An opaque access token as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessToken {
    /// Which server of its name.
    pub server_since: Micros,
    /// The claims that a signed token would have, as JSON text.
    pub claims: String,
    /// When it ends, in seconds since 1970.
    pub ends: i64,
}

/// A refresh token as it is kept, also when it was used: a second use is a theft (RFC 9700 §4.14.2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RefreshToken {
    /// What it was made from.
    pub grant: String,
    /// When it ends unless it is used, in seconds since 1970. Never later than the grant.
    pub ends: i64,
    /// Whether it was used.
    pub used: bool,
}

/// A signed access token that was revoked before its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RevokedToken {
    /// When it would have ended, in seconds since 1970.
    pub ends: i64,
}

impl Record for AccessToken {
    const TABLE: Table = Table::AccessToken;
}

impl Record for RefreshToken {
    const TABLE: Table = Table::RefreshToken;
}

impl Record for RevokedToken {
    const TABLE: Table = Table::RevokedToken;
}

impl expiry::Ends for AccessToken {
    const WHAT: expiry::What = expiry::What::AccessToken;
    fn ends(&self) -> i64 {
        self.ends
    }
}

impl expiry::Ends for RefreshToken {
    const WHAT: expiry::What = expiry::What::RefreshToken;
    fn ends(&self) -> i64 {
        self.ends
    }
}

impl expiry::Ends for RevokedToken {
    const WHAT: expiry::What = expiry::What::RevokedToken;
    fn ends(&self) -> i64 {
        self.ends
    }
}

/// Finds out whose token this is. It must have been issued by a server of `tenant` that still holds the key, to a client
/// that still exists, and be within its time.
pub fn verify(domain: &Domain, tenant: &str, token: &str) -> Result<Arc<Bearer>, Failure> {
    let bearer = match handle::looks_like(Purpose::Access, token) {
        true => Arc::new(bearer(find_kept(domain, tenant, token)?, Issuer::Kept)),
        false => verify_signed(domain, tenant, token)?,
    };
    still_good(domain, tenant, &bearer)?;
    Ok(bearer)
}

fn verify_signed(domain: &Domain, tenant: &str, token: &str) -> Result<Arc<Bearer>, Failure> {
    let name = digest::sha256(token.as_bytes());
    if let Some(bearer) = domain.tokens.get(&name) {
        return Ok(bearer);
    }
    let bearer = Arc::new(check_signature(domain, tenant, token)?);
    domain.tokens.insert(name, Arc::clone(&bearer));
    Ok(bearer)
}

/// The claims of an opaque token.
fn find_kept(domain: &Domain, tenant: &str, token: &str) -> Result<Claims, Failure> {
    let invalid = || Failure::Unauthenticated(Credentials::Invalid);
    let name = handle::name(domain, Purpose::Access, tenant, ANY_SERVER, token);
    let kept = domain.store.record::<AccessToken>(&[tenant, &name])?.ok_or_else(invalid)?;
    let claims: Claims =
        serde_json::from_str(&kept.claims).map_err(|error| Failure::Internal { log: error.to_string() })?;
    match server::current(domain, tenant, &claims.aid) {
        Ok(server) if server.value.since == kept.server_since => Ok(claims),
        Ok(_) | Err(Failure::NotFound { .. }) => Err(invalid()),
        Err(failure) => Err(failure),
    }
}

/// Like [`verify`], with all claims of the token.
pub fn claims(domain: &Domain, tenant: &str, token: &str) -> Result<(Arc<Bearer>, Map<String, Value>), Failure> {
    let bearer = verify(domain, tenant, token)?;
    if handle::looks_like(Purpose::Access, token) {
        let kept = serde_json::to_value(find_kept(domain, tenant, token)?);
        return match kept {
            Ok(Value::Object(claims)) => Ok((bearer, claims)),
            _ => Err(Failure::Internal { log: "claims are an object".to_owned() }),
        };
    }
    // What was verified is exactly this text, so its claims can be read without another look at the signature.
    let claims = jws::peek_claims(token).map_err(|_| Failure::Unauthenticated(Credentials::Malformed))?;
    Ok((bearer, claims))
}

/// The expensive half: once for each token.
fn check_signature(domain: &Domain, tenant: &str, token: &str) -> Result<Bearer, Failure> {
    let refused = |_| Failure::Unauthenticated(Credentials::Malformed);
    let header = jws::decode_header(token).map_err(refused)?;
    let (Some(kid), Some(TYPE)) = (header.kid, header.typ.as_deref()) else {
        return Err(Failure::Unauthenticated(Credentials::Malformed));
    };
    // Unverified, only to learn which server's keys to try: the tenant is the request's, never the token's.
    let claimed = jws::peek_claims(token).map_err(refused)?;
    let server = claimed.get("aid").and_then(Value::as_str).unwrap_or_default();
    let key = key_ring::find(domain, tenant, server, &kid)?;
    let key = key.ok_or(Failure::Unauthenticated(Credentials::Invalid))?;
    let claims = jws::verify(token, &key.verifier()).map_err(|_| Failure::Unauthenticated(Credentials::Invalid))?;
    let claims: Claims =
        serde_json::from_value(Value::Object(claims)).map_err(|_| Failure::Unauthenticated(Credentials::Malformed))?;
    if claims.tid != tenant || claims.aid != server {
        return Err(Failure::Unauthenticated(Credentials::Invalid));
    }
    Ok(bearer(claims, Issuer::Key(key.thumbprint().to_owned())))
}

fn bearer(claims: Claims, issuer: Issuer) -> Bearer {
    let Claims { sub, client_id, exp, jti, scp, tid, aid, client_since, gid, .. } = claims;
    Bearer {
        tenant: tid,
        server: aid,
        client_id,
        client_since,
        subject: sub,
        grant: gid,
        scopes: scp,
        jti,
        issuer,
        expires: exp,
    }
}

/// The cheap half: for every request, so that whatever is deleted stops working at once.
fn still_good(domain: &Domain, tenant: &str, bearer: &Bearer) -> Result<(), Failure> {
    let invalid = || Failure::Unauthenticated(Credentials::Invalid);
    if bearer.tenant != tenant {
        return Err(invalid());
    }
    if bearer.expires <= domain.world.now_seconds() {
        return Err(Failure::Unauthenticated(Credentials::Expired));
    }
    let gone = |failure| match failure {
        Failure::NotFound { .. } => invalid(),
        other => other,
    };
    let ring = key_ring::current(domain, tenant, &bearer.server).map_err(gone)?;
    let client = client::current(domain, tenant, &bearer.client_id).map_err(gone)?;
    let holds_key = match &bearer.issuer {
        Issuer::Key(thumbprint) => ring.keys.iter().any(|key| key.thumbprint() == thumbprint),
        // Looked up a moment ago.
        Issuer::Kept => true,
    };
    let same_client = client.value.server == bearer.server && client.value.since == bearer.client_since;
    // A right that was taken from the client, or a scope that was deleted, is taken from its tokens too.
    let still_has = match &client.value.scopes {
        ClientScopes::AllOfServer => true,
        ClientScopes::Only(scopes) => bearer.scopes.iter().all(|granted| scopes.contains(granted)),
    };
    let revoked = domain.store.record::<RevokedToken>(&[tenant, &bearer.jti])?.is_some();
    let granted = match &bearer.grant {
        Some(id) => grant::current(domain, tenant, id)?.is_some(),
        None => true,
    };
    if holds_key && same_client && still_has && granted && !revoked { Ok(()) } else { Err(invalid()) }
}
