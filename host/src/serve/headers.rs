//! What every answer carries besides its own headers, and the finished response.
//!
//! Called by `exchange` last. An answer may bring its own caching and content security policy (a page does); nothing
//! can take the other headers away.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, header};
use http_body_util::Full;

use super::request_id;
use crate::api::message::Answer;

const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const NO_CONTENT: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");
const TWO_YEARS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");

/// How an answer goes out.
#[derive(Debug)]
pub(super) struct Outgoing {
    /// The request's id.
    pub(super) request_id: HeaderValue,
    /// Whether the connection is encrypted.
    pub(super) secure: bool,
    /// Whether only the head was asked for.
    pub(super) head_only: bool,
}

/// The response for the wire.
pub(super) fn finish(answer: Answer, outgoing: Outgoing) -> Response<Full<Bytes>> {
    let Answer { status, mut headers, mut body } = answer;
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    headers.insert(header::REFERRER_POLICY, NO_REFERRER);
    headers.insert(request_id::NAME, outgoing.request_id);
    unless_set(&mut headers, header::CACHE_CONTROL, NO_STORE);
    unless_set(&mut headers, header::CONTENT_SECURITY_POLICY, NO_CONTENT);
    if outgoing.secure {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, TWO_YEARS);
    }
    if outgoing.head_only {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        body = Bytes::new();
    } else {
        // hyper knows the length; two different ones would split the response.
        headers.remove(header::CONTENT_LENGTH);
    }
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

fn unless_set(headers: &mut http::HeaderMap, name: HeaderName, value: HeaderValue) {
    headers.entry(name).or_insert(value);
}
