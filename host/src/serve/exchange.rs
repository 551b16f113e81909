//! One exchange: from a request's head to the response for the wire.
//!
//! Called by hyper through `connection` for every request. Reads the body, asks the service within its deadline,
//! catches its panics, finishes the answer, logs and counts.

use std::{borrow::Cow, convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, Version, header, request::Parts};
use hyper::body::Incoming;

use super::{
    Service,
    access::{self, Entry},
    activity::Activity,
    body,
    catch::caught,
    client_certificate::Handed,
    drain, forwarded,
    headers::{self, Wanted},
    outgoing::Outgoing,
    own::Own,
    patience::within,
    request_id::RequestIds,
};
use crate::{
    api::message::{Answer, Payload, Request},
    authn::Head,
    config::{Limits, Network},
    metrics::{Metrics, Operation},
    world::Stopwatch,
};

/// What all connections of a server share.
pub(super) struct Edge<S> {
    pub(super) service: Arc<S>,
    pub(super) metrics: Arc<Metrics>,
    /// Counts what the edge answers itself.
    pub(super) own: Operation,
    pub(super) request_ids: RequestIds,
    pub(super) limits: Limits,
    /// The proxies that say where a request is from.
    pub(super) trusted: Vec<Network>,
    /// How they hand on certificates of clients.
    pub(super) handed: Option<Handed>,
    pub(super) secure: bool,
    pub(super) phase: drain::Watch,
}

/// What all exchanges of a connection share.
pub(super) struct Line<S> {
    pub(super) edge: Arc<Edge<S>>,
    pub(super) activity: Arc<Activity>,
    pub(super) peer: SocketAddr,
    /// The same as text, for the access log.
    pub(super) peer_text: String,
    pub(super) certificates: Vec<Bytes>,
}

/// Answers one request.
pub(super) async fn exchange<S: Service>(
    line: Arc<Line<S>>,
    request: hyper::Request<Incoming>,
) -> Result<Response<Outgoing>, Infallible> {
    let watch = Stopwatch::start();
    let edge = &line.edge;
    let _open = line.activity.begin();
    let (mut head, body) = request.into_parts();
    if head.version == Version::HTTP_2 {
        line.activity.speaks_frames();
        unify(&mut head);
    }
    let pinned = edge.secure && !headers::is_this_machine(&head.headers);
    let certificates = line.chain(&mut head.headers);
    let peer = forwarded::client(line.peer, &head.headers, &edge.trusted);
    let (text, request_id) = edge.request_ids.of(&head.headers);
    let (method, uri) = (head.method.clone(), head.uri.clone());
    let (answer, bytes_in) = match edge.admit(&head, body, &certificates).await {
        Ok(body) => {
            let bytes_in = body.len();
            (edge.answer(line.request(head, body, text, peer, certificates)).await, bytes_in)
        }
        Err(own) => (edge.refuse(own), 0),
    };
    let micros = watch.micros();
    edge.metrics.request_took(micros);
    let (status, bytes_out) = (answer.status, known_length(&answer.body));
    let from: Cow<'_, str> = if peer == line.peer { line.peer_text.as_str().into() } else { peer.to_string().into() };
    access::log(&Entry {
        method: &method,
        uri: &uri,
        status,
        micros,
        bytes_in,
        bytes_out,
        peer: &from,
        request_id: &request_id,
    });
    let head_only = method == Method::HEAD;
    Ok(headers::finish(answer, Wanted { request_id, pinned, head_only }))
}

/// The bytes of a body; 0 when they are still to be made.
fn known_length(body: &Payload) -> usize {
    match body {
        Payload::Whole(bytes) => bytes.len(),
        Payload::Pieces(_) => 0,
    }
}

/// Gives an HTTP/2 request the shape the dialects expect: a Host header, and one Cookie header (RFC 9113, 8.2.3).
fn unify(head: &mut Parts) {
    if !head.headers.contains_key(header::HOST)
        && let Some(authority) = head.uri.authority()
        && let Ok(host) = HeaderValue::from_str(authority.as_str())
    {
        head.headers.insert(header::HOST, host);
    }
    join_cookies(&mut head.headers);
}

fn join_cookies(headers: &mut HeaderMap) {
    let crumbs: Vec<&[u8]> = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if crumbs.len() < 2 {
        return;
    }
    if let Ok(whole) = HeaderValue::from_bytes(&crumbs.join(b"; ".as_slice())) {
        headers.insert(header::COOKIE, whole);
    }
}

impl<S> Line<S> {
    /// The certificates of the client: of this connection, or of the one to the proxy in front.
    fn chain(&self, headers: &mut HeaderMap) -> Vec<Bytes> {
        match &self.edge.handed {
            Some(handed) => handed.chain(self.peer.ip(), headers, &self.certificates),
            None => self.certificates.clone(),
        }
    }

    fn request(
        &self,
        head: Parts,
        body: Bytes,
        request_id: String,
        peer: SocketAddr,
        certificates: Vec<Bytes>,
    ) -> Request {
        Request {
            method: head.method,
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: head.headers,
            body,
            peer,
            certificates,
            request_id,
        }
    }
}

impl<S: Service> Edge<S> {
    /// The body, when the request may be answered at all.
    async fn admit(&self, head: &Parts, body: Incoming, certificates: &[Bytes]) -> Result<Bytes, Own> {
        if head.headers.len() > self.limits.headers {
            return Err(Own::TooManyHeaders);
        }
        if head.method == Method::CONNECT || head.method == Method::TRACE {
            return Err(Own::MethodNotAllowed);
        }
        let asks_first = head.headers.contains_key(header::EXPECT);
        let (method, path, headers) = (&head.method, head.uri.path(), &head.headers);
        let takes_document = || self.service.takes_document(Head { method, path, headers, certificates, ahead: true });
        body::read(body, asks_first, &self.limits, takes_document).await.map_err(Own::Unread)
    }

    async fn answer(&self, request: Request) -> Answer {
        let patience = Duration::from_secs(self.limits.request_seconds);
        match within(patience, caught(async { self.service.answer(request).await })).await {
            Some(Ok(answer)) => answer,
            Some(Err(_)) => {
                self.metrics.panics.inc();
                self.refuse(Own::Panicked)
            }
            None => self.refuse(Own::Deadline),
        }
    }

    fn refuse(&self, own: Own) -> Answer {
        let answer = own.answer();
        self.own.answered(answer.status.as_u16());
        answer
    }
}
