//! What plugins may reach, as the admin group takes and shows it.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    api::{Answer, Call, read},
    domain::{
        Failure, noun,
        plugin::{Grants, Plugin, Requests, grants},
    },
};

/// What a plugin may reach beyond the log. What is left out is not granted.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PluginGrants")]
pub struct PluginGrantsBody {
    /// Requests to other servers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpGrantBody>,
    /// Values of the tenant's data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_value: Option<KeyValueGrantBody>,
}

/// Requests to other servers. Private addresses are asked only when the configuration of this server allows them, too.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PluginHttpGrant")]
pub struct HttpGrantBody {
    /// Exactly these hosts, such as `api.example`, with the port when it is not the scheme's own: `api.example:8443`.
    pub hosts: Vec<String>,
    /// How long one request may take, in milliseconds, at most 5000. The decision waits for it.
    pub deadline_ms: u32,
}

/// Values of the tenant's data.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PluginKeyValueGrant")]
pub struct KeyValueGrantBody {
    /// The namespace whose values the plugin may read.
    pub namespace: String,
}

/// getPluginGrants
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let state = noun::current::<Plugin>(&call.app.domain, call.tenant(), call.param("name"))?;
    Ok(call.one(StatusCode::OK, &show(state.value.grants.clone()), state.version))
}

/// setPluginGrants
pub async fn set(call: Call) -> Result<Answer, Failure> {
    let granted = parse(read::json(&call.request)?);
    let state = grants::set(&call.app.domain, &call.by(), call.tenant(), call.param("name"), granted).await?;
    Ok(call.one(StatusCode::OK, &show(state.value.grants), state.version))
}

/// deletePluginGrants
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    grants::set(&call.app.domain, &call.by(), call.tenant(), call.param("name"), Grants::default()).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

fn parse(body: PluginGrantsBody) -> Grants {
    let PluginGrantsBody { http, key_value } = body;
    Grants {
        requests: http.map(|HttpGrantBody { hosts, deadline_ms }| Requests { hosts, deadline_ms }),
        namespace: key_value.map(|KeyValueGrantBody { namespace }| namespace),
    }
}

pub(super) fn show(grants: Grants) -> PluginGrantsBody {
    let Grants { requests, namespace } = grants;
    PluginGrantsBody {
        http: requests.map(|Requests { hosts, deadline_ms }| HttpGrantBody { hosts, deadline_ms }),
        key_value: namespace.map(|namespace| KeyValueGrantBody { namespace }),
    }
}
