//! The access log: one event for every request, never headers or bodies, never a query (it may hold codes and tokens).
//!
//! Called by `exchange` when the answer is ready to be written. The target is `access`, so that `log.level` can switch
//! it on its own: `info,access=off`.

use std::net::SocketAddr;

use http::{HeaderValue, Method, StatusCode, Uri};

/// What is logged of one request.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) method: &'a Method,
    pub(super) uri: &'a Uri,
    pub(super) status: StatusCode,
    pub(super) micros: u64,
    pub(super) bytes_in: usize,
    pub(super) bytes_out: usize,
    pub(super) peer: SocketAddr,
    pub(super) request_id: &'a HeaderValue,
}

/// Writes the entry.
pub(super) fn log(entry: &Entry<'_>) {
    tracing::info!(
        target: "access",
        method = entry.method.as_str(),
        path = entry.uri.path(),
        status = entry.status.as_u16(),
        micros = entry.micros,
        bytes_in = entry.bytes_in,
        bytes_out = entry.bytes_out,
        peer = %entry.peer,
        request_id = entry.request_id.to_str().unwrap_or_default(),
    );
}
