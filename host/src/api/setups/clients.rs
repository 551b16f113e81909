//! The clients of a setup: administrators' all, developers' own.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    query::Query,
    setup::SnapshotIds,
    wire::{
        self,
        client::{ClientBody, Parsed},
    },
};
use crate::{
    api::{Answer, Call, read},
    domain::{
        Failure, Problem,
        setup::{client, owned, rights::Asker},
    },
};

/// The clients of a list.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ClientIds")]
pub struct ClientIds {
    /// Entity ids.
    pub client_ids: Vec<String>,
}

/// A client that was made or found.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ClientId")]
pub struct ClientId {
    /// Its entity id.
    pub client_id: String,
}

/// listSetupClients
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let filter = Query::of(&call.request)?.filter()?;
    let found = owned::list(&call.app.domain, &call.caller, call.param("setupId"), filter)?;
    let client_ids = found.into_iter().map(|(entity, _)| entity).collect();
    Ok(call.json(StatusCode::OK, &ClientIds { client_ids }))
}

/// createSetupClient
pub async fn create(call: Call) -> Result<Answer, Failure> {
    let Parsed { client, secret, valid_from } = wire::client::parse(wire::body::<ClientBody>(&call)?)?;
    let (tenant, setup) = (Asker::of(&call.caller)?.tenant, call.param("setupId"));
    let made = client::create(&call.app.domain, &call.by(), tenant, setup, client, secret, valid_from).await?;
    let (client_id, _) = made;
    Ok(call.json(StatusCode::CREATED, &ClientId { client_id }))
}

/// showSetupClient
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let found = owned::show(&call.app.domain, &call.caller, call.param("setupId"), call.param("clientId"))?;
    answer(&call, found)
}

/// updateSetupClient
pub async fn update(call: Call) -> Result<Answer, Failure> {
    let Parsed { client, secret, valid_from } = wire::client::parse(wire::body::<ClientBody>(&call)?)?;
    let change = owned::Change { client, secret, valid_from };
    let place = (call.param("setupId"), call.param("clientId"));
    let saved = owned::replace(&call.app.domain, &call.by(), &call.request.request_id, place, change).await?;
    answer(&call, saved)
}

/// deleteSetupClient
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    owned::delete(&call.app.domain, &call.by(), call.param("setupId"), call.param("clientId")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// listSetupClientSnapshots
pub async fn snapshots(call: Call) -> Result<Answer, Failure> {
    let states = Query::of(&call.request)?.states()?;
    let (setup, entity) = (call.param("setupId"), call.param("clientId"));
    let found = owned::snapshots(&call.app.domain, &call.caller, setup, entity, states)?;
    Ok(call.json(StatusCode::OK, &SnapshotIds::of(found)))
}

/// showSetupClientSnapshot
pub async fn snapshot(call: Call) -> Result<Answer, Failure> {
    let (setup, entity) = (call.param("setupId"), call.param("clientId"));
    let found = owned::snapshot(&call.app.domain, &call.caller, setup, entity, call.param("snapshotId"))?;
    Ok(call.json(StatusCode::OK, &wire::client::show(found, None)))
}

/// deleteSetupClientSnapshot
pub async fn unschedule(call: Call) -> Result<Answer, Failure> {
    let (setup, entity) = (call.param("setupId"), call.param("clientId"));
    owned::unschedule(&call.app.domain, &call.by(), setup, entity, call.param("snapshotId")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// translateClientId
pub async fn translate(call: Call) -> Result<Answer, Failure> {
    let query = read::query(&call.request)?;
    let missing = || Failure::Malformed(Problem::missing("query.oAuthClientId"));
    let client_id = query.get("oAuthClientId").ok_or_else(missing)?;
    let entity = owned::translate(&call.app.domain, &call.caller, call.param("setupId"), client_id)?;
    Ok(call.json(StatusCode::OK, &ClientId { client_id: entity }))
}

/// A client as it is, or will be, with its secret.
fn answer(call: &Call, (snapshot, secret): owned::Shown) -> Result<Answer, Failure> {
    let version = snapshot.version;
    Ok(call.one(StatusCode::OK, &wire::client::show(snapshot, secret), version))
}
