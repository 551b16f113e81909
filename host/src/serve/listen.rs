//! The listener: bind, accept within the limit of connections, and end in order.
//!
//! Called by `cli`: [`bind`] first, then [`run`]. When all connections are in use, nothing is accepted: clients wait in
//! the kernel's queue, which costs them time and us nothing.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::sleep,
};
use tokio_rustls::TlsAcceptor;

use super::{
    Drained, ServeError, Service,
    client_certificate::Handed,
    connection,
    drain::{drain, phases},
    exchange::Edge,
    request_id::RequestIds,
    tls,
};
use crate::{
    config::{Config, Limits, Network},
    metrics::Metrics,
    world::World,
};

/// How long to wait after the system refused to accept: it has no files or memory left, which takes others to change.
const REFUSED: Duration = Duration::from_millis(100);

/// A listener that is bound; nothing is accepted yet.
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
    acceptor: Option<TlsAcceptor>,
    limits: Limits,
    trusted: Vec<Network>,
    handed: Option<Handed>,
}

/// Binds the configured address and reads the TLS files.
///
/// # Errors
/// The address is taken or not ours, or the TLS files cannot be used.
pub fn bind(config: &Config) -> Result<Bound, ServeError> {
    let any = config.client_certificates.any;
    let acceptor = config.tls.as_ref().map(|tls| tls::acceptor(tls, any)).transpose()?;
    let handed = handed(config)?;
    let failed = |error| ServeError::Listen { address: config.listen, error };
    let listener = TcpListener::bind(config.listen).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let (limits, trusted) = (config.limits.clone(), config.trusted_proxies.clone());
    Ok(Bound { listener, address, acceptor, limits, trusted, handed })
}

fn handed(config: &Config) -> Result<Option<Handed>, ServeError> {
    let Some(name) = &config.client_certificates.header else { return Ok(None) };
    let header = name.parse().map_err(|_| ServeError::Header(name.clone()))?;
    Ok(Some(Handed { header, trusted: config.trusted_proxies.clone() }))
}

impl Bound {
    /// The address, with the port that the system chose.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as an address for a browser.
    pub fn url(&self) -> String {
        let scheme = if self.acceptor.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }
}

/// Serves until `stop`, then lets running requests finish for at most `limits.drain_seconds`.
///
/// # Errors
/// The bound listener cannot be used by this runtime.
pub async fn run<S: Service>(
    bound: Bound,
    service: Arc<S>,
    metrics: Arc<Metrics>,
    world: World,
    stop: impl Future<Output = ()>,
) -> Result<Drained, ServeError> {
    let Bound { listener, address, acceptor, limits, trusted, handed } = bound;
    let listener =
        tokio::net::TcpListener::from_std(listener).map_err(|error| ServeError::Listen { address, error })?;
    let (phase, watch) = phases();
    let total = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    let patience = Duration::from_secs(limits.drain_seconds);
    let permits = Arc::new(Semaphore::new(total as usize));
    let own = metrics.operation("edge");
    let secure = acceptor.is_some();
    let request_ids = RequestIds::new(&world);
    let edge = Arc::new(Edge { service, metrics, own, request_ids, limits, trusted, handed, secure, phase: watch });
    let acceptance = Acceptance { edge, acceptor, permits: permits.clone() };
    tokio::select! {
        () = acceptance.accept(listener) => {}
        () = pin!(stop) => {}
    }
    Ok(drain(&phase, &permits, total, patience).await)
}

/// What the accept loop needs.
struct Acceptance<S> {
    edge: Arc<Edge<S>>,
    acceptor: Option<TlsAcceptor>,
    permits: Arc<Semaphore>,
}

impl<S: Service> Acceptance<S> {
    /// Accepts for ever; dropping it closes the listener.
    async fn accept(&self, listener: tokio::net::TcpListener) {
        let protocols = Arc::new(connection::protocols(&self.edge.limits));
        while let Some(permit) = self.permit().await {
            let (tcp, peer) = accepted(&listener).await;
            let seat = Seat::taken(permit, self.edge.metrics.clone());
            let serving = connection::serve(self.edge.clone(), protocols.clone(), self.acceptor.clone(), tcp, peer);
            tokio::spawn(async move {
                serving.await;
                drop(seat);
            });
        }
    }

    /// The right to one more connection; `None` never, because the semaphore is never closed.
    async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(permit) = self.permits.clone().try_acquire_owned() {
            return Some(permit);
        }
        self.edge.metrics.connections_full.inc();
        self.permits.clone().acquire_owned().await.ok()
    }
}

/// One connection among the allowed ones, until dropped.
struct Seat {
    metrics: Arc<Metrics>,
    _permit: OwnedSemaphorePermit,
}

impl Seat {
    fn taken(permit: OwnedSemaphorePermit, metrics: Arc<Metrics>) -> Seat {
        metrics.connections.inc();
        Seat { metrics, _permit: permit }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.metrics.connections.dec();
    }
}

async fn accepted(listener: &tokio::net::TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((tcp, peer)) => {
                // Answers are whole, so waiting for more to send only adds delay. Without it we are merely slower.
                let _ = tcp.set_nodelay(true);
                return (tcp, peer);
            }
            // The client went away while it waited: not our problem, and the next one is there.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections");
                sleep(REFUSED).await;
            }
        }
    }
}
