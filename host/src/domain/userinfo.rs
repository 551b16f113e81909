//! Userinfo: what an access token lets its bearer know about a person (OpenID Connect Core §5.3).
//!
//! Called by the userinfo endpoint with a token that `permit` has let through.

use serde_json::{Map, Value};

use super::{
    Bearer, Credentials, Domain, Failure,
    client::{self, Client},
    encryption, grant, in_force, key_ring, server, subject,
    token::Order,
};
use crate::crypto::{Secret, jws};

/// What the endpoint answers.
#[derive(Debug)]
pub enum Userinfo {
    /// The claims.
    Plain(Map<String, Value>),
    /// A JWT of them, for a client that has asked for it when it was registered: signed, encrypted, or both in this order
    /// (OpenID Connect Core §5.3.2).
    Jwt(Secret),
}

/// The claims about the person of a token.
pub async fn of(domain: &Domain, bearer: &Bearer) -> Result<Userinfo, Failure> {
    let gone = || Failure::Unauthenticated(Credentials::Invalid);
    let tenant = bearer.tenant.as_str();
    // `permit` has seen that a person has let the client, but anything may have gone since.
    let id = bearer.grant.as_deref().ok_or_else(gone)?;
    let grant = grant::current(domain, tenant, id)?.ok_or_else(gone)?;
    let server = server::current(domain, tenant, &bearer.server)?;
    let client = client::current(domain, tenant, &bearer.client_id)?;
    if !grant.holds(&server.value, &client.value, domain.world.now_seconds()) {
        return Err(gone());
    }
    let order = Order {
        tenant,
        server: (&bearer.server, &server.value),
        client: (&bearer.client_id, &client.value),
        grant: Some((id, &grant)),
        application: None,
        scopes: &bearer.scopes,
        audience: &[],
        details: &[],
        claims: None,
        confirmation: None,
        exchanged: None,
    };
    let mut claims = in_force::claims::for_id_token(domain, &order).await?;
    let (client, subject) = (&client.value, &grant.identity.subject);
    claims.insert("sub".to_owned(), Value::from(subject::of(domain, tenant, &bearer.server, client, subject)?));
    let signed = match client.userinfo_signed_response_alg.as_str() {
        "" | "none" => None,
        algorithm => Some(sign(domain, bearer, client, algorithm, &mut claims)?),
    };
    match (&client.security.userinfo_encryption, signed) {
        (None, None) => Ok(Userinfo::Plain(claims)),
        (None, Some(token)) => Ok(Userinfo::Jwt(token)),
        (Some(encryption), signed) => {
            let cty = signed.as_ref().map(|_| encryption::JWT);
            let inner = signed.map_or_else(|| Value::Object(claims).to_string(), |token| token.expose().to_owned());
            let token = encryption::for_client(domain, client, encryption, cty, inner.as_bytes()).await?;
            Ok(Userinfo::Jwt(Secret::new(token)))
        }
    }
}

/// With the algorithm that the client has registered and no other: it would refuse that, and should.
fn sign(
    domain: &Domain,
    bearer: &Bearer,
    client: &Client,
    algorithm: &str,
    claims: &mut Map<String, Value>,
) -> Result<Secret, Failure> {
    let key = key_ring::signing_with(domain, &bearer.tenant, &client.server, algorithm)?;
    let key = key.ok_or_else(|| {
        let reason = format!("userinfo cannot be signed with `{algorithm}`: this server has no such key");
        Failure::Unsupported { reason }
    })?;
    claims.insert("iss".to_owned(), Value::from(domain.issuer(&bearer.tenant, &client.server)));
    claims.insert("aud".to_owned(), Value::from(bearer.client_id.as_str()));
    let token = jws::sign(&key, "JWT", claims).map_err(|error| Failure::Internal { log: error.to_string() })?;
    Ok(Secret::new(token))
}
