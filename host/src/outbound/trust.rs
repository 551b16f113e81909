//! Whom outbound TLS trusts: the authorities of the system, or those of `outbound.ca`.

use std::{path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};

/// The configuration of TLS. Reads files, so it is called off the event loop.
///
/// # Errors
/// Why there is nobody to trust, for the log.
pub(super) fn config(authorities: Option<&Path>) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    // A system has a few that are damaged or expired; whoever is left is trusted.
    let (good, bad) = roots.add_parsable_certificates(certificates(authorities)?);
    if good == 0 {
        return Err(format!("no authority can be used, {bad} are damaged"));
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

fn certificates(authorities: Option<&Path>) -> Result<Vec<CertificateDer<'static>>, String> {
    let Some(path) = authorities else { return Ok(rustls_native_certs::load_native_certs().certs) };
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    read.map_err(|error| format!("{}: {error}", path.display()))
}
