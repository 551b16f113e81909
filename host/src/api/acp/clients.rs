//! Clients as the admin group takes and shows them. How a client is written on the wire stands in `clients/`, which the
//! developer group shares.

pub mod body;
mod parse;
mod show;

use std::sync::Arc;

use http::StatusCode;

use crate::{
    api::{
        Answer, Call,
        pages::{self, PAGE},
        read,
    },
    domain::{
        Domain, Failure,
        client::{self, Client},
    },
};

pub use body::{ClientBody, ClientsBody};
pub(super) use parse::{parse, read_form};
pub(crate) use show::describe;
pub(super) use show::{show, show_for_export, show_to_developer};

/// listClients
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let (app, tenant, server) = (Arc::clone(&call.app), call.tenant().to_owned(), call.param("aid").to_owned());
    pages::list("clients", move |after| {
        let found = client::page(&app.domain, &tenant, &server, after, PAGE)?;
        let shown =
            found.into_iter().map(|(id, state)| Ok((id.clone(), to_admin(&app.domain, &tenant, &id, state.value)?)));
        shown.collect()
    })
}

/// createClient
pub async fn create(call: Call) -> Result<Answer, Failure> {
    let (id, given, client) = parse(read::json(&call.request)?, call.tenant())?;
    let domain = &call.app.domain;
    let (id, state) = client::create(domain, &call.by(), call.tenant(), id.as_deref(), given, client).await?;
    Ok(call.one(StatusCode::CREATED, &to_admin(domain, call.tenant(), &id, state.value)?, state.version))
}

/// getClient
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let id = call.param("cid");
    let state = client::current(&call.app.domain, call.tenant(), id)?;
    Ok(call.one(StatusCode::OK, &to_admin(&call.app.domain, call.tenant(), id, state.value.clone())?, state.version))
}

/// updateClient
pub async fn update(call: Call) -> Result<Answer, Failure> {
    let id = call.param("cid");
    let (named, given, client) = parse(read::json(&call.request)?, call.tenant())?;
    if named.is_some_and(|named| named != id) {
        return Err(Failure::invalid("/client_id", "must be the client of the path"));
    }
    let state = client::update(&call.app.domain, &call.by(), call.tenant(), id, given, client).await?;
    Ok(call.one(StatusCode::OK, &to_admin(&call.app.domain, call.tenant(), id, state.value)?, state.version))
}

/// deleteClient
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    client::delete(&call.app.domain, &call.by(), call.tenant(), call.param("cid")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// A client with its secret, unless that is a developer's.
fn to_admin(domain: &Domain, tenant: &str, id: &str, client: Client) -> Result<ClientBody, Failure> {
    let secret = client::secret(domain, tenant, id, client.developer.is_none())?;
    show(domain, tenant, id, client, secret)
}
