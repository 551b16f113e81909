//! The certificate of a connection as the key that tokens are bound to (RFC 8705 §3).
//!
//! Called by `possession`. Whose certificate it is does not matter here: nobody else has its key.

use super::Evidence;
use crate::{
    crypto::certificate::{Certificate, thumbprint},
    domain::Domain,
};

/// The thumbprint of the certificate that a request shows, if it is good now.
pub(super) fn shown(domain: &Domain, evidence: &Evidence<'_>) -> Option<String> {
    let der = evidence.certificates.first()?;
    let certificate = Certificate::read(der)?;
    certificate.holds(domain.world.now_seconds()).then(|| thumbprint(der))
}
