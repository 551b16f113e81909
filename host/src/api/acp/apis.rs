//! APIs as the admin group takes and shows them.

use std::collections::BTreeMap;

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    api::{
        Answer, Call,
        read::{self, said},
    },
    domain::{
        Failure,
        api::{self, Api, Filter, Listed},
    },
};

const UNCLASSIFIED: &str = "without_data_classifications";
const CLASSIFICATION: &str = "data_classification";

/// The filters of the lists.
pub const QUERY: &[(&str, &str)] = &[
    (UNCLASSIFIED, "`true`: APIs that have no data classifications"),
    (CLASSIFICATION, "APIs that have this data classification; given more than once, one of these"),
];

/// An API on the wire.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "API")]
pub struct ApiBody {
    /// Its identifier; made when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Must be the path's when given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// Must be the service's when given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_id: Option<String>,
    /// The service it belongs to. Required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_id: Option<String>,
    /// The HTTP method. Required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The path, with parameters in braces: `/pets/{id}`. Required. No other API of the service may have the method and
    /// the path, whatever its parameters are called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The policy that a request must pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_id: Option<String>,
    /// Whether it can have a policy; true when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub can_have_policy: Option<bool>,
    /// Kinds of data that it hands out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_classifications: Option<Vec<String>>,
    /// Its place in the lists; the last one when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u32>,
}

/// What can be changed of an API. Whatever is left out is taken away.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UpdateAPIRequest")]
pub struct ApiChange {
    /// Kinds of data that it hands out.
    #[serde(default)]
    pub data_classifications: Option<Vec<String>>,
    /// The policy that a request must pass.
    #[serde(default)]
    pub policy_id: Option<String>,
}

/// The APIs of a service.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "APIs")]
pub struct ApisBody {
    /// By position.
    pub apis: Vec<ApiBody>,
}

/// The APIs of an authorization server.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ServerAPIs")]
pub struct ServerApisBody {
    /// By the id of their service, those of each by position. Every service is there.
    pub apis_by_services: BTreeMap<String, Vec<ApiBody>>,
}

/// listAPIsByServer
pub async fn list_by_server(call: Call) -> Result<Answer, Failure> {
    let found = api::of_server(&call.app.domain, call.tenant(), call.param("aid"), &filter(&call)?)?;
    let apis_by_services = found.into_iter().map(|(service, apis)| (service, show_all(&call, apis))).collect();
    Ok(call.json(StatusCode::OK, &ServerApisBody { apis_by_services }))
}

/// listAPIsByService
pub async fn list_by_service(call: Call) -> Result<Answer, Failure> {
    let found = api::of_service(&call.app.domain, call.tenant(), call.param("sid"), &filter(&call)?)?;
    Ok(call.json(StatusCode::OK, &ApisBody { apis: show_all(&call, found) }))
}

/// createAPI
pub async fn create(call: Call) -> Result<Answer, Failure> {
    let (id, api) = parse(read::json(&call.request)?, call.tenant())?;
    let (id, state) = api::create(&call.app.domain, &call.by(), call.tenant(), id.as_deref(), api).await?;
    Ok(call.one(StatusCode::CREATED, &show(call.tenant(), &id, state.value), state.version))
}

/// getAPI
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let id = call.param("api");
    let state = api::current(&call.app.domain, call.tenant(), id)?;
    Ok(call.one(StatusCode::OK, &show(call.tenant(), id, state.value.clone()), state.version))
}

/// updateAPI
pub async fn update(call: Call) -> Result<Answer, Failure> {
    let ApiChange { data_classifications, policy_id } = read::json(&call.request)?;
    let (domain, by, id) = (&call.app.domain, call.by(), call.param("api"));
    let classifications = data_classifications.unwrap_or_default();
    let state = api::update(domain, &by, call.tenant(), id, said(policy_id), classifications).await?;
    Ok(call.one(StatusCode::OK, &show(call.tenant(), id, state.value), state.version))
}

/// deleteAPI
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    api::delete(&call.app.domain, &call.by(), call.tenant(), call.param("api")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

fn filter(call: &Call) -> Result<Filter, Failure> {
    let query = read::query_with_lists(&call.request, &[CLASSIFICATION])?;
    query.only(&[UNCLASSIFIED, CLASSIFICATION])?;
    let unclassified = query.parsed(UNCLASSIFIED, |text| text.parse().ok(), "`true` or `false`")?.unwrap_or(false);
    let classified: Vec<String> = query.all(CLASSIFICATION).map(|one| one.trim().to_owned()).collect();
    match (unclassified, classified.is_empty()) {
        (false, true) => Ok(Filter::All),
        (true, true) => Ok(Filter::Unclassified),
        (false, false) => Ok(Filter::Classified(classified)),
        (true, false) => {
            let reason = format!("cannot be combined with {CLASSIFICATION}: no API has both");
            Err(Failure::malformed(format!("query.{UNCLASSIFIED}"), reason))
        }
    }
}

/// The API of a body, with its id.
pub(super) fn parse(body: ApiBody, tenant: &str) -> Result<(Option<String>, Api), Failure> {
    let ApiBody {
        id,
        tenant_id,
        server_id,
        service_id,
        method,
        path,
        policy_id,
        can_have_policy,
        data_classifications,
        position,
    } = body;
    read::agrees("/tenant_id", tenant_id, tenant)?;
    let api = Api {
        server: server_id.unwrap_or_default(),
        service: service_id.unwrap_or_default(),
        method: method.unwrap_or_default(),
        path: path.unwrap_or_default(),
        policy: said(policy_id),
        data_classifications: data_classifications.unwrap_or_default(),
        position: position.unwrap_or_default(),
        can_have_policy: can_have_policy.unwrap_or(true),
        imported: false,
    };
    Ok((said(id), api))
}

fn show_all(call: &Call, apis: Vec<Listed>) -> Vec<ApiBody> {
    apis.into_iter().map(|(id, state)| show(call.tenant(), &id, state.value)).collect()
}

/// An API.
pub(super) fn show(tenant: &str, id: &str, api: Api) -> ApiBody {
    let Api {
        server,
        service,
        method,
        path,
        policy,
        data_classifications,
        position,
        can_have_policy,
        imported: _, // its service says so
    } = api;
    ApiBody {
        id: Some(id.to_owned()),
        tenant_id: Some(tenant.to_owned()),
        server_id: Some(server),
        service_id: Some(service),
        method: Some(method),
        path: Some(path),
        policy_id: policy,
        can_have_policy: Some(can_have_policy),
        data_classifications: Some(data_classifications),
        position: Some(position),
    }
}
