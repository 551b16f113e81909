//! Services as the admin group takes and shows them.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::scopes::{self, ScopeBody};
use crate::{
    api::{
        Answer, Call,
        read::{self, said},
    },
    domain::{
        Failure, scope,
        service::{self, Service},
    },
};

/// A service on the wire.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Service")]
pub struct ServiceBody {
    /// Its identifier; made when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Must be the path's when given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// The authorization server it belongs to. Required to create one; stays afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_server_id: Option<String>,
    /// For people, unique in the authorization server. Required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The name by which clients ask for tokens that are good at it: an absolute https URI without fragment (RFC 8707), unique
    /// in the authorization server. None and tokens are not for it alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The gateway that protects it, one of the same authorization server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_id: Option<String>,
    /// True while its APIs come from an imported specification. Made by the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with_specification: Option<bool>,
    /// True when its gateway is of type `aws`. Made by the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protected_by_lambda_authorizer: Option<bool>,
    /// Its scopes, by id. Made by the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<ScopeBody>>,
    /// True when it cannot be removed or renamed. Made by the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<bool>,
}

/// All services of an authorization server.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ServicesResponse")]
pub struct ServicesBody {
    /// By id.
    pub services: Vec<ServiceBody>,
}

/// listServices
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let found = service::list(&call.app.domain, call.tenant(), call.param("aid"))?;
    let services: Result<Vec<_>, _> = found.into_iter().map(|(id, state)| guarded(&call, &id, state.value)).collect();
    Ok(call.json(StatusCode::OK, &ServicesBody { services: services? }))
}

/// createService
pub async fn create(call: Call) -> Result<Answer, Failure> {
    let (id, service) = parse(read::json(&call.request)?, call.tenant())?;
    let (id, state) = service::create(&call.app.domain, &call.by(), call.tenant(), id.as_deref(), service).await?;
    Ok(call.one(StatusCode::CREATED, &show(call.tenant(), &id, state.value), state.version))
}

/// getService
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let (domain, id) = (&call.app.domain, call.param("sid"));
    let state = service::current(domain, call.tenant(), id)?;
    let scopes = scope::of_service(domain, call.tenant(), id)?;
    let scopes = scopes.into_iter().map(|(id, state)| scopes::show(call.tenant(), &id, state.value)).collect();
    let body = ServiceBody { scopes: Some(scopes), ..guarded(&call, id, state.value.clone())? };
    Ok(call.one(StatusCode::OK, &body, state.version))
}

/// updateService
pub async fn update(call: Call) -> Result<Answer, Failure> {
    let id = call.param("sid");
    let (given, service) = parse(read::json(&call.request)?, call.tenant())?;
    read::agrees("/id", given, id)?;
    let state = service::update(&call.app.domain, &call.by(), call.tenant(), id, service).await?;
    Ok(call.one(StatusCode::OK, &show(call.tenant(), id, state.value), state.version))
}

/// deleteService
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    service::delete(&call.app.domain, &call.by(), call.tenant(), call.param("sid")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// The service of a body, with its id.
pub(super) fn parse(body: ServiceBody, tenant: &str) -> Result<(Option<String>, Service), Failure> {
    let ServiceBody {
        id,
        tenant_id,
        authorization_server_id,
        name,
        description,
        resource,
        gateway_id,
        // The server's own; a PUT of what was read is not an error.
        with_specification: _,
        protected_by_lambda_authorizer: _,
        scopes: _,
        system: _,
    } = body;
    read::agrees("/tenant_id", tenant_id, tenant)?;
    let service = Service {
        server: authorization_server_id.unwrap_or_default(),
        name: name.unwrap_or_default(),
        description: description.unwrap_or_default(),
        resource: said(resource),
        gateway: said(gateway_id),
        with_specification: false,
        system: false,
        setup: None,
    };
    Ok((said(id), service))
}

/// A service without what belongs to it.
pub(super) fn show(tenant: &str, id: &str, service: Service) -> ServiceBody {
    let Service { server, name, description, resource, gateway, with_specification, system, setup: _ } = service;
    ServiceBody {
        id: Some(id.to_owned()),
        tenant_id: Some(tenant.to_owned()),
        authorization_server_id: Some(server),
        name: Some(name),
        description: Some(description),
        resource,
        gateway_id: gateway,
        with_specification: Some(with_specification),
        protected_by_lambda_authorizer: None,
        scopes: None,
        system: Some(system),
    }
}

/// A service with what its gateway is.
fn guarded(call: &Call, id: &str, service: Service) -> Result<ServiceBody, Failure> {
    let lambda = service::protected_by_lambda(&call.app.domain, call.tenant(), &service)?;
    Ok(ServiceBody { protected_by_lambda_authorizer: Some(lambda), ..show(call.tenant(), id, service) })
}
