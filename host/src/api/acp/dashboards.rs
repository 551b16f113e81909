//! Links to where the numbers are, as the admin group shows them.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    api::{Answer, Call},
    domain::{Failure, server},
};

/// Links to the views that are built in.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Dashboards")]
pub struct DashboardsBody {
    /// Whether there are any: always, they are built in.
    pub enabled: bool,
    /// The operations and their counters, explained.
    pub sample_business_url: String,
    /// The operations and their failures, explained.
    pub sample_threat_url: String,
    /// The counters of what was asked for.
    pub tenant_business_url: String,
    /// The counters of what was refused.
    pub tenant_threat_url: String,
}

/// listDashboards
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let domain = &call.app.domain;
    server::current(domain, call.tenant(), call.param("aid"))?;
    let (metrics, docs) = (format!("{}/metrics", domain.public_url), format!("{}/docs", domain.public_url));
    let body = DashboardsBody {
        enabled: true,
        sample_business_url: docs.clone(),
        sample_threat_url: docs,
        tenant_business_url: metrics.clone(),
        tenant_threat_url: metrics,
    };
    Ok(call.json(StatusCode::OK, &body))
}
