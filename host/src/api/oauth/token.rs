//! The token endpoint (RFC 6749 §3.2): client_credentials with client_secret_basic or client_secret_post.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::words::{error, invalid_client};
use crate::{
    api::{Answer, Call, read},
    authn::basic,
    crypto::Secret,
    domain::{
        Credentials, Failure,
        token::{self, CLIENT_CREDENTIALS, Refused},
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
    let (client_id, candidates) = client(&call, &form)?;
    let (domain, tenant, server) = (&call.app.domain, call.tenant(), call.param("aid"));
    match token::client_credentials(domain, tenant, server, &client_id, candidates, form.get("scope")).await {
        Ok(issued) => Ok(show(&issued)),
        Err(refused) => word(refused),
    }
}

/// The client's id and what its secret may be, from exactly one place (RFC 6749 §2.3).
fn client(call: &Call, form: &read::Pairs) -> Result<(String, Vec<Secret>), Failure> {
    let header = basic::credentials(&call.request.headers)?;
    match (header, form.get("client_secret")) {
        (Some(_), Some(_)) => Err(Failure::malformed("form.client_secret", "is given twice: also in the header")),
        (Some(basic), None) => match form.get("client_id") {
            Some(other) if other != basic.name => {
                Err(Failure::malformed("form.client_id", "differs from the header's"))
            }
            _ => Ok((basic.name, basic.candidates)),
        },
        (None, Some(secret)) => match form.get("client_id") {
            Some(client_id) => Ok((client_id.to_owned(), vec![Secret::new(secret)])),
            None => Err(Failure::malformed("form.client_id", "is required")),
        },
        (None, None) => Err(Failure::Unauthenticated(Credentials::Missing)),
    }
}

fn show(issued: &token::Issued) -> Answer {
    let body = TokenAnswer {
        access_token: issued.access_token.expose().to_owned(),
        token_type: "bearer",
        expires_in: issued.expires_in,
        scope: issued.scopes.join(" "),
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
        Refused::Failure(failure) => Err(failure),
    }
}
