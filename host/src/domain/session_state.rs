//! What pages of clients can find out about a session without asking the server (OpenID Connect Session Management 1.0): whether the
//! browser is still in the state that it was in when the client got its answer.
//!
//! The state is a value of its own, made from the session by a keyed hash, so that neither the cookie nor the `sid` follows from it:
//! pages of ours must be able to read it. Called by the pages that set it, and by `authorize`.

use data_encoding::HEXLOWER;

use super::{
    Domain, Failure,
    authorize::Browser,
    handle::{self, Purpose},
    server::Server,
    session, text,
};
use crate::crypto::digest;

/// The state of a browser in which somebody has logged in (§3.2, "OP User Agent state").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserState {
    /// The value.
    pub value: String,
    /// How long the session goes on, in seconds.
    pub seconds: i64,
}

/// The state of a browser. None when nobody is logged in there.
pub fn of_browser(
    domain: &Domain,
    tenant: &str,
    (id, server): (&str, &Server),
    browser: &Browser,
) -> Result<Option<BrowserState>, Failure> {
    let Some(cookie) = &browser.session else { return Ok(None) };
    let found = session::find(domain, tenant, (id, server), cookie)?;
    Ok(found.map(|(name, session)| BrowserState {
        value: value(domain, tenant, id, &name),
        seconds: session.ends.saturating_sub(domain.world.now_seconds()),
    }))
}

/// The state of a browser in whose session somebody was just let in, by its cookie.
pub fn of_new(domain: &Domain, tenant: &str, server: &str, cookie: &str) -> String {
    value(domain, tenant, server, &handle::name(domain, Purpose::Session, tenant, server, cookie))
}

fn value(domain: &Domain, tenant: &str, server: &str, session: &str) -> String {
    let hash = domain.vault.keyed_hash(&format!("the browser's state at {tenant}/{server}: "), session);
    HEXLOWER.encode(hash.as_bytes())
}

/// What a client is told (`session_state`, §2): a hash of the state, salted, for pages of the origin that the answer goes to. None for
/// programs, which have no such pages.
pub(super) fn for_client(
    domain: &Domain,
    (tenant, server): (&str, &str),
    (client, redirect_uri): (&str, &str),
    session: &str,
) -> Option<String> {
    let (origin, salt) = (origin(redirect_uri)?, HEXLOWER.encode(&domain.world.bytes::<16>()));
    Some(hash(client, &origin, &value(domain, tenant, server, session), &salt))
}

/// The script of `check_session_iframe` computes the same.
fn hash(client: &str, origin: &str, state: &str, salt: &str) -> String {
    format!("{}.{salt}", digest::sha256_hex(format!("{client} {origin} {state} {salt}").as_bytes()))
}

/// The origin of an address, as browsers write it (RFC 6454 §6.2).
fn origin(uri: &str) -> Option<String> {
    let uri = text::absolute(uri)?;
    let (scheme, authority) = (uri.scheme().as_str().to_ascii_lowercase(), uri.authority()?);
    let usual = match scheme.as_str() {
        "https" => "443",
        "http" => "80",
        _ => return None,
    };
    let port = authority.port().map(|port| port.as_str()).filter(|port| !port.is_empty() && *port != usual);
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{scheme}://{}{port}", authority.host().to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_do() {
        for (uri, expected) in [
            ("https://A.example/cb?x=1", Some("https://a.example")),
            ("https://a.example:443/cb", Some("https://a.example")),
            ("https://a.example:8443", Some("https://a.example:8443")),
            ("http://127.0.0.1:80/cb", Some("http://127.0.0.1")),
            ("http://[::1]:8080/cb", Some("http://[::1]:8080")),
            ("app:/cb", None),
            ("com.example.app://host/cb", None),
        ] {
            assert_eq!(origin(uri).as_deref(), expected, "{uri}");
        }
    }

    #[test]
    fn every_part_counts() {
        let all = hash("web", "https://a.example", "state", "salt");
        assert!(all.ends_with(".salt") && all.len() == 64 + 5 && !all.contains(' '));
        for other in [
            hash("other", "https://a.example", "state", "salt"),
            hash("web", "https://b.example", "state", "salt"),
            hash("web", "https://a.example", "", "salt"),
            hash("web", "https://a.example", "state", "tlas"),
        ] {
            assert_ne!(other.split('.').next(), all.split('.').next());
        }
    }
}
