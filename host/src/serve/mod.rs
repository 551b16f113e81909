//! The edge: bytes in, bytes out. The only place that knows hyper and tokio's net.
//!
//! `cli` binds first (so that the address is known and printed), then runs until a signal. What a request means is the
//! [`Service`]'s business (`pipeline` in production); what it may cost is decided here: connections, heads, bodies,
//! time. A request passes `listen` → `connection` → `exchange` → the service, and back through `headers`.

mod access;
mod activity;
mod body;
mod catch;
mod client_certificate;
mod connection;
pub mod control;
mod drain;
mod error;
mod exchange;
mod forwarded;
mod headers;
mod listen;
mod outgoing;
mod own;
mod patience;
pub mod pipeline;
mod request_id;
mod stream;
#[cfg(test)]
mod tests;
mod tls;

use crate::{
    api::message::{Answer, Request},
    authn::Head,
};

pub use drain::{Drained, terminated};
pub use error::ServeError;
pub use listen::{Bound, bind, run};
pub use tls::TrustAnchors;

/// What answers a request. It may take as long as `limits.request_seconds`; it may panic without harm to others.
pub trait Service: Send + Sync + 'static {
    /// The answer to a whole request.
    fn answer(&self, request: Request) -> impl Future<Output = Answer> + Send;

    /// Whether this request may bring a whole document (an import), and so a body of `limits.document_bytes`. Asked before
    /// the body is read, and only when it may be larger than `limits.body_bytes`.
    fn takes_document(&self, head: Head<'_>) -> bool;
}
