//! The page that clients frame to find out whether somebody is still logged in (OpenID Connect Session Management 1.0 §3.2). It shows
//! nothing: its script reads the one cookie that it may, and answers the pages around it.

use http::{StatusCode, header::CONTENT_SECURITY_POLICY};
use maud::{DOCTYPE, html};

use super::cookies;
use crate::{
    api::{Answer, Call},
    domain::{Failure, server},
};

/// The only page of ours that pages of others may frame: there is nothing on it that anybody could be made to click.
const POLICY: &str = "default-src 'none'; script-src 'self'; base-uri 'none'; frame-ancestors *";
/// Where its script is.
const SCRIPT: &str = concat!("/assets/check-session.js?v=", env!("CARGO_PKG_VERSION"));

/// checkSession
pub async fn page(call: Call) -> Result<Answer, Failure> {
    let server = server::current(&call.app.domain, call.tenant(), call.param("aid"))?;
    if !server.value.security.session_management {
        return Err(Failure::not_found("check_session_iframe", call.param("aid")));
    }
    let whole = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="robots" content="noindex";
                title { "Session" }
                script src=(SCRIPT) data-cookie=(cookies::state_name(&call)) defer {}
            }
            body {}
        }
    };
    let page = Answer::with(StatusCode::OK, "text/html; charset=utf-8", whole.into_string());
    Ok(page.header(CONTENT_SECURITY_POLICY, POLICY))
}
