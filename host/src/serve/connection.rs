//! One connection: handshake, protocol, limits, and a polite or abrupt end.
//!
//! Started by `listen` for every accepted socket. hyper reads and writes; `exchange` answers.

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsAcceptor;

use super::{
    Service,
    activity::{Activity, Expired, Watchdog},
    drain::Phase,
    exchange::{Edge, Line, exchange},
    stream::Stream,
};
use crate::config::Limits;

/// Requests at once on one HTTP/2 connection.
const STREAMS: u32 = 100;
/// Streams a client may reset before we answered, before its connection ends (CVE-2023-44487).
const RESETS: usize = 20;
/// How often an HTTP/2 client is asked whether it is there, and how long it may take to say so.
const PING: Duration = Duration::from_secs(20);
/// Unread bytes we hold for one HTTP/2 stream, and for one connection.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 1024 * 1024;
/// hyper keeps room for this many headers without asking for memory.
const USUAL_HEADERS: usize = 100;

/// Serves one connection until it ends.
pub(super) async fn serve<S: Service>(
    edge: Arc<Edge<S>>,
    protocols: Arc<Builder<TokioExecutor>>,
    acceptor: Option<TlsAcceptor>,
    tcp: TcpStream,
    peer: SocketAddr,
) {
    let activity = Activity::new();
    let Some(stream) = secured(&edge, acceptor, tcp, &activity).await else { return };
    let certificates = stream.certificates();
    let line = Arc::new(Line { edge, activity, peer, peer_text: peer.to_string(), certificates });
    drive(&line, &protocols, stream).await;
}

/// The stream after its handshake; `None` when that failed, took too long, or the server ends.
async fn secured<S>(
    edge: &Edge<S>,
    acceptor: Option<TlsAcceptor>,
    tcp: TcpStream,
    activity: &Arc<Activity>,
) -> Option<Stream> {
    let Some(acceptor) = acceptor else { return Some(Stream::plain(tcp, activity.clone())) };
    let patience = Duration::from_secs(edge.limits.header_seconds);
    let mut phase = edge.phase.clone();
    let handshake = tokio::select! {
        handshake = timeout(patience, acceptor.accept(tcp)) => handshake,
        _ = phase.next() => return None,
    };
    match handshake {
        Ok(Ok(tls)) => return Some(Stream::tls(tls, activity.clone())),
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
    edge.metrics.handshakes_failed.inc();
    None
}

async fn drive<S: Service>(line: &Arc<Line<S>>, protocols: &Builder<TokioExecutor>, stream: Stream) {
    let mut watchdog = Watchdog::new(line.activity.clone(), &line.edge.limits);
    let mut phase = line.edge.phase.clone();
    let service = service_fn(|request| exchange(line.clone(), request));
    let mut connection = pin!(protocols.serve_connection(TokioIo::new(stream), service));
    loop {
        // In this order: what the connection did decides how long the watchdog waits.
        tokio::select! {
            biased;
            end = connection.as_mut() => {
                if let Err(error) = end {
                    tracing::debug!(peer = %line.peer, %error, "a connection ended early");
                }
                return;
            }
            expired = watchdog.expired() => match expired {
                Expired::Stalled => return,
                Expired::Idle => {}
            },
            next = phase.next() => match next {
                Phase::Serving => continue,
                Phase::Draining => {}
                Phase::Cut => return,
            },
        }
        watchdog.closing();
        connection.as_mut().graceful_shutdown();
    }
}

/// Both protocols within these limits.
pub(super) fn protocols(limits: &Limits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // The head must fit into the buffer, which makes it the head's limit. `activity` takes the time.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(limits.header_bytes);
    if limits.headers != USUAL_HEADERS {
        builder.http1().max_headers(limits.headers);
    }
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
        .max_pending_accept_reset_streams(RESETS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING);
    builder
}
