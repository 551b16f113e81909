//! What an X.509 certificate says (RFC 5280): whose it is, until when, and of which key.
//!
//! Called by `domain` with certificates that clients show. Whether anybody vouches for one is not known here.

use std::net::IpAddr;

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use x509_parser::{
    certificate::X509Certificate,
    extensions::GeneralName,
    prelude::FromDer,
    public_key::PublicKey,
    x509::{SubjectPublicKeyInfo, X509Name},
};

use super::{digest::sha256, distinguished_name::DistinguishedName};

/// The curves of keys that can be told (RFC 5480 §2.1.1.1), with the length of a coordinate.
const CURVES: [(&str, &str, usize); 2] = [("1.2.840.10045.3.1.7", "P-256", 32), ("1.3.132.0.34", "P-384", 48)];
/// Ed25519 (RFC 8410 §3).
const ED25519: &str = "1.3.101.112";

/// What a certificate says.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// Whose it is.
    pub subject: DistinguishedName,
    /// What else they are called.
    pub names: Vec<AlternativeName>,
    /// The public key as a JSON Web Key, where it is of a kind that is known.
    pub jwk: Option<Value>,
    /// From when it is good, in seconds since 1970.
    not_before: i64,
    /// Until when.
    not_after: i64,
}

/// Another name of whoever has a certificate (RFC 5280 §4.2.1.6).
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names themselves")]
pub enum AlternativeName {
    Dns(String),
    Email(String),
    Uri(String),
    Ip(IpAddr),
}

impl Certificate {
    /// Reads a certificate in DER. None when it is none, or something stands behind it.
    pub fn read(der: &[u8]) -> Option<Certificate> {
        let (rest, certificate) = X509Certificate::from_der(der).ok()?;
        if !rest.is_empty() {
            return None;
        }
        let names = certificate.subject_alternative_name().ok()?;
        let validity = certificate.validity();
        Some(Certificate {
            subject: subject(certificate.subject()),
            names: names.iter().flat_map(|names| &names.value.general_names).filter_map(alternative).collect(),
            jwk: jwk(certificate.public_key()),
            not_before: validity.not_before.timestamp(),
            not_after: validity.not_after.timestamp(),
        })
    }

    /// Whether it is good at `now`, in seconds since 1970.
    pub fn holds(&self, now: i64) -> bool {
        (self.not_before..=self.not_after).contains(&now)
    }
}

/// What tells a certificate from every other one: its SHA-256 in base64url (RFC 8705 §3.1).
pub fn thumbprint(der: &[u8]) -> String {
    BASE64URL_NOPAD.encode(&sha256(der))
}

/// A value that is no text is kept as one that nothing is like.
fn subject(name: &X509Name<'_>) -> DistinguishedName {
    let parts = name.iter_rdn().map(|part| {
        let pair = |pair: &x509_parser::x509::AttributeTypeAndValue<'_>| {
            (pair.attr_type().to_id_string(), pair.as_str().ok().map(str::to_owned))
        };
        part.iter().map(pair).collect()
    });
    DistinguishedName::of_certificate(parts.collect())
}

fn alternative(name: &GeneralName<'_>) -> Option<AlternativeName> {
    match name {
        GeneralName::DNSName(name) => Some(AlternativeName::Dns((*name).to_owned())),
        GeneralName::RFC822Name(name) => Some(AlternativeName::Email((*name).to_owned())),
        GeneralName::URI(name) => Some(AlternativeName::Uri((*name).to_owned())),
        GeneralName::IPAddress(octets) => address(octets).map(AlternativeName::Ip),
        _ => None,
    }
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).ok()
}

fn jwk(key: &SubjectPublicKeyInfo<'_>) -> Option<Value> {
    let encode = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    let algorithm = &key.algorithm;
    if algorithm.algorithm.to_id_string() == ED25519 {
        return Some(json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(&key.subject_public_key.data) }));
    }
    match key.parsed().ok()? {
        PublicKey::RSA(key) => Some(json!({
            "kty": "RSA", "n": encode(without_zeros(key.modulus)), "e": encode(without_zeros(key.exponent)),
        })),
        PublicKey::EC(point) => {
            let curve = algorithm.parameters.as_ref()?.as_oid().ok()?.to_id_string();
            let (_, curve, length) = CURVES.into_iter().find(|(id, ..)| *id == curve)?;
            // One byte says that both coordinates follow.
            let (form, coordinates) = point.data().split_first()?;
            let (x, y) = coordinates.split_at_checked(length).filter(|(_, y)| *form == 4 && y.len() == length)?;
            Some(json!({ "kty": "EC", "crv": curve, "x": encode(x), "y": encode(y) }))
        }
        _ => None,
    }
}

/// DER puts a zero before a number whose first bit is set; a JSON Web Key does not (RFC 7518 §6.3.1.1).
fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_says_nothing() {
        assert!(Certificate::read(b"").is_none() && Certificate::read(b"\x30\x03\x02\x01\x01").is_none());
    }

    #[test]
    fn addresses_have_four_octets_or_sixteen() {
        assert_eq!(address(&[192, 0, 2, 1]), Some("192.0.2.1".parse().unwrap()));
        assert_eq!(address(&[0; 16]), Some("::".parse().unwrap()));
        assert_eq!((address(&[1, 2, 3]), address(&[192, 0, 2, 1, 255, 255, 255, 0])), (None, None));
    }

    #[test]
    fn numbers_lose_their_zeros_in_front_only() {
        assert_eq!(without_zeros(&[0, 0, 1, 0]), [1, 0]);
        assert!(without_zeros(&[0]).is_empty());
    }
}
