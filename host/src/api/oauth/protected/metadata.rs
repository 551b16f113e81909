//! What a client says about itself, on the wire (RFC 7591 §2, OpenID Connect Registration §2). Members that nobody knows are
//! left aside.
//!
//! Called by the registration endpoints. Knows the defaults and what cannot be said in two ways at once.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    api::{
        Request,
        read::{self, said},
        security::{self, client::ClientSecurityBody},
    },
    crypto::Secret,
    domain::{
        Failure, Problem,
        client::{AuthMethod, Client, ClientKeys, ClientPages, default_grants, default_response_types},
        registration::Wanted,
    },
};

/// What a client says about itself.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "ClientMetadata")]
#[expect(missing_docs, reason = "the registered names themselves (RFC 7591 §2)")]
pub struct MetadataBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_uris: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_logout_redirect_uris: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_signing_alg: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant_types: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_types: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sector_identifier_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_signed_response_alg: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_signed_response_alg: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_object_signing_alg: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_uris: Option<Vec<String>>,
    /// True binds its tokens to its certificate (RFC 8705 §3.4), where certificates of clients arrive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_certificate_bound_access_tokens: Option<bool>,
    /// Only in a request that replaces the configuration, and then the client's own.
    #[serde(skip_serializing)]
    pub client_id: Option<String>,
    /// The same.
    #[serde(skip_serializing)]
    pub client_secret: Option<String>,
    /// Not supported.
    #[serde(skip_serializing)]
    pub software_statement: Option<String>,
    #[serde(flatten)]
    pub security: ClientSecurityBody,
}

/// Takes what a client says about itself out of a request. Where members are flattened, an error does not say in which one it
/// is, so each is looked at by itself.
pub(super) fn read(request: &Request) -> Result<MetadataBody, Failure> {
    let members: Map<String, Value> = read::json(request)?;
    let wrong = |(name, value): (&String, &Value)| {
        let alone = Value::Object(Map::from_iter([(name.clone(), value.clone())]));
        let error = serde_json::from_value::<MetadataBody>(alone).err()?;
        Some(Problem::new(format!("/{name}"), error.to_string()))
    };
    Failure::unless_fine(members.iter().filter_map(wrong).collect())?;
    serde_json::from_value(Value::Object(members)).map_err(|error| Failure::malformed("body", error.to_string()))
}

/// What it comes to.
pub(super) fn parse(body: MetadataBody) -> Result<Wanted, Failure> {
    let mut problems = unsupported(&body);
    let MetadataBody {
        redirect_uris,
        post_logout_redirect_uris,
        token_endpoint_auth_method,
        token_endpoint_auth_signing_alg,
        grant_types,
        response_types,
        client_name,
        client_uri,
        logo_uri,
        policy_uri,
        tos_uri,
        scope,
        jwks_uri,
        jwks,
        sector_identifier_uri,
        id_token_signed_response_alg,
        userinfo_signed_response_alg,
        request_object_signing_alg,
        request_uris,
        tls_client_certificate_bound_access_tokens,
        client_id: _,
        client_secret,
        software_statement: _,
        security,
    } = body;
    let grant_types = grant_types.filter(|grants| !grants.is_empty()).unwrap_or_else(default_grants);
    let response_types = response_types.filter(|types| !types.is_empty());
    let client = Client {
        name: client_name.unwrap_or_default(),
        response_types: response_types.unwrap_or_else(|| default_response_types(&grant_types)),
        grant_types,
        redirect_uris: redirect_uris.unwrap_or_default(),
        post_logout_redirect_uris: post_logout_redirect_uris.unwrap_or_default(),
        auth_method: method(said(token_endpoint_auth_method), &mut problems),
        auth_signing_alg: token_endpoint_auth_signing_alg.unwrap_or_default(),
        keys: keys(jwks, said(jwks_uri), &mut problems),
        certificate_bound_tokens: tls_client_certificate_bound_access_tokens.unwrap_or(false),
        pages: ClientPages {
            client_uri: said(client_uri),
            logo_uri: said(logo_uri),
            policy_uri: said(policy_uri),
            tos_uri: said(tos_uri),
        },
        request_object_signing_alg: request_object_signing_alg.unwrap_or_default(),
        request_uris: request_uris.unwrap_or_default(),
        sector_identifier_uri: said(sector_identifier_uri),
        userinfo_signed_response_alg: userinfo_signed_response_alg.filter(|alg| alg != PLAIN).unwrap_or_default(),
        security: security::client::parse(security, "", &mut problems),
        ..Client::default()
    };
    Failure::unless_fine(problems)?;
    Ok(Wanted {
        client,
        scopes: said(scope).map(|scope| words(&scope)),
        id_token_algorithm: said(id_token_signed_response_alg),
        secret: said(client_secret).map(Secret::new),
    })
}

/// Userinfo that is not signed.
const PLAIN: &str = "none";

/// What would have to be kept and cannot be: to leave it aside would promise it.
fn unsupported(body: &MetadataBody) -> Vec<Problem> {
    let statement = body.software_statement.as_ref();
    statement
        .map(|_| Problem::new("/software_statement", "software statements are not taken here"))
        .into_iter()
        .collect()
}

fn method(word: Option<String>, problems: &mut Vec<Problem>) -> AuthMethod {
    let Some(word) = word else { return AuthMethod::default() };
    let method = AuthMethod::of_word(&word);
    if method.is_none() {
        problems.push(Problem::new("/token_endpoint_auth_method", format!("`{word}` is not a known method")));
    }
    method.unwrap_or_default()
}

fn keys(set: Option<Map<String, Value>>, uri: Option<String>, problems: &mut Vec<Problem>) -> ClientKeys {
    match (set, uri) {
        (None, None) => ClientKeys::None,
        (Some(set), None) => ClientKeys::Set(Value::Object(set).to_string()),
        (None, Some(uri)) => ClientKeys::Uri(uri),
        (Some(_), Some(_)) => {
            problems.push(Problem::new("/jwks_uri", "is not given together with `jwks`"));
            ClientKeys::None
        }
    }
}

/// Each word once.
fn words(scope: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    scope.split(' ').filter(|word| !word.is_empty() && seen.insert(*word)).map(str::to_owned).collect()
}
