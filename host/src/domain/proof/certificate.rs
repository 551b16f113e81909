//! A client that proves itself with the certificate of its connection (RFC 8705 §2): by a name that an authority vouches for, or by
//! a certificate that it has registered itself.
//!
//! Called by `proof`. That whoever shows a certificate holds its key, the listener has seen, or a proxy that is trusted.

use bytes::Bytes;
use data_encoding::BASE64;
use serde_json::Value;

use crate::{
    crypto::{
        certificate::{AlternativeName, Certificate},
        distinguished_name::DistinguishedName,
        keys::thumbprint,
    },
    domain::{
        Domain,
        client::{AuthMethod, CertificateName, Client, ClientKeys},
        remote_keys,
    },
};

/// Whether this chain, its own certificate first, proves the client.
pub(super) async fn proves(domain: &Domain, client: &Client, chain: &[Bytes]) -> bool {
    let now = domain.world.now_seconds();
    let Some(shown) = chain.first() else { return false };
    let Some(certificate) = Certificate::read(shown).filter(|certificate| certificate.holds(now)) else { return false };
    match (client.auth_method, &client.certificate) {
        (AuthMethod::TlsClientAuth, Some(name)) => {
            is_called(&certificate, name) && domain.certificates.vouched_for(chain, now)
        }
        (AuthMethod::SelfSignedTlsClientAuth, _) => {
            let known = |keys: &[Value]| keys.iter().any(|key| is_key(key, shown, &certificate)).then_some(());
            match &client.keys {
                ClientKeys::None => false,
                ClientKeys::Set(text) => known(&remote_keys::kept(text)).is_some(),
                ClientKeys::Uri(url) => remote_keys::pick(domain, url, known).await.is_some(),
            }
        }
        _ => false,
    }
}

/// Whether a certificate has the one name that a client is registered with (RFC 8705 §2.1.2). Wildcards are no names of clients.
fn is_called(certificate: &Certificate, name: &CertificateName) -> bool {
    let has = |is: &dyn Fn(&AlternativeName) -> bool| certificate.names.iter().any(is);
    match name {
        CertificateName::SubjectDn(text) => {
            DistinguishedName::parse(text).is_some_and(|registered| registered.names(&certificate.subject))
        }
        CertificateName::Dns(wanted) => {
            has(&|name| matches!(name, AlternativeName::Dns(name) if name.eq_ignore_ascii_case(wanted)))
        }
        CertificateName::Email(wanted) => {
            has(&|name| matches!(name, AlternativeName::Email(name) if mail(name) == mail(wanted)))
        }
        CertificateName::Uri(wanted) => has(&|name| matches!(name, AlternativeName::Uri(name) if name == wanted)),
        CertificateName::Ip(wanted) => {
            has(&|name| matches!(name, AlternativeName::Ip(name) if wanted.parse() == Ok(*name)))
        }
    }
}

/// Where an address is delivered does not depend on how its host is spelled (RFC 5280 §7.5).
fn mail(address: &str) -> (&str, String) {
    let (person, host) = address.rsplit_once('@').unwrap_or(("", address));
    (person, host.to_ascii_lowercase())
}

/// Whether a registered key is that of a certificate: it says the very certificate (`x5c`), or it is the same key (RFC 8705
/// §2.2.2).
fn is_key(key: &Value, shown: &[u8], certificate: &Certificate) -> bool {
    if let Some(chain) = key.get("x5c") {
        let first = chain.get(0).and_then(Value::as_str);
        return first.is_some_and(|text| BASE64.decode(text.as_bytes()).is_ok_and(|der| der == shown));
    }
    let own = certificate.jwk.as_ref().and_then(|jwk| thumbprint(jwk).ok());
    own.is_some() && own == thumbprint(key).ok()
}
