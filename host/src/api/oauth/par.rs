//! The endpoint for pushed authorization requests (RFC 9126 §2): a client proves who it is as at the token endpoint, and leaves
//! the parameters that the browser would have brought. It may prove a key as well, to which its code is bound then (RFC 9449
//! §10.1). Knows no rule of the request.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{client, token, words::error};
use crate::{
    api::{Answer, Call, read},
    authn::possession,
    domain::{
        Failure,
        authorize::{self, Left, Pushed, Unpushed},
    },
};

/// The form: the parameters of the authorization endpoint but `request_uri`, beside what authenticates the client.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "describes the form for OpenAPI; the handler reads the pairs itself")]
pub struct PushForm {
    /// With client_secret_post, or of a client without a secret.
    client_id: Option<String>,
    /// Where the answer goes: one of the client's own.
    redirect_uri: Option<String>,
    /// `code`, `token`, `id_token` or several.
    response_type: Option<String>,
    /// Separated by spaces.
    scope: Option<String>,
    /// Handed back as it is.
    state: Option<String>,
    /// PKCE: the SHA-256 digest of the verifier in base64url.
    code_challenge: Option<String>,
    /// `S256`.
    code_challenge_method: Option<String>,
    /// The thumbprint of the key that the code is to be bound to (RFC 9449 §10). A proof in the header `DPoP` says the same.
    dpop_jkt: Option<String>,
}

/// What the browser brings instead of the request (RFC 9126 §2.2).
#[derive(Serialize, JsonSchema)]
pub struct PushAnswer<'a> {
    /// A reference to the request, good once.
    pub request_uri: &'a str,
    /// Seconds.
    pub expires_in: i64,
}

/// What may be there more than once (RFC 8707 §2).
const LISTS: &[&str] = &["resource"];

/// pushAuthorizationRequest
pub async fn push(call: Call) -> Result<Answer, Failure> {
    let form = read::form_with_lists(&call.request, LISTS)?;
    let sent = read::sent(&call.request)?;
    let client = match client::arrived(&call, &form, None).await? {
        Ok(client) => client,
        Err(refused) => return Ok(refused),
    };
    let (domain, tenant, server) = (&call.app.domain, call.tenant(), client.server());
    let evidence = possession::evidence(call.request.head());
    let left = Left { sent: &sent, evidence: &evidence, address: &client.address };
    let answer = match authorize::push(domain, tenant, server, &client.proven, left).await {
        Ok(Pushed { request_uri, expires_in }) => {
            let body = PushAnswer { request_uri: request_uri.expose(), expires_in };
            Answer::json(StatusCode::CREATED, &body)
        }
        Err(Unpushed::Refused(word, description)) => error(StatusCode::BAD_REQUEST, word, description),
        Err(Unpushed::Nonce(nonce)) => token::use_nonce(&nonce),
        Err(Unpushed::Failure(failure)) => return Err(failure),
    };
    Ok(token::with_nonce(answer, domain, tenant, server))
}
