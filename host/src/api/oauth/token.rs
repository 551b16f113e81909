//! The token endpoint (RFC 6749 §3.2): who asks, which grant, the answer.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    client,
    words::{error, invalid_client},
};
use crate::{
    api::{Answer, Call, read},
    domain::{
        Failure,
        issue::{self, Refused, Tokens},
        proof::{self, Unproven},
        server,
        token::CLIENT_CREDENTIALS,
    },
};

/// The form (RFC 6749 §4.4.2).
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "describes the form for OpenAPI; the handler reads the pairs itself")]
pub struct TokenForm {
    /// `client_credentials`.
    grant_type: String,
    /// Space separated; all scopes of the client when left out.
    scope: Option<String>,
    /// With client_secret_post.
    client_id: Option<String>,
    /// With client_secret_post.
    client_secret: Option<String>,
}

/// The answer (RFC 6749 §5.1).
#[derive(Serialize, JsonSchema)]
pub struct TokenAnswer {
    /// The token.
    pub access_token: String,
    /// `bearer`.
    pub token_type: &'static str,
    /// Seconds.
    pub expires_in: i64,
    /// For the next ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// About the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    /// The granted scopes, space separated.
    pub scope: String,
}

/// token
pub async fn issue(call: Call) -> Result<Answer, Failure> {
    let form = read::form(&call.request)?;
    match form.get("grant_type") {
        None => return Err(Failure::malformed("form.grant_type", "is required")),
        Some(CLIENT_CREDENTIALS) => {}
        Some(_) => {
            let description = "the grant type is not supported";
            return Ok(error(StatusCode::BAD_REQUEST, "unsupported_grant_type", description));
        }
    }
    let shown = client::shown(&call, &form)?;
    let (domain, tenant, server_id) = (&call.app.domain, call.tenant(), call.param("aid"));
    let server = server::current(domain, tenant, server_id)?;
    let server = (server_id, &server.value);
    let proven = match proof::client(domain, tenant, server, shown).await {
        Ok(proven) => proven,
        Err(Unproven::Client) => return word(Refused::Client),
        Err(Unproven::Failure(failure)) => return Err(failure),
    };
    match issue::client_credentials::issue(domain, tenant, server, &proven, form.get("scope")).await {
        Ok(tokens) => Ok(show(&tokens)),
        Err(refused) => word(refused),
    }
}

fn show(tokens: &Tokens) -> Answer {
    let Tokens { access, refresh, id } = tokens;
    let body = TokenAnswer {
        access_token: access.access_token.expose().to_owned(),
        token_type: "bearer",
        expires_in: access.expires_in,
        refresh_token: refresh.as_ref().map(|token| token.expose().to_owned()),
        id_token: id.as_ref().map(|token| token.expose().to_owned()),
        scope: access.scopes.join(" "),
    };
    Answer::json(StatusCode::OK, &body)
}

fn word(refused: Refused) -> Result<Answer, Failure> {
    match refused {
        Refused::Client => Ok(invalid_client("the client is unknown or its secret is wrong")),
        Refused::Grant => {
            Ok(error(StatusCode::BAD_REQUEST, "unauthorized_client", "the client may not use this grant type"))
        }
        Refused::Scope(scope) => {
            Ok(error(StatusCode::BAD_REQUEST, "invalid_scope", format!("the client may not ask for `{scope}`")))
        }
        Refused::Invalid(reason) => Ok(error(StatusCode::BAD_REQUEST, "invalid_grant", reason)),
        Refused::Failure(failure) => Err(failure),
    }
}
