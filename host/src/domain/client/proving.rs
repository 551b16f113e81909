//! How a client proves itself: the method, and the secret, keys or certificate that go with it and with no other
//! (RFC 7591 §2, OpenID Connect Core §9, RFC 8705 §2).
//!
//! Called by `rules.rs`. Parses keys, so it must not run inside a transaction.

use std::net::IpAddr;

use serde_json::Value;

use super::{AuthMethod, CertificateName, Client, ClientKeys, rules::secure_uri};
use crate::{
    crypto::{
        distinguished_name::DistinguishedName,
        jwe, jws,
        keys::{KeyError, VerifyingKey},
        password,
    },
    domain::{
        Problem,
        credential::{self, Given},
        text,
    },
};

/// What a client's own keys sign with, as far as the server can check it.
pub(in crate::domain) const ASYMMETRIC: [&str; 5] = ["RS256", "PS256", "ES256", "ES384", "EdDSA"];
/// What a client's secret signs with.
const SYMMETRIC: [&str; 1] = [jws::SHARED];
/// No signature.
const UNSIGNED: &str = "none";
/// The members that only a private or a shared key has (RFC 7518 §6).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
/// The longest key set, in bytes.
pub(in crate::domain) const LONGEST_SET: usize = 65_536;
/// The most keys in a set.
pub(in crate::domain) const MOST_KEYS: usize = 20;
/// The longest name of a certificate, in bytes.
const LONGEST_NAME: usize = 2048;

/// Everything that is wrong with how a client proves itself.
pub(super) fn check(client: &Client, given: &Given) -> Vec<Problem> {
    let mut problems = secret(client, given);
    problems.extend(keys(client));
    problems.extend(certificate(client));
    problems.extend(algorithms(client));
    problems
}

fn secret(client: &Client, given: &Given) -> Vec<Problem> {
    let mut problems = Vec::new();
    let member = match given {
        Given::Nothing => None,
        Given::Secret(_) => Some("/client_secret"),
        Given::Hash(_) => Some("/client_hashed_secret"),
    };
    if let Some(member) = member.filter(|_| !client.auth_method.has_secret()) {
        let reason = format!("a client with the method `{}` has no secret", client.auth_method.word());
        problems.push(Problem::new(member, reason));
    }
    match given {
        Given::Nothing => {}
        Given::Secret(secret) => problems.extend(credential::check("/client_secret", secret).err()),
        Given::Hash(phc) if password::is_hash(phc) => {}
        Given::Hash(_) => {
            let reason = "must be an argon2id hash as a PHC string, of at most 64 MiB, 10 passes and 4 lanes";
            problems.push(Problem::new("/client_hashed_secret", reason));
        }
    }
    if client.secret_expires_at < 0 {
        problems.push(Problem::new("/client_secret_expires_at", "must be seconds since 1970, or 0 for never"));
    }
    problems
}

fn keys(client: &Client) -> Vec<Problem> {
    let needed = matches!(client.auth_method, AuthMethod::PrivateKeyJwt | AuthMethod::SelfSignedTlsClientAuth);
    match &client.keys {
        ClientKeys::None if needed => {
            let reason = format!("the method `{}` needs `jwks` or `jwks_uri`", client.auth_method.word());
            vec![Problem::new("/token_endpoint_auth_method", reason)]
        }
        ClientKeys::None => Vec::new(),
        ClientKeys::Uri(uri) => secure_uri("/jwks_uri", uri).into_iter().collect(),
        ClientKeys::Set(text) => key_set(text, &client.auth_signing_alg),
    }
}

/// Everything that is wrong with a JWK set, which must have a key for the algorithm if that is said.
pub(in crate::domain) fn key_set(text: &str, algorithm: &str) -> Vec<Problem> {
    let refused = |reason: String| vec![Problem::new("/jwks/keys", reason)];
    if text.len() > LONGEST_SET {
        return refused(format!("must have at most {LONGEST_SET} bytes"));
    }
    let set: Value = serde_json::from_str(text).unwrap_or_default();
    let keys = set.get("keys").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if keys.is_empty() || keys.len() > MOST_KEYS {
        return refused(format!("must have 1 to {MOST_KEYS} keys"));
    }
    let wrong = |(place, key): (usize, &Value)| {
        public_key(key).err().map(|reason| Problem::new(format!("/jwks/keys/{place}"), reason))
    };
    let problems: Vec<Problem> = keys.iter().enumerate().filter_map(wrong).collect();
    let fits = |key: &Value| VerifyingKey::for_algorithm(key, algorithm).is_ok();
    match problems.is_empty() && !algorithm.is_empty() && !keys.iter().any(fits) {
        true => refused(format!("has no key for the algorithm `{algorithm}`")),
        false => problems,
    }
}

fn public_key(key: &Value) -> Result<(), String> {
    if let Some(member) = PRIVATE.iter().find(|member| key.get(**member).is_some()) {
        return Err(format!("has the private member `{member}`: give the public key only"));
    }
    if key.get("use").is_some_and(|usage| usage == "enc") {
        let usable = jwe::ALGORITHMS.into_iter().any(|alg| jwe::usable(key, alg).is_ok());
        return if usable { Ok(()) } else { Err("cannot be used to encrypt: give an RSA or EC key".to_owned()) };
    }
    VerifyingKey::from_jwk(key).map(drop).map_err(|error| match error {
        KeyError::Jwk(member) => format!("cannot be used to check signatures, see its member `{member}`"),
        other => format!("cannot be used to check signatures: {other}"),
    })
}

fn certificate(client: &Client) -> Option<Problem> {
    match (&client.certificate, client.auth_method) {
        (None, AuthMethod::TlsClientAuth) => {
            let reason = "the method `tls_client_auth` needs one of the `tls_client_auth_` members";
            Some(Problem::new("/token_endpoint_auth_method", reason))
        }
        (Some(name), AuthMethod::TlsClientAuth) => certificate_name(name),
        (Some(name), _) => Some(Problem::new(member_of(name), "goes with the method `tls_client_auth` only")),
        (None, _) => None,
    }
}

fn certificate_name(name: &CertificateName) -> Option<Problem> {
    let plain = |text: &str| text.len() <= LONGEST_NAME && !text.chars().any(char::is_control);
    let word = |text: &str| plain(text) && !text.contains(char::is_whitespace);
    let (right, reason) = match name {
        CertificateName::SubjectDn(text) => {
            (plain(text) && DistinguishedName::parse(text).is_some(), "must be a distinguished name (RFC 4514)")
        }
        CertificateName::Dns(text) => (word(text) && text.len() <= 253, "must be a DNS name"),
        CertificateName::Email(text) => (word(text) && text.contains('@'), "must be an e-mail address"),
        CertificateName::Ip(text) => (text.parse::<IpAddr>().is_ok(), "must be an IP address"),
        CertificateName::Uri(text) => (text::absolute(text).is_some(), "must be an absolute URI"),
    };
    (!right).then(|| Problem::new(member_of(name), reason))
}

fn member_of(name: &CertificateName) -> &'static str {
    match name {
        CertificateName::SubjectDn(_) => "/tls_client_auth_subject_dn",
        CertificateName::Dns(_) => "/tls_client_auth_san_dns",
        CertificateName::Email(_) => "/tls_client_auth_san_email",
        CertificateName::Ip(_) => "/tls_client_auth_san_ip",
        CertificateName::Uri(_) => "/tls_client_auth_san_uri",
    }
}

fn algorithms(client: &Client) -> Vec<Problem> {
    let assertion: Vec<&str> = match client.auth_method {
        AuthMethod::PrivateKeyJwt => ASYMMETRIC.to_vec(),
        AuthMethod::ClientSecretJwt => SYMMETRIC.to_vec(),
        _ => [&ASYMMETRIC[..], &SYMMETRIC].concat(),
    };
    let signed_or_not = [&[UNSIGNED][..], &ASYMMETRIC].concat();
    [
        ("/token_endpoint_signing_alg", &client.auth_signing_alg, assertion),
        ("/request_object_signing_alg", &client.request_object_signing_alg, signed_or_not.clone()),
        ("/userinfo_signed_response_alg", &client.userinfo_signed_response_alg, signed_or_not),
    ]
    .into_iter()
    .filter(|(_, algorithm, known)| !algorithm.is_empty() && !known.contains(&algorithm.as_str()))
    .map(|(member, _, known)| Problem::new(member, format!("must be one of {}", known.join(", "))))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Secret;

    const KEY: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

    fn client(auth_method: AuthMethod) -> Client {
        Client { auth_method, ..Client::default() }
    }

    fn wrong(client: &Client, given: &Given) -> Vec<String> {
        check(client, given).into_iter().map(|problem| problem.member).collect()
    }

    #[test]
    fn every_method_goes_with_its_own_proof() {
        let set = |keys: &str| ClientKeys::Set(format!(r#"{{"keys":[{keys}]}}"#));
        let named = |name: CertificateName| Some(name);
        let none = Vec::<String>::new();
        let with_keys = Client { keys: set(KEY), ..client(AuthMethod::PrivateKeyJwt) };
        assert_eq!(wrong(&with_keys, &Given::Nothing), none);
        assert_eq!(wrong(&client(AuthMethod::PrivateKeyJwt), &Given::Nothing), ["/token_endpoint_auth_method"]);
        let tls = client(AuthMethod::TlsClientAuth);
        assert_eq!(wrong(&tls, &Given::Nothing), ["/token_endpoint_auth_method"]);
        let dns = Client { certificate: named(CertificateName::Dns("a.example".to_owned())), ..tls.clone() };
        assert_eq!(wrong(&dns, &Given::Nothing), none);
        let ip = Client { certificate: named(CertificateName::Ip("a.example".to_owned())), ..tls };
        assert_eq!(wrong(&ip, &Given::Nothing), ["/tls_client_auth_san_ip"]);
        let basic = Client { certificate: dns.certificate, ..client(AuthMethod::ClientSecretBasic) };
        assert_eq!(wrong(&basic, &Given::Nothing), ["/tls_client_auth_san_dns"]);
        let secret = Given::Secret(Secret::new("x".repeat(32)));
        assert_eq!(wrong(&with_keys, &secret), ["/client_secret"]);
        assert_eq!(wrong(&client(AuthMethod::ClientSecretPost), &secret), none);
    }

    #[test]
    fn keys_are_public_few_and_usable() {
        let set = |text: &str| {
            wrong(
                &Client { keys: ClientKeys::Set(text.to_owned()), ..client(AuthMethod::PrivateKeyJwt) },
                &Given::Nothing,
            )
        };
        for text in ["", "[]", "{}", r#"{"keys":[]}"#, r#"{"keys":{}}"#] {
            assert_eq!(set(text), ["/jwks/keys"], "{text}");
        }
        let private = KEY.replace('}', r#","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}"#);
        let shared = r#"{"kty":"oct","k":"AAAA"}"#;
        assert_eq!(set(&format!(r#"{{"keys":[{KEY},{private},{shared}]}}"#)), ["/jwks/keys/1", "/jwks/keys/2"]);
        assert_eq!(set(&format!(r#"{{"keys":[{}]}}"#, vec![KEY; 21].join(","))), ["/jwks/keys"]);
        assert_eq!(set(&format!(r#"{{"keys":[{}]}}"#, vec![KEY; 20].join(","))), Vec::<String>::new());
        let (x, y) = ("weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ", "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck");
        let encrypts = format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}","use":"enc","alg":"ECDH-ES"}}"#);
        assert_eq!(set(&format!(r#"{{"keys":[{KEY},{encrypts}]}}"#)), Vec::<String>::new());
        let weak = encrypts.replace("ECDH-ES", "RSA1_5");
        assert_eq!(set(&format!(r#"{{"keys":[{KEY},{weak}]}}"#)), ["/jwks/keys/1"]);
        let other = Client {
            keys: ClientKeys::Set(format!(r#"{{"keys":[{KEY}]}}"#)),
            auth_signing_alg: "RS256".to_owned(),
            ..client(AuthMethod::PrivateKeyJwt)
        };
        assert_eq!(wrong(&other, &Given::Nothing), ["/jwks/keys"], "no key fits the algorithm");
    }
}
