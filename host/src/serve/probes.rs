//! /health/live, /health/ready and /metrics: what machines ask about the server itself.
//!
//! Answered by `exchange` before the service, so that they work while it is busy. They carry no secrets and need no
//! caller.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use crate::{
    api::message::Answer,
    metrics::{self, Metrics},
};

/// The answer, when `path` is one of ours. `ready` is only asked when needed.
pub(super) fn answer(method: &Method, path: &str, metrics: &Metrics, ready: impl Fn() -> bool) -> Option<Answer> {
    if *method != Method::GET {
        return None;
    }
    match path {
        "/health/live" => Some(json(StatusCode::OK, "{\"status\":\"live\"}")),
        "/health/ready" if ready() => Some(json(StatusCode::OK, "{\"status\":\"ready\"}")),
        "/health/ready" => Some(json(StatusCode::SERVICE_UNAVAILABLE, "{\"status\":\"not ready\"}")),
        "/metrics" => Some(of_type(StatusCode::OK, metrics::CONTENT_TYPE, metrics.render().into())),
        _ => None,
    }
}

fn json(status: StatusCode, text: &'static str) -> Answer {
    of_type(status, "application/json", Bytes::from_static(text.as_bytes()))
}

fn of_type(status: StatusCode, media_type: &'static str, body: Bytes) -> Answer {
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    Answer { status, headers, body }
}
