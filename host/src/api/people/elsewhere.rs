//! The page of a provider that cannot be used: what that means for the person, and the ways on.
//!
//! Called by the login page, which sends people there, and by the callback, where they come back to. The client is not told yet,
//! since another try or another way may work; it is when the person gives up.

use http::StatusCode;
use maud::html;

use super::{login, visit::Visit};
use crate::{
    api::{Answer, log_failure},
    domain::Failure,
};

/// The page, when the failure is the provider's or ours with it. Every other failure is handed on.
pub fn told(visit: &Visit, failure: Failure) -> Result<Answer, Failure> {
    let status = match failure {
        Failure::Forbidden { .. } => StatusCode::FORBIDDEN,
        Failure::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        other => return Err(other),
    };
    let request_id = visit.call.request.request_id.as_str();
    log_failure(&failure, request_id);
    visit.tell("login", "the provider cannot be used", "");
    let texts = visit.language.errors();
    let body = html! {
        h1 { (texts.elsewhere.title) }
        p role="alert" { (texts.elsewhere.advice) }
        form method="get" action=(visit.url()) { button { (texts.try_again) } }
        (login::other_way(visit))
        (login::way_out(visit))
        details {
            summary { (texts.details) }
            p { (failure.to_client()) }
            p { (texts.request) ": " code { (request_id) } }
        }
    };
    Ok(visit.page(status, texts.elsewhere.title, &body))
}
