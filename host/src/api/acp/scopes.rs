//! Scopes as the admin group takes and shows them.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::services::{self, ServiceBody};
use crate::{
    api::{
        Answer, Call,
        read::{self, said},
    },
    domain::{
        Failure,
        scope::{self, Scope},
        service,
    },
};

/// A scope on the wire.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Scope")]
pub struct ScopeBody {
    /// Its identifier; made when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Must be the path's when given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// The authorization server it belongs to. Required to create one; stays afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_server_id: Option<String>,
    /// Its name in requests and tokens, unique in the authorization server. Required. A new name is written through to the
    /// clients and claims that have the scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The policy that a person must pass to have it granted; a scope that is denied is left out of the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_policy_id: Option<String>,
    /// The policy that a developer must pass to assign it to a client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub developer_policy_id: Option<String>,
    /// The policy that a client must pass to get it on its own behalf; a scope that is denied is left out of the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_policy_id: Option<String>,
    /// The consent action whose required consents a person must have given before it is granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent_action_id: Option<String>,
    /// The service it belongs to, one of the same authorization server; stays when left out of an update. Input only.
    #[serde(default, skip_serializing)]
    pub service_id: Option<String>,
    /// True when it belongs to a service. Made by the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with_service: Option<bool>,
    /// The service it belongs to. Made by the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Box<ServiceBody>>,
    /// True when it cannot be removed or renamed. Made by the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<bool>,
}

/// All scopes of an authorization server.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ScopesWithServices")]
pub struct ScopesBody {
    /// By id.
    pub scopes: Vec<ScopeBody>,
}

/// listScopes
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let found = scope::list(&call.app.domain, call.tenant(), call.param("aid"))?;
    let scopes: Result<Vec<_>, _> = found.iter().map(|(id, state)| with_service(&call, id, &state.value)).collect();
    Ok(call.json(StatusCode::OK, &ScopesBody { scopes: scopes? }))
}

/// createScope
pub async fn create(call: Call) -> Result<Answer, Failure> {
    let (id, scope) = parse(read::json(&call.request)?, call.tenant())?;
    let (id, state) = scope::create(&call.app.domain, &call.by(), call.tenant(), id.as_deref(), scope).await?;
    Ok(call.one(StatusCode::CREATED, &show(call.tenant(), &id, state.value), state.version))
}

/// getScope
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let id = call.param("scp");
    let state = scope::current(&call.app.domain, call.tenant(), id)?;
    Ok(call.one(StatusCode::OK, &with_service(&call, id, &state.value)?, state.version))
}

/// updateScope
pub async fn update(call: Call) -> Result<Answer, Failure> {
    let id = call.param("scp");
    let (given, scope) = parse(read::json(&call.request)?, call.tenant())?;
    read::agrees("/id", given, id)?;
    let state = scope::update(&call.app.domain, &call.by(), call.tenant(), id, scope).await?;
    Ok(call.one(StatusCode::OK, &show(call.tenant(), id, state.value), state.version))
}

/// deleteScope
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    scope::delete(&call.app.domain, &call.by(), call.tenant(), call.param("scp")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// The scope of a body, with its id.
pub(super) fn parse(body: ScopeBody, tenant: &str) -> Result<(Option<String>, Scope), Failure> {
    let ScopeBody {
        id,
        tenant_id,
        authorization_server_id,
        name,
        display_name,
        description,
        user_policy_id,
        developer_policy_id,
        client_policy_id,
        consent_action_id,
        service_id,
        // The server's own; a PUT of what was read is not an error.
        with_service: _,
        service: _,
        system: _,
    } = body;
    read::agrees("/tenant_id", tenant_id, tenant)?;
    let scope = Scope {
        server: authorization_server_id.unwrap_or_default(),
        name: name.unwrap_or_default(),
        display_name: display_name.unwrap_or_default(),
        description: description.unwrap_or_default(),
        service: said(service_id),
        user_policy: said(user_policy_id),
        developer_policy: said(developer_policy_id),
        client_policy: said(client_policy_id),
        consent_action: said(consent_action_id),
        system: false,
        since: 0,
        setup: None,
    };
    Ok((said(id), scope))
}

/// A scope without its service.
pub(super) fn show(tenant: &str, id: &str, scope: Scope) -> ScopeBody {
    let Scope {
        server,
        name,
        display_name,
        description,
        service: _,
        user_policy,
        developer_policy,
        client_policy,
        consent_action,
        system,
        since: _, // what people have agreed to depends on it, and nothing that anybody sees
        setup: _, // of another tongue
    } = scope;
    ScopeBody {
        id: Some(id.to_owned()),
        tenant_id: Some(tenant.to_owned()),
        authorization_server_id: Some(server),
        name: Some(name),
        display_name: Some(display_name),
        description: Some(description),
        user_policy_id: user_policy,
        developer_policy_id: developer_policy,
        client_policy_id: client_policy,
        consent_action_id: consent_action,
        service_id: None,
        with_service: None,
        service: None,
        system: Some(system),
    }
}

/// A scope with its service.
fn with_service(call: &Call, id: &str, scope: &Scope) -> Result<ScopeBody, Failure> {
    let service = scope.service.as_ref().zip(service::of_scope(&call.app.domain, call.tenant(), scope)?);
    let service = service.map(|(id, state)| services::show(call.tenant(), id, state.value.clone()));
    let shown = show(call.tenant(), id, scope.clone());
    Ok(ScopeBody { with_service: Some(service.is_some()), service: service.map(Box::new), ..shown })
}
