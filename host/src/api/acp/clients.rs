//! Clients as the admin group takes and shows them. So far what machine clients need.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    api::{Answer, Call, read},
    crypto::Secret,
    domain::{
        Failure,
        client::{self, Client, ClientScopes},
        scope,
        token::CLIENT_CREDENTIALS,
    },
};

/// A client on the wire (contract, schema Client).
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Client")]
pub struct ClientBody {
    /// Its identifier; made when left out.
    #[serde(default)]
    pub client_id: Option<String>,
    /// Must be the path's when given.
    #[serde(default)]
    pub tenant_id: Option<String>,
    /// The authorization server it belongs to. Required.
    #[serde(default)]
    pub authorization_server_id: Option<String>,
    /// For people. Required.
    #[serde(default)]
    pub client_name: Option<String>,
    /// Its secret, at least 32 characters; made when left out. Answered only when it was just made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// The grants it may use; `client_credentials` when left out.
    #[serde(default)]
    pub grant_types: Option<Vec<String>>,
    /// The scopes it may ask for.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
    /// True when the tenant needs it. Made by the server.
    #[serde(default)]
    pub system: Option<bool>,
}

/// All clients of a server.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Clients")]
pub struct ClientsBody {
    /// By id.
    pub clients: Vec<ClientBody>,
}

/// listClients
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let found = client::list(&call.app.domain, call.tenant(), call.param("aid"))?;
    let clients: Result<Vec<_>, _> = found.into_iter().map(|(id, state)| show(&call, id, state.value, None)).collect();
    Ok(call.json(StatusCode::OK, &ClientsBody { clients: clients? }))
}

/// createClient
pub async fn create(call: Call) -> Result<Answer, Failure> {
    let (id, secret, client) = to_client(read::json(&call.request)?, call.tenant())?;
    let created = client::create(&call.app.domain, &call.by(), call.tenant(), id.as_deref(), secret, client).await?;
    Ok(call.json(StatusCode::CREATED, &show(&call, created.id, created.state.value, created.secret)?))
}

/// getClient
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let id = call.param("cid").to_owned();
    let state = client::current(&call.app.domain, call.tenant(), &id)?;
    Ok(call.json(StatusCode::OK, &show(&call, id, state.value.clone(), None)?))
}

/// deleteClient
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    client::delete(&call.app.domain, &call.by(), call.tenant(), call.param("cid")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

fn to_client(body: ClientBody, tenant: &str) -> Result<(Option<String>, Option<Secret>, Client), Failure> {
    let ClientBody {
        client_id,
        tenant_id,
        authorization_server_id,
        client_name,
        client_secret,
        grant_types,
        scopes,
        system: _, // the server's own
    } = body;
    if tenant_id.is_some_and(|given| given != tenant) {
        return Err(Failure::invalid("/tenant_id", "must be the tenant of the path"));
    }
    let required = |member: &str, value: Option<String>| value.ok_or_else(|| Failure::invalid(member, "is required"));
    let client = Client {
        server: required("/authorization_server_id", authorization_server_id)?,
        name: required("/client_name", client_name)?,
        grant_types: grant_types.unwrap_or_else(|| vec![CLIENT_CREDENTIALS.to_owned()]),
        scopes: ClientScopes::Only(scopes.unwrap_or_default()),
        ..Client::default()
    };
    Ok((client_id, client_secret.map(Secret::new), client))
}

/// A client as it is answered.
pub(super) fn show(call: &Call, id: String, client: Client, secret: Option<Secret>) -> Result<ClientBody, Failure> {
    let Client { server, name, grant_types, scopes, system, .. } = client;
    let domain = &call.app.domain;
    let scopes = match scopes {
        ClientScopes::Only(scopes) => scopes,
        ClientScopes::AllOfServer => scope::names(&domain.store.read()?, call.tenant(), &server, domain.now())?,
    };
    Ok(ClientBody {
        client_id: Some(id),
        tenant_id: Some(call.tenant().to_owned()),
        authorization_server_id: Some(server),
        client_name: Some(name),
        client_secret: secret.map(|secret| secret.expose().to_owned()),
        grant_types: Some(grant_types),
        scopes: Some(scopes),
        system: Some(system),
    })
}
