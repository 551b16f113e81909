//! A request and an answer as the dialects see them: no sockets, no streams.
//!
//! `serve` makes a [`Request`] from the wire and writes an [`Answer`] back.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};

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
