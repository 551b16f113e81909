//! Which certificates clients can show, as the configuration says: to the listener, or to a proxy that hands them on.
//!
//! Called when the domain is assembled.

use std::sync::Arc;

use crate::{
    config::Config,
    domain::certificates::{Authorities, Certificates},
    serve::{ServeError, TrustAnchors},
};

/// Reads who vouches for them, where any can arrive.
pub(super) fn of_clients(config: &Config) -> Result<Certificates, ServeError> {
    let (own, said) = (config.tls.as_ref(), &config.client_certificates);
    let handed_on = said.header.is_some() && !config.trusted_proxies.is_empty();
    let asked_for = own.is_some_and(|tls| said.any || tls.client_ca.is_some());
    let path = said.authorities.as_ref().or(own.and_then(|tls| tls.client_ca.as_ref()));
    let anchors = path.filter(|_| asked_for || handed_on).map(|path| TrustAnchors::read(path)).transpose()?;
    Ok(Certificates {
        authorities: anchors.map(|anchors| Arc::new(anchors) as Arc<dyn Authorities>),
        any: handed_on || (own.is_some() && said.any),
    })
}
