//! Authorization servers on the wire. Shared by the handlers, the import and the export.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::{acp::authentications::AuthenticationsBody, security::server::ServerSecurityBody};

/// An authorization server on the wire. A PUT replaces all of it: what is left out becomes its default, also policies, PKCE,
/// registration, lifetimes and bindings. Only `authentications`, keys and `secret` stay. To change one member, GET it, change it,
/// and PUT all of it with If-Match. `decision_bindings` and `decisions_open` are ours.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Server")]
pub struct ServerBody {
    /// Its identifier; made when left out.
    #[serde(default)]
    pub id: Option<String>,
    /// Must be the path's when given.
    #[serde(default)]
    pub tenant_id: Option<String>,
    /// For people. Required.
    #[serde(default)]
    pub name: Option<String>,
    /// A picture for its pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
    /// `rsa`, `ecdsa` or `eddsa`: the kind of key made for a new server. `rsa` when left out. Input only.
    #[serde(default, skip_serializing)]
    pub key_type: Option<String>,
    /// `RS256`, `PS256`, `ES256` or `EdDSA`: what the key made for a new server signs with, where its type leaves a choice: an `rsa`
    /// key signs with `RS256` unless this says `PS256`. Input only; `jwks` tells it (`alg`).
    #[serde(default, skip_serializing)]
    pub signing_alg: Option<String>,
    /// Its keys, public ones in answers. Private keys that are given replace them; left out, they stay, or one is made.
    #[serde(default)]
    pub jwks: Option<Value>,
    /// Its secret, of at least 32 characters. Made when left out for a new server; otherwise the one that is there stays.
    #[serde(default)]
    pub secret: Option<String>,
    /// Earlier secrets, the latest first. A secret that is replaced is added unless they are given.
    #[serde(default)]
    pub rotated_secrets: Option<Vec<String>>,
    /// The grants its clients may use.
    #[serde(default)]
    pub grant_types: Option<Vec<String>>,
    /// What it is held to: `fapi_rw` (FAPI 1.0 Advanced), `fapi_2_security`, `fapi_2_message_signing`. A profile turns on what it
    /// requires and refuses what it forbids, of this server and of its clients; its assessment tells item by item.
    #[serde(default)]
    pub profiles: Option<Vec<String>>,
    /// True lets nobody get a code without PKCE.
    #[serde(default)]
    pub enforce_pkce: Option<bool>,
    /// True lets clients register themselves.
    #[serde(default)]
    pub enable_dynamic_client_registration: Option<bool>,
    /// How long an authorization code is good, as `10m0s`. Ten minutes when left out.
    #[serde(default)]
    pub authorization_code_ttl: Option<String>,
    /// How long an access token is good, as `1h10m30s`. An hour when left out.
    #[serde(default)]
    pub access_token_ttl: Option<String>,
    /// How long an ID token is good. An hour when left out.
    #[serde(default)]
    pub id_token_ttl: Option<String>,
    /// How long a refresh token is good. Thirty days when left out.
    #[serde(default)]
    pub refresh_token_ttl: Option<String>,
    /// How long a person stays logged in. An hour when left out.
    #[serde(default)]
    pub cookie_max_age: Option<String>,
    /// How long a refresh token is good that is not used. As long as `refresh_token_ttl` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token_idle_ttl: Option<String>,
    /// `jwt` or `opaque`: the form of its access tokens. `jwt` when left out.
    #[serde(default)]
    pub access_token_strategy: Option<String>,
    /// True lets anybody register a client; otherwise it takes a token with scope `dcr_register`.
    #[serde(default)]
    pub open_dynamic_client_registration: Option<bool>,
    /// The component that decides whether required consents are given. `required-consents` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent_checker: Option<CheckerBody>,
    /// A page of the tenant's own that asks people which scopes a client may have, by way of the scope grant operations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent_url: Option<String>,
    /// What the high-assurance protocols say of it; nothing is required when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security: Option<ServerSecurityBody>,
    /// The policy that decides before a person's token is issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_policy_id: Option<String>,
    /// The policy that decides when a developer registers a client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub developer_policy_id: Option<String>,
    /// How people log in. Left out, it stays as it is.
    #[serde(default)]
    pub authentications: Option<AuthenticationsBody>,
    /// Its issuer. Made by the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer_url: Option<String>,
    /// True when the tenant needs it. Made by the server.
    #[serde(default)]
    pub system: Option<bool>,
    /// Which policy decides about which resource; the first match decides, no match denies.
    #[serde(default)]
    pub decision_bindings: Option<Vec<BindingBody>>,
    /// True lets anybody ask for decisions.
    #[serde(default)]
    pub decisions_open: Option<bool>,
}

/// A consent-checker component.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckerBody {
    /// The component's name.
    pub name: String,
    /// Its configuration. Left out, it is told what the consent actions of client and scopes require.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conf: Option<Value>,
}

/// A line of `decision_bindings`.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BindingBody {
    /// The AuthZEN resource type, or `*`.
    pub resource_type: String,
    /// The AuthZEN action name, or `*`.
    pub action: String,
    /// The policy that decides.
    pub policy_id: String,
}
