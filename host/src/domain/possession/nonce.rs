//! Nonces that proofs must repeat (RFC 9449 §8), so that nobody makes proofs ahead of time with a key they had for a moment.
//!
//! Called by `possession` and by the token endpoint, which hands out the current one. Nothing is kept: a nonce is the keyed hash
//! of its server and of a span of time, good in that span and in the next one.

use data_encoding::BASE64URL_NOPAD;

use crate::{crypto::Secret, domain::Domain};

/// What the key is for.
const LABEL: &str = "dpop nonce";
/// How long until another nonce is handed out, in seconds. Each is good for at least this long, and twice as long at most.
const SPAN: i64 = 300;

/// The nonce of a server that is handed out now.
pub fn fresh(domain: &Domain, tenant: &str, server: &str) -> String {
    of_span(domain, tenant, server, domain.world.now_seconds().div_euclid(SPAN))
}

/// Whether this is a nonce of a server that is still good.
pub(super) fn is_good(domain: &Domain, tenant: &str, server: &str, nonce: Option<&str>) -> bool {
    let now = domain.world.now_seconds().div_euclid(SPAN);
    let good = |span| Secret::new(of_span(domain, tenant, server, span));
    nonce.is_some_and(|nonce| good(now).same(nonce) || good(now - 1).same(nonce))
}

fn of_span(domain: &Domain, tenant: &str, server: &str, span: i64) -> String {
    let key = domain.vault.mac_key(LABEL);
    BASE64URL_NOPAD.encode(&key.sign(&[tenant.as_bytes(), server.as_bytes(), &span.to_be_bytes()]))
}
