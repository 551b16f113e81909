//! The token endpoint (RFC 6749 §3.2): who asks, which grant, the answer.

use http::{HeaderName, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    client,
    words::{error, invalid_client},
};
use crate::{
    api::{Answer, Call, read},
    authn::possession,
    domain::{
        Domain, Failure,
        issue::{self, Asked, GrantType, Refused, Sent, Tokens},
        possession::fresh_nonce,
        proof::{self, Proven, Unproven},
        server::{self, Server},
    },
};

/// The header in which programs of contact centres name an application.
const APPLICATION: &str = "x-applicationid";

/// The members of the form that may be there more than once.
pub const LISTS: &[&str] = &["audience", "resource"];
/// Where a client learns the nonce that its next proof must repeat (RFC 9449 §8).
const NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// The form (RFC 6749 §4, RFC 7636 §4.5).
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "describes the form for OpenAPI; the handler reads the pairs itself")]
pub struct TokenForm {
    /// `authorization_code`, `refresh_token`, `client_credentials`, `password`, or of those that begin with
    /// `urn:ietf:params:oauth:grant-type:`, `device_code`, `token-exchange` and `jwt-bearer`.
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
    /// What the device authorization endpoint gave (RFC 8628 §3.4).
    device_code: Option<String>,
    /// What the backchannel authentication endpoint gave (CIBA §10.1).
    auth_req_id: Option<String>,
    /// The person's name.
    username: Option<String>,
    /// The person's password.
    password: Option<String>,
    /// For which resources the access token is to be: a field each (RFC 8707). All that were granted when left out.
    resource: Option<Vec<String>>,
    /// A JSON array of what is asked for, or of a part of what was granted (RFC 9396).
    authorization_details: Option<String>,
    /// The token that is exchanged for another one (RFC 8693).
    subject_token: Option<String>,
    /// What that is: `urn:ietf:params:oauth:token-type:access_token`, `…:id_token` or `…:jwt`.
    subject_token_type: Option<String>,
    /// The token of whoever acts for the subject.
    actor_token: Option<String>,
    /// What that is: `urn:ietf:params:oauth:token-type:access_token` or `…:jwt`.
    actor_token_type: Option<String>,
    /// What is wanted for it: an access token, as above.
    requested_token_type: Option<String>,
    /// Whom the token is to be for that is exchanged: a field each.
    audience: Option<Vec<String>>,
    /// What an issuer that the authorization server trusts says of somebody (RFC 7523).
    assertion: Option<String>,
    /// With client_secret_post, or of a client without a secret.
    client_id: Option<String>,
    /// With client_secret_post.
    client_secret: Option<String>,
    /// `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`.
    client_assertion_type: Option<String>,
    /// With client_secret_jwt and private_key_jwt.
    client_assertion: Option<String>,
    /// Of a client of an organization: the application that it acts for. It may be in the header `X-ApplicationId` instead.
    application_id: Option<String>,
}

/// The answer (RFC 6749 §5.1).
#[derive(Serialize, JsonSchema)]
pub struct TokenAnswer<'a> {
    /// The token.
    pub access_token: &'a str,
    /// `bearer`, or `DPoP` when the token is bound to the key of such proofs (RFC 9449 §5).
    pub token_type: &'static str,
    /// What was issued for a token (RFC 8693): `urn:ietf:params:oauth:token-type:access_token` or `…:jwt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_token_type: Option<&'static str>,
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
    /// The granted authorization details (RFC 9396 §7).
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub authorization_details: &'a [Map<String, Value>],
}

/// token
pub async fn issue(call: Call) -> Result<Answer, Failure> {
    let form = read::form_with_lists(&call.request, LISTS)?;
    let name = grant_type(&form)?;
    let (tenant, server_id) = (call.tenant(), call.param("aid"));
    let server = server::current(&call.app.domain, tenant, server_id)?;
    let at = At { tenant, server: (server_id, &server.value), lasting: false };
    let Some(grant) = issue::grant_type(at.server.1, name) else { return Ok(unsupported()) };
    let shown = client::shown(&call, &form)?;
    match proof::client(&call.app.domain, tenant, at.server, shown).await {
        Ok(proven) => answer(&call, &form, at, grant, &proven).await,
        Err(unproven) => unknown(unproven),
    }
}

/// Where tokens are asked for.
#[derive(Clone, Copy)]
pub struct At<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// The authorization server.
    pub server: (&'a str, &'a Server),
    /// Whether a client of an organization gets a refresh token for its own credentials too.
    pub lasting: bool,
}

/// The grant that is asked for.
pub fn grant_type(form: &read::Pairs) -> Result<&str, Failure> {
    form.get("grant_type").ok_or_else(|| Failure::malformed("form.grant_type", "is required"))
}

/// The refusal of a grant that is not to be had here.
pub fn unsupported() -> Answer {
    let description = "the authorization server does not support this grant type";
    error(StatusCode::BAD_REQUEST, "unsupported_grant_type", description)
}

/// The refusal of a client that has not proven who it is.
pub fn unknown(unproven: Unproven) -> Result<Answer, Failure> {
    match unproven {
        Unproven::Client => word(Refused::Client),
        Unproven::Profile(reason) => Ok(error(StatusCode::BAD_REQUEST, "unauthorized_client", reason)),
        Unproven::Failure(failure) => Err(failure),
    }
}

/// Issues tokens to a client that has proven who it is.
pub async fn answer(
    call: &Call,
    form: &read::Pairs,
    at: At<'_>,
    grant: &GrantType,
    proven: &Proven,
) -> Result<Answer, Failure> {
    let At { tenant, server, lasting } = at;
    let address = call.request.address();
    let resources: Vec<&str> = form.all("resource").collect();
    let audience: Vec<&str> = form.all("audience").collect();
    let sent = Sent { resources: &resources, audience: &audience, ..sent(call, form, &address)? };
    let (domain, request_id) = (&call.app.domain, call.request.request_id.as_str());
    let asked = Asked { domain, tenant, server, proven, sent: &sent, request_id, lasting, confirmation: None };
    let answer = match grant.issue(&asked, &possession::evidence(call.request.head())).await {
        Ok(tokens) => show(&tokens),
        Err(refused) => word(refused)?,
    };
    Ok(with_nonce(answer, domain, tenant, server))
}

/// The same answer, with the nonce that the next proof must repeat where the server asks for one (RFC 9449 §8.2).
pub fn with_nonce(answer: Answer, domain: &Domain, tenant: &str, (id, server): (&str, &Server)) -> Answer {
    match server.security.dpop_nonces {
        true => answer.header(NONCE, &fresh_nonce(domain, tenant, id)),
        false => answer,
    }
}

fn sent<'a>(call: &'a Call, form: &'a read::Pairs, address: &'a str) -> Result<Sent<'a>, Failure> {
    Ok(Sent {
        scope: form.get("scope"),
        code: form.get("code"),
        redirect_uri: form.get("redirect_uri"),
        code_verifier: form.get("code_verifier"),
        refresh_token: form.get("refresh_token"),
        username: form.get("username"),
        password: form.get("password"),
        resources: &[],
        authorization_details: form.get("authorization_details"),
        device_code: form.get("device_code"),
        subject_token: form.get("subject_token"),
        subject_token_type: form.get("subject_token_type"),
        actor_token: form.get("actor_token"),
        actor_token_type: form.get("actor_token_type"),
        requested_token_type: form.get("requested_token_type"),
        audience: &[],
        assertion: form.get("assertion"),
        auth_req_id: form.get("auth_req_id"),
        application: application(call, form)?,
        address,
    })
}

/// The application that a client of an organization acts for: in the form, or in the header that programs of that house send.
fn application<'a>(call: &'a Call, form: &'a read::Pairs) -> Result<Option<&'a str>, Failure> {
    let mut headers = call.request.headers.get_all(APPLICATION).iter();
    let wrong = || Failure::malformed("header.X-ApplicationId", "must be one identifier");
    let header = headers.next().map(|value| value.to_str().map_err(|_| wrong())).transpose()?;
    if headers.next().is_some() {
        return Err(wrong());
    }
    match (form.get("application_id"), header) {
        (Some(form), Some(header)) if form != header => {
            Err(Failure::malformed("form.application_id", "differs from the header's"))
        }
        (form, header) => Ok(form.or(header).filter(|id| !id.is_empty())),
    }
}

fn show(tokens: &Tokens) -> Answer {
    let Tokens { kind, access, refresh, id } = tokens;
    let body = TokenAnswer {
        access_token: access.access_token.expose(),
        token_type: access.token_type,
        issued_token_type: *kind,
        expires_in: access.expires_in,
        refresh_token: refresh.as_ref().map(|token| token.expose()),
        id_token: id.as_ref().map(|token| token.expose()),
        scope: access.scopes.join(" "),
        authorization_details: &access.details,
    };
    Answer::json(StatusCode::OK, &body)
}

/// The refusal of a proof that does not repeat a nonce of ours (RFC 9449 §8).
pub fn use_nonce(nonce: &str) -> Answer {
    error(StatusCode::BAD_REQUEST, "use_dpop_nonce", "the DPoP proof must repeat the nonce").header(NONCE, nonce)
}

/// Words a refusal.
pub fn word(refused: Refused) -> Result<Answer, Failure> {
    match refused {
        Refused::Client => Ok(invalid_client("the client is unknown or its secret is wrong")),
        Refused::Grant => {
            Ok(error(StatusCode::BAD_REQUEST, "unauthorized_client", "the client may not use this grant type"))
        }
        Refused::Scope(scope) => {
            Ok(error(StatusCode::BAD_REQUEST, "invalid_scope", format!("`{scope}` may not be asked for here")))
        }
        Refused::Target(resource) => {
            Ok(error(StatusCode::BAD_REQUEST, "invalid_target", format!("`{resource}` may not be asked for here")))
        }
        Refused::Details(reason) => Ok(error(StatusCode::BAD_REQUEST, "invalid_authorization_details", reason)),
        Refused::Barred(reason) => Ok(error(StatusCode::BAD_REQUEST, "unauthorized_client", reason)),
        Refused::Invalid(reason) => Ok(error(StatusCode::BAD_REQUEST, "invalid_grant", reason)),
        Refused::Proof(reason) => Ok(error(StatusCode::BAD_REQUEST, "invalid_dpop_proof", reason)),
        Refused::Nonce(nonce) => Ok(use_nonce(&nonce)),
        Refused::Pending => {
            Ok(error(StatusCode::BAD_REQUEST, "authorization_pending", "the person has not answered yet"))
        }
        Refused::TooSoon => {
            let description = "the person has not answered yet: ask five seconds less often from now on";
            Ok(error(StatusCode::BAD_REQUEST, "slow_down", description))
        }
        Refused::Ended => Ok(error(StatusCode::BAD_REQUEST, "expired_token", "the person has not answered in time")),
        Refused::SaidNo => Ok(error(StatusCode::BAD_REQUEST, "access_denied", "the person has said no")),
        Refused::Failure(failure) => Err(failure),
    }
}
