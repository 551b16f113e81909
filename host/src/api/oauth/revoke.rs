//! The revocation endpoint (RFC 7009).

use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{asking, words::error};
use crate::{
    api::{Answer, Call, read},
    domain::{
        Failure, server,
        token::{asker::REVOKE, revoke, revoke::Revoked},
    },
};

/// The form (RFC 7009 §2.1), beside what authenticates the client.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "describes the form for OpenAPI; the handler reads the pairs itself")]
pub struct RevokeForm {
    /// An access token, signed or opaque, or a refresh token: with it everything goes that was made from its grant.
    token: String,
    /// Not needed: tokens show what they are.
    token_type_hint: Option<String>,
}

/// revoke
pub async fn revoke(call: Call) -> Result<Answer, Failure> {
    let form = read::form(&call.request)?;
    let token = form.get("token").ok_or_else(|| Failure::malformed("form.token", "is required"))?;
    let (domain, tenant, server_id) = (&call.app.domain, call.tenant(), call.param("aid"));
    let server = server::current(domain, tenant, server_id)?;
    let server = (server_id, &server.value);
    let asker = match asking::asker(&call, &form, server, REVOKE).await? {
        Ok(asker) => asker,
        Err(answer) => return Ok(answer),
    };
    match revoke::revoke(domain, tenant, server, &asker, token).await? {
        Revoked::Done => Ok(Answer::empty(StatusCode::OK)),
        Revoked::Foreign => {
            let description = format!("the token is another client's: that takes scope `{REVOKE}`");
            Ok(error(StatusCode::BAD_REQUEST, "unauthorized_client", description))
        }
    }
}
