//! Authorization servers as the admin group takes and shows them.

mod body;
mod parse;
mod show;

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    api::{Answer, Call, read},
    domain::{Failure, server},
    store::State,
};

pub use body::ServerBody;
pub(super) use parse::parse;
pub(super) use show::configured;
pub use show::{Showing, show};

/// All authorization servers.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Servers")]
pub struct ServersBody {
    /// By id.
    pub servers: Vec<ServerBody>,
}

/// listAuthorizationServers
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let mut servers = Vec::new();
    for (id, state) in server::list(&call.app.domain, call.tenant())? {
        match show(&call.app.domain, call.tenant(), &id, state.value, Showing::Admin) {
            // Removed since the list was read.
            Err(Failure::NotFound { .. }) => {}
            shown => servers.push(shown?),
        }
    }
    Ok(call.json(StatusCode::OK, &ServersBody { servers }))
}

/// createAuthorizationServer
pub async fn create(call: Call) -> Result<Answer, Failure> {
    let body: ServerBody = read::json(&call.request)?;
    let (id, wanted) = parse(body, call.tenant())?;
    let (id, state) = server::create(&call.app.domain, &call.by(), call.tenant(), id.as_deref(), wanted).await?;
    answer(&call, StatusCode::CREATED, &id, state)
}

/// getAuthorizationServer
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let id = call.param("aid");
    let state = server::current(&call.app.domain, call.tenant(), id)?;
    answer(&call, StatusCode::OK, id, (*state).clone())
}

/// updateAuthorizationServer
pub async fn update(call: Call) -> Result<Answer, Failure> {
    let body: ServerBody = read::json(&call.request)?;
    let id = call.param("aid");
    let (given, wanted) = parse(body, call.tenant())?;
    if given.is_some_and(|given| given != id) {
        return Err(Failure::invalid("/id", "must be the server of the path"));
    }
    let state = server::update(&call.app.domain, &call.by(), call.tenant(), id, wanted).await?;
    answer(&call, StatusCode::OK, id, state)
}

/// deleteAuthorizationServer
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    server::delete(&call.app.domain, &call.by(), call.tenant(), call.param("aid")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

fn answer(call: &Call, status: StatusCode, id: &str, state: State<server::Server>) -> Result<Answer, Failure> {
    let body = show(&call.app.domain, call.tenant(), id, state.value, Showing::Admin)?;
    Ok(call.one(status, &body, state.version))
}
