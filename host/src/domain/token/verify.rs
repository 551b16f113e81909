//! Verifying an access token: once by its signature or its record, and for every request whether it still holds.
//!
//! Called for every bearer, by introspection and by revocation.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde_json::{Map, Value};

use super::{ANY_SERVER, AccessToken, Claims, RevokedToken, TYPE};
use crate::{
    crypto::{digest, jws},
    domain::{
        Bearer, Credentials, Domain, Failure, authentication,
        caller::Issuer,
        client::{self, ClientScopes},
        grant,
        handle::{self, Purpose},
        in_force, key_ring,
        possession::{self, Presented},
        server, tenant,
    },
};

/// An access token that we have made, whether it still holds or not.
#[derive(Debug)]
pub struct Known {
    /// Whose it is.
    pub bearer: Arc<Bearer>,
    /// What it says.
    pub claims: Claims,
    /// The name of its record, when it is opaque.
    pub(super) kept: Option<String>,
    /// What whoever asks about it is told.
    told: OnceLock<Bytes>,
}

impl Known {
    fn new(bearer: Bearer, claims: Claims, kept: Option<String>) -> Known {
        Known { bearer: Arc::new(bearer), claims, kept, told: OnceLock::new() }
    }

    /// What whoever asks about it is told, which `write` makes of its claims the first time. They never change.
    pub fn told(&self, write: impl FnOnce(&Claims) -> Result<Bytes, Failure>) -> Result<Bytes, Failure> {
        if let Some(told) = self.told.get() {
            return Ok(told.clone());
        }
        let told = write(&self.claims)?;
        Ok(self.told.get_or_init(|| told).clone())
    }

    /// Whether it is signed, and no handle.
    pub fn is_signed(&self) -> bool {
        self.kept.is_none()
    }
}

/// Finds out whose token this is. It must have been issued by a server of `tenant` that still holds the key, to a client
/// that still exists, and be within its time; and whoever shows it must hold the key that it is bound to. One that is for other
/// resources only is good there, and not with us: whoever got it there could otherwise come here with it (RFC 8707 §2).
pub fn verify(domain: &Domain, tenant: &str, shown: &Presented<'_>) -> Result<Arc<Bearer>, Failure> {
    let known = known(domain, tenant, shown.token)?;
    if !known.claims.aud.contains(&known.claims.iss) {
        return Err(Failure::Unauthenticated(Credentials::Invalid));
    }
    possession::may_use(domain, shown, &known.bearer)?;
    Ok(Arc::clone(&known.bearer))
}

/// Like [`verify`], where nothing but the token says which tenant it is of: only that tenant's keys can have signed it. An opaque
/// token says nothing, and is one of the tenant `default`.
pub fn verify_anywhere(domain: &Domain, shown: &Presented<'_>) -> Result<Arc<Bearer>, Failure> {
    if handle::looks_like(Purpose::Access, shown.token) {
        let found = verify(domain, tenant::DEFAULT, shown);
        return found.map_err(|failure| match failure {
            Failure::Unauthenticated(Credentials::Invalid) => Failure::Unauthenticated(Credentials::Opaque),
            other => other,
        });
    }
    let claimed = jws::peek_claims(shown.token).map_err(|_| Failure::Unauthenticated(Credentials::Malformed))?;
    let tenant = claimed.get("tid").and_then(Value::as_str).unwrap_or_default();
    verify(domain, tenant, shown)
}

/// Whose token it is, with all of its claims, whomever it is for: whoever asks looks at that. Its `sub` is the person's own,
/// whatever the client knows them by.
pub fn claims(
    domain: &Domain,
    tenant: &str,
    shown: &Presented<'_>,
) -> Result<(Arc<Bearer>, Map<String, Value>), Failure> {
    let known = known(domain, tenant, shown.token)?;
    possession::may_use(domain, shown, &known.bearer)?;
    match serde_json::to_value(&known.claims) {
        Ok(Value::Object(mut claims)) => {
            claims.insert("sub".to_owned(), Value::from(known.bearer.subject.as_str()));
            Ok((Arc::clone(&known.bearer), claims))
        }
        _ => Err(Failure::Internal { log: "claims are an object".to_owned() }),
    }
}

/// What is known of a token that holds, whoever shows it: for those who ask about one, or give it back.
pub(in crate::domain) fn known(domain: &Domain, tenant: &str, token: &str) -> Result<Arc<Known>, Failure> {
    // An opaque token is remembered too: what its record says never changes, and that it is there is looked at below.
    let name = digest::sha256(token.as_bytes());
    let known = match domain.tokens.get(&name) {
        Some(known) => known,
        None => {
            let known = Arc::new(match handle::looks_like(Purpose::Access, token) {
                true => find_kept(domain, tenant, token)?,
                false => check_signature(domain, tenant, token)?,
            });
            domain.tokens.insert(name, Arc::clone(&known));
            known
        }
    };
    match still_good(domain, tenant, &known) {
        // Whatever it was issued by, or to, is gone.
        Err(Failure::NotFound { .. }) => Err(Failure::Unauthenticated(Credentials::Invalid)),
        Ok(false) => Err(Failure::Unauthenticated(Credentials::Invalid)),
        Ok(true) => Ok(known),
        Err(failure) => Err(failure),
    }
}

/// What an opaque token says.
fn find_kept(domain: &Domain, tenant: &str, token: &str) -> Result<Known, Failure> {
    let name = handle::name(domain, Purpose::Access, tenant, ANY_SERVER, token);
    let kept = domain.store.record::<AccessToken>(&[tenant, &name])?;
    let kept = kept.ok_or(Failure::Unauthenticated(Credentials::Invalid))?;
    let claims: Claims =
        serde_json::from_str(&kept.claims).map_err(|error| Failure::Internal { log: error.to_string() })?;
    Ok(Known::new(bearer(domain, &claims, Issuer::Kept)?, claims, Some(name)))
}

/// The expensive half: once for each token.
fn check_signature(domain: &Domain, tenant: &str, token: &str) -> Result<Known, Failure> {
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
    let issuer = Issuer::Key(key.thumbprint().to_owned());
    Ok(Known::new(bearer(domain, &claims, issuer)?, claims, None))
}

/// The client may know the person by another name than we do: the grant knows the person.
fn bearer(domain: &Domain, claims: &Claims, issuer: Issuer) -> Result<Bearer, Failure> {
    let grant = claims.gid.as_ref().map(|id| grant::current(domain, &claims.tid, id)).transpose()?.flatten();
    let person = grant.as_ref().and_then(|grant| grant.person());
    Ok(Bearer {
        tenant: claims.tid.clone(),
        server: claims.aid.clone(),
        client_id: claims.client_id.clone(),
        client_since: claims.client_since,
        subject: person.map_or(&claims.sub, |person| &person.subject).clone(),
        grant: claims.gid.clone(),
        own_grant: claims.cgid.clone(),
        scopes: claims.scp.clone(),
        jti: claims.jti.clone(),
        confirmation: claims.cnf.clone(),
        issuer,
        expires: claims.exp,
    })
}

/// The cheap half: for every request, so that whatever is deleted stops working at once.
fn still_good(domain: &Domain, tenant: &str, known: &Known) -> Result<bool, Failure> {
    let bearer = &known.bearer;
    if bearer.tenant != tenant {
        return Ok(false);
    }
    if bearer.expires <= domain.world.now_seconds() {
        return Err(Failure::Unauthenticated(Credentials::Expired));
    }
    let client = client::current(domain, tenant, &bearer.client_id)?;
    let same_client = client.value.server == bearer.server && client.value.since == bearer.client_since;
    // A right that was taken from the client, or a scope that was deleted, is taken from its tokens too.
    let may_have = match &client.value.scopes {
        ClientScopes::AllOfServer => true,
        ClientScopes::Only(scopes) => bearer.scopes.iter().all(|granted| scopes.contains(granted)),
    };
    let still_has = may_have && in_force::has_scopes(domain, tenant, &bearer.server, &bearer.scopes)?;
    let granted = is_granted(domain, bearer)? && goes_on(domain, bearer)? && is_the_same(domain, known)?;
    Ok(same_client && still_has && granted && is_issued(domain, tenant, known)? && origins_hold(domain, tenant, known)?)
}

/// Whether what the client has on its own behalf for longer than this token is still there.
fn goes_on(domain: &Domain, bearer: &Bearer) -> Result<bool, Failure> {
    let Some(id) = &bearer.own_grant else { return Ok(true) };
    Ok(grant::current(domain, &bearer.tenant, id)?.is_some())
}

/// Whether the client that a token is about is still the one it was about when another client exchanged it.
fn is_the_same(domain: &Domain, known: &Known) -> Result<bool, Failure> {
    let Some(since) = known.claims.sub_since else { return Ok(true) };
    let subject = client::current(domain, &known.bearer.tenant, &known.claims.sub)?;
    Ok(subject.value.since == since && subject.value.server == known.bearer.server)
}

/// Whether what a person has let the client do still stands, and the server still knows the person: with them goes everything
/// that they have let others do. A token without a person needs neither.
fn is_granted(domain: &Domain, bearer: &Bearer) -> Result<bool, Failure> {
    let Some(id) = &bearer.grant else { return Ok(true) };
    let Some(grant) = grant::current(domain, &bearer.tenant, id)? else { return Ok(false) };
    // Another client has exchanged what this one was let do: without the one there is nothing to the other.
    if grant.client_id != bearer.client_id
        && client::current(domain, &bearer.tenant, &grant.client_id)?.value.since != grant.client_since
    {
        return Ok(false);
    }
    let server = server::current(domain, &bearer.tenant, &bearer.server)?;
    Ok(authentication::still_knows(domain, &server.value, &grant.identity))
}

/// Whether none of the tokens that it was exchanged for was revoked: whoever gives one back because it has leaked means what was
/// made of it, too.
fn origins_hold(domain: &Domain, tenant: &str, known: &Known) -> Result<bool, Failure> {
    for jti in &known.claims.exchanged_from {
        if domain.store.record::<RevokedToken>(&[tenant, jti])?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether the server still stands by it: it has the key, or the record, and has not revoked it.
fn is_issued(domain: &Domain, tenant: &str, known: &Known) -> Result<bool, Failure> {
    let bearer = &known.bearer;
    match (&bearer.issuer, &known.kept) {
        (Issuer::Key(thumbprint), _) => {
            let ring = key_ring::current(domain, tenant, &bearer.server)?;
            let has = ring.standing(domain.world.now_seconds()).any(|key| key.thumbprint() == thumbprint);
            Ok(has && domain.store.record::<RevokedToken>(&[tenant, &bearer.jti])?.is_none())
        }
        (Issuer::Kept, Some(name)) => {
            let kept = domain.store.record::<AccessToken>(&[tenant, name])?;
            let server = server::current(domain, tenant, &bearer.server)?;
            Ok(kept.is_some_and(|kept| kept.server_since == server.value.since))
        }
        (Issuer::Kept, None) => Ok(false),
    }
}
