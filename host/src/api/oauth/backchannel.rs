//! The backchannel authentication endpoint (CIBA §7): a client asks for a person who is elsewhere.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{client, device::LISTS, token, words::error};
use crate::{
    api::{Answer, Call, read},
    domain::{
        Failure,
        elsewhere::backchannel::{self, Begun, NotAsked, Sent},
        issue::BACKCHANNEL,
    },
};

/// The form (CIBA §7.1), beside what authenticates the client, as at the token endpoint.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "describes the form for OpenAPI; the handler reads the pairs itself")]
pub struct BackchannelForm {
    /// Space separated, with `openid`.
    scope: Option<String>,
    /// For which resources the tokens are to be: a field each (RFC 8707).
    resource: Option<Vec<String>>,
    /// A JSON array of what is asked for besides scopes (RFC 9396).
    authorization_details: Option<String>,
    /// The name by which the server knows the person: also the `sub` of tokens, but for clients with pairwise subjects. One of this
    /// and `id_token_hint` is required.
    login_hint: Option<String>,
    /// An ID token of this server for this client, expired or not.
    id_token_hint: Option<String>,
    /// What the client shows the person, so that they can compare: letters, digits and a few signs, 128 characters at most.
    binding_message: Option<String>,
    /// How long the request is good at most, in seconds; 30 are the least.
    requested_expiry: Option<u32>,
    /// Authentication context classes, the best first.
    acr_values: Option<String>,
    /// With what the client is told of the answer, when it is told by ping.
    client_notification_token: Option<String>,
    /// The code that the person has chosen on their account page, for a client with `backchannel_user_code_parameter`.
    user_code: Option<String>,
    /// All of this, as claims of a token that the client has signed; then nothing may stand beside it but what authenticates the
    /// client. Required of a client with `backchannel_authentication_request_signing_alg`, and of no other.
    request: Option<String>,
    /// With client_secret_post.
    client_id: Option<String>,
    /// With client_secret_post.
    client_secret: Option<String>,
    /// `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`.
    client_assertion_type: Option<String>,
    /// With client_secret_jwt and private_key_jwt.
    client_assertion: Option<String>,
}

/// The answer (CIBA §7.3).
#[derive(Serialize, JsonSchema)]
pub struct BackchannelAnswer<'a> {
    /// What the client asks the token endpoint with.
    pub auth_req_id: &'a str,
    /// How long it is good, in seconds.
    pub expires_in: i64,
    /// How often the client may ask the token endpoint, in seconds.
    pub interval: i64,
}

/// authenticateElsewhere
pub async fn begin(call: Call) -> Result<Answer, Failure> {
    let form = read::form_with_lists(&call.request, LISTS)?;
    let client = match client::arrived(&call, &form, Some(BACKCHANNEL)).await? {
        Ok(client) => client,
        Err(refused) => return Ok(refused),
    };
    let resources: Vec<&str> = form.all("resource").collect();
    let sent = Sent {
        scope: form.get("scope"),
        resources: &resources,
        authorization_details: form.get("authorization_details"),
        client_notification_token: form.get("client_notification_token"),
        acr_values: form.get("acr_values"),
        login_hint_token: form.get("login_hint_token"),
        id_token_hint: form.get("id_token_hint"),
        login_hint: form.get("login_hint"),
        binding_message: form.get("binding_message"),
        user_code: form.get("user_code"),
        requested_expiry: form.get("requested_expiry"),
        request: form.get("request"),
        address: &client.address,
    };
    match backchannel::begin(&call.app.domain, call.tenant(), client.server(), &client.proven, sent).await {
        Ok(Begun { auth_req_id, expires_in, interval }) => {
            let body = BackchannelAnswer { auth_req_id: auth_req_id.expose(), expires_in, interval };
            Ok(Answer::json(StatusCode::OK, &body))
        }
        Err(refused) => word(refused),
    }
}

/// CIBA §13.
fn word(refused: NotAsked) -> Result<Answer, Failure> {
    let (word, reason) = match refused {
        NotAsked::NobodyKnown => ("unknown_user_id", "nobody of this name is known here"),
        NotAsked::MissingCode => ("missing_user_code", "the person has to be asked for their code first"),
        NotAsked::WrongCode => ("invalid_user_code", "this is not the person's code"),
        NotAsked::BindingMessage(reason) => ("invalid_binding_message", reason),
        NotAsked::Request(reason) => ("invalid_request", reason),
        NotAsked::Refused(refused) => return token::word(refused),
    };
    Ok(error(StatusCode::BAD_REQUEST, word, reason))
}
