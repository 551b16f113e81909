//! What the high-assurance protocols say of a server: how requests must come, what tokens are bound to, how long people have to
//! answer elsewhere, and which policies decide about machines.
//!
//! A part of a server's configuration. `rules.rs` checks it, the endpoints obey it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Server,
    trusted::{self, TrustedIssuer},
};
use crate::domain::{Problem, client, details, id, text};

/// What the high-assurance protocols say of a server. Nothing is required unless it is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerSecurity {
    /// Whether every authorization request must be pushed (RFC 9126 §5).
    pub require_pushed_requests: bool,
    /// Whether every authorization request must be signed (RFC 9101 §10.5).
    pub require_signed_requests: bool,
    /// How long a pushed request is good, in seconds.
    pub pushed_request_seconds: i64,
    /// The types of authorization details, by name (RFC 9396 §2).
    pub details_types: BTreeMap<String, DetailsType>,
    /// Whether every access token is bound to a key of its client (RFC 9449) or to its certificate (RFC 8705).
    pub require_bound_tokens: bool,
    /// Whether proofs of possession need a nonce of ours (RFC 9449 §8).
    pub dpop_nonces: bool,
    /// How long a person has to enter the code that a device shows, in seconds (RFC 8628 §3.2).
    pub device_code_seconds: i64,
    /// How long a person has to answer a client that asks them elsewhere, in seconds (CIBA §7.3).
    pub backchannel_request_seconds: i64,
    /// How often a client may ask whether a person has answered, in seconds (RFC 8628 §3.2, CIBA §7.3).
    pub poll_seconds: i64,
    /// Where a person's authentication device is told that they are asked (CIBA §3); nowhere, and they find it in their account.
    pub authentication_device_endpoint: Option<String>,
    /// Decides before a client gets a token on its own behalf.
    pub client_policy: Option<String>,
    /// Decides before a token is exchanged for another one (RFC 8693).
    pub exchange_policy: Option<String>,
    /// Whether pages of clients can watch for logouts (OpenID Connect Session Management 1.0).
    pub session_management: bool,
    /// Whose assertions about people are taken for tokens (RFC 7523 §2.1).
    pub trusted_issuers: Vec<TrustedIssuer>,
}

/// A type of authorization details.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DetailsType {
    /// What people are told that it allows.
    pub description: String,
    /// The JSON Schema that each detail of it must fit, as JSON text; empty for none.
    pub schema: String,
}

impl Default for ServerSecurity {
    fn default() -> ServerSecurity {
        ServerSecurity {
            require_pushed_requests: false,
            require_signed_requests: false,
            pushed_request_seconds: 60,
            details_types: BTreeMap::new(),
            require_bound_tokens: false,
            dpop_nonces: false,
            device_code_seconds: 600,
            backchannel_request_seconds: 120,
            poll_seconds: 5,
            authentication_device_endpoint: None,
            client_policy: None,
            exchange_policy: None,
            session_management: false,
            trusted_issuers: Vec::new(),
        }
    }
}

/// The most types of authorization details.
const MOST_TYPES: usize = 100;

/// Everything that is wrong with it, as far as that needs no store.
pub(super) fn problems(server: &Server) -> Vec<Problem> {
    let security = &server.security;
    let lifetimes = [
        ("/security/pushed_authorization_request_ttl", security.pushed_request_seconds, 600, "10m0s"),
        ("/security/device_code_ttl", security.device_code_seconds, 3600, "1h0m0s"),
        ("/security/backchannel_authentication_request_ttl", security.backchannel_request_seconds, 3600, "1h0m0s"),
        ("/security/poll_interval", security.poll_seconds, 60, "1m0s"),
    ];
    let mut problems: Vec<Problem> = lifetimes
        .into_iter()
        .filter(|(_, seconds, most, _)| !(1..=*most).contains(seconds))
        .map(|(member, _, _, most)| Problem::new(member, format!("must be at least a second and at most `{most}`")))
        .collect();
    let device = security.authentication_device_endpoint.as_ref();
    problems.extend(device.and_then(|uri| client::secure_uri("/security/authentication_device_endpoint", uri)));
    for (member, policy) in [
        ("/security/client_policy_id", &security.client_policy),
        ("/security/exchange_policy_id", &security.exchange_policy),
    ] {
        problems.extend(policy.as_ref().and_then(|policy| id::check(member, policy).err()));
    }
    let types = &security.details_types;
    if types.len() > MOST_TYPES {
        problems.push(Problem::new("/security/authorization_details_types", "must have at most 100 members"));
    }
    for (name, DetailsType { description, schema }) in types.iter().take(MOST_TYPES) {
        let member = format!("/security/authorization_details_types/{}", name.replace('~', "~0").replace('/', "~1"));
        problems.extend(text::name(&member, name));
        problems.extend(text::description(&format!("{member}/description"), description));
        let broken = details::schema_problem(schema);
        problems.extend(broken.map(|why| Problem::new(format!("{member}/schema"), why)));
    }
    problems.extend(trusted::problems(&security.trusted_issuers));
    problems
}
