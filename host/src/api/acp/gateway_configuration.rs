//! What a gateway fetches: its whole configuration, again only when it has changed, and on request as soon as it does.

use std::time::Duration;

use http::{
    HeaderMap, HeaderName, StatusCode,
    header::{CACHE_CONTROL, ETAG, RETRY_AFTER},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::policies::{self, PolicyBody};
use crate::{
    api::{Answer, App, Call, etag, read::JSON},
    domain::{
        Caller, Credentials, Failure,
        api::Api,
        gateway_configuration::{self, Configuration, Watched},
        scope::Scope,
        service::Service,
    },
};

/// What a client would like (RFC 7240 §2).
const PREFER: HeaderName = HeaderName::from_static("prefer");
/// What of it was done (RFC 7240 §3).
const APPLIED: HeaderName = HeaderName::from_static("preference-applied");
/// The longest wait for a change.
const LONGEST: Duration = Duration::from_secs(60);
/// What is left of a request's time when a wait ends, for the answer.
const TO_ANSWER: Duration = Duration::from_secs(2);

/// The configuration on the wire.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "GatewayConfiguration")]
pub struct ConfigurationBody {
    /// The tenant.
    pub tenant_id: String,
    /// The authorization server whose tokens the gateway's users have.
    pub server_id: String,
    /// Its issuer.
    pub issuer_url: String,
    /// Where its public keys are.
    pub jwks_url: String,
    /// The services connected to the gateway.
    pub services: Vec<ConnectedService>,
    /// Their APIs, by service and in order.
    pub apis: Vec<EnforcedApi>,
    /// The policies that the APIs and the scopes use.
    pub policies: Vec<PolicyBody>,
    /// The scopes of the services.
    pub scopes: Vec<ServiceScope>,
}

/// A service connected to a gateway.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ServiceConnectedToGateway")]
pub struct ConnectedService {
    /// Its identifier.
    pub id: String,
    /// The tenant.
    pub tenant_id: String,
    /// The authorization server it belongs to.
    pub authorization_server_id: String,
    /// The gateway.
    pub gateway_id: String,
    /// The group of APIs at the gateway, which is the service itself.
    pub api_group_id: String,
    /// For people.
    pub name: String,
    /// For people.
    pub description: String,
    /// True while its APIs come from an imported document.
    pub with_specification: bool,
    /// Made by the server itself.
    pub system: bool,
}

/// An API that a gateway enforces.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "GatewayAPI")]
pub struct EnforcedApi {
    /// Its identifier.
    pub id: String,
    /// The tenant.
    pub tenant_id: String,
    /// The authorization server of its service.
    pub server_id: String,
    /// Its service.
    pub service_id: String,
    /// The method.
    pub method: String,
    /// The path, with parameters in braces.
    pub path: String,
    /// What a request must pass; none lets every request through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_id: Option<String>,
    /// Kinds of data that it hands out.
    pub data_classifications: Vec<String>,
    /// Its place in the service.
    pub position: u32,
    /// Whether a policy can be attached to it.
    pub can_have_policy: bool,
}

/// A scope of a connected service.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "GatewayScope")]
pub struct ServiceScope {
    /// Its identifier.
    pub id: String,
    /// The tenant.
    pub tenant_id: String,
    /// The authorization server it belongs to.
    pub authorization_server_id: String,
    /// The service it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_id: Option<String>,
    /// The name in tokens.
    pub name: String,
    /// For people.
    pub display_name: String,
    /// For people.
    pub description: String,
    /// Decides when a person's token would get it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_policy_id: Option<String>,
    /// Decides when a developer assigns it to a client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub developer_policy_id: Option<String>,
}

/// readGatewayConfiguration
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let Caller::Bearer(bearer) = &call.caller else { return Err(Failure::Unauthenticated(Credentials::Missing)) };
    let (app, tenant, headers) = (&call.app, call.tenant(), &call.request.headers);
    let first = gateway_configuration::of_client(&app.domain, tenant, &bearer.client_id)?;
    let wait = wait(headers).map(|wait| wait.min(app.operations.patience().saturating_sub(TO_ANSWER)));
    let mut tag = String::new();
    let news = |configuration: &Configuration| {
        let (body, of_body) = shown(app, tenant, configuration)?;
        tag.clone_from(of_body);
        let known = etag::is_known(headers, &tag) == Some(true);
        Ok((!known).then(|| Answer::with(StatusCode::OK, JSON, body.clone())))
    };
    let open = || app.operations.accepting();
    let patience = wait.unwrap_or_default();
    let found = gateway_configuration::watch(&app.domain, tenant, first, patience, open, news).await?;
    Ok(match found {
        Watched::Found(answer) => tagged(answer, &tag, wait),
        Watched::Nothing => tagged(Answer::empty(StatusCode::NOT_MODIFIED), &tag, wait),
        // Nobody has waited, and the client must not think so.
        Watched::NoRoom => tagged(Answer::empty(StatusCode::NOT_MODIFIED), &tag, None).header(RETRY_AFTER, "5"),
    })
}

/// The answer with its tag, and with the wait that was granted.
fn tagged(answer: Answer, tag: &str, wait: Option<Duration>) -> Answer {
    let answer = answer.header(ETAG, tag).header(CACHE_CONTROL, "private, no-cache");
    match wait {
        Some(wait) => answer.header(APPLIED, &format!("wait={}", wait.as_secs())),
        None => answer,
    }
}

/// How long the client would wait for a change (RFC 7240 §4.3). Of several preferences of a name the first one counts.
fn wait(headers: &HeaderMap) -> Option<Duration> {
    let values = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
    let mut preferences = values.flat_map(|value| value.split(',')).filter_map(|preference| {
        let (name, value) = preference.split(';').next()?.split_once('=')?;
        name.trim().eq_ignore_ascii_case("wait").then(|| value.trim().trim_matches('"'))
    });
    let seconds = preferences.next()?.parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST))
}

/// The configuration as it is sent, with its tag. Made once, however many ask.
fn shown<'a>(app: &App, tenant: &str, configuration: &'a Configuration) -> Result<&'a (Vec<u8>, String), Failure> {
    if let Some(shown) = configuration.shown.get() {
        return Ok(shown);
    }
    let body = written(app, tenant, configuration)?;
    let tag = etag::of_content(&body);
    Ok(configuration.shown.get_or_init(|| (body, tag)))
}

fn written(app: &App, tenant: &str, configuration: &Configuration) -> Result<Vec<u8>, Failure> {
    let server = &configuration.gateway.server;
    let issuer_url = app.domain.issuer(tenant, server);
    let body = ConfigurationBody {
        tenant_id: tenant.to_owned(),
        server_id: server.clone(),
        jwks_url: format!("{issuer_url}/.well-known/jwks.json"),
        issuer_url,
        services: configuration.services.iter().map(|(id, one)| service(tenant, &configuration.id, id, one)).collect(),
        apis: configuration.apis.iter().map(|(id, one)| api(tenant, id, one)).collect(),
        policies: configuration.policies.iter().map(|(id, one)| policies::show(tenant, id, one.clone())).collect(),
        scopes: configuration.scopes.iter().map(|(id, one)| scope(tenant, id, one)).collect(),
    };
    serde_json::to_vec(&body).map_err(|error| Failure::Internal { log: error.to_string() })
}

fn service(tenant: &str, gateway: &str, id: &str, service: &Service) -> ConnectedService {
    let Service { server, name, description, resource: _, gateway: _, with_specification, system, setup: _ } = service;
    ConnectedService {
        id: id.to_owned(),
        tenant_id: tenant.to_owned(),
        authorization_server_id: server.clone(),
        gateway_id: gateway.to_owned(),
        api_group_id: id.to_owned(),
        name: name.clone(),
        description: description.clone(),
        with_specification: *with_specification,
        system: *system,
    }
}

fn api(tenant: &str, id: &str, api: &Api) -> EnforcedApi {
    let Api {
        server,
        service,
        method,
        path,
        policy,
        data_classifications,
        position,
        can_have_policy,
        imported: _, // of no use to a gateway
    } = api;
    EnforcedApi {
        id: id.to_owned(),
        tenant_id: tenant.to_owned(),
        server_id: server.clone(),
        service_id: service.clone(),
        method: method.clone(),
        path: path.clone(),
        policy_id: policy.clone(),
        data_classifications: data_classifications.clone(),
        position: *position,
        can_have_policy: *can_have_policy,
    }
}

fn scope(tenant: &str, id: &str, scope: &Scope) -> ServiceScope {
    let Scope {
        server,
        name,
        display_name,
        description,
        service,
        user_policy,
        developer_policy,
        client_policy: _,  // decides where tokens are issued, as its gateways never do
        consent_action: _, // a person's business, before the token
        system: _,         // of no use to a gateway
        since: _,          // nor this
        setup: _,          // nor this
    } = scope;
    ServiceScope {
        id: id.to_owned(),
        tenant_id: tenant.to_owned(),
        authorization_server_id: server.clone(),
        service_id: service.clone(),
        name: name.clone(),
        display_name: display_name.clone(),
        description: description.clone(),
        user_policy_id: user_policy.clone(),
        developer_policy_id: developer_policy.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_wait_counts_and_is_bounded() {
        let read = |values: &[&str]| {
            wait(&values.iter().map(|value| (PREFER, value.parse().unwrap())).collect()).map(|wait| wait.as_secs())
        };
        assert_eq!(read(&["wait=5"]), Some(5));
        assert_eq!(read(&["respond-async, WAIT = \"7\"; x=y", "wait=9"]), Some(7));
        assert_eq!(read(&["wait=100000"]), Some(60));
        for values in [&[] as &[&str], &["wait"], &["wait=soon"], &["wait=-1"], &["return=minimal"]] {
            assert_eq!(read(values), None, "{values:?}");
        }
    }
}
