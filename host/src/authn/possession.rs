//! What a request shows of keys, beside its credentials: DPoP proofs (RFC 9449 §4.1) and the certificate of its connection.
//!
//! Called by `bearer` and by the endpoints that give tokens.

use http::HeaderName;

use super::Head;
use crate::domain::possession::Evidence;

/// The header of proofs.
const DPOP: HeaderName = HeaderName::from_static("dpop");

/// What a request shows. A header that is no text is a proof that is none.
pub fn evidence(head: Head<'_>) -> Evidence<'_> {
    let Head { method, path, headers, certificates, ahead } = head;
    let proofs = headers.get_all(DPOP).iter().map(|value| value.to_str().unwrap_or_default()).collect();
    Evidence { origin: None, method: method.as_str(), path, proofs, certificates, ahead }
}
