//! The tenant as the admin group shows it.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    api::{Answer, Call, read},
    domain::{
        Failure, Problem, key_ring,
        tenant::{self, Attribute, Tenant},
    },
};

/// A tenant on the wire (contract, schema Tenant).
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Tenant")]
pub struct TenantBody {
    /// Its identifier. Must be the path's when given.
    #[serde(default)]
    pub id: Option<String>,
    /// For people.
    #[serde(default)]
    pub name: String,
    /// Where its authorization servers are. Made by the server.
    #[serde(default)]
    pub url: Option<String>,
    /// Its public keys, which sign its privacy ledger. Made by the server.
    #[serde(default)]
    pub jwks: Option<Value>,
    /// What the authentication context may hold.
    #[serde(default)]
    pub authentication_context_settings: Option<ContextSettings>,
}

/// What the authentication context of a tenant may hold.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContextSettings {
    /// The attributes.
    #[serde(default)]
    pub attributes: Vec<AttributeBody>,
}

/// An attribute of the authentication context.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttributeBody {
    /// Its dotted name.
    pub name: String,
    /// For people.
    #[serde(default)]
    pub description: String,
}

/// getAdminTenant
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let state = tenant::current(&call.app.domain, call.tenant())?;
    show(&call, state.value.clone())
}

/// updateAdminTenant
pub async fn update(call: Call) -> Result<Answer, Failure> {
    let body: TenantBody = read::json(&call.request)?;
    let tenant = to_tenant(body, call.tenant())?;
    let state = tenant::update(&call.app.domain, &call.by(), call.tenant(), tenant).await?;
    show(&call, state.value)
}

fn to_tenant(body: TenantBody, tenant: &str) -> Result<Tenant, Failure> {
    // url and jwks are the server's own; a PUT of what was read is not an error.
    let TenantBody { id, name, url: _, jwks: _, authentication_context_settings } = body;
    if id.is_some_and(|id| id != tenant) {
        return Err(Failure::invalid("/id", "must be the tenant of the path"));
    }
    if name.trim().is_empty() {
        return Err(Failure::invalid("/name", "must not be empty"));
    }
    let ContextSettings { attributes } = authentication_context_settings.unwrap_or_default();
    let empty = attributes.iter().position(|attribute| attribute.name.is_empty());
    if let Some(place) = empty {
        let member = format!("/authentication_context_settings/attributes/{place}/name");
        return Err(Failure::Invalid(vec![Problem::new(member, "must not be empty")]));
    }
    let attribute = |AttributeBody { name, description }| Attribute { name, description };
    Ok(Tenant { name, attributes: attributes.into_iter().map(attribute).collect() })
}

fn show(call: &Call, tenant: Tenant) -> Result<Answer, Failure> {
    let Tenant { name, attributes } = tenant;
    let domain = &call.app.domain;
    let attribute = |Attribute { name, description }| AttributeBody { name, description };
    let attributes = attributes.into_iter().map(attribute).collect();
    let body = TenantBody {
        id: Some(call.tenant().to_owned()),
        name,
        url: Some(format!("{}/{}", domain.public_url, call.tenant())),
        jwks: Some(key_ring::tenant_jwks(domain, call.tenant())?),
        authentication_context_settings: Some(ContextSettings { attributes }),
    };
    Ok(call.json(StatusCode::OK, &body))
}
