//! From a target to a connection: the name is resolved once, every address is checked, and exactly a checked one is
//! connected to. So a name that means something else a moment later gains nothing.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::{
    address::is_public,
    allowed::Allowed,
    detours::Detours,
    target::{Host, Target},
};
use crate::domain::fetch::FetchFailure;

/// Time for one address of several.
const PATIENCE: Duration = Duration::from_secs(3);
/// The most addresses that are tried.
const ADDRESSES: usize = 4;

/// A connection, with TLS or without.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Addresses of a target that may be connected to. A name that has any other address is not asked at all.
pub(super) async fn resolve(
    target: &Target,
    allowed: &Allowed,
    detours: &Detours,
) -> Result<Vec<SocketAddr>, FetchFailure> {
    if let Some(address) = detours.of(target) {
        return Ok(vec![address]);
    }
    let found: Vec<SocketAddr> = match &target.host {
        Host::Address(address) => vec![(*address, target.port).into()],
        Host::Name(name) => match lookup_host((name.as_str(), target.port)).await {
            Ok(found) => found.collect(),
            Err(error) => return Err(unreachable(target, &error)),
        },
    };
    let private = found.iter().find(|address| !is_public(address.ip()));
    match private.filter(|_| !allowed.allows(target)) {
        Some(address) => {
            let (host, address) = (target.authority(), address.to_string());
            tracing::warn!(
                host,
                address,
                "an address that is not public is not asked: name the host in outbound.allowed_hosts"
            );
            Err(FetchFailure::Unreachable)
        }
        None if found.is_empty() => Err(unreachable(target, &"the name has no address")),
        None => Ok(found),
    }
}

/// Connects to the first of these addresses that answers.
pub(super) async fn connect(target: &Target, addresses: &[SocketAddr]) -> Result<TcpStream, FetchFailure> {
    let mut last = "no address was tried".to_owned();
    for address in addresses.iter().take(ADDRESSES) {
        match timeout(PATIENCE, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = format!("{address}: {error}"),
            Err(_) => last = format!("{address}: no answer"),
        }
    }
    Err(unreachable(target, &last))
}

/// TLS over a connection, with the certificate checked for the target's name.
pub(super) async fn secure(
    target: &Target,
    stream: TcpStream,
    config: Arc<ClientConfig>,
) -> Result<impl Stream + use<>, FetchFailure> {
    let name = match &target.host {
        Host::Name(name) => ServerName::try_from(name.clone()).map_err(|_| FetchFailure::Insecure)?,
        Host::Address(address) => ServerName::IpAddress((*address).into()),
    };
    TlsConnector::from(config).connect(name, stream).await.map_err(|error| {
        let error = error.to_string();
        tracing::info!(host = target.authority(), error, "an outbound request found no trustworthy server");
        FetchFailure::Insecure
    })
}

/// The caller must not learn from us what there is in a network that it cannot see, so everything before the first byte
/// of an answer looks the same. The log tells the operator.
fn unreachable(target: &Target, reason: &dyn std::fmt::Display) -> FetchFailure {
    let reason = reason.to_string();
    tracing::info!(host = target.authority(), reason, "an outbound request was not made");
    FetchFailure::Unreachable
}
