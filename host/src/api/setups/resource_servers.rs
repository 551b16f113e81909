//! Resource servers, the services of a setup with their scopes. Administrators only.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    query::Query,
    setup::SnapshotIds,
    wire::{self, resource_server::ResourceServerBody},
};
use crate::{
    api::{Answer, Call},
    domain::{
        Failure,
        setup::{resource_server, rights::Asker},
    },
};

/// The resource servers of a list.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ResourceServerIds")]
pub struct ResourceServerIds {
    /// Their ids.
    pub resource_server_ids: Vec<String>,
}

/// A new resource server.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ResourceServerId")]
pub struct ResourceServerId {
    /// Its id.
    pub resource_server_id: String,
}

/// What a path names: the tenant is the caller's.
struct Place<'a> {
    tenant: &'a str,
    setup: &'a str,
    id: &'a str,
}

impl Place<'_> {
    fn of(call: &Call) -> Result<Place<'_>, Failure> {
        let tenant = Asker::of(&call.caller)?.tenant;
        Ok(Place { tenant, setup: call.param("setupId"), id: call.param("resourceServerId") })
    }
}

/// listSetupResourceServers
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let filter = Query::of(&call.request)?.filter()?;
    let Place { tenant, setup, .. } = Place::of(&call)?;
    let found = resource_server::list(&call.app.domain, tenant, setup, &filter)?;
    let resource_server_ids = found.into_iter().map(|(id, _)| id).collect();
    Ok(call.json(StatusCode::OK, &ResourceServerIds { resource_server_ids }))
}

/// createSetupResourceServer
pub async fn create(call: Call) -> Result<Answer, Failure> {
    let (server, from) = wire::resource_server::parse(wire::body::<ResourceServerBody>(&call)?)?;
    let Place { tenant, setup, .. } = Place::of(&call)?;
    let made = resource_server::create(&call.app.domain, &call.by(), tenant, setup, server, from).await?;
    let (resource_server_id, _) = made;
    Ok(call.json(StatusCode::CREATED, &ResourceServerId { resource_server_id }))
}

/// showResourceServer
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let Place { tenant, setup, id } = Place::of(&call)?;
    let found = resource_server::show(&call.app.domain, tenant, setup, id)?;
    let version = found.version;
    Ok(call.one(StatusCode::OK, &wire::resource_server::show(found), version))
}

/// updateResourceServer
pub async fn update(call: Call) -> Result<Answer, Failure> {
    let (server, from) = wire::resource_server::parse(wire::body::<ResourceServerBody>(&call)?)?;
    let Place { tenant, setup, id } = Place::of(&call)?;
    let saved = resource_server::replace(&call.app.domain, &call.by(), tenant, setup, id, server, from).await?;
    let version = saved.version;
    Ok(call.one(StatusCode::OK, &wire::resource_server::show(saved), version))
}

/// deleteResourceServer
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    let Place { tenant, setup, id } = Place::of(&call)?;
    resource_server::delete(&call.app.domain, &call.by(), tenant, setup, id).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// listResourceServerSnapshots
pub async fn snapshots(call: Call) -> Result<Answer, Failure> {
    let (at, deleted) = Query::of(&call.request)?.states()?;
    let Place { tenant, setup, id } = Place::of(&call)?;
    let found = resource_server::snapshots(&call.app.domain, tenant, setup, id, at, deleted)?;
    Ok(call.json(StatusCode::OK, &SnapshotIds::of(found)))
}

/// showResourceServerSnapshot
pub async fn snapshot(call: Call) -> Result<Answer, Failure> {
    let Place { tenant, setup, id } = Place::of(&call)?;
    let found = resource_server::snapshot(&call.app.domain, tenant, setup, id, call.param("snapshotId"))?;
    Ok(call.json(StatusCode::OK, &wire::resource_server::show(found)))
}

/// deleteResourceServerSnapshot
pub async fn unschedule(call: Call) -> Result<Answer, Failure> {
    let Place { tenant, setup, id } = Place::of(&call)?;
    resource_server::unschedule(&call.app.domain, &call.by(), tenant, setup, id, call.param("snapshotId")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}
