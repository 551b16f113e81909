//! A request and an answer as the dialects see them: no sockets, no streams.
//!
//! `serve` makes a [`Request`] from the wire and writes an [`Answer`] back.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header::CONTENT_TYPE};
use serde::Serialize;

/// A whole request: the body is read, its size already limited.
#[derive(Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The raw path, still percent-encoded.
    pub path: String,
    /// The raw query without `?`, empty when there is none.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// Who is on the other end of the socket.
    pub peer: SocketAddr,
    /// The client's certificate chain in DER, leaf first; empty without mutual TLS.
    pub certificates: Vec<Bytes>,
    /// X-Request-ID: the caller's own when well formed, otherwise made here.
    pub request_id: String,
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: StatusCode,
    /// The headers. `serve` adds length, request id and the security headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Answer {
    /// An answer with a JSON body.
    pub fn json(status: StatusCode, body: &impl Serialize) -> Answer {
        match serde_json::to_vec(body) {
            Ok(bytes) => Answer::with(status, "application/json", bytes),
            // Wire structs have string keys and no failing serializers, so this is a mistake of ours.
            Err(error) => {
                tracing::error!(%error, "an answer could not be written as JSON");
                Answer::empty(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }

    /// An answer with a body of another type.
    pub fn with(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
        let mut answer = Answer::empty(status);
        answer.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        answer.body = body.into();
        answer
    }

    /// An answer without a body.
    pub fn empty(status: StatusCode) -> Answer {
        Answer { status, headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// The same answer with one more header. A value that is no header value is left out.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Answer {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }
}
