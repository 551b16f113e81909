//! What a package must know, and how each fact is written where a template names it.
//!
//! Ids are made of unreserved characters (`domain::id`) and addresses come from the configuration, so they stand in any
//! file as they are; the secret is written as base64 or quoted for a shell.

use data_encoding::BASE64;
use fluent_uri::{Uri, component::Host};

use crate::crypto::Secret;

/// What a package must know.
pub struct Facts<'a> {
    /// Where this server is reached, without a slash at the end.
    pub public_url: &'a str,
    /// The issuer of the tokens of the gateway's client.
    pub token_issuer: &'a str,
    /// The tenant.
    pub tenant: &'a str,
    /// The gateway's id.
    pub gateway: &'a str,
    /// Its client.
    pub client_id: &'a str,
    /// Its client's secret.
    pub secret: &'a Secret,
}

/// Where this server listens, as its public address says.
struct Address {
    secure: bool,
    /// As it stands in an address: a literal IPv6 address in brackets.
    host: String,
    /// Whether the host is an IP address.
    literal: bool,
    port: u16,
    /// Without a slash at the end.
    path: String,
}

impl Facts<'_> {
    /// The values of the names in the templates.
    pub(super) fn values(&self) -> Result<Vec<(&'static str, String)>, String> {
        let Facts { public_url, token_issuer, tenant, gateway, client_id, secret } = self;
        let address = address(public_url).ok_or_else(|| format!("`{public_url}` is no web address"))?;
        let Address { secure, host, literal, port, path } = &address;
        let pick = |yes: &str, no: &str| if *secure { yes.to_owned() } else { no.to_owned() };
        let basic = BASE64.encode(format!("{client_id}:{}", secret.expose()).as_bytes());
        Ok(vec![
            ("PUBLIC_URL", (*public_url).to_owned()),
            ("TOKEN_ISSUER", (*token_issuer).to_owned()),
            ("TENANT", (*tenant).to_owned()),
            ("GATEWAY", (*gateway).to_owned()),
            ("CLIENT_ID", (*client_id).to_owned()),
            ("QUOTED_SECRET", quoted(secret.expose())),
            ("BASIC", basic),
            ("SCHEME", pick("https", "http")),
            ("HOST", host.clone()),
            ("BARE_HOST", host.trim_matches(['[', ']']).to_owned()),
            ("PORT", port.to_string()),
            ("AUTHORIZE_PATH", format!("{path}/api/system/{tenant}/gateways/{gateway}/authorize")),
            ("NGINX_TLS", pick(&include_str!("templates/nginx/tls.part").replace("@HOST@", host), "")),
            ("ENVOY_TLS", pick(&include_str!("templates/envoy/tls.part").replace("@HOST@", host), "")),
            ("ISTIO_TLS", pick(&include_str!("templates/istio/tls.part").replace("@HOST@", host), "")),
            ("ISTIO_RESOLUTION", if *literal { "STATIC" } else { "DNS" }.to_owned()),
        ])
    }
}

fn address(public_url: &str) -> Option<Address> {
    let uri = Uri::parse(public_url).ok()?;
    let authority = uri.authority()?;
    let secure = uri.scheme().as_str().eq_ignore_ascii_case("https");
    let port = match authority.port_to_u16() {
        Ok(Some(port)) => port,
        Ok(None) if secure => 443,
        Ok(None) => 80,
        Err(_) => return None,
    };
    Some(Address {
        secure,
        host: authority.host().to_owned(),
        literal: !matches!(authority.host_parsed(), Host::RegName(_)),
        port,
        path: uri.path().as_str().trim_end_matches('/').to_owned(),
    })
}

/// A text as one word of a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let parts = |url: &str| address(url).map(|a| (a.secure, a.host, a.literal, a.port, a.path)).unwrap();
        let named =
            |secure, host: &str, literal, port, path: &str| (secure, host.to_owned(), literal, port, path.to_owned());
        assert_eq!(parts("https://a.example/base/"), named(true, "a.example", false, 443, "/base"));
        assert_eq!(parts("http://127.0.0.1:8080"), named(false, "127.0.0.1", true, 8080, ""));
        assert_eq!(parts("http://[::1]"), named(false, "[::1]", true, 80, ""));
        assert!(address("nowhere").is_none());
    }

    #[test]
    fn a_secret_is_one_word_of_a_shell() {
        assert_eq!(quoted("a b$c"), "'a b$c'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
