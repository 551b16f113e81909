//! Where providers send people back to (OpenID Connect Core §3.1.2.5). It shows nothing: the login page goes on.

use http::{StatusCode, header::LOCATION};

use super::cookies;
use crate::{
    api::{Answer, Call, read},
    crypto::Secret,
    domain::{
        Failure, server,
        upstream::{self, Arrived, Returned},
    },
};

/// returnFromProvider
pub async fn get(call: Call) -> Result<Answer, Failure> {
    let query = read::query(&call.request)?;
    let browser = cookies::browser(&call);
    let returned = Returned {
        state: query.get("state"),
        code: query.get("code"),
        iss: query.get("iss"),
        error: query.get("error"),
    };
    let (domain, tenant, server_id) = (&call.app.domain, call.tenant(), call.param("aid"));
    match upstream::arrive(domain, tenant, server_id, returned, &browser).await? {
        Arrived::In { login, session } => let_in(&call, &login, &session),
        Arrived::Refused { login } => Ok(go_on(&call, &login)),
    }
}

/// To the login that goes on, in a new session.
pub fn let_in(call: &Call, login: &str, session: &Secret) -> Result<Answer, Failure> {
    let server = server::current(&call.app.domain, call.tenant(), call.param("aid"))?;
    Ok(cookies::start_session(go_on(call, login), call, session, server.value.cookie_seconds))
}

/// To the page of a login.
fn go_on(call: &Call, login: &str) -> Answer {
    let issuer = call.app.domain.issuer(call.tenant(), call.param("aid"));
    Answer::empty(StatusCode::SEE_OTHER).header(LOCATION, &format!("{issuer}/login/{login}"))
}
