//! Access tokens: issued as signed JWTs (RFC 9068), verified here for every bearer.

use std::{collections::BTreeSet, sync::Arc};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Bearer, Credentials, Domain, Failure, client, client::ClientScopes, credential, key_ring, scope, server};
use crate::crypto::{Secret, digest, jws};

/// The grant this file serves (RFC 6749 §4.4).
pub const CLIENT_CREDENTIALS: &str = "client_credentials";
/// The media type of an access token (RFC 9068 §2.1).
const TYPE: &str = "at+jwt";

/// The claims of an access token (RFC 9068 §2.2; `scp`, `tid` and `aid` as ACP has them).
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

/// Why no token was issued (RFC 6749 §5.2).
#[derive(Debug)]
pub enum Refused {
    /// `invalid_client`
    Client,
    /// `unauthorized_client`
    Grant,
    /// `invalid_scope`, with the scope.
    Scope(String),
    /// Anything else.
    Failure(Failure),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Refused {
        Refused::Failure(failure)
    }
}

/// Issues a token to a client on its own behalf, when one of `candidates` is its secret. Without `scope` it gets all scopes of the client (DESIGN §8).
pub async fn client_credentials(
    domain: &Domain,
    tenant: &str,
    server_id: &str,
    client_id: &str,
    candidates: Vec<Secret>,
    scope: Option<&str>,
) -> Result<Issued, Refused> {
    let server = server::current(domain, tenant, server_id)?;
    let right = credential::verify(domain, tenant, client_id, candidates).await?;
    let now = domain.world.now_seconds();
    let client = match client::current(domain, tenant, client_id) {
        Ok(client) if right && client.value.server == server_id && client.value.may_send_secret(now) => client,
        Ok(_) | Err(Failure::NotFound { .. }) => return Err(Refused::Client),
        Err(failure) => return Err(failure.into()),
    };
    let grant = |grants: &[String]| grants.iter().any(|grant| grant == CLIENT_CREDENTIALS);
    if !grant(&client.value.grant_types) || !grant(&server.value.grant_types) {
        return Err(Refused::Grant);
    }
    let scopes = granted(domain, tenant, &client.value, scope)?;
    let holder = Holder { tenant, server: server_id, client_id, since: client.value.since };
    sign(domain, holder, scopes, server.value.access_token_seconds)
}

fn granted(
    domain: &Domain,
    tenant: &str,
    client: &client::Client,
    asked: Option<&str>,
) -> Result<Vec<String>, Refused> {
    let all = match &client.scopes {
        ClientScopes::Only(scopes) => scopes.clone(),
        ClientScopes::AllOfServer => {
            let read = domain.store.read().map_err(Failure::from)?;
            scope::names(&read, tenant, &client.server, domain.now())?
        }
    };
    let Some(asked) = asked else { return Ok(all) };
    let wanted: BTreeSet<&str> = asked.split(' ').filter(|name| !name.is_empty()).collect();
    match wanted.iter().find(|name| !all.iter().any(|scope| scope == *name)) {
        Some(refused) => Err(Refused::Scope((*refused).to_owned())),
        None => Ok(wanted.into_iter().map(str::to_owned).collect()),
    }
}

/// Whom a token is for.
struct Holder<'a> {
    tenant: &'a str,
    server: &'a str,
    client_id: &'a str,
    since: i64,
}

fn sign(domain: &Domain, holder: Holder<'_>, scopes: Vec<String>, seconds: i64) -> Result<Issued, Refused> {
    let Holder { tenant, server, client_id, since } = holder;
    let now = domain.world.now_seconds();
    let issuer = domain.issuer(tenant, server);
    let claims = Claims {
        aud: vec![issuer.clone()],
        iss: issuer,
        sub: client_id.to_owned(),
        client_id: client_id.to_owned(),
        iat: now,
        nbf: now,
        exp: now.saturating_add(seconds),
        jti: HEXLOWER.encode(&domain.world.bytes::<16>()),
        scope: scopes.join(" "),
        scp: scopes.clone(),
        tid: tenant.to_owned(),
        aid: server.to_owned(),
        client_since: since,
    };
    let key = key_ring::signing(domain, tenant, server)?;
    let token = jws::sign(&key, TYPE, &claims).map_err(|error| Failure::Internal { log: error.to_string() })?;
    Ok(Issued { access_token: Secret::new(token), expires_in: seconds, scopes })
}

/// Finds out whose token this is. It must have been issued by a server of `tenant` that still holds the key, to a client
/// that still exists, and be within its time.
pub fn verify(domain: &Domain, tenant: &str, token: &str) -> Result<Arc<Bearer>, Failure> {
    let name = digest::sha256(token.as_bytes());
    let bearer = match domain.tokens.get(&name) {
        Some(bearer) => bearer,
        None => {
            let bearer = Arc::new(check_signature(domain, tenant, token)?);
            domain.tokens.insert(name, Arc::clone(&bearer));
            bearer
        }
    };
    still_good(domain, tenant, &bearer)?;
    Ok(bearer)
}

/// Like [`verify`], with all claims of the token.
pub fn claims(domain: &Domain, tenant: &str, token: &str) -> Result<(Arc<Bearer>, Map<String, Value>), Failure> {
    let bearer = verify(domain, tenant, token)?;
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
    Ok(Bearer {
        tenant: claims.tid,
        server: claims.aid,
        client_id: claims.client_id,
        client_since: claims.client_since,
        subject: claims.sub,
        scopes: claims.scp,
        key: key.thumbprint().to_owned(),
        expires: claims.exp,
    })
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
    let holds_key = ring.keys.iter().any(|key| key.thumbprint() == bearer.key);
    let same_client = client.value.server == bearer.server && client.value.since == bearer.client_since;
    // A right that was taken from the client, or a scope that was deleted, is taken from its tokens too.
    let still_has = match &client.value.scopes {
        ClientScopes::AllOfServer => true,
        ClientScopes::Only(scopes) => bearer.scopes.iter().all(|granted| scopes.contains(granted)),
    };
    if holds_key && same_client && still_has { Ok(()) } else { Err(invalid()) }
}
