//! Policies as the admin group takes and shows them.

pub mod trial;
mod wire;

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    api::{Answer, Call, read},
    domain::{Failure, policy},
};

pub use wire::{PolicyBody, parse, show};

/// The last segments of paths of other operations, which no policy can have.
const RESERVED: [&str; 2] = ["test", "check"];

/// All policies.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Policies")]
pub struct PoliciesBody {
    /// By id.
    pub policies: Vec<PolicyBody>,
}

/// listPolicies
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let policies = policy::list(&call.app.domain, call.tenant())?;
    let policies = policies.into_iter().map(|(id, state)| show(call.tenant(), &id, state.value)).collect();
    Ok(call.json(StatusCode::OK, &PoliciesBody { policies }))
}

/// createPolicy
pub async fn create(call: Call) -> Result<Answer, Failure> {
    let body: PolicyBody = read::json(&call.request)?;
    read::agrees("/tenant_id", body.tenant_id.clone(), call.tenant())?;
    let (id, policy) = parse(body)?;
    unless_reserved(&id)?;
    let state = policy::create(&call.app.domain, &call.by(), call.tenant(), &id, policy).await?;
    Ok(call.one(StatusCode::CREATED, &show(call.tenant(), &id, state.value), state.version))
}

/// getPolicy
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let id = call.param("pid");
    let state = policy::current(&call.app.domain, call.tenant(), id)?;
    Ok(call.one(StatusCode::OK, &show(call.tenant(), id, state.value.clone()), state.version))
}

/// updatePolicy
pub async fn update(call: Call) -> Result<Answer, Failure> {
    let mut body: PolicyBody = read::json(&call.request)?;
    let id = call.param("pid").to_owned();
    read::agrees("/tenant_id", body.tenant_id.clone(), call.tenant())?;
    read::agrees("/id", body.id.replace(id.clone()), &id)?;
    let (_, policy) = parse(body)?;
    let state = policy::update(&call.app.domain, &call.by(), call.tenant(), &id, policy).await?;
    Ok(call.one(StatusCode::CREATED, &show(call.tenant(), &id, state.value), state.version))
}

/// deletePolicy
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    policy::delete(&call.app.domain, &call.by(), call.tenant(), call.param("pid")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// Refuses an id whose path has another operation.
pub(super) fn unless_reserved(id: &str) -> Result<(), Failure> {
    match RESERVED.contains(&id) {
        true => Err(Failure::invalid("/id", "is reserved: its path is another operation's")),
        false => Ok(()),
    }
}
