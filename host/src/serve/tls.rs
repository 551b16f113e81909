//! The TLS side of the listener: certificate, key and optional client certificates, from PEM files.
//!
//! Called by `listen` when it binds, and when the server is put together. A client certificate is asked for when authorities are
//! configured, or when any certificate is taken; no client has to have one: whether it is needed, and what it is worth, is the
//! domain's question. Knows nothing of HTTP beyond the protocol names.

use std::{path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConfig, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject},
    server::{
        WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};
use tokio_rustls::TlsAcceptor;

use super::ServeError;
use crate::{config::Tls, domain::certificates::Authorities};

/// An acceptor for these files. With `any` it takes every certificate of a client that holds its key, and not only those that an
/// authority vouches for.
///
/// # Errors
/// A file cannot be read, holds no PEM, or key and certificate do not belong together.
pub(super) fn acceptor(tls: &Tls, any: bool) -> Result<TlsAcceptor, ServeError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = match &tls.client_ca {
        _ if any => Arc::new(AnyCertificate(provider.signature_verification_algorithms)),
        None => WebPkiClientVerifier::no_client_auth(),
        Some(path) => verifier(path, &provider)?,
    };
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(refused)?
        .with_client_cert_verifier(verifier)
        .with_single_cert(certificates(&tls.certificate)?, key(&tls.key)?)
        .map_err(refused)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn verifier(path: &Path, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ClientCertVerifier>, ServeError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|error| unusable(path, &error))?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .allow_unauthenticated()
        .build()
        .map_err(|error| ServeError::Tls(error.to_string()))
}

/// The authorities of a PEM file, who vouch for certificates of clients.
pub struct TrustAnchors(Arc<dyn ClientCertVerifier>);

impl TrustAnchors {
    /// Reads the file.
    ///
    /// # Errors
    /// It cannot be read, or holds no certificate of an authority.
    pub fn read(path: &Path) -> Result<TrustAnchors, ServeError> {
        verifier(path, &Arc::new(aws_lc_rs::default_provider())).map(TrustAnchors)
    }
}

impl Authorities for TrustAnchors {
    fn vouch(&self, chain: &[Bytes], now: i64) -> bool {
        let mut chain = chain.iter().map(|der| CertificateDer::from(der.as_ref()));
        let Some(own) = chain.next() else { return false };
        let (between, now) = (chain.collect::<Vec<_>>(), Duration::from_secs(u64::try_from(now).unwrap_or_default()));
        self.0.verify_client_cert(&own, &between, UnixTime::since_unix_epoch(now)).is_ok()
    }
}

/// Takes every certificate and asks only for a signature by its key: whom it names is looked at when a client says that it is
/// its own. It sends no names of authorities, by which programs would choose among their certificates.
#[derive(Debug)]
struct AnyCertificate(WebPkiSupportedAlgorithms);

impl ClientCertVerifier for AnyCertificate {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ServeError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = read.map_err(|error| unusable(path, &error))?;
    if certificates.is_empty() { Err(unusable(path, &"no certificate in it")) } else { Ok(certificates) }
}

fn key(path: &Path) -> Result<PrivateKeyDer<'static>, ServeError> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| unusable(path, &error))
}

fn unusable(path: &Path, reason: &dyn std::fmt::Display) -> ServeError {
    ServeError::Pem { path: path.to_owned(), reason: reason.to_string() }
}

fn refused(error: Error) -> ServeError {
    ServeError::Tls(error.to_string())
}
