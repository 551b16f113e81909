//! The metadata of protected resources (RFC 9728 §2), where their operators and our challenges point to.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::discovery::public;
use crate::{
    api::{Answer, Call},
    domain::{
        Domain, Failure,
        protected_resource::{self, Described},
        server,
    },
};

/// What clients need to know of a protected resource.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ProtectedResourceMetadata")]
#[expect(missing_docs, reason = "the registered names themselves (RFC 9728 §2)")]
pub struct Metadata {
    pub resource: String,
    pub authorization_servers: Vec<String>,
    pub scopes_supported: Vec<String>,
    pub bearer_methods_supported: Vec<&'static str>,
    pub resource_name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub authorization_details_types_supported: Vec<String>,
}

/// protectedResource: the metadata of a service
pub async fn service(call: Call) -> Result<Answer, Failure> {
    let (domain, tenant) = (&call.app.domain, call.tenant());
    let found = protected_resource::of_service(domain, tenant, call.param("aid"), call.param("sid"))?;
    Ok(show(found))
}

/// protectedServer: the metadata of the server itself
pub async fn server(call: Call) -> Result<Answer, Failure> {
    Ok(show(protected_resource::of_server(&call.app.domain, call.tenant(), call.param("aid"))?))
}

/// Where the metadata of a service is.
pub fn address(domain: &Domain, tenant: &str, server: &str, service: &str) -> String {
    format!("{}/.well-known/oauth-protected-resource/{service}", domain.issuer(tenant, server))
}

/// Where the metadata of a server itself is, if there is such a server.
pub fn address_of_server(domain: &Domain, tenant: &str, server: &str) -> Option<String> {
    server::current(domain, tenant, server).ok()?;
    Some(format!("{}/.well-known/oauth-protected-resource", domain.issuer(tenant, server)))
}

fn show(found: Described) -> Answer {
    let Described { resource, issuer, name, scopes, details_types } = found;
    let body = Metadata {
        resource,
        authorization_servers: vec![issuer],
        scopes_supported: scopes,
        bearer_methods_supported: vec!["header"],
        resource_name: name,
        authorization_details_types_supported: details_types,
    };
    public(Answer::json(StatusCode::OK, &body))
}
