//! The authorization endpoint (RFC 6749 §3.1): a browser comes from a client, and goes on to the login or back to the client.
//!
//! Called for GET and POST alike (OpenID Connect Core §3.1.2.1). Knows no rule of the request.

use form_urlencoded::Serializer;
use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{cookies, layout, texts::Language};
use crate::{
    api::{Answer, Call, read},
    domain::{
        Failure,
        authorize::{self, Begun},
        server,
    },
};

/// What may be sent, as OpenAPI shows it.
pub const PARAMETERS: &[(&str, &str)] = &[
    ("client_id", "Who asks."),
    (
        "redirect_uri",
        "Where the answer goes: one of the client's own. Required when it has several, and with `openid`.",
    ),
    ("response_type", "`code`, `token`, `id_token` or several, separated by spaces."),
    (
        "response_mode",
        "`query`, `fragment` or `form_post`; `jwt`, `query.jwt`, `fragment.jwt` or `form_post.jwt` for an answer that is signed (JARM).",
    ),
    (
        "request",
        "The request as an object that the client has signed (RFC 9101). Besides `client_id`, only what is inside counts.",
    ),
    (
        "request_uri",
        "Where such an object is, one of the client's own; or the reference to a pushed request (RFC 9126).",
    ),
    ("scope", "Separated by spaces; without it, the client's own scopes but `openid` and `offline_access`."),
    ("state", "Handed back as it is."),
    ("nonce", "For the ID token."),
    ("code_challenge", "PKCE: the SHA-256 digest of the verifier in base64url."),
    ("code_challenge_method", "`S256`."),
    ("prompt", "`none`, or any of `login`, `consent` and `select_account`."),
    ("max_age", "The oldest login that will do, in seconds."),
    ("login_hint", "Who the client thinks it is."),
    ("id_token_hint", "An ID token of this server: who it must be."),
    ("acr_values", "Authentication context classes, the best first."),
    ("claims", "Claims asked for one by one (OpenID Connect Core §5.5)."),
    ("ui_locales", "The languages the person prefers."),
];

/// The form: the parameters of the query, and every other is ignored.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "describes the form for OpenAPI; the handler reads the pairs itself")]
pub struct AuthorizeForm {
    /// Who asks.
    client_id: String,
    /// Where the answer goes: one of the client's own.
    redirect_uri: Option<String>,
    /// `code`, `token`, `id_token` or several.
    response_type: String,
    /// Separated by spaces.
    scope: Option<String>,
    /// Handed back as it is.
    state: Option<String>,
}

/// authorize, authorizeByPost
pub async fn begin(call: Call) -> Result<Answer, Failure> {
    let sent = read::sent(&call.request)?;
    if let Some(again) = again(&call, &sent) {
        return Ok(layout::see_other(&again));
    }
    let (domain, tenant, server) = (&call.app.domain, call.tenant(), call.param("aid"));
    let browser = cookies::browser(&call);
    let answer = match authorize::begin(domain, tenant, server, &sent, &browser).await? {
        Begun::Login(id) => layout::see_other(&format!("{}/login/{id}", domain.issuer(tenant, server))),
        Begun::Answer(destination) => {
            let server = server::current(domain, tenant, server)?;
            let brand = layout::Brand::of(&server.value);
            layout::answer(&destination, Language::of(&call.request, &[]), Some(brand))
        }
        Begun::Offer(destination) => {
            let server = server::current(domain, tenant, server)?;
            let brand = layout::Brand::of(&server.value);
            layout::offer(&destination, Language::of(&call.request, &[]), Some(brand))
        }
    };
    cookies::keep_state(cookies::keep(answer, &call, &browser), &call, &browser)
}

/// Where a form of a client's own page goes on: it comes without cookies (SameSite=Lax), a link does not. Without this the person
/// would have to log in again, and a new cookie would take their other tabs' logins from them.
fn again(call: &Call, sent: &[(String, String)]) -> Option<String> {
    let url = || {
        let query = Serializer::new(String::new()).extend_pairs(sent).finish();
        format!("{}/oauth2/authorize?{query}", call.app.domain.issuer(call.tenant(), call.param("aid")))
    };
    let from_elsewhere = call.request.method == Method::POST && !cookies::has_any(call);
    // What no request line can carry is answered as it comes.
    from_elsewhere.then(url).filter(|url| url.len() <= LONGEST)
}

/// The longest address to go on with, in bytes.
const LONGEST: usize = 16 * 1024;
