//! The certificates of clients, as far as this installation takes them: from its own listener, or from a proxy that it trusts.
//!
//! Called by `proof` and `possession`, and by discovery, which says what clients can prove themselves with. Who vouches for a
//! chain is `serve`'s to know, which has the library for it.

use std::sync::Arc;

use bytes::Bytes;

use super::client::AuthMethod;

/// Whoever vouches for certificates.
pub trait Authorities: Send + Sync {
    /// Whether one of them vouches for this chain, whose own certificate is the first, as a client's at `now`, in seconds since
    /// 1970 (RFC 5280 §6).
    fn vouch(&self, chain: &[Bytes], now: i64) -> bool;
}

/// Which certificates clients can show here.
#[derive(Clone, Default)]
pub struct Certificates {
    /// Those that authorities vouch for.
    pub authorities: Option<Arc<dyn Authorities>>,
    /// Whether those arrive too that nobody vouches for.
    pub any: bool,
}

impl Certificates {
    /// Whether a client can prove itself in this way here.
    pub fn allow(&self, method: AuthMethod) -> bool {
        match method {
            AuthMethod::TlsClientAuth => self.authorities.is_some(),
            AuthMethod::SelfSignedTlsClientAuth => self.any,
            _ => true,
        }
    }

    /// Whether clients can show any certificate at all.
    pub fn arrive(&self) -> bool {
        self.any || self.authorities.is_some()
    }

    /// Whether an authority vouches for this chain.
    pub(super) fn vouched_for(&self, chain: &[Bytes], now: i64) -> bool {
        self.authorities.as_ref().is_some_and(|authorities| authorities.vouch(chain, now))
    }
}
