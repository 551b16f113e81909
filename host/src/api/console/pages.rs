//! The playground of policies: a page, its style and its script.

use http::{
    StatusCode,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY},
};

use crate::{
    api::{Answer, Call},
    domain::Failure,
};

/// The page asks nobody but this server and can be shown in no other page. Nothing in it is run but its own script.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";
/// A new version of the server brings new ones.
const SHORTLY: &str = "no-cache";

/// consolePolicies
pub(super) async fn policies(_: Call) -> Result<Answer, Failure> {
    let page = Answer::with(StatusCode::OK, "text/html; charset=utf-8", include_str!("assets/policies.html"));
    Ok(page.header(CONTENT_SECURITY_POLICY, POLICY).header(CACHE_CONTROL, SHORTLY))
}

/// consoleStyle
pub(super) async fn style(_: Call) -> Result<Answer, Failure> {
    let style = Answer::with(StatusCode::OK, "text/css; charset=utf-8", include_str!("assets/console.css"));
    Ok(style.header(CACHE_CONTROL, SHORTLY))
}

/// consoleScript
pub(super) async fn script(_: Call) -> Result<Answer, Failure> {
    let script = Answer::with(StatusCode::OK, "text/javascript; charset=utf-8", include_str!("assets/policies.js"));
    Ok(script.header(CACHE_CONTROL, SHORTLY))
}
