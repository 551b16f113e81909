//! The issuers that an authorization server trusts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    api::{acp::clients::body::JwksBody, read::said},
    domain::{client::ClientKeys, server::trusted::TrustedIssuer},
};

/// An issuer whose assertions about people are taken for tokens (RFC 7523 §2.1).
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "TrustedIssuer")]
pub struct TrustedIssuerBody {
    /// Its name, an absolute URI without fragment, as its assertions say it in `iss`. Required.
    pub issuer: String,
    /// Its public keys, as a JWK set (RFC 7517). Required, unless there is `jwks_uri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<JwksBody>,
    /// The https address of its public keys. Does not count when there is `jwks`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// What its assertions may call the authorization server in `aud` besides its issuer and its token endpoint.
    /// Nothing else when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// The scopes that it may give away, by name: a client gets those at most, and none when left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// The resources without scopes of their own that tokens for its people may be for, by their identifiers (RFC 8707); none when left
    /// out. A resource with scopes is reached by these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// What stands before its names of people (`sub`). With `corp:` they are the people of the login method `corp`. Its own name
    /// and a `#` when left out. Must not begin with that of another issuer, nor the other way round.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_prefix: Option<String>,
}

/// Reads one.
pub(super) fn parse(body: TrustedIssuerBody) -> TrustedIssuer {
    let TrustedIssuerBody { issuer, jwks, jwks_uri, audience, scopes, resources, subject_prefix } = body;
    let keys = match (jwks, said(jwks_uri)) {
        (Some(set), _) => serde_json::to_string(&set).map_or(ClientKeys::None, ClientKeys::Set),
        (None, Some(uri)) => ClientKeys::Uri(uri),
        (None, None) => ClientKeys::None,
    };
    TrustedIssuer { issuer, keys, audience: said(audience), scopes, resources, subject_prefix: said(subject_prefix) }
}

/// Shows one.
pub(super) fn show(issuer: TrustedIssuer) -> TrustedIssuerBody {
    let TrustedIssuer { issuer, keys, audience, scopes, resources, subject_prefix } = issuer;
    let (jwks, jwks_uri) = match keys {
        ClientKeys::None => (None, None),
        ClientKeys::Set(text) => (serde_json::from_str(&text).ok(), None),
        ClientKeys::Uri(uri) => (None, Some(uri)),
    };
    TrustedIssuerBody { issuer, jwks, jwks_uri, audience, scopes, resources, subject_prefix }
}
