//! The browsers in which a person has logged in, as the person sees them and logs them out.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::granted;
use crate::{
    api::{Answer, Call},
    domain::{
        Failure,
        identity::Identity,
        moment,
        session::{self, Session},
    },
};

/// The sessions of a person.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Sessions")]
pub struct SessionsBody {
    /// The latest first.
    pub sessions: Vec<SessionBody>,
}

/// A browser in which a person has logged in.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session")]
pub struct SessionBody {
    /// Its identifier.
    pub id: String,
    /// Whether the token of this request was granted in it.
    pub current: bool,
    /// What the browser calls itself.
    pub browser: String,
    /// The address it came from.
    pub ip: String,
    /// When it started (RFC 3339).
    pub started_at: String,
    /// When it ends (RFC 3339).
    pub ends_at: String,
    /// When the person has proven who they are, in seconds since 1970.
    pub auth_time: i64,
    /// The authentication method of the server that was used.
    pub idp_id: String,
    /// What the person has proven it with (RFC 8176).
    pub amr: Vec<String>,
    /// The authentication context class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
}

/// listSessions
pub async fn list(call: Call) -> Result<Answer, Failure> {
    let person = granted(&call)?;
    let found = session::list(&call.app.domain, call.tenant(), call.param("aid"), &person.identity.subject)?;
    let sessions = found.into_iter().map(|(name, session)| {
        let current = person.session.as_ref() == Some(&name);
        show(name, current, session)
    });
    Ok(call.json(StatusCode::OK, &SessionsBody { sessions: sessions.collect() }))
}

/// endSession
pub async fn end(call: Call) -> Result<Answer, Failure> {
    let (domain, server, person) = (&call.app.domain, call.param("aid"), granted(&call)?);
    session::end_one(domain, call.tenant(), server, &person.identity.subject, call.param("session")).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

/// endOtherSessions
pub async fn end_others(call: Call) -> Result<Answer, Failure> {
    let (domain, server, person) = (&call.app.domain, call.param("aid"), granted(&call)?);
    let this = person.session.as_deref();
    session::end_others(domain, call.tenant(), server, &person.identity.subject, this).await?;
    Ok(Answer::empty(StatusCode::NO_CONTENT))
}

fn show(id: String, current: bool, session: Session) -> SessionBody {
    let Session { server_since: _, identity, browser, address, since, ends, sid: _, clients: _ } = session;
    let Identity { subject: _, method, auth_time, acr, amr, context: _, proof: _ } = identity;
    SessionBody {
        id,
        current,
        browser,
        ip: address,
        started_at: moment::show_seconds(since),
        ends_at: moment::show_seconds(ends),
        auth_time,
        idp_id: method,
        amr,
        acr,
    }
}
