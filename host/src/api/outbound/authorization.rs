//! Using a connection: having it authorized at its provider, and getting an access token of it.
//!
//! Ours beside the documented operations. Nothing here is XML: browsers get a page, programs JSON.

use http::{
    Method, StatusCode,
    header::{COOKIE, LOCATION, SET_COOKIE},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::clients::tenant;
use crate::{
    api::{
        Answer, Call,
        people::{connected, cookies::is_secure, csrf},
        read::{self, JSON, accepted},
    },
    crypto::Secret,
    domain::{
        Failure,
        connection::{self, Departure, LIFE, Returned, Traveller, Which},
        handle::{self, Purpose},
    },
};

const HTML: &str = "text/html";
const TEXT: &str = "text/plain";
/// The cookie that binds an authorization to the browser that began it.
const BROWSER: &str = "pc-o";
/// Longer than any handle.
const LONGEST: usize = 128;

/// Where somebody authorizes an OAuth client.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Authorization")]
pub struct AuthorizationBody {
    /// The address at the provider. Good for ten minutes, and for one answer.
    pub authorization_url: String,
}

/// An access token (RFC 6749 §5.1).
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AccessToken")]
pub struct TokenBody<'a> {
    /// The token.
    pub access_token: &'a str,
    /// How it is used: `Bearer`.
    pub token_type: &'static str,
    /// For how many seconds it is good.
    pub expires_in: i64,
    /// What it is good for.
    pub scope: &'a str,
}

/// authorizeOAuthClient
pub async fn authorize(call: Call) -> Result<Answer, Failure> {
    not_head(&call)?;
    let Some(form) = accepted(&call.request.headers, &[HTML, JSON, TEXT]) else {
        return Ok(Answer::text(
            StatusCode::NOT_ACCEPTABLE,
            "The answer is a redirect, application/json or text/plain.",
        ));
    };
    // A browser shows an administrator's name and password whoever sends it here, and another site's page would have connected
    // whatever account it has at the provider.
    if form == HTML && csrf::is_foreign(&call.request) {
        return Err(Failure::Forbidden { needs: "a request that no other site has made".to_owned() });
    }
    let cookie = cookie(&call);
    let traveller = match form {
        HTML => Traveller::Browser(cookie.as_ref()),
        _ => Traveller::Anyone,
    };
    let begun = connection::begin(&call.app.domain, &call.caller, tenant(&call)?, which(&call), traveller).await?;
    let Departure { url, browser } = begun;
    Ok(match (form, browser) {
        (JSON, _) => Answer::json(StatusCode::OK, &AuthorizationBody { authorization_url: url }),
        (TEXT, _) => Answer::text(StatusCode::OK, &url),
        (_, browser) => {
            let answer = Answer::empty(StatusCode::SEE_OTHER).header(LOCATION, &url);
            match browser {
                Some(cookie) => set_cookie(answer, &call, &cookie),
                None => answer,
            }
        }
    })
}

/// returnFromOAuthProvider
pub async fn arrive(call: Call) -> Result<Answer, Failure> {
    not_head(&call)?;
    lasting(async move {
        let query = read::query(&call.request)?;
        let cookie = cookie(&call);
        let returned = Returned {
            state: query.get("state"),
            code: query.get("code"),
            iss: query.get("iss"),
            error: query.get("error"),
            browser: cookie.as_ref().map(Secret::expose),
        };
        let name = connection::arrive(&call.app.domain, returned).await?;
        Ok(connected::page(&call.request, &name))
    })
    .await
}

/// tokenOfOAuthClient
pub async fn token(call: Call) -> Result<Answer, Failure> {
    lasting(async move {
        let fresh = connection::fresh(&call.app.domain, tenant(&call)?, which(&call)).await?;
        let (access_token, scope) = (fresh.access.expose(), fresh.scope.as_str());
        let body = TokenBody { access_token, token_type: "Bearer", expires_in: fresh.expires_in, scope };
        Ok(Answer::json(StatusCode::OK, &body))
    })
    .await
}

/// Goes on when whoever asked has gone: the provider may exchange what is good once, so what it gives must be kept.
async fn lasting(work: impl Future<Output = Result<Answer, Failure>> + Send + 'static) -> Result<Answer, Failure> {
    tokio::spawn(work).await.unwrap_or_else(|error| Err(Failure::Internal { log: error.to_string() }))
}

/// The client of the path, by its identifier, else by its name.
fn which(call: &Call) -> Which<'_> {
    Which::Either(call.param("connection"))
}

/// These change something, so whoever only looks for headers must not (RFC 9110 §9.2.1).
fn not_head(call: &Call) -> Result<(), Failure> {
    match call.request.method == Method::HEAD {
        true => Err(Failure::NoSuchMethod { allowed: "GET".to_owned() }),
        false => Ok(()),
    }
}

/// One cookie does for everything that a browser has under way, so it stays until it ends.
fn set_cookie(answer: Answer, call: &Call, cookie: &Secret) -> Answer {
    let secure = if is_secure(&call.app.domain.public_url) { "; Secure" } else { "" };
    let (name, value) = (cookie_name(call), cookie.expose());
    answer.and_header(SET_COOKIE, &format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={LIFE}{secure}"))
}

fn cookie_name(call: &Call) -> String {
    let prefix = if is_secure(&call.app.domain.public_url) { "__Host-" } else { "" };
    format!("{prefix}{BROWSER}")
}

/// The cookie that the request brings, if it looks like one of ours.
fn cookie(call: &Call) -> Option<Secret> {
    let name = cookie_name(call);
    let lines = call.request.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(known, _)| *known == name)?;
    (value.len() <= LONGEST && handle::looks_like(Purpose::Browser, value)).then(|| Secret::new(value))
}
