//! What authentication devices of people answer when a client asks them elsewhere (OpenID Connect CIBA).

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::logins::{self, WhenBody};
use crate::{
    api::{Answer, Call, read},
    domain::{
        Failure, Problem,
        elsewhere::vouched::{self, Outcome, Yes},
    },
};

/// A yes.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AcceptBackchannelRequest")]
pub struct AcceptBody {
    /// The request; must be the path's when given.
    #[serde(default)]
    pub id: Option<String>,
    /// What the device was given for this request. Required.
    #[serde(default)]
    pub request_state: Option<String>,
    /// The names of the scopes that the client may have, of those that were asked for; all when left out. `openid` is always one.
    #[serde(default)]
    pub granted_scopes: Option<Vec<String>>,
    /// When the person has proven who they are. Now when left out.
    #[serde(default)]
    pub auth_time: Option<WhenBody>,
    /// The authentication context class.
    #[serde(default)]
    pub acr: Option<String>,
    /// How the person has proven who they are (RFC 8176). `mfa` stands for a second factor, where one is needed.
    #[serde(default)]
    pub amr: Option<Vec<String>>,
}

/// A no.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RejectBackchannelRequest")]
pub struct RejectBody {
    /// The request; must be the path's when given.
    #[serde(default)]
    pub id: Option<String>,
    /// What the device was given for this request. Required.
    #[serde(default)]
    pub request_state: Option<String>,
}

/// What becomes of the request.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AnsweredBackchannelRequest")]
pub struct AnsweredBody {
    /// `approved`, and the client gets tokens; or `denied`, also when a policy says no although the person says yes.
    pub status: &'static str,
    /// Why it was denied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// acceptBackchannelRequest
pub async fn accept(call: Call) -> Result<Answer, Failure> {
    let AcceptBody { id, request_state, granted_scopes, auth_time, acr, amr } = read::json(&call.request)?;
    let (request, mut problems) = (call.param("request"), Vec::new());
    let yes = Yes {
        granted: granted_scopes,
        auth_time: auth_time.and_then(|at| logins::when(at, &mut problems)),
        acr: read::said(acr),
        amr: amr.unwrap_or_default(),
    };
    let state = state(id, request_state, request, problems)?;
    let place = (call.tenant(), call.param("aid"));
    let said = (yes, call.request.request_id.as_str());
    Ok(answered(vouched::accept(&call.app.domain, place, request, &state, said).await?))
}

/// rejectBackchannelRequest
pub async fn reject(call: Call) -> Result<Answer, Failure> {
    let RejectBody { id, request_state } = read::json(&call.request)?;
    let request = call.param("request");
    let state = state(id, request_state, request, Vec::new())?;
    let place = (call.tenant(), call.param("aid"));
    Ok(answered(vouched::reject(&call.app.domain, place, request, &state).await?))
}

/// The `request_state` of a body, when nothing else is wrong with it.
fn state(
    id: Option<String>,
    state: Option<String>,
    request: &str,
    mut problems: Vec<Problem>,
) -> Result<String, Failure> {
    let other = id.is_some_and(|id| !id.is_empty() && id != request);
    problems.extend(other.then(|| Problem::new("/id", "must be the request of the path")));
    let state = read::said(state);
    problems.extend(state.is_none().then(|| Problem::new("/request_state", "is required")));
    Failure::unless_fine(problems)?;
    Ok(state.unwrap_or_default())
}

fn answered(outcome: Outcome) -> Answer {
    let body = match outcome {
        Outcome::Approved => AnsweredBody { status: "approved", reason: None },
        Outcome::Denied(reason) => AnsweredBody { status: "denied", reason: Some(reason) },
    };
    Answer::json(StatusCode::OK, &body)
}
