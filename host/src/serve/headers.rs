//! What every answer carries besides its own headers, and the finished response.
//!
//! Called by `exchange` last. An answer may bring its own caching and content security policy (a page does); nothing
//! can take the other headers away.

use http::{HeaderMap, HeaderName, HeaderValue, Response, header};

use super::{outgoing::Outgoing, request_id};
use crate::api::message::{Answer, Payload};

const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const NO_CONTENT: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");
const TWO_YEARS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");

/// How an answer goes out.
#[derive(Debug)]
pub(super) struct Wanted {
    /// The request's id.
    pub(super) request_id: HeaderValue,
    /// Whether browsers are to come to this name by TLS only, from now on and at every port (RFC 6797).
    pub(super) pinned: bool,
    /// Whether only the head was asked for.
    pub(super) head_only: bool,
}

/// The response for the wire.
pub(super) fn finish(answer: Answer, wanted: Wanted) -> Response<Outgoing> {
    let Answer { status, mut headers, body } = answer;
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    headers.insert(header::REFERRER_POLICY, NO_REFERRER);
    headers.insert(request_id::NAME, wanted.request_id);
    unless_set(&mut headers, header::CACHE_CONTROL, NO_STORE);
    unless_set(&mut headers, header::CONTENT_SECURITY_POLICY, NO_CONTENT);
    if wanted.pinned {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, TWO_YEARS);
    }
    // hyper knows the length; two different ones would split the response.
    headers.remove(header::CONTENT_LENGTH);
    let body = match body {
        Payload::Whole(bytes) if wanted.head_only => {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
            Outgoing::nothing()
        }
        Payload::Pieces(_) if wanted.head_only => Outgoing::nothing(),
        body => Outgoing::from(body),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// Whether a request names the machine that it is sent from. Whatever else runs there is not ours to pin.
pub(super) fn is_this_machine(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

fn unless_set(headers: &mut HeaderMap, name: HeaderName, value: HeaderValue) {
    headers.entry(name).or_insert(value);
}
