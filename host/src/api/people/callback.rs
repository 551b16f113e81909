//! Where providers send people back to (OpenID Connect Core §3.1.2.5). It shows nothing: the login page goes on.

use http::{StatusCode, header::LOCATION};

use super::cookies;
use crate::{
    api::{Answer, Call, read},
    crypto::Secret,
    domain::{
        Failure,
        events::{self, Event},
        login, server,
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
        Arrived::Refused { login } => {
            tell(&call, &login, "refused at the provider");
            Ok(go_on(&call, &login))
        }
    }
}

/// To the login that goes on, in a new session.
pub fn let_in(call: &Call, login: &str, session: &Secret) -> Result<Answer, Failure> {
    let server = server::current(&call.app.domain, call.tenant(), call.param("aid"))?;
    tell(call, login, "done");
    Ok(cookies::start_session(go_on(call, login), call, session, server.value.cookie_seconds))
}

/// Tells the operator's log how a login elsewhere has ended.
fn tell(call: &Call, login: &str, outcome: &'static str) {
    let (tenant, server, address) = (call.tenant(), call.param("aid"), cookies::browser(call).address);
    let found = login::current(&call.app.domain, tenant, server, login).ok();
    let client = found.as_ref().map(|login| login.request.client_id.as_str()).unwrap_or_default();
    let identity = found.as_ref().and_then(|login| login.identity.as_ref());
    events::tell(Event {
        what: "login",
        outcome,
        tenant,
        server,
        client,
        subject: identity.map(|identity| identity.subject.as_str()).unwrap_or_default(),
        address: &address,
        request_id: &call.request.request_id,
    });
}

/// To the page of a login.
fn go_on(call: &Call, login: &str) -> Answer {
    let issuer = call.app.domain.issuer(call.tenant(), call.param("aid"));
    Answer::empty(StatusCode::SEE_OTHER).header(LOCATION, &format!("{issuer}/login/{login}"))
}
