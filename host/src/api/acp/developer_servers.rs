//! Authorization servers as developers see them, on the wire.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    api::{Answer, Call},
    domain::{
        Failure,
        developer::{self, OfferedScope},
    },
};

/// All servers on which developers may have clients.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ListServersDeveloperResponse")]
pub struct ServersBody {
    /// By id.
    pub servers: Vec<ServerBody>,
}

/// A server.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ServerDeveloperResponse")]
pub struct ServerBody {
    /// Its identifier.
    pub id: String,
    /// For people.
    pub name: String,
    /// The grants its clients may use.
    pub grant_types: Vec<String>,
    /// Its issuer.
    pub issuer_url: String,
}

/// A server with its scopes.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "GetServerWithScopesDeveloperResponse")]
pub struct ServerWithScopesBody {
    /// The server.
    #[serde(flatten)]
    pub server: ServerBody,
    /// By id.
    pub scopes: Vec<ScopeBody>,
}

/// A scope with the service it belongs to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ScopeDeveloperResponse")]
pub struct ScopeBody {
    /// Its identifier.
    pub scope_id: String,
    /// The name that clients ask for.
    pub scope_name: String,
    /// For people.
    pub scope_display_name: String,
    /// For people.
    pub scope_description: String,
    /// Whether it belongs to a service.
    pub with_service: bool,
    /// The service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_id: Option<String>,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_name: Option<String>,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_description: Option<String>,
}

/// listServersForDeveloper
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let found = developer::servers(&call.app.domain, call.tenant())?;
    let servers =
        found.into_iter().map(|(id, state)| show(&call, &id, state.value.name, state.value.grant_types)).collect();
    Ok(call.json(StatusCode::OK, &ServersBody { servers }))
}

/// getServerForDeveloper
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let (domain, tenant, id) = (&call.app.domain, call.tenant(), call.param("aid"));
    let state = developer::server(domain, tenant, id)?;
    let scopes = developer::scopes(domain, tenant, id)?.into_iter().map(show_scope).collect();
    let server = show(&call, id, state.value.name.clone(), state.value.grant_types.clone());
    // Without a tag: the scopes are no part of the server's version.
    Ok(call.json(StatusCode::OK, &ServerWithScopesBody { server, scopes }))
}

fn show(call: &Call, id: &str, name: String, grant_types: Vec<String>) -> ServerBody {
    ServerBody { id: id.to_owned(), name, grant_types, issuer_url: call.app.domain.issuer(call.tenant(), id) }
}

fn show_scope(offered: OfferedScope) -> ScopeBody {
    let OfferedScope { id, scope, service } = offered;
    let (service_id, service) = service.unzip();
    let (service_name, service_description) = service.map(|service| (service.name, service.description)).unzip();
    ScopeBody {
        scope_id: id,
        scope_name: scope.name,
        scope_display_name: scope.display_name,
        scope_description: scope.description,
        with_service: service_id.is_some(),
        service_id,
        service_name,
        service_description,
    }
}
