//! A client on the wire, as administrators see it, and the parts of it that developers see.
//!
//! There is one struct: what developers send and get has fewer members, which [`Body::WITHOUT`] names. Called by the
//! handlers of both groups. Knows no rule.

use std::{borrow::Cow, collections::BTreeMap};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::api::security::client::{ClientSecurityBody, strict};

/// A client.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Client")]
pub struct ClientBody {
    /// Its identifier; made when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Must be the path's when given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// The authorization server it belongs to, and stays with. Required for a new client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_server_id: Option<String>,
    /// For people. Required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its secret, at least 32 characters; a new client gets one when it is left out, an existing one keeps its own. Empty where
    /// it is not shown: the secrets of developers to administrators, and secrets of which only a hash is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// Instead of a secret, its argon2id hash as a PHC string. Answered in exports only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_hashed_secret: Option<String>,
    /// When the secret ends, in seconds since 1970; 0 is never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_expires_at: Option<i64>,
    /// When it was issued, in seconds since 1970. Made by the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id_issued_at: Option<i64>,
    /// The developer who registered it. Made by the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub developer_id: Option<String>,
    /// The grants it may use; `authorization_code` when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant_types: Option<Vec<String>>,
    /// What it may ask the authorization endpoint for; what its grants need when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_types: Option<Vec<String>>,
    /// Where the authorization endpoint may send its answer: https, http on the own machine, or the scheme of an app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_uris: Option<Vec<String>>,
    /// Where people may be sent after they have logged out: exact URIs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_logout_redirect_uris: Option<Vec<String>>,
    /// `jwt` or `opaque`: the form of its access tokens; its authorization server's when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_strategy: Option<String>,
    /// The consent action whose required consents people must have given before it gets a token about them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent_action_id: Option<String>,
    /// True when it has registered itself. Made by the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dynamically_registered: Option<bool>,
    /// The scopes it may ask for, separated by spaces. The same as `scopes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The scopes it may ask for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// Who else its access tokens are for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<Vec<String>>,
    /// How it proves itself; `client_secret_basic` when left out, `none` when it is public.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_method: Option<String>,
    /// The algorithm of its client assertions; any that fits when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_signing_alg: Option<String>,
    /// True when it cannot keep a secret: the same as the method `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
    /// Its public keys. Not together with `jwks_uri`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<JwksBody>,
    /// Where its public keys are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// The subject of its certificate. At most one of the `tls_client_auth_` members, with that method only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_subject_dn: Option<String>,
    /// A DNS name in its certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_dns: Option<String>,
    /// An e-mail address in its certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_email: Option<String>,
    /// An IP address in its certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_ip: Option<String>,
    /// A URI in its certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_auth_san_uri: Option<String>,
    /// Whether its access tokens are bound to its certificate. This version gives such a client no tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_certificate_bound_access_tokens: Option<bool>,
    /// Its page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    /// Its logo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
    /// Its privacy policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<String>,
    /// Its terms of service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<String>,
    /// What it wants its scopes for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privacy: Option<PrivacyBody>,
    /// The algorithm of its request objects (RFC 9101); any asymmetric one that fits its keys when left out. A client that has one
    /// signs all its requests, with `none` it signs none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_object_signing_alg: Option<String>,
    /// Where its request objects may be: a `request_uri` is one of these, byte for byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_uris: Option<Vec<String>>,
    /// The document that lists its redirect URIs, for pairwise subjects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sector_identifier_uri: Option<String>,
    /// How userinfo is signed for it; `none`, which is plain JSON, when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_signed_response_alg: Option<String>,
    /// What the high-assurance protocols say of it; nothing when left out.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "strict")]
    pub security: Option<ClientSecurityBody>,
    /// True skips the consent page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trusted: Option<bool>,
    /// True when the tenant needs it. Made by the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<bool>,
}

/// A set of public keys.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "JWKS")]
pub struct JwksBody {
    /// The keys, each a JSON Web Key.
    pub keys: Vec<Map<String, Value>>,
}

/// What a client wants its scopes for.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "ClientPrivacy")]
pub struct PrivacyBody {
    /// By scope.
    pub scopes: BTreeMap<String, ScopePrivacyBody>,
}

/// What a client wants a scope for.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "ScopePrivacy")]
pub struct ScopePrivacyBody {
    /// The kinds of personal data.
    pub pii_categories: Vec<PiiCategoryBody>,
    /// The purpose.
    pub purpose: String,
}

/// A kind of personal data.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "PIICategory")]
pub struct PiiCategoryBody {
    /// Such as `HIPAA`.
    pub name: String,
}

/// All clients of a server.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Clients")]
pub struct ClientsBody {
    /// By id.
    pub clients: Vec<ClientBody>,
}

/// A client without some members: one for each body of the developer group. It is only described; the handlers read and
/// write a [`ClientBody`].
pub trait Body {
    /// Its name in the description.
    const NAME: &'static str;
    /// The members that it has not.
    const WITHOUT: &'static [&'static str];
}

/// What developers send to register a client.
pub struct DeveloperCreateClientRequest;

/// What developers send to replace a client.
pub struct DeveloperUpdateClientRequest;

/// What developers get.
pub struct DeveloperClientResponse;

impl Body for DeveloperCreateClientRequest {
    const NAME: &'static str = "DeveloperCreateClientRequest";
    const WITHOUT: &'static [&'static str] =
        &["client_id", "client_secret", "client_hashed_secret", "tenant_id", "developer_id", "trusted", "system"];
}

impl Body for DeveloperUpdateClientRequest {
    const NAME: &'static str = "DeveloperUpdateClientRequest";
    const WITHOUT: &'static [&'static str] = &[
        "client_id",
        "authorization_server_id",
        "client_hashed_secret",
        "tenant_id",
        "developer_id",
        "trusted",
        "system",
    ];
}

impl Body for DeveloperClientResponse {
    const NAME: &'static str = "DeveloperClientResponse";
    const WITHOUT: &'static [&'static str] =
        &["client_hashed_secret", "tenant_id", "developer_id", "trusted", "system"];
}

/// All clients of a developer.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DeveloperClients")]
pub struct DeveloperClientsBody {
    /// By id.
    #[schemars(with = "Vec<Described<DeveloperClientResponse>>")]
    pub clients: Vec<ClientBody>,
}

/// The description of a body.
pub struct Described<B>(std::marker::PhantomData<B>);

impl<B: Body> JsonSchema for Described<B> {
    fn schema_name() -> Cow<'static, str> {
        B::NAME.into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = ClientBody::json_schema(generator);
        if let Some(members) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            members.retain(|name, _| !B::WITHOUT.contains(&name.as_str()));
        }
        schema
    }
}
