//! Clients of developers, on the wire: those of administrators with fewer members.

use http::StatusCode;

use super::clients::{
    self, ClientBody,
    body::{Body, DeveloperClientsBody, DeveloperCreateClientRequest, DeveloperUpdateClientRequest},
};
use crate::{
    api::{Answer, Call, read},
    domain::{
        Failure, Problem,
        developer::{self, Request},
    },
};

/// listClientsForDeveloper
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let found = developer::list(&call.app.domain, &call.caller, call.tenant())?;
    let show = |id: &str, client| clients::show_to_developer(&call.app.domain, call.tenant(), id, client);
    let clients: Result<Vec<_>, _> = found.into_iter().map(|(id, state)| show(&id, state.value)).collect();
    Ok(call.json(StatusCode::OK, &DeveloperClientsBody { clients: clients? }))
}

/// createClientForDeveloper
pub async fn create(call: Call) -> Result<Answer, Failure> {
    let body: ClientBody = read::json(&call.request)?;
    without(&body, DeveloperCreateClientRequest::WITHOUT)?;
    let (_, _, client) = clients::parse(body, call.tenant())?;
    let (domain, tenant) = (&call.app.domain, call.tenant());
    let (id, state) = developer::create(domain, &request(&call), tenant, client).await?;
    let body = clients::show_to_developer(domain, tenant, &id, state.value)?;
    Ok(call.one(StatusCode::CREATED, &body, state.version))
}

/// getClientForDeveloper
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let (domain, tenant, id) = (&call.app.domain, call.tenant(), call.param("cid"));
    let state = developer::current(domain, &call.caller, tenant, id)?;
    let body = clients::show_to_developer(domain, tenant, id, state.value.clone())?;
    Ok(call.one(StatusCode::OK, &body, state.version))
}

/// updateClientForDeveloper
pub async fn update(call: Call) -> Result<Answer, Failure> {
    let (domain, tenant, id) = (&call.app.domain, call.tenant(), call.param("cid"));
    let known = developer::current(domain, &call.caller, tenant, id)?;
    let body = as_known(read::json(&call.request)?, id, &known.value.server);
    without(&body, DeveloperUpdateClientRequest::WITHOUT)?;
    let (_, given, client) = clients::parse(body, tenant)?;
    let state = developer::update(domain, &request(&call), tenant, id, given, client).await?;
    let body = clients::show_to_developer(domain, tenant, id, state.value)?;
    Ok(call.one(StatusCode::OK, &body, state.version))
}

/// deleteClientForDeveloper
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    developer::delete(&call.app.domain, &call.by(), call.tenant(), call.param("cid")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

fn request(call: &Call) -> Request<'_> {
    Request { by: call.by(), request_id: &call.request.request_id, describe: clients::describe }
}

/// A body without the members that only repeat which client this is: what was read can be written back.
fn as_known(body: ClientBody, id: &str, server: &str) -> ClientBody {
    let client_id = body.client_id.filter(|given| given != id);
    let authorization_server_id = body.authorization_server_id.filter(|given| given != server);
    ClientBody { client_id, authorization_server_id, ..body }
}

/// Refuses the members that a body of this group has not.
fn without(body: &ClientBody, members: &[&str]) -> Result<(), Failure> {
    let sent = serde_json::to_value(body).unwrap_or_default();
    let unknown = members.iter().filter(|member| sent.get(**member).is_some());
    let problems: Vec<Problem> =
        unknown.map(|member| Problem::new(format!("/{member}"), "is not a member that developers set")).collect();
    Failure::unless_fine(problems)
}
