//! The members of an authorization server.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::trusted::{self, TrustedIssuerBody};
use crate::{
    api::{acp::duration, read::said},
    domain::{
        Problem,
        server::security::{DetailsType, ServerSecurity},
    },
};

/// What the high-assurance protocols say of an authorization server. What is left out is not required.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "ServerSecurity")]
pub struct ServerSecurityBody {
    /// True takes authorization requests only when they were pushed to `/oauth2/par` before (RFC 9126 §5), of every
    /// client. False when left out.
    pub require_pushed_authorization_requests: bool,
    /// True takes authorization requests only as objects that the client has signed (RFC 9101 §10.5), of every
    /// client. False when left out.
    pub require_signed_request_object: bool,
    /// How long a pushed authorization request is good, as `1m30s`: from a second to ten minutes. A minute when left
    /// out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pushed_authorization_request_ttl: Option<String>,
    /// The types of `authorization_details` (RFC 9396 §2), at most 100, by name. A client may ask for those only that
    /// are among its own `security.authorization_details_types`. None when left out.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub authorization_details_types: BTreeMap<String, DetailsTypeBody>,
    /// True gives access tokens only that are bound to a key of the client, by its proofs (DPoP, RFC 9449), or to its
    /// certificate (RFC 8705 §3). False when left out.
    pub require_bound_access_tokens: bool,
    /// True takes proofs of possession (DPoP) at the token endpoint and the endpoint for pushed requests only with a nonce
    /// that the server has handed out in `DPoP-Nonce` (RFC 9449 §8). Beside tokens, proofs need none. False when left out.
    pub dpop_nonces: bool,
    /// How long a person has to enter the code that a device shows (RFC 8628 §3.2), as `10m0s`: from a second to an
    /// hour. Ten minutes when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_code_ttl: Option<String>,
    /// How long a person has to answer a client that asks them elsewhere, unless it asks for less by
    /// `requested_expiry` (CIBA Core §7), as `2m0s`: from a second to an hour. Two minutes when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backchannel_authentication_request_ttl: Option<String>,
    /// How long a device, or a client that asks a person elsewhere, waits between two questions whether there is an
    /// answer (RFC 8628 §3.5, CIBA Core §7.3), as `5s`: from a second to a minute. Five seconds when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poll_interval: Option<String>,
    /// Where people's authentication devices are told by POST that a client asks them (CIBA Core §3); nowhere when left
    /// out, and people answer on their account page only. The body is a JSON object: `id`, `request_state`, `tenant_id`,
    /// `server_id`, `subject`, `client_id`, `client_name`, `scopes` (each with `name`, `display_name` and `description`),
    /// `resources`, `authorization_details`, `binding_message`, `acr_values`, `requested_at` and `expires_at`. The
    /// Authorization header has a bearer token of the type `backchannel-request+jwt` that a key of the server's
    /// `jwks_uri` has signed, with `iss` (the issuer), `aud` (this address), `iat`, `exp`, `jti` and `body_sha256`, the
    /// SHA-256 of the body in base64url. Any status of the family 2xx says that it was heard; otherwise it is told a few
    /// times more. The device answers by `acceptBackchannelRequest` or `rejectBackchannelRequest`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication_device_endpoint: Option<String>,
    /// The policy that decides before a client gets a token on its own behalf (`client_credentials`); it may narrow
    /// scopes and add claims by its outputs. Everybody gets one when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_policy_id: Option<String>,
    /// The policy that decides before a token is exchanged for another one (RFC 8693). When left out, nobody gets
    /// more than the token had, for no other resource than it was for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange_policy_id: Option<String>,
    /// True lets pages of clients watch for logouts in a frame (`check_session_iframe`, OpenID Connect Session Management 1.0). Browsers
    /// that block or partition cookies in frames of other sites tell them that everybody has changed: back-channel logout works in all.
    pub session_management: bool,
    /// The issuers whose assertions about people are taken for tokens (RFC 7523 §2.1), at most 50. None when left
    /// out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trusted_issuers: Vec<TrustedIssuerBody>,
}

/// A type of authorization details.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "AuthorizationDetailsType")]
pub struct DetailsTypeBody {
    /// What people are told that it allows, when they are asked for their consent.
    pub description: String,
    /// The JSON Schema that each detail of the type must fit, beside the common members of RFC 9396 §2.2. Any fits
    /// when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<Value>,
}

/// Reads the members.
pub fn parse(body: ServerSecurityBody, problems: &mut Vec<Problem>) -> ServerSecurity {
    let ServerSecurityBody {
        require_pushed_authorization_requests,
        require_signed_request_object,
        pushed_authorization_request_ttl,
        authorization_details_types,
        require_bound_access_tokens,
        dpop_nonces,
        device_code_ttl,
        backchannel_authentication_request_ttl,
        poll_interval,
        authentication_device_endpoint,
        client_policy_id,
        exchange_policy_id,
        session_management,
        trusted_issuers,
    } = body;
    let defaults = ServerSecurity::default();
    let mut seconds = |member: &str, text: Option<String>, default: i64| match said(text) {
        None => default,
        Some(text) => duration::parse(&text).unwrap_or_else(|| {
            problems.push(Problem::new(format!("/security/{member}"), "must be a duration such as `1m30s`"));
            default
        }),
    };
    let details = |(name, DetailsTypeBody { description, schema }): (String, DetailsTypeBody)| {
        (name, DetailsType { description, schema: schema.map(|schema| schema.to_string()).unwrap_or_default() })
    };
    ServerSecurity {
        require_pushed_requests: require_pushed_authorization_requests,
        require_signed_requests: require_signed_request_object,
        pushed_request_seconds: seconds(
            "pushed_authorization_request_ttl",
            pushed_authorization_request_ttl,
            defaults.pushed_request_seconds,
        ),
        details_types: authorization_details_types.into_iter().map(details).collect(),
        require_bound_tokens: require_bound_access_tokens,
        dpop_nonces,
        device_code_seconds: seconds("device_code_ttl", device_code_ttl, defaults.device_code_seconds),
        backchannel_request_seconds: seconds(
            "backchannel_authentication_request_ttl",
            backchannel_authentication_request_ttl,
            defaults.backchannel_request_seconds,
        ),
        poll_seconds: seconds("poll_interval", poll_interval, defaults.poll_seconds),
        authentication_device_endpoint: said(authentication_device_endpoint),
        client_policy: said(client_policy_id),
        exchange_policy: said(exchange_policy_id),
        session_management,
        trusted_issuers: trusted_issuers.into_iter().map(trusted::parse).collect(),
    }
}

/// Shows the members; nothing when all of them are as they would be if nobody said anything.
pub fn show(security: ServerSecurity) -> Option<ServerSecurityBody> {
    if security == ServerSecurity::default() {
        return None;
    }
    let ServerSecurity {
        require_pushed_requests,
        require_signed_requests,
        pushed_request_seconds,
        details_types,
        require_bound_tokens,
        dpop_nonces,
        device_code_seconds,
        backchannel_request_seconds,
        poll_seconds,
        authentication_device_endpoint,
        client_policy,
        exchange_policy,
        session_management,
        trusted_issuers,
    } = security;
    let details = |(name, DetailsType { description, schema }): (String, DetailsType)| {
        (name, DetailsTypeBody { description, schema: serde_json::from_str(&schema).ok() })
    };
    Some(ServerSecurityBody {
        require_pushed_authorization_requests: require_pushed_requests,
        require_signed_request_object: require_signed_requests,
        pushed_authorization_request_ttl: Some(duration::show(pushed_request_seconds)),
        authorization_details_types: details_types.into_iter().map(details).collect(),
        require_bound_access_tokens: require_bound_tokens,
        dpop_nonces,
        device_code_ttl: Some(duration::show(device_code_seconds)),
        backchannel_authentication_request_ttl: Some(duration::show(backchannel_request_seconds)),
        poll_interval: Some(duration::show(poll_seconds)),
        authentication_device_endpoint,
        client_policy_id: client_policy,
        exchange_policy_id: exchange_policy,
        session_management,
        trusted_issuers: trusted_issuers.into_iter().map(trusted::show).collect(),
    })
}
