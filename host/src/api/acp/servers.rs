//! Authorization servers as the admin group takes and shows them.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::duration;
use crate::{
    api::{Answer, Call, read},
    crypto::keys::KeyType,
    domain::{
        Failure,
        binding::Binding,
        key_ring,
        server::{self, DEFAULT_GRANTS, Server},
    },
    store::State,
};

/// An authorization server on the wire (contract, schema Server; `decision_bindings` and `decisions_open` are ours).
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
    /// `rsa`, `ecdsa` or `eddsa`: the kind of key made for a new server. `rsa` when left out. Input only.
    #[serde(default, skip_serializing)]
    pub key_type: Option<String>,
    /// The grants its clients may use.
    #[serde(default)]
    pub grant_types: Option<Vec<String>>,
    /// How long an access token is good, as `1h10m30s`. An hour when left out.
    #[serde(default)]
    pub access_token_ttl: Option<String>,
    /// Its issuer. Made by the server.
    #[serde(default)]
    pub issuer_url: Option<String>,
    /// Its public keys. Made by the server.
    #[serde(default)]
    pub jwks: Option<Value>,
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

/// listAuthorizationServers
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let found = server::list(&call.app.domain, call.tenant())?;
    let servers: Result<Vec<_>, _> = found.into_iter().map(|(id, state)| show(&call, &id, state.value)).collect();
    Ok(call.json(StatusCode::OK, &ServersBody { servers: servers? }))
}

/// createAuthorizationServer
pub async fn create(call: Call) -> Result<Answer, Failure> {
    let body: ServerBody = read::json(&call.request)?;
    let id = body.id.clone();
    let server = to_server(body, call.tenant())?;
    let (id, state) = server::create(&call.app.domain, &call.by(), call.tenant(), id.as_deref(), server).await?;
    answer(&call, StatusCode::CREATED, &id, state)
}

/// getAuthorizationServer
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let id = call.param("aid");
    let state = server::current(&call.app.domain, call.tenant(), id)?;
    Ok(call.json(StatusCode::OK, &show(&call, id, state.value.clone())?))
}

/// updateAuthorizationServer
pub async fn update(call: Call) -> Result<Answer, Failure> {
    let body: ServerBody = read::json(&call.request)?;
    let id = call.param("aid");
    if body.id.as_ref().is_some_and(|given| given != id) {
        return Err(Failure::invalid("/id", "must be the server of the path"));
    }
    let server = to_server(body, call.tenant())?;
    let state = server::update(&call.app.domain, &call.by(), call.tenant(), id, server).await?;
    answer(&call, StatusCode::OK, id, state)
}

/// deleteAuthorizationServer
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    server::delete(&call.app.domain, &call.by(), call.tenant(), call.param("aid")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

fn to_server(body: ServerBody, tenant: &str) -> Result<Server, Failure> {
    let ServerBody {
        id: _, // the caller's
        tenant_id,
        name,
        key_type,
        grant_types,
        access_token_ttl,
        // The server's own; a PUT of what was read is not an error.
        issuer_url: _,
        jwks: _,
        system: _,
        decision_bindings,
        decisions_open,
    } = body;
    if tenant_id.is_some_and(|given| given != tenant) {
        return Err(Failure::invalid("/tenant_id", "must be the tenant of the path"));
    }
    let binding = |BindingBody { resource_type, action, policy_id }| Binding { resource_type, action, policy_id };
    Ok(Server {
        name: name.ok_or_else(|| Failure::invalid("/name", "is required"))?,
        key_type: key_kind(key_type.as_deref())?,
        access_token_seconds: seconds("/access_token_ttl", access_token_ttl.as_deref())?,
        grant_types: grant_types.unwrap_or_else(|| DEFAULT_GRANTS.map(str::to_owned).to_vec()),
        bindings: decision_bindings.unwrap_or_default().into_iter().map(binding).collect(),
        decisions_open: decisions_open.unwrap_or(false),
        ..Server::default()
    })
}

fn key_kind(text: Option<&str>) -> Result<KeyType, Failure> {
    match text {
        None | Some("rsa") => Ok(KeyType::Rsa),
        Some("ecdsa") => Ok(KeyType::Ecdsa),
        Some("eddsa") => Ok(KeyType::Eddsa),
        Some(_) => Err(Failure::invalid("/key_type", "must be `rsa`, `ecdsa` or `eddsa`")),
    }
}

fn seconds(member: &str, text: Option<&str>) -> Result<i64, Failure> {
    match text {
        None => Ok(Server::default().access_token_seconds),
        Some(text) => {
            duration::parse(text).ok_or_else(|| Failure::invalid(member, "must be a duration such as `1h10m30s`"))
        }
    }
}

fn answer(call: &Call, status: StatusCode, id: &str, state: State<Server>) -> Result<Answer, Failure> {
    Ok(call.json(status, &show(call, id, state.value)?))
}

fn show(call: &Call, id: &str, server: Server) -> Result<ServerBody, Failure> {
    let Server { name, key_type: _, access_token_seconds, grant_types, system, bindings, decisions_open, .. } = server;
    let domain = &call.app.domain;
    let binding = |Binding { resource_type, action, policy_id }| BindingBody { resource_type, action, policy_id };
    Ok(ServerBody {
        id: Some(id.to_owned()),
        tenant_id: Some(call.tenant().to_owned()),
        name: Some(name),
        key_type: None,
        grant_types: Some(grant_types),
        access_token_ttl: Some(duration::show(access_token_seconds)),
        issuer_url: Some(domain.issuer(call.tenant(), id)),
        jwks: Some(key_ring::jwks(domain, call.tenant(), id)?),
        system: Some(system),
        decision_bindings: Some(bindings.into_iter().map(binding).collect()),
        decisions_open: Some(decisions_open),
    })
}
