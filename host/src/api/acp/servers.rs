//! Authorization servers as the admin group takes and shows them.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    authentications::{self, AuthenticationsBody, MethodBody},
    duration,
};
use crate::{
    api::{Answer, Call, read},
    crypto::{Secret, keys::KeyType},
    domain::{
        Domain, Failure, Problem, authentication,
        binding::Binding,
        key_ring,
        server::{self, AUTHENTICATIONS, Opened, Server, Wanted},
    },
    store::State,
};

/// An authorization server on the wire. `decision_bindings` and `decisions_open` are ours.
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
    /// Named sets of requirements: `fapi_rw`.
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

/// All authorization servers.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Servers")]
pub struct ServersBody {
    /// By id.
    pub servers: Vec<ServerBody>,
}

/// Who is to see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Showing {
    /// An administrator: private keys, passwords and secrets of foreign accounts stay where they are.
    Admin,
    /// Whoever moves the whole configuration elsewhere, where it must work.
    Export,
}

/// listAuthorizationServers
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let mut servers = Vec::new();
    for (id, state) in server::list(&call.app.domain, call.tenant())? {
        match show(&call.app.domain, call.tenant(), &id, state.value, Showing::Admin) {
            // Removed since the list was read.
            Err(Failure::NotFound { .. }) => {}
            shown => servers.push(shown?),
        }
    }
    Ok(call.json(StatusCode::OK, &ServersBody { servers }))
}

/// createAuthorizationServer
pub async fn create(call: Call) -> Result<Answer, Failure> {
    let body: ServerBody = read::json(&call.request)?;
    let (id, wanted) = parse(body, call.tenant())?;
    let (id, state) = server::create(&call.app.domain, &call.by(), call.tenant(), id.as_deref(), wanted).await?;
    answer(&call, StatusCode::CREATED, &id, state)
}

/// getAuthorizationServer
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let id = call.param("aid");
    let state = server::current(&call.app.domain, call.tenant(), id)?;
    answer(&call, StatusCode::OK, id, (*state).clone())
}

/// updateAuthorizationServer
pub async fn update(call: Call) -> Result<Answer, Failure> {
    let body: ServerBody = read::json(&call.request)?;
    let id = call.param("aid");
    let (given, wanted) = parse(body, call.tenant())?;
    if given.is_some_and(|given| given != id) {
        return Err(Failure::invalid("/id", "must be the server of the path"));
    }
    let state = server::update(&call.app.domain, &call.by(), call.tenant(), id, wanted).await?;
    answer(&call, StatusCode::OK, id, state)
}

/// deleteAuthorizationServer
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    server::delete(&call.app.domain, &call.by(), call.tenant(), call.param("aid")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

fn answer(call: &Call, status: StatusCode, id: &str, state: State<Server>) -> Result<Answer, Failure> {
    let body = show(&call.app.domain, call.tenant(), id, state.value, Showing::Admin)?;
    Ok(call.one(status, &body, state.version))
}

/// Reads a server: its id, and what it is to be.
pub(super) fn parse(body: ServerBody, tenant: &str) -> Result<(Option<String>, Wanted), Failure> {
    let ServerBody {
        id,
        tenant_id,
        name,
        logo_uri,
        key_type,
        jwks,
        secret,
        rotated_secrets,
        grant_types,
        profiles,
        enforce_pkce,
        enable_dynamic_client_registration,
        authorization_code_ttl,
        access_token_ttl,
        id_token_ttl,
        refresh_token_ttl,
        cookie_max_age,
        user_policy_id,
        developer_policy_id,
        authentications,
        // The server's own; a PUT of what was read is not an error.
        issuer_url: _,
        system: _,
        decision_bindings,
        decisions_open,
    } = body;
    let mut problems = Vec::new();
    if read::said(tenant_id).is_some_and(|given| given != tenant) {
        problems.push(Problem::new("/tenant_id", "must be the tenant of the path"));
    }
    let defaults = Server::default();
    let mut seconds = |member: &str, text: Option<String>, default: i64| match text {
        None => default,
        Some(text) => duration::parse(&text).unwrap_or_else(|| {
            problems.push(Problem::new(member, "must be a duration such as `1h10m30s`"));
            default
        }),
    };
    let binding = |BindingBody { resource_type, action, policy_id }| Binding { resource_type, action, policy_id };
    let server = Server {
        name: name.unwrap_or_default(),
        logo_uri: read::said(logo_uri),
        authorization_code_seconds: seconds(
            "/authorization_code_ttl",
            authorization_code_ttl,
            defaults.authorization_code_seconds,
        ),
        access_token_seconds: seconds("/access_token_ttl", access_token_ttl, defaults.access_token_seconds),
        id_token_seconds: seconds("/id_token_ttl", id_token_ttl, defaults.id_token_seconds),
        refresh_token_seconds: seconds("/refresh_token_ttl", refresh_token_ttl, defaults.refresh_token_seconds),
        cookie_seconds: seconds("/cookie_max_age", cookie_max_age, defaults.cookie_seconds),
        key_type: key_kind(key_type.as_deref(), &mut problems),
        grant_types: grant_types.unwrap_or(defaults.grant_types),
        profiles: profiles.unwrap_or_default(),
        enforce_pkce: enforce_pkce.unwrap_or(false),
        dynamic_registration: enable_dynamic_client_registration.unwrap_or(false),
        user_policy: read::said(user_policy_id),
        developer_policy: read::said(developer_policy_id),
        // What is said of them stands beside the server until it is saved.
        authentications: Vec::new(),
        system: false,
        bindings: decision_bindings.unwrap_or_default().into_iter().map(binding).collect(),
        decisions_open: decisions_open.unwrap_or(false),
        secrets_since: 0,
    };
    let methods = authentications.and_then(|authentications| authentications.methods);
    let authentications = methods.map(|methods| parse_methods(methods, &mut problems));
    let secrets = |texts: Vec<String>| texts.into_iter().map(Secret::new).collect();
    let wanted = Wanted {
        server,
        authentications: authentications.flatten(),
        secret: read::said(secret).map(Secret::new),
        rotated_secrets: rotated_secrets.map(secrets),
        jwks,
    };
    problems.extend(server::problems(&wanted));
    if problems.is_empty() { Ok((read::said(id), wanted)) } else { Err(Failure::Invalid(problems)) }
}

/// The methods, if all of them can be told; otherwise their places would not be those of the body.
fn parse_methods(methods: Vec<MethodBody>, problems: &mut Vec<Problem>) -> Option<Vec<authentication::Wanted>> {
    let before = problems.len();
    let wanted = authentications::parse(AUTHENTICATIONS, methods, problems);
    (problems.len() == before).then_some(wanted)
}

fn key_kind(text: Option<&str>, problems: &mut Vec<Problem>) -> KeyType {
    match text {
        None | Some("rsa") => KeyType::Rsa,
        Some("ecdsa") => KeyType::Ecdsa,
        Some("eddsa") => KeyType::Eddsa,
        Some(_) => {
            problems.push(Problem::new("/key_type", "must be `rsa`, `ecdsa` or `eddsa`"));
            KeyType::Rsa
        }
    }
}

/// A server as it is shown.
pub fn show(domain: &Domain, tenant: &str, id: &str, server: Server, showing: Showing) -> Result<ServerBody, Failure> {
    let jwks = match showing {
        Showing::Admin => key_ring::jwks(domain, tenant, id)?,
        Showing::Export => key_ring::private_jwks(domain, tenant, id)?,
    };
    let secrets = server::opened(domain, tenant, id)?;
    let body = configured(domain, (tenant, id), server, (Some(jwks), Some(secrets)), showing)?;
    Ok(ServerBody { issuer_url: Some(domain.issuer(tenant, id)), ..body })
}

/// A server with its keys and secrets as they are given, without what the server makes of it: as it is exported.
pub(super) fn configured(
    domain: &Domain,
    (tenant, id): (&str, &str),
    server: Server,
    (jwks, secrets): (Option<Value>, Option<Opened>),
    showing: Showing,
) -> Result<ServerBody, Failure> {
    let Server {
        name,
        logo_uri,
        key_type: _, // shows in the keys
        authorization_code_seconds,
        access_token_seconds,
        id_token_seconds,
        refresh_token_seconds,
        cookie_seconds,
        grant_types,
        profiles,
        enforce_pkce,
        dynamic_registration,
        user_policy,
        developer_policy,
        authentications,
        system,
        bindings,
        decisions_open,
        secrets_since: _, // shows in the version
    } = server;
    let (secret, rotated) = secrets.map(|Opened { secret, rotated }| (secret, rotated)).unzip();
    let owner = authentication::Owner { tenant, server: id };
    let text = |secret: &Secret| secret.expose().to_owned();
    let binding = |Binding { resource_type, action, policy_id }| BindingBody { resource_type, action, policy_id };
    Ok(ServerBody {
        id: Some(id.to_owned()),
        tenant_id: Some(tenant.to_owned()),
        name: Some(name),
        logo_uri,
        key_type: None,
        jwks,
        secret: secret.as_ref().map(text),
        rotated_secrets: rotated.map(|rotated| rotated.iter().map(text).collect()),
        grant_types: Some(grant_types),
        profiles: Some(profiles),
        enforce_pkce: Some(enforce_pkce),
        enable_dynamic_client_registration: Some(dynamic_registration),
        authorization_code_ttl: Some(duration::show(authorization_code_seconds)),
        access_token_ttl: Some(duration::show(access_token_seconds)),
        id_token_ttl: Some(duration::show(id_token_seconds)),
        refresh_token_ttl: Some(duration::show(refresh_token_seconds)),
        cookie_max_age: Some(duration::show(cookie_seconds)),
        user_policy_id: user_policy,
        developer_policy_id: developer_policy,
        authentications: Some(authentications::show(domain, owner, authentications, showing)?),
        issuer_url: None,
        system: Some(system),
        decision_bindings: Some(bindings.into_iter().map(binding).collect()),
        decisions_open: Some(decisions_open),
    })
}
