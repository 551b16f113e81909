//! Tenants as whoever sets them up sees them: all of them, made with what makes them usable and gone with all they hold.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    authentications::MethodBody,
    clients::{self, ClientBody},
    servers::{self, ServerBody, Showing},
    tenants::{self, TenantBody},
};
use crate::{
    api::{Answer, Call, read},
    crypto::Secret,
    domain::{
        Domain, Failure,
        client::Client,
        server::Server,
        tenant::{self, Created},
    },
};

/// The query of createTenant.
pub const CREATE_QUERY: &[(&str, &str)] = &[(
    WORKSPACES,
    "`true` or `false`: whether the tenant gets the servers `admin`, `default`, `developer` and `system` with a client each \
     for administration and for machines. `true` when left out",
)];

const WORKSPACES: &str = "with_default_workspaces";

/// All tenants.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Tenants")]
pub struct TenantsBody {
    /// By id.
    pub tenants: Vec<TenantBody>,
}

/// A new tenant with what it has from the start.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TenantCreated")]
pub struct TenantCreatedBody {
    /// The tenant.
    pub tenant: TenantBody,
    /// Its authorization servers.
    pub servers: Vec<ServerBody>,
    /// Its clients: `admin` administrates it, `system` is for its machines. Their secrets are shown this once.
    pub clients: Vec<ClientBody>,
    /// The ways to log in to its servers.
    pub idps: Vec<MethodBody>,
}

/// listTenants
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let domain = &call.app.domain;
    let tenants = tenant::list(domain)?.into_iter().map(|(id, state)| tenants::show(domain, &id, state.value));
    Ok(call.json(StatusCode::OK, &TenantsBody { tenants: tenants.collect::<Result<_, _>>()? }))
}

/// createTenant
pub async fn create(call: Call) -> Result<Answer, Failure> {
    let query = read::query(&call.request)?;
    query.only(&[WORKSPACES])?;
    let workspaces = query.parsed(WORKSPACES, |text| text.parse().ok(), "`true` or `false`")?.unwrap_or(true);
    let (id, tenant) = tenants::parse(read::json(&call.request)?);
    let created = tenant::create(&call.app.domain, &call.by(), id.as_deref(), tenant, workspaces).await?;
    let version = created.tenant.version;
    Ok(call.one(StatusCode::CREATED, &show(&call.app.domain, created)?, version))
}

/// deleteTenant
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    tenant::delete(&call.app.domain, &call.by(), call.tenant()).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

fn show(domain: &Domain, created: Created) -> Result<TenantCreatedBody, Failure> {
    let Created { id: tenant, tenant: state, servers, clients } = created;
    let server = |(id, server): (String, Server)| servers::show(domain, &tenant, &id, server, Showing::Admin);
    let client =
        |(id, client, secret): (String, Client, Secret)| clients::show(domain, &tenant, &id, client, Some(secret));
    Ok(TenantCreatedBody {
        tenant: tenants::show(domain, &tenant, state.value)?,
        servers: servers.into_iter().map(server).collect::<Result<_, _>>()?,
        clients: clients.into_iter().map(client).collect::<Result<_, _>>()?,
        idps: Vec::new(),
    })
}
