//! One accepted connection as bytes, plain or TLS, with its activity reported.
//!
//! Made by `connection`, read and written by hyper. One type for both kinds, so that hyper's machinery is compiled
//! once.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::server::TlsStream;

use super::activity::Activity;

/// One accepted connection.
#[derive(Debug)]
pub(super) struct Stream {
    transport: Transport,
    activity: Arc<Activity>,
    /// Whether nothing was read yet, so that the next bytes tell the protocol.
    fresh: bool,
}

#[derive(Debug)]
enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    pub(super) fn plain(tcp: TcpStream, activity: Arc<Activity>) -> Stream {
        Stream { transport: Transport::Plain(tcp), activity, fresh: true }
    }

    pub(super) fn tls(tls: TlsStream<TcpStream>, activity: Arc<Activity>) -> Stream {
        Stream { transport: Transport::Tls(Box::new(tls)), activity, fresh: true }
    }

    /// The client's certificate chain in DER, leaf first; empty without one.
    pub(super) fn certificates(&self) -> Vec<Bytes> {
        let Transport::Tls(tls) = &self.transport else { return Vec::new() };
        let chain = tls.get_ref().1.peer_certificates().unwrap_or_default();
        chain.iter().map(|certificate| Bytes::copy_from_slice(certificate)).collect()
    }

    /// Tells the activity what arrived. Only the preface of HTTP/2 begins with PRI, no method does.
    fn report(&mut self, received: &[u8]) {
        if received.is_empty() {
            return;
        }
        if std::mem::take(&mut self.fresh) && received.starts_with(b"PRI") {
            self.activity.speaks_frames();
        }
        self.activity.received();
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        ready!(match &mut self.transport {
            Transport::Plain(tcp) => Pin::new(tcp).poll_read(context, into),
            Transport::Tls(tls) => Pin::new(tls).poll_read(context, into),
        })?;
        let received = into.filled().get(before..).unwrap_or_default();
        self.report(received);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.transport {
            Transport::Plain(tcp) => Pin::new(tcp).poll_write(context, bytes),
            Transport::Tls(tls) => Pin::new(tls).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.transport {
            Transport::Plain(tcp) => Pin::new(tcp).poll_write_vectored(context, parts),
            Transport::Tls(tls) => Pin::new(tls).poll_write_vectored(context, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.transport {
            Transport::Plain(tcp) => tcp.is_write_vectored(),
            Transport::Tls(tls) => tls.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Plain(tcp) => Pin::new(tcp).poll_flush(context),
            Transport::Tls(tls) => Pin::new(tls).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Plain(tcp) => Pin::new(tcp).poll_shutdown(context),
            Transport::Tls(tls) => Pin::new(tls).poll_shutdown(context),
        }
    }
}
