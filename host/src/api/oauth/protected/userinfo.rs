//! Userinfo on the wire (OpenID Connect Core §5.3): JSON, or a JWT for clients that have asked for it.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::words;
use crate::{
    api::{Answer, Call, challenge, log_failure, read},
    authn::{bearer, possession},
    domain::{
        Caller, Credentials, Failure, Needs, permit,
        possession::{Presented, Scheme},
        token,
        userinfo::{self, Userinfo},
    },
};

/// The scope that a token needs.
pub const SCOPE: &str = "openid";

/// Claims about the person. More than these, as the server's claims say.
#[derive(Serialize, JsonSchema)]
pub struct UserinfoBody {
    /// The person.
    pub sub: String,
    /// The others.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// The form.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "describes the form for OpenAPI; the handler reads the pairs itself")]
pub struct UserinfoForm {
    /// The token, when it is not in the header.
    access_token: Option<String>,
}

/// userinfo
pub async fn get(call: Call) -> Result<Answer, Failure> {
    answer(&call, &call.caller).await
}

/// postUserinfo: the token may also stand in the form (RFC 6750 §2.2), but never in both places, nor in a query.
pub async fn post(call: Call) -> Result<Answer, Failure> {
    let caller = match in_header_or_form(&call) {
        Ok(caller) => caller,
        Err(failure) => return Ok(refused(&call, &failure)),
    };
    answer(&call, &caller).await
}

/// The same words as without a form, where the edge has found them.
fn refused(call: &Call, failure: &Failure) -> Answer {
    log_failure(failure, &call.request.request_id);
    let metadata = challenge::metadata(&call.app.domain, failure, Needs::Person(SCOPE), call.params.target());
    challenge::pointing(words::word(failure), metadata.as_deref())
}

fn in_header_or_form(call: &Call) -> Result<Caller, Failure> {
    let in_form = match read::sent_media_type(&call.request).eq_ignore_ascii_case(read::FORM) {
        true => read::form(&call.request)?.get("access_token").map(str::to_owned),
        false => None,
    };
    let head = call.request.head();
    let shown = match (bearer::presented(head)?, in_form.as_deref()) {
        (Some(_), Some(_)) => return Err(Failure::malformed("form.access_token", "is also in the header")),
        (Some(shown), None) => shown,
        (None, Some(token)) => Presented { token, scheme: Scheme::Bearer, evidence: Some(possession::evidence(head)) },
        (None, None) => return Err(Failure::Unauthenticated(Credentials::Missing)),
    };
    let domain = &call.app.domain;
    let caller = Caller::Bearer(token::verify(domain, call.tenant(), &shown)?);
    permit(domain, &caller, Needs::Person(SCOPE), call.params.target())?;
    Ok(caller)
}

async fn answer(call: &Call, caller: &Caller) -> Result<Answer, Failure> {
    let bearer = caller.bearer().ok_or(Failure::Unauthenticated(Credentials::Missing))?;
    Ok(match userinfo::of(&call.app.domain, bearer).await? {
        Userinfo::Plain(claims) => call.json(StatusCode::OK, &claims),
        Userinfo::Jwt(token) => Answer::with(StatusCode::OK, "application/jwt", token.expose().to_owned()),
    })
}
