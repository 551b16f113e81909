//! The certificate of a client as a proxy hands it on, in a header that the operator names: as a byte sequence (Client-Cert, RFC
//! 9440), or as PEM with percent signs (nginx's `$ssl_client_escaped_cert`).
//!
//! Called by `exchange` for every request. Only the proxies that are configured may say so, and about their own connection nothing
//! else counts; from anybody else the header is taken away unread, so that nobody forges one.

use std::net::IpAddr;

use bytes::Bytes;
use data_encoding::BASE64;
use http::{HeaderMap, HeaderName};
use percent_encoding::percent_decode_str;
use rustls::pki_types::{CertificateDer, pem::PemObject};

use crate::config::Network;

/// Who hands on certificates, and in which header.
pub(super) struct Handed {
    pub(super) header: HeaderName,
    pub(super) trusted: Vec<Network>,
}

impl Handed {
    /// The chain of a request that came from `peer`, whose own connection has shown `own`. The header is gone afterwards.
    pub(super) fn chain(&self, peer: IpAddr, headers: &mut HeaderMap, own: &[Bytes]) -> Vec<Bytes> {
        let values: Vec<_> = headers.get_all(&self.header).iter().cloned().collect();
        headers.remove(&self.header);
        if !self.trusted.iter().any(|network| network.contains(peer)) {
            return own.to_vec();
        }
        match values.as_slice() {
            [value] => value.to_str().ok().and_then(certificate).into_iter().collect(),
            _ => Vec::new(),
        }
    }
}

/// The certificate that a value stands for. An empty one is none: the client has shown nothing.
fn certificate(value: &str) -> Option<Bytes> {
    let value = value.trim();
    if let Some(encoded) = value.strip_prefix(':').and_then(|rest| rest.strip_suffix(':')) {
        return BASE64.decode(encoded.as_bytes()).ok().map(Bytes::from);
    }
    let pem = percent_decode_str(value).decode_utf8().ok()?;
    CertificateDer::from_pem_slice(pem.as_bytes()).ok().map(|der| Bytes::from(der.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &[u8] = b"own";
    /// Three bytes: what is in a certificate is not looked at here.
    const ESCAPED: &str = "-----BEGIN%20CERTIFICATE-----%0AAQID%0A-----END%20CERTIFICATE-----%0A";

    fn chain(peer: &str, values: &[&str]) -> Vec<Bytes> {
        let handed =
            Handed { header: HeaderName::from_static("client-cert"), trusted: vec!["10.0.0.0/8".parse().unwrap()] };
        let mut headers: HeaderMap =
            values.iter().map(|value| (handed.header.clone(), value.parse().unwrap())).collect();
        let chain = handed.chain(peer.parse().unwrap(), &mut headers, &[Bytes::from_static(OWN)]);
        assert!(headers.is_empty(), "whatever it says, nobody behind sees it");
        chain
    }

    #[test]
    fn a_trusted_proxy_hands_on_one_certificate_or_none() {
        for value in [":AQID:", ESCAPED, "-----BEGIN CERTIFICATE-----%0aAQID%0a-----END CERTIFICATE-----"] {
            assert_eq!(chain("10.0.0.1", &[value]), [&[1_u8, 2, 3][..]], "{value}");
        }
        for values in [&[][..], &[""], &["garbage"], &[":AQ:"], &[":AQID:", ":AQID:"]] {
            assert!(chain("10.0.0.1", values).is_empty(), "{values:?}");
        }
    }

    #[test]
    fn nobody_else_does() {
        for values in [&[][..], &[":AQID:"], &[ESCAPED]] {
            assert_eq!(chain("192.0.2.1", values), [OWN], "{values:?}");
        }
    }
}
