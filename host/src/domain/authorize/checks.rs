//! What an authorization request must be like: one line a rule, in order. The high-assurance set adds lines.
//!
//! Called by `begin` once client and redirect URI are certain, so that what is wrong here is told to the client. Each line
//! reads the parameters that it is about and puts what they mean into the request.

use super::{
    AuthorizationRequest, Place, Prompt, ResponseMode, ResponseType,
    came::How,
    hints, reach,
    refusal::{Refusal, Wrong},
    sent::Sent,
};
use crate::domain::{
    Failure,
    client::{AuthMethod, Client},
    grant::Grant,
    issue::{self, Refused, id_token::OPENID},
    possession,
    profile::{self, Seen, Switch},
};

/// A request on its way through the lines.
pub(super) struct Draft<'a> {
    /// Where it was made.
    pub(super) place: Place<'a>,
    /// The client that asks, and its id.
    pub(super) client: (&'a str, &'a Client),
    /// What was sent.
    pub(super) sent: Sent<'a>,
    /// How it came.
    pub(super) how: How,
    /// What is understood of it so far.
    pub(super) request: AuthorizationRequest,
}

/// A line of the table.
struct Line {
    /// What it is about, as the tests name it.
    name: &'static str,
    check: fn(&mut Draft<'_>) -> Result<(), Wrong>,
}

static LINES: &[Line] = &[
    Line { name: "parameters are there once and not too long", check: parameters },
    Line { name: "who is as the profiles of the server demand", check: held },
    Line { name: "pushed requests", check: pushed_requests },
    Line { name: "request objects", check: request_objects },
    Line { name: "response type", check: response_type },
    Line { name: "bound tokens", check: bound_tokens },
    Line { name: "dpop_jkt", check: bound_code },
    Line { name: "grant types", check: grant_types },
    Line { name: "response mode", check: response_mode },
    Line { name: "scopes", check: scopes },
    Line { name: "OpenID Connect", check: openid },
    Line { name: "PKCE", check: pkce },
    Line { name: "prompt", check: prompt },
    Line { name: "max_age", check: max_age },
    Line { name: "id_token_hint", check: hints::id_token_hint },
    Line { name: "claims", check: hints::claims },
    Line { name: "resources", check: reach::resources },
    Line { name: "authorization details", check: reach::details },
    Line { name: "hints", check: hints::others },
    Line { name: "what the profiles of the server demand of a request", check: profiled },
];

impl<'a> Draft<'a> {
    /// A request of which is known where an answer goes and how it travels, and nothing else yet.
    pub(super) fn new(
        place: Place<'a>,
        client: (&'a str, &'a Client),
        sent: Sent<'a>,
        (redirect_uri, redirect_named): (String, bool),
        how: How,
    ) -> Draft<'a> {
        let response_type = ResponseType::of_words(sent.get("response_type").unwrap_or_default());
        let wanted = sent.get("response_mode").and_then(|word| ResponseMode::of_word(word, response_type));
        let (response_mode, signed_answer) = wanted.unwrap_or((ResponseMode::usual(response_type), false));
        let request = AuthorizationRequest {
            client_id: client.0.to_owned(),
            redirect_uri,
            redirect_named,
            response_type,
            response_mode: match response_mode.carries(response_type) {
                true => response_mode,
                false => ResponseMode::usual(response_type),
            },
            signed_answer,
            state: sent.get("state").map(str::to_owned),
            ..AuthorizationRequest::default()
        };
        Draft { place, client, sent, how, request }
    }

    /// Goes through all lines, up to the first that is wrong.
    pub(super) fn check(&mut self) -> Result<(), Wrong> {
        for Line { name, check } in LINES {
            check(self)
                .inspect_err(|wrong| tracing::debug!(line = name, ?wrong, "an authorization request is refused"))?;
        }
        Ok(())
    }

    pub(super) fn asks_for(&self, scope: &str) -> bool {
        self.request.scopes.iter().any(|asked| asked == scope)
    }
}

fn parameters(draft: &mut Draft<'_>) -> Result<(), Wrong> {
    match draft.sent.first_wrong() {
        Some((name, reason)) => Err(Refusal::request(format!("{name} {reason}")).into()),
        None => Ok(()),
    }
}

/// Where requests are pushed, one that is not was not made by the client, as far as anybody knows (RFC 9126 §4, §5, §6).
fn pushed_requests(draft: &mut Draft<'_>) -> Result<(), Wrong> {
    let client = &draft.client.1.security;
    if draft.how.pushed {
        Ok(())
    } else if profile::requires(draft.place.server, Switch::Pushed) {
        Err(Refusal::request("requests must be pushed on this server").into())
    } else if client.require_pushed_requests {
        Err(Refusal::request("this client's requests must be pushed").into())
    } else {
        Ok(())
    }
}

/// A client that has said that its requests are signed must not be had by whoever sends one that is not (RFC 9101 §10.5). What
/// this server does not take has a word of its own (OpenID Connect Core §3.1.2.6).
fn request_objects(draft: &mut Draft<'_>) -> Result<(), Wrong> {
    let client = draft.client.1;
    if draft.sent.has("registration") {
        Err(Refusal::new("registration_not_supported", "registration is not taken here").into())
    } else if draft.how.signed {
        Ok(())
    } else if profile::requires(draft.place.server, Switch::SignedRequests) {
        Err(Refusal::request("requests must be signed on this server").into())
    } else if client.security.require_signed_requests || client.signs_requests() {
        Err(Refusal::request("this client's requests must be signed").into())
    } else {
        Ok(())
    }
}

fn response_type(draft: &mut Draft<'_>) -> Result<(), Wrong> {
    let Some(text) = draft.sent.get("response_type") else {
        return Err(Refusal::request("response_type is required").into());
    };
    let known = draft.request.response_type.words();
    match known.len() == text.split(' ').count() {
        true => Ok(()),
        false => Err(Refusal::new("unsupported_response_type", "the response_type is not known").into()),
    }
}

/// A token that travels through the browser is bound to no key, since nobody proves to hold one here.
fn bound_tokens(draft: &mut Draft<'_>) -> Result<(), Wrong> {
    let may_be = possession::may_be_unbound(draft.place.server, draft.client.1);
    match draft.request.response_type.token && !may_be {
        true => {
            Err(Refusal::request("tokens must be bound to a key here, so they are given by the token endpoint only")
                .into())
        }
        false => Ok(()),
    }
}

/// The key that the code is bound to (RFC 9449 §10).
fn bound_code(draft: &mut Draft<'_>) -> Result<(), Wrong> {
    let Some(thumbprint) = draft.sent.get("dpop_jkt") else { return Ok(()) };
    if !possession::is_thumbprint(thumbprint) {
        return Err(Refusal::request("dpop_jkt must be the SHA-256 thumbprint of a key (RFC 7638)").into());
    }
    draft.request.dpop_jkt = Some(thumbprint.to_owned());
    Ok(())
}

/// The server's grants say what there is, the client's what it may have.
fn grant_types(draft: &mut Draft<'_>) -> Result<(), Wrong> {
    let asked = draft.request.response_type;
    let needed = [("authorization_code", asked.code), ("implicit", asked.has_tokens())];
    let lacks =
        |grants: &[String]| needed.iter().any(|(grant, needed)| *needed && !grants.iter().any(|one| one == grant));
    if lacks(&draft.place.server.grant_types) {
        return Err(Refusal::new("unsupported_response_type", "this server does not answer this response_type").into());
    }
    let client = draft.client.1;
    match !lacks(&client.grant_types) && may_ask(client, asked) {
        true => Ok(()),
        false => Err(Refusal::new("unauthorized_client", "the client may not use this response_type").into()),
    }
}

/// A client may ask for a response type that it is registered with, and for several at once when it has each by itself.
fn may_ask(client: &Client, asked: ResponseType) -> bool {
    let has = |wanted: ResponseType| client.response_types.iter().any(|one| ResponseType::of_words(one) == wanted);
    has(asked) || asked.words().into_iter().all(|word| has(ResponseType::of_words(word)))
}

fn response_mode(draft: &mut Draft<'_>) -> Result<(), Wrong> {
    let Some(word) = draft.sent.get("response_mode") else { return Ok(()) };
    match ResponseMode::of_word(word, draft.request.response_type) {
        None => Err(Refusal::request("the response_mode is not known").into()),
        Some((mode, _)) if !mode.carries(draft.request.response_type) => {
            Err(Refusal::request("tokens must not travel in a query").into())
        }
        Some(_) => Ok(()),
    }
}

/// A client that names no scopes asks for all of its own, but for those that make another kind of request of it.
fn scopes(draft: &mut Draft<'_>) -> Result<(), Wrong> {
    let Place { domain, tenant, .. } = draft.place;
    let asked = draft.sent.get("scope");
    let mut scopes = match issue::of_client(domain, tenant, draft.client.1, asked) {
        Ok(scopes) => scopes,
        Err(Refused::Scope(scope)) => {
            return Err(Refusal::new("invalid_scope", format!("the client may not ask for {scope}")).into());
        }
        Err(Refused::Failure(failure)) => return Err(failure.into()),
        Err(other) => return Err(Failure::Internal { log: format!("{other:?} is not about scopes") }.into()),
    };
    // Without a code there will be no refresh token (OpenID Connect Core §11).
    let code = draft.request.response_type.code;
    scopes.retain(|scope| match scope.as_str() {
        OPENID => asked.is_some(),
        Grant::OFFLINE => asked.is_some() && code,
        _ => true,
    });
    draft.request.scopes = scopes;
    Ok(())
}

/// OpenID Connect Core §3.1.2.1, §3.2.2.1 and §3.3.2.1.
fn openid(draft: &mut Draft<'_>) -> Result<(), Wrong> {
    draft.request.nonce = draft.sent.get("nonce").map(str::to_owned);
    let (openid, id_token) = (draft.asks_for(OPENID), draft.request.response_type.id_token);
    if id_token && !openid {
        Err(Refusal::request("an id_token needs the scope openid").into())
    } else if id_token && draft.request.nonce.is_none() {
        Err(Refusal::request("nonce is required for an id_token in the answer").into())
    } else if openid && !draft.request.redirect_named {
        Err(Refusal::request("redirect_uri is required with the scope openid").into())
    } else {
        Ok(())
    }
}

/// S256 only: `plain` shows the verifier to whoever sees the request (RFC 9700 §2.1.1). A client that cannot prove who it
/// is needs it always, since nothing else binds its code to it.
fn pkce(draft: &mut Draft<'_>) -> Result<(), Wrong> {
    let (challenge, method) = (draft.sent.get("code_challenge"), draft.sent.get("code_challenge_method"));
    let required =
        profile::requires(draft.place.server, Switch::Pkce) || draft.client.1.auth_method == AuthMethod::None;
    match (challenge, method) {
        (None, None) if required && draft.request.response_type.code => {
            Err(Refusal::request("code_challenge is required").into())
        }
        (None, None) => Ok(()),
        (None, Some(_)) => Err(Refusal::request("code_challenge_method is nothing without a code_challenge").into()),
        (Some(challenge), Some("S256")) if is_digest(challenge) => {
            draft.request.challenge = Some(challenge.to_owned());
            Ok(())
        }
        (Some(_), Some("S256")) => Err(Refusal::request("code_challenge is no SHA-256 digest in base64url").into()),
        (Some(_), _) => Err(Refusal::request("code_challenge_method must be S256").into()),
    }
}

/// A client, or a server, that is not as a profile of the server demands gets nothing, and begins nothing.
fn held(draft: &mut Draft<'_>) -> Result<(), Wrong> {
    let Place { domain, tenant, id, server } = draft.place;
    match profile::refusal(domain, tenant, (id, server), draft.client.1)? {
        None => Ok(()),
        Some(reason) => Err(Refusal::new("unauthorized_client", reason).into()),
    }
}

/// Last, when it is understood what is asked for.
fn profiled(draft: &mut Draft<'_>) -> Result<(), Wrong> {
    let request = &draft.request;
    let seen = Seen {
        pushed: draft.how.pushed,
        code: request.response_type.code,
        id_token: request.response_type.id_token,
        token: request.response_type.token,
        signed_answer: request.signed_answer,
        challenge: request.challenge.is_some(),
        redirect_named: request.redirect_named,
        scope_named: draft.sent.has("scope"),
        state: request.state.is_some(),
        nonce: request.nonce.is_some(),
        openid: draft.asks_for(OPENID),
    };
    match profile::request_refusal(draft.place.server, &seen) {
        None => Ok(()),
        Some(reason) => Err(Refusal::request(format!("the server asks for more: {reason}")).into()),
    }
}

/// 32 bytes in base64url without padding (RFC 7636 §4.2).
fn is_digest(challenge: &str) -> bool {
    data_encoding::BASE64URL_NOPAD.decode(challenge.as_bytes()).is_ok_and(|bytes| bytes.len() == 32)
}

fn prompt(draft: &mut Draft<'_>) -> Result<(), Wrong> {
    let Some(text) = draft.sent.get("prompt") else { return Ok(()) };
    match Prompt::of_words(text) {
        Err(word) => Err(Refusal::request(format!("the prompt {word} is not known")).into()),
        Ok(prompt) if prompt.contradicts_itself() => Err(Refusal::request("prompt none must stand alone").into()),
        Ok(prompt) => {
            draft.request.prompt = prompt;
            Ok(())
        }
    }
}

fn max_age(draft: &mut Draft<'_>) -> Result<(), Wrong> {
    let Some(text) = draft.sent.get("max_age") else { return Ok(()) };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<i64>() {
        Ok(seconds) if digits => {
            draft.request.max_age = Some(seconds);
            Ok(())
        }
        _ => Err(Refusal::request("max_age must be a number of seconds").into()),
    }
}
