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
        issue::{self, Asked, Refused, Sent, Tokens},
        proof::{self, Unproven},
        server,
    },
};

/// The form (RFC 6749 §4, RFC 7636 §4.5).
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "describes the form for OpenAPI; the handler reads the pairs itself")]
pub struct TokenForm {
    /// `authorization_code`, `refresh_token`, `client_credentials` or `password`.
    grant_type: String,
    /// Space separated; everything the client may have, or was granted, when left out.
    scope: Option<String>,
    /// The authorization code.
    code: Option<String>,
    /// As in the authorization request.
    redirect_uri: Option<String>,
    /// What the code challenge was made of.
    code_verifier: Option<String>,
    /// The refresh token. It is good once: the answer has the next one.
    refresh_token: Option<String>,
    /// The person's name.
    username: Option<String>,
    /// The person's password.
    password: Option<String>,
    /// With client_secret_post, or of a client without a secret.
    client_id: Option<String>,
    /// With client_secret_post.
    client_secret: Option<String>,
    /// `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`.
    client_assertion_type: Option<String>,
    /// With client_secret_jwt and private_key_jwt.
    client_assertion: Option<String>,
}

/// The answer (RFC 6749 §5.1).
#[derive(Serialize, JsonSchema)]
pub struct TokenAnswer<'a> {
    /// The token.
    pub access_token: &'a str,
    /// `bearer`.
    pub token_type: &'static str,
    /// Seconds.
    pub expires_in: i64,
    /// For the next ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<&'a str>,
    /// About the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<&'a str>,
    /// The granted scopes, space separated.
    pub scope: String,
}

/// token
pub async fn issue(call: Call) -> Result<Answer, Failure> {
    let form = read::form(&call.request)?;
    let Some(name) = form.get("grant_type") else {
        return Err(Failure::malformed("form.grant_type", "is required"));
    };
    let (domain, tenant, server_id) = (&call.app.domain, call.tenant(), call.param("aid"));
    let server = server::current(domain, tenant, server_id)?;
    let server = (server_id, &server.value);
    let Some(grant) = issue::grant_type(server.1, name) else {
        let description = "the authorization server does not support this grant type";
        return Ok(error(StatusCode::BAD_REQUEST, "unsupported_grant_type", description));
    };
    let proven = match proof::client(domain, tenant, server, client::shown(&call, &form)?).await {
        Ok(proven) => proven,
        Err(Unproven::Client) => return word(Refused::Client),
        Err(Unproven::Failure(failure)) => return Err(failure),
    };
    let address = call.request.peer.ip().to_string();
    let sent = sent(&form, &address);
    let request_id = &call.request.request_id;
    match grant.issue(&Asked { domain, tenant, server, proven: &proven, sent: &sent, request_id }).await {
        Ok(tokens) => Ok(show(&tokens)),
        Err(refused) => word(refused),
    }
}

fn sent<'a>(form: &'a read::Pairs, address: &'a str) -> Sent<'a> {
    Sent {
        scope: form.get("scope"),
        code: form.get("code"),
        redirect_uri: form.get("redirect_uri"),
        code_verifier: form.get("code_verifier"),
        refresh_token: form.get("refresh_token"),
        username: form.get("username"),
        password: form.get("password"),
        address,
    }
}

fn show(tokens: &Tokens) -> Answer {
    let Tokens { access, refresh, id } = tokens;
    let body = TokenAnswer {
        access_token: access.access_token.expose(),
        token_type: "bearer",
        expires_in: access.expires_in,
        refresh_token: refresh.as_ref().map(|token| token.expose()),
        id_token: id.as_ref().map(|token| token.expose()),
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
            Ok(error(StatusCode::BAD_REQUEST, "invalid_scope", format!("`{scope}` may not be asked for here")))
        }
        Refused::Invalid(reason) => Ok(error(StatusCode::BAD_REQUEST, "invalid_grant", reason)),
        Refused::Failure(failure) => Err(failure),
    }
}
