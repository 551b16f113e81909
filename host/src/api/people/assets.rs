//! The style of the pages, and the scripts of the two pages that have one.

use http::{StatusCode, header::CACHE_CONTROL};

use crate::{
    api::{Answer, Call},
    domain::Failure,
};

/// A day: the pages name them with the version.
const A_DAY: &str = "public, max-age=86400";

/// pageStyle
pub async fn style(_: Call) -> Result<Answer, Failure> {
    let style = include_str!("assets/portcullis.css");
    Ok(Answer::with(StatusCode::OK, "text/css; charset=utf-8", style).header(CACHE_CONTROL, A_DAY))
}

/// pageScript
pub async fn script(_: Call) -> Result<Answer, Failure> {
    Ok(javascript(include_str!("assets/post.js")))
}

/// checkSessionScript
pub async fn check_session(_: Call) -> Result<Answer, Failure> {
    Ok(javascript(include_str!("assets/check-session.js")))
}

fn javascript(script: &'static str) -> Answer {
    Answer::with(StatusCode::OK, "text/javascript; charset=utf-8", script).header(CACHE_CONTROL, A_DAY)
}
