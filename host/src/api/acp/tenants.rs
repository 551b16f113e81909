//! The tenant as the admin group shows it, and its shape for everybody else who shows tenants.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    api::{Answer, Call, read},
    domain::{
        Domain, Failure, key_ring,
        tenant::{self, Attribute, Tenant},
    },
};

/// A tenant.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Tenant")]
pub struct TenantBody {
    /// Its identifier; made when left out. Must be the path's when given with one.
    #[serde(default)]
    pub id: Option<String>,
    /// For people. Required.
    #[serde(default)]
    pub name: Option<String>,
    /// Where its authorization servers are. Made by the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its public keys, which sign its privacy ledger. Made by the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// What the authentication context may hold.
    #[serde(default)]
    pub authentication_context_settings: Option<ContextSettings>,
}

/// What the authentication context of a tenant may hold.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContextSettings {
    /// The attributes, each with a name of its own.
    #[serde(default)]
    pub attributes: Option<Vec<AttributeBody>>,
}

/// An attribute of the authentication context.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttributeBody {
    /// Its dotted name. Required.
    #[serde(default)]
    pub name: String,
    /// For people.
    #[serde(default)]
    pub description: String,
}

/// getAdminTenant
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let state = tenant::current(&call.app.domain, call.tenant())?;
    let body = show(&call.app.domain, call.tenant(), state.value.clone())?;
    Ok(call.one(StatusCode::OK, &body, state.version))
}

/// updateAdminTenant
pub async fn update(call: Call) -> Result<Answer, Failure> {
    let (id, tenant) = parse(read::json(&call.request)?);
    if id.is_some_and(|id| id != call.tenant()) {
        return Err(Failure::invalid("/id", "must be the tenant of the path"));
    }
    let state = tenant::update(&call.app.domain, &call.by(), call.tenant(), tenant).await?;
    let body = show(&call.app.domain, call.tenant(), state.value)?;
    Ok(call.one(StatusCode::OK, &body, state.version))
}

/// The tenant of a body, with its id. What is left out is empty, and refused where it must not be.
pub(super) fn parse(body: TenantBody) -> (Option<String>, Tenant) {
    // url and jwks are the server's own; a PUT of what was read is not an error.
    let TenantBody { id, name, url: _, jwks: _, authentication_context_settings } = body;
    let ContextSettings { attributes } = authentication_context_settings.unwrap_or_default();
    let attribute = |AttributeBody { name, description }| Attribute { name, description };
    let attributes = attributes.unwrap_or_default().into_iter().map(attribute).collect();
    (read::said(id), Tenant { name: name.unwrap_or_default(), attributes })
}

/// A tenant as it is shown.
pub(super) fn show(domain: &Domain, id: &str, tenant: Tenant) -> Result<TenantBody, Failure> {
    let url = Some(format!("{}/{id}", domain.public_url));
    Ok(TenantBody { url, jwks: Some(key_ring::tenant_jwks(domain, id)?), ..configured(id, tenant) })
}

/// A tenant without what the server makes of it: as it is exported.
pub(super) fn configured(id: &str, tenant: Tenant) -> TenantBody {
    let Tenant { name, attributes } = tenant;
    let attribute = |Attribute { name, description }| AttributeBody { name, description };
    let attributes = Some(attributes.into_iter().map(attribute).collect());
    TenantBody {
        id: Some(id.to_owned()),
        name: Some(name),
        url: None,
        jwks: None,
        authentication_context_settings: Some(ContextSettings { attributes }),
    }
}
