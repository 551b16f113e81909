//! Gateways as the admin group takes and shows them.

use http::{StatusCode, header::CONTENT_DISPOSITION};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::clients::{self, ClientBody};
use crate::{
    api::{Answer, Call, read},
    domain::{
        Failure, Problem, client,
        gateway::{self, Gateway, GatewayKind, NewGateway},
        gateway_activity,
        permit::SYSTEM_SERVER,
    },
    package::{self, Facts},
};

/// A gateway on the wire.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Gateway")]
pub struct GatewayBody {
    /// Its identifier.
    pub id: String,
    /// The tenant.
    pub tenant_id: String,
    /// The authorization server whose services it protects.
    pub authorization_server_id: String,
    /// Unique within the server.
    pub name: String,
    /// For people.
    pub description: String,
    /// `pyron`, `aws`, `azure`, `istio`, `envoy`, `nginx` or `standalone`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The client that it proves itself with.
    pub client_id: String,
    /// When its client last fetched the configuration or asked for a decision, to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_active: Option<String>,
}

/// A gateway with its client.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "GatewayWithClient")]
pub struct GatewayWithClientBody {
    /// The gateway.
    #[serde(flatten)]
    pub gateway: GatewayBody,
    /// Its client. The secret is shown when it was just made.
    pub client: ClientBody,
    /// The issuer that the client gets its tokens from.
    pub issuer_url: String,
    /// Where this server is reached.
    pub server_url: String,
}

/// All gateways of an authorization server.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Gateways")]
pub struct GatewaysBody {
    /// By id.
    pub gateways: Vec<GatewayBody>,
}

/// What createGateway takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateGatewayRequest")]
pub struct CreateBody {
    /// Unique within the server. Required.
    #[serde(default)]
    pub name: Option<String>,
    /// For people.
    #[serde(default)]
    pub description: Option<String>,
    /// `pyron`, `aws`, `azure`, `istio`, `envoy`, `nginx` or `standalone`. Required.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// The authorization server whose services it is to protect. Required.
    #[serde(default)]
    pub server_id: Option<String>,
}

/// What updateGateway takes: a name and a description, and whatever else was read, as it was.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UpdateGatewayRequest")]
pub struct UpdateBody {
    /// Unique within the server. Required.
    #[serde(default)]
    pub name: Option<String>,
    /// For people.
    #[serde(default)]
    pub description: Option<String>,
    /// Must be the path's when given.
    #[serde(default)]
    pub id: Option<String>,
    /// Must be the path's when given.
    #[serde(default)]
    pub tenant_id: Option<String>,
    /// Cannot be changed.
    #[serde(default)]
    pub authorization_server_id: Option<String>,
    /// Cannot be changed.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// Cannot be changed.
    #[serde(default)]
    pub client_id: Option<String>,
    /// The server's own; ignored.
    #[serde(default)]
    pub client: Option<Value>,
    /// The server's own; ignored.
    #[serde(default)]
    pub issuer_url: Option<String>,
    /// The server's own; ignored.
    #[serde(default)]
    pub server_url: Option<String>,
    /// The server's own; ignored.
    #[serde(default)]
    pub last_active: Option<String>,
}

/// listGateways
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let found = gateway::list(&call.app.domain, call.tenant(), call.param("aid"))?;
    let gateways: Result<Vec<_>, _> = found.into_iter().map(|(id, state)| show(&call, &id, state.value)).collect();
    Ok(call.json(StatusCode::OK, &GatewaysBody { gateways: gateways? }))
}

/// createGateway
pub async fn create(call: Call) -> Result<Answer, Failure> {
    let wanted = to_gateway(read::json(&call.request)?)?;
    let made = gateway::create(&call.app.domain, &call.by(), call.tenant(), wanted).await?;
    let gateway = show(&call, &made.id, made.state.value)?;
    let client = made.client.value;
    let client = clients::show(&call.app.domain, call.tenant(), &gateway.client_id, client, Some(made.secret))?;
    Ok(call.one(StatusCode::CREATED, &with_client(&call, gateway, client), made.state.version))
}

/// getGateway
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let state = gateway::current(&call.app.domain, call.tenant(), call.param("gw"))?;
    let gateway = show(&call, call.param("gw"), state.value.clone())?;
    let client = client::current(&call.app.domain, call.tenant(), &gateway.client_id)?;
    let client = clients::show(&call.app.domain, call.tenant(), &gateway.client_id, client.value.clone(), None)?;
    Ok(call.one(StatusCode::OK, &with_client(&call, gateway, client), state.version))
}

/// updateGateway
pub async fn update(call: Call) -> Result<Answer, Failure> {
    let body: UpdateBody = read::json(&call.request)?;
    let (tenant, id) = (call.tenant(), call.param("gw"));
    let old = gateway::current(&call.app.domain, tenant, id)?;
    let (name, description) = to_update(body, &show(&call, id, old.value.clone())?)?;
    let state = gateway::update(&call.app.domain, &call.by(), tenant, id, name, description).await?;
    Ok(call.one(StatusCode::OK, &show(&call, id, state.value)?, state.version))
}

/// deleteGateway
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    gateway::delete(&call.app.domain, &call.by(), call.tenant(), call.param("gw")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// getGatewayPackage
pub async fn package(call: Call) -> Result<Answer, Failure> {
    let (domain, tenant, id) = (&call.app.domain, call.tenant(), call.param("gw"));
    let (found, secret) = gateway::with_secret(domain, tenant, id)?;
    let Gateway { kind, client_id, .. } = &found.value;
    let facts = Facts {
        public_url: &domain.public_url,
        token_issuer: &domain.issuer(tenant, SYSTEM_SERVER),
        tenant,
        gateway: id,
        client_id,
        secret: &secret,
    };
    let zip = package::zip(*kind, &facts).map_err(|error| Failure::Internal { log: error })?;
    let disposition = format!("attachment; filename=\"{}-gateway-{id}.zip\"", word(*kind));
    let answer = Answer::with(StatusCode::OK, "application/zip", zip);
    Ok(answer.header(CONTENT_DISPOSITION, &disposition))
}

fn to_gateway(body: CreateBody) -> Result<NewGateway, Failure> {
    let CreateBody { name, description, kind, server_id } = body;
    let mut problems = Vec::new();
    let mut required = |member: &str, value: Option<String>| {
        let value = read::said(value);
        problems.extend(value.is_none().then(|| Problem::new(member, "is required")));
        value.unwrap_or_default()
    };
    let (name, server, kind) = (required("/name", name), required("/server_id", server_id), required("/type", kind));
    let known = kind_of(&kind);
    if known.is_none() && !kind.is_empty() {
        problems.push(Problem::new("/type", format!("`{kind}` is not one of {}", words())));
    }
    match known {
        Some(kind) if problems.is_empty() => {
            Ok(NewGateway { server, name, description: description.unwrap_or_default(), kind })
        }
        _ => Err(Failure::Invalid(problems)),
    }
}

/// The new name and description. Everything else must be as it is.
fn to_update(body: UpdateBody, now: &GatewayBody) -> Result<(String, String), Failure> {
    let UpdateBody {
        name,
        description,
        id,
        tenant_id,
        authorization_server_id,
        kind,
        client_id,
        client: _,
        issuer_url: _,
        server_url: _,
        last_active: _,
    } = body;
    let fixed = [
        ("/id", id, &now.id),
        ("/tenant_id", tenant_id, &now.tenant_id),
        ("/authorization_server_id", authorization_server_id, &now.authorization_server_id),
        ("/type", kind, &now.kind),
        ("/client_id", client_id, &now.client_id),
    ];
    let changed =
        fixed.into_iter().filter(|(_, given, is)| read::said(given.clone()).is_some_and(|given| given != **is));
    let mut problems: Vec<Problem> =
        changed.map(|(member, _, is)| Problem::new(member, format!("is `{is}` and cannot be changed"))).collect();
    let name = read::said(name);
    problems.extend(name.is_none().then(|| Problem::new("/name", "is required")));
    match name {
        Some(name) if problems.is_empty() => Ok((name, description.unwrap_or_default())),
        _ => Err(Failure::Invalid(problems)),
    }
}

fn show(call: &Call, id: &str, gateway: Gateway) -> Result<GatewayBody, Failure> {
    let Gateway { server, name, description, kind, client_id } = gateway;
    let last = gateway_activity::last(&call.app.domain, call.tenant(), id)?;
    let moment = |at| Timestamp::from_microsecond(at).map_err(|error| Failure::Internal { log: error.to_string() });
    Ok(GatewayBody {
        id: id.to_owned(),
        tenant_id: call.tenant().to_owned(),
        authorization_server_id: server,
        name,
        description,
        kind: word(kind).to_owned(),
        client_id,
        last_active: last.map(moment).transpose()?.map(|moment| moment.to_string()),
    })
}

fn with_client(call: &Call, gateway: GatewayBody, client: ClientBody) -> GatewayWithClientBody {
    let domain = &call.app.domain;
    GatewayWithClientBody {
        gateway,
        client,
        issuer_url: domain.issuer(call.tenant(), SYSTEM_SERVER),
        server_url: domain.public_url.clone(),
    }
}

/// The kinds of gateways and their words.
const KINDS: [(&str, GatewayKind); 7] = [
    ("pyron", GatewayKind::Pyron),
    ("aws", GatewayKind::Aws),
    ("azure", GatewayKind::Azure),
    ("istio", GatewayKind::Istio),
    ("envoy", GatewayKind::Envoy),
    ("nginx", GatewayKind::Nginx),
    ("standalone", GatewayKind::Standalone),
];

fn words() -> String {
    KINDS.map(|(word, _)| word).join(", ")
}

/// The kind of a word.
pub(super) fn kind_of(word: &str) -> Option<GatewayKind> {
    KINDS.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind)
}

/// The word of a kind.
pub(super) fn word(kind: GatewayKind) -> &'static str {
    KINDS.iter().find(|(_, known)| *known == kind).map_or("", |(word, _)| word)
}
