//! The clients that have access to what is a person's, as the person sees them and takes it back.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::granted;
use crate::{
    api::{Answer, Call},
    domain::{
        Failure,
        access::{self, Allowed},
        client::{Client, ClientPages},
        scope::{self, Scope},
        service::{self, Service},
    },
};

/// The clients that have access to what is a person's.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ClientsWithAccess")]
pub struct ClientsBody {
    /// By id.
    pub clients: Vec<AllowedBody>,
    /// The scopes that any of them has, by id.
    pub scopes: Vec<ScopeBody>,
}

/// A client that has access.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ClientWithAccess")]
pub struct AllowedBody {
    /// The client.
    pub client: ClientBody,
    /// What it has been granted.
    pub granted_scopes: Vec<GrantedBody>,
}

/// A client as the people see it who let it have something.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ClientPublic")]
pub struct ClientBody {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    /// Its logo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
}

/// A scope that was granted.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "GrantedScope")]
pub struct GrantedBody {
    /// The scope.
    pub scope_name: String,
    /// As it was granted: the same, since no scope has parameters.
    pub granted_scope_name: String,
    /// Whether the scope has parameters: never.
    pub is_dynamic: bool,
}

/// A scope as people see it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ScopeWithServicePublic")]
pub struct ScopeBody {
    /// Its identifier.
    pub id: String,
    /// The tenant.
    pub tenant_id: String,
    /// The authorization server.
    pub authorization_server_id: String,
    /// Its name in requests and tokens.
    pub name: String,
    /// For people.
    pub display_name: String,
    /// For people.
    pub description: String,
    /// True when it belongs to a service.
    pub with_service: bool,
    /// The service it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceBody>,
}

/// A service as people see it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ServicePublic")]
pub struct ServiceBody {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: String,
    /// For people.
    pub description: String,
}

/// listClientsWithAccess
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let (domain, server, person) = (&call.app.domain, call.param("aid"), granted(&call)?);
    let found = access::clients(domain, call.tenant(), server, &person.identity.subject)?;
    let mut scopes = Vec::new();
    for (id, state) in scope::list(domain, call.tenant(), server)? {
        if found.iter().any(|allowed| allowed.scopes.contains(&state.value.name)) {
            let service = service::of_scope(domain, call.tenant(), &state.value)?;
            scopes.push(show_scope(call.tenant(), id, state.value, service.map(|state| state.value.clone())));
        }
    }
    let clients = found.into_iter().map(show).collect();
    Ok(call.json(StatusCode::OK, &ClientsBody { clients, scopes }))
}

/// revokeClientAccess
pub async fn revoke(call: Call) -> Result<Answer, Failure> {
    let (domain, server, person) = (&call.app.domain, call.param("aid"), granted(&call)?);
    access::take_back(domain, call.tenant(), server, &person.identity.subject, call.param("cid")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

fn show(allowed: Allowed) -> AllowedBody {
    let Allowed { client_id, client, scopes, since: _ } = allowed;
    let Client { name, pages: ClientPages { client_uri, logo_uri, .. }, .. } = &client.value;
    let granted = |name: String| GrantedBody { granted_scope_name: name.clone(), scope_name: name, is_dynamic: false };
    AllowedBody {
        client: ClientBody {
            id: client_id,
            name: name.clone(),
            client_uri: client_uri.clone(),
            logo_uri: logo_uri.clone(),
        },
        granted_scopes: scopes.into_iter().map(granted).collect(),
    }
}

/// Who may have a scope is not for people to see.
fn show_scope(tenant: &str, id: String, scope: Scope, service: Option<Service>) -> ScopeBody {
    let Scope {
        server,
        name,
        display_name,
        description,
        service: service_id,
        user_policy: _,
        developer_policy: _,
        client_policy: _,
        consent_action: _,
        system: _,
        since: _,
        setup: _,
    } = scope;
    let service = service_id.zip(service).map(|(id, service)| {
        let Service {
            server: _,
            name,
            description,
            resource: _,
            gateway: _,
            with_specification: _,
            system: _,
            setup: _,
        } = service;
        ServiceBody { id, name, description }
    });
    ScopeBody {
        id,
        tenant_id: tenant.to_owned(),
        authorization_server_id: server,
        name,
        display_name,
        description,
        with_service: service.is_some(),
        service,
    }
}
