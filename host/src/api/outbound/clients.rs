//! The five documented operations on OAuth clients of outbound connections.

use http::{StatusCode, header::ETAG};

use super::{
    body::{self, Asked},
    forms::{self, Form},
};
use crate::{
    api::{Answer, Call, etag, read},
    domain::{
        Credentials, Failure,
        connection::{self, Which},
    },
};

/// The parameters by which one is asked for.
const BY_NAME: &str = "oauthclientname";
const BY_ID: &str = "oauthclientid";

/// createOAuthClient
pub async fn create(call: Call) -> Result<Answer, Failure> {
    let Asked { id, retain, wanted } = body::parse(forms::body(&call.request)?)?;
    let id = id.filter(|_| retain);
    let made = connection::create(&call.app.domain, &call.by(), tenant(&call)?, id.as_deref(), wanted).await;
    let (id, _) = made?;
    Ok(Answer::text(StatusCode::OK, &format!("Successfully created the OAuth Client with id {id}.")))
}

/// modifyOAuthClient
pub async fn modify(call: Call) -> Result<Answer, Failure> {
    let Asked { id, retain: _, wanted } = body::parse(forms::body(&call.request)?)?;
    let (id, _) = connection::replace(&call.app.domain, &call.by(), tenant(&call)?, id.as_deref(), wanted).await?;
    Ok(Answer::text(StatusCode::OK, &format!("Successfully updated the OAuth Client with id {id}.")))
}

/// readOAuthClient
pub async fn read(call: Call) -> Result<Answer, Failure> {
    let form = match Form::wanted(&call.request.headers) {
        Ok(form) => form,
        Err(answer) => return Ok(*answer),
    };
    let query = read::query(&call.request)?;
    let (id, state) = connection::find(&call.app.domain, tenant(&call)?, asked_for(&query)?)?;
    let answer = form.one(&body::show(id, state.version, state.value, true))?;
    Ok(answer.header(ETAG, &etag::of(state.version)))
}

/// deleteOAuthClient
pub async fn delete(call: Call) -> Result<Answer, Failure> {
    let query = read::query(&call.request)?;
    connection::delete(&call.app.domain, &call.by(), tenant(&call)?, asked_for(&query)?).await?;
    Ok(Answer::text(StatusCode::OK, "OAuth Client deleted successfully."))
}

/// listOAuthClients
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let form = match Form::wanted(&call.request.headers) {
        Ok(form) => form,
        Err(answer) => return Ok(*answer),
    };
    let found = connection::list(&call.app.domain, tenant(&call)?)?;
    let shown: Vec<_> =
        found.into_iter().map(|(id, state)| body::show(id, state.version, state.value, false)).collect();
    form.many(&shown)
}

/// The tenant of the caller: no path of this dialect names one.
pub(super) fn tenant(call: &Call) -> Result<&str, Failure> {
    let home = call.caller.home().map(|(tenant, _)| tenant);
    home.ok_or(Failure::Unauthenticated(Credentials::Missing))
}

/// By name or by id, and not both.
fn asked_for(query: &read::Pairs) -> Result<Which<'_>, Failure> {
    query.only(&[BY_NAME, BY_ID])?;
    match (query.get(BY_NAME), query.get(BY_ID)) {
        (Some(name), None) => Ok(Which::Name(name)),
        (None, Some(id)) => Ok(Which::Id(id)),
        (None, None) => Err(Failure::malformed(format!("query.{BY_NAME}"), format!("is needed, or {BY_ID}"))),
        (Some(_), Some(_)) => {
            Err(Failure::malformed(format!("query.{BY_NAME}"), format!("must not be given with {BY_ID}")))
        }
    }
}
