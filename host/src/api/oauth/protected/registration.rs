//! Registration and management of clients by themselves, on the wire (RFC 7591, RFC 7592).

use http::{StatusCode, header::AUTHORIZATION};
use schemars::JsonSchema;
use serde::Serialize;

use super::metadata::{self, parse};
use crate::{
    api::{Answer, Call, acp::clients::describe, read, security},
    authn::bearer,
    crypto::Secret,
    domain::{
        Caller, Credentials, Failure,
        client::{Client, ClientKeys, ClientPages, ClientScopes},
        key_ring,
        possession::Scheme,
        registration::{self, Registered, Request},
    },
};

pub use super::metadata::MetadataBody as Metadata;

/// A registered client.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RegisteredClient")]
pub struct RegisteredBody {
    /// Its identifier.
    pub client_id: String,
    /// Its secret, in the answer to the request that has made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// When the secret ends, in seconds since 1970; 0 is never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_expires_at: Option<i64>,
    /// When it was issued, in seconds since 1970.
    pub client_id_issued_at: i64,
    /// Reads, replaces and removes the client. Every replacement makes another one.
    pub registration_access_token: String,
    /// Where.
    pub registration_client_uri: String,
    /// What the client is.
    #[serde(flatten)]
    pub metadata: Metadata,
}

/// registerClient
pub async fn create(call: Call) -> Result<Answer, Failure> {
    let (domain, tenant, server) = (&call.app.domain, call.tenant(), call.param("aid"));
    let caller = super::caller(domain, tenant, call.request.head())?;
    let request = request(&call, &caller);
    let wanted = parse(metadata::read(&call.request)?)?;
    let registered = registration::create(domain, &request, tenant, server, wanted).await?;
    answer(&call, StatusCode::CREATED, registered)
}

/// getRegisteredClient
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let token = token(&call)?;
    let id = call.param("cid");
    let client = registration::read(&call.app.domain, call.tenant(), call.param("aid"), id, token)?;
    let token = Secret::new(token);
    answer(&call, StatusCode::OK, Registered { id: id.to_owned(), client, secret: None, token })
}

/// updateRegisteredClient
pub async fn update(call: Call) -> Result<Answer, Failure> {
    let token = token(&call)?;
    let (tenant, server, id) = (call.tenant(), call.param("aid"), call.param("cid"));
    let body = metadata::read(&call.request)?;
    if body.client_id.as_ref().is_some_and(|given| given != id) {
        return Err(Failure::invalid("/client_id", "must be the client of the path"));
    }
    let request = request(&call, &call.caller);
    let place = (tenant, server, id);
    let registered = registration::replace(&call.app.domain, &request, place, token, parse(body)?).await?;
    answer(&call, StatusCode::OK, registered)
}

/// deleteRegisteredClient
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    let (tenant, server, id) = (call.tenant(), call.param("aid"), call.param("cid"));
    registration::remove(&call.app.domain, tenant, server, id, token(&call)?).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

fn request<'a>(call: &'a Call, caller: &'a Caller) -> Request<'a> {
    let address = call.request.address();
    Request { caller, request_id: &call.request.request_id, describe, address }
}

fn token(call: &Call) -> Result<&str, Failure> {
    let found = bearer::token_in(&call.request.headers, &AUTHORIZATION)?;
    let token = found.filter(|(scheme, _)| *scheme == Scheme::Bearer).map(|(_, token)| token);
    token.ok_or(Failure::Unauthenticated(Credentials::Missing))
}

fn answer(call: &Call, status: StatusCode, registered: Registered) -> Result<Answer, Failure> {
    let Registered { id, client, secret, token } = registered;
    let (domain, tenant, server) = (&call.app.domain, call.tenant(), call.param("aid"));
    let body = RegisteredBody {
        client_secret_expires_at: client.auth_method.has_secret().then_some(client.secret_expires_at),
        client_secret: secret.map(|secret| secret.expose().to_owned()),
        client_id_issued_at: client.issued_at,
        registration_access_token: token.expose().to_owned(),
        registration_client_uri: format!("{}/oauth2/register/{id}", domain.issuer(tenant, server)),
        client_id: id,
        metadata: show(client, key_ring::signing(domain, tenant, server)?.algorithm().name()),
    };
    Ok(Answer::json(status, &body))
}

/// What the client is, as far as it says so itself.
fn show(client: Client, id_token_algorithm: &str) -> Metadata {
    let Client {
        server: _,
        name,
        description: _,
        developer: _,
        grant_types,
        response_types,
        redirect_uris,
        scopes,
        audience: _,
        auth_method,
        auth_signing_alg,
        keys,
        certificate: _,
        certificate_bound_tokens,
        pages: ClientPages { client_uri, logo_uri, policy_uri, tos_uri },
        privacy: _,
        request_object_signing_alg,
        request_uris,
        sector_identifier_uri,
        userinfo_signed_response_alg,
        trusted: _,
        issued_at: _,
        secret_expires_at: _,
        system: _,
        token_form: _,
        post_logout_redirect_uris,
        consent_action: _,
        self_registered: _,
        security,
        organization: _,
        said_since: _,
        since: _,
        setup: _,
    } = client;
    let scopes = match scopes {
        ClientScopes::Only(scopes) => scopes,
        // Never of a client that has registered itself.
        ClientScopes::AllOfServer => Vec::new(),
    };
    let mut security = security::client::show(security);
    security.subject_type.get_or_insert_with(|| "public".to_owned());
    let (jwks, jwks_uri) = match keys {
        ClientKeys::None => (None, None),
        ClientKeys::Set(text) => (serde_json::from_str(&text).ok(), None),
        ClientKeys::Uri(uri) => (None, Some(uri)),
    };
    Metadata {
        redirect_uris: Some(redirect_uris),
        post_logout_redirect_uris: Some(post_logout_redirect_uris),
        token_endpoint_auth_method: Some(auth_method.word().to_owned()),
        token_endpoint_auth_signing_alg: read::said(Some(auth_signing_alg)),
        grant_types: Some(grant_types),
        response_types: Some(response_types),
        client_name: Some(name),
        client_uri,
        logo_uri,
        policy_uri,
        tos_uri,
        scope: Some(scopes.join(" ")),
        jwks_uri,
        jwks,
        sector_identifier_uri,
        id_token_signed_response_alg: Some(id_token_algorithm.to_owned()),
        userinfo_signed_response_alg: read::said(Some(userinfo_signed_response_alg)),
        request_object_signing_alg: read::said(Some(request_object_signing_alg)),
        request_uris: Some(request_uris).filter(|uris| !uris.is_empty()),
        tls_client_certificate_bound_access_tokens: certificate_bound_tokens.then_some(true),
        security,
        ..Metadata::default()
    }
}
