//! A request and an answer as the dialects see them: no sockets, no streams.
//!
//! `serve` makes a [`Request`] from the wire and writes an [`Answer`] back.

use std::{fmt, net::SocketAddr};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header::CONTENT_TYPE};
use serde::Serialize;

use crate::authn::Head;

/// A whole request: the body is read, its size already limited.
#[derive(Debug)]
pub struct Request {
    /// The method as it was sent. A HEAD finds the row of GET, and its body stays in `serve`: no row has to know of it.
    pub method: Method,
    /// The raw path, still percent-encoded.
    pub path: String,
    /// The raw query without `?`, empty when there is none.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// From where: the other end of the socket, or whom a trusted proxy there has the request from.
    pub peer: SocketAddr,
    /// The client's certificate chain in DER, leaf first; empty without mutual TLS.
    pub certificates: Vec<Bytes>,
    /// X-Request-ID: the caller's own when well formed, otherwise made here.
    pub request_id: String,
}

impl Request {
    /// What credentials are looked for in.
    pub fn head(&self) -> Head<'_> {
        let Request { method, path, query: _, headers, body: _, peer: _, certificates, request_id: _ } = self;
        Head { method, path, headers, certificates, ahead: false }
    }

    /// From where, as limits and people see it: an IPv4 address is itself also where it is written as an IPv6 one.
    pub fn address(&self) -> String {
        self.peer.ip().to_canonical().to_string()
    }
}

/// Room for the headers of an answer, those of the edge included: growing costs more than making them.
const HEADERS: usize = 12;

/// Room for the JSON of most answers, for the same reason.
const USUAL_BODY: usize = 1024;

/// A whole answer, or one whose body is still to come.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: StatusCode,
    /// The headers. `serve` adds length, request id and the security headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Payload,
}

/// The body of an answer.
pub enum Payload {
    /// All of it.
    Whole(Bytes),
    /// A piece at a time, each made when the one before is on its way.
    Pieces(Pieces),
}

/// The pieces of a body. They are made on a worker thread, so each must take little time.
pub type Pieces = Box<dyn Iterator<Item = Result<Bytes, Broken>> + Send>;

/// The rest of a body cannot be made. What was sent is not whole, and the client must see that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Payload::Whole(bytes) => write!(f, "{} bytes", bytes.len()),
            Payload::Pieces(_) => f.write_str("pieces"),
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the rest of the body cannot be made")
    }
}

impl std::error::Error for Broken {}

impl Answer {
    /// An answer with a JSON body.
    pub fn json(status: StatusCode, body: &impl Serialize) -> Answer {
        let mut bytes = Vec::with_capacity(USUAL_BODY);
        match serde_json::to_writer(&mut bytes, body) {
            Ok(()) => Answer::with(status, "application/json", bytes),
            // Wire structs have string keys and no failing serializers, so this is a mistake of ours.
            Err(error) => {
                tracing::error!(%error, "an answer could not be written as JSON");
                Answer::empty(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }

    /// An answer that is a sentence.
    pub fn text(status: StatusCode, sentence: &str) -> Answer {
        Answer::with(status, "text/plain; charset=utf-8", sentence.to_owned())
    }

    /// An answer with a body of another type.
    pub fn with(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
        let mut answer = Answer::empty(status);
        answer.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        answer.body = Payload::Whole(body.into());
        answer
    }

    /// An answer with a body that is made while it is sent.
    pub fn pieces(status: StatusCode, content_type: &'static str, pieces: Pieces) -> Answer {
        let mut answer = Answer::with(status, content_type, Bytes::new());
        answer.body = Payload::Pieces(pieces);
        answer
    }

    /// An answer without a body.
    pub fn empty(status: StatusCode) -> Answer {
        Answer { status, headers: HeaderMap::with_capacity(HEADERS), body: Payload::Whole(Bytes::new()) }
    }

    /// The same answer with one more header. A value that is no header value is left out.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Answer {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    /// The same answer with one more header of a name that may be there more than once, such as Set-Cookie.
    #[must_use]
    pub fn and_header(mut self, name: HeaderName, value: &str) -> Answer {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.append(name, value);
        }
        self
    }
}
