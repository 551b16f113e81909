//! Setups, the authorization servers of a tenant. Administrators only.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    query::Query,
    wire::{self, setup::SetupBody},
};
use crate::{
    api::{Answer, Call},
    domain::{
        Failure,
        setup::{self, Snapshot, rights::Asker},
    },
};

/// The setups of a list.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SetupIds")]
pub struct SetupIds {
    /// In the order of their ids.
    pub setup_ids: Vec<String>,
}

/// A new setup.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SetupId")]
pub struct SetupId {
    /// Its id.
    pub setup_id: String,
}

/// The snapshots of a list.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SnapshotIds")]
pub struct SnapshotIds {
    /// In the order in which they hold.
    pub snapshot_ids: Vec<String>,
}

impl SnapshotIds {
    /// The ids of these.
    pub(super) fn of<T>(snapshots: Vec<Snapshot<T>>) -> SnapshotIds {
        SnapshotIds { snapshot_ids: snapshots.into_iter().map(|snapshot| snapshot.id).collect() }
    }
}

/// listSetups
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let filter = Query::of(&call.request)?.filter()?;
    let found = setup::list(&call.app.domain, Asker::of(&call.caller)?.tenant, &filter)?;
    let setup_ids = found.into_iter().map(|(id, _)| id).collect();
    Ok(call.json(StatusCode::OK, &SetupIds { setup_ids }))
}

/// createSetup
pub async fn create(call: Call) -> Result<Answer, Failure> {
    let (setup, from) = wire::setup::parse(wire::body(&call)?)?;
    let tenant = Asker::of(&call.caller)?.tenant;
    let (setup_id, _) = setup::create(&call.app.domain, &call.by(), tenant, setup, from).await?;
    Ok(call.json(StatusCode::CREATED, &SetupId { setup_id }))
}

/// showSetup
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let found = setup::show(&call.app.domain, Asker::of(&call.caller)?.tenant, call.param("setupId"))?;
    let version = found.version;
    Ok(call.one(StatusCode::OK, &wire::setup::show(found), version))
}

/// updateSetup
pub async fn update(call: Call) -> Result<Answer, Failure> {
    let (setup, from) = wire::setup::parse(wire::body::<SetupBody>(&call)?)?;
    let tenant = Asker::of(&call.caller)?.tenant;
    let saved = setup::replace(&call.app.domain, &call.by(), tenant, call.param("setupId"), setup, from).await?;
    let version = saved.version;
    Ok(call.one(StatusCode::OK, &wire::setup::show(saved), version))
}

/// deleteSetup
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    let tenant = Asker::of(&call.caller)?.tenant;
    setup::delete(&call.app.domain, &call.by(), tenant, call.param("setupId")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// listSetupSnapshots
pub async fn snapshots(call: Call) -> Result<Answer, Failure> {
    let (at, deleted) = Query::of(&call.request)?.states()?;
    let tenant = Asker::of(&call.caller)?.tenant;
    let found = setup::snapshots(&call.app.domain, tenant, call.param("setupId"), at, deleted)?;
    Ok(call.json(StatusCode::OK, &SnapshotIds::of(found)))
}

/// showSetupSnapshot
pub async fn snapshot(call: Call) -> Result<Answer, Failure> {
    let (tenant, id) = (Asker::of(&call.caller)?.tenant, call.param("setupId"));
    let found = setup::snapshot(&call.app.domain, tenant, id, call.param("snapshotId"))?;
    Ok(call.json(StatusCode::OK, &wire::setup::show(found)))
}

/// deleteSetupSnapshot
pub async fn unschedule(call: Call) -> Result<Answer, Failure> {
    let (tenant, id) = (Asker::of(&call.caller)?.tenant, call.param("setupId"));
    setup::unschedule(&call.app.domain, &call.by(), tenant, id, call.param("snapshotId")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}
