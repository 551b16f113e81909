//! Where a request goes: a URL, read strictly, and where a redirect leads from there.

use std::net::{IpAddr, Ipv6Addr};

use fluent_uri::{Uri, UriRef};
use http::uri::PathAndQuery;

/// The longest URL.
const LONGEST: usize = 2048;
/// The longest name of a host (RFC 1035, 2.3.4).
const LONGEST_NAME: usize = 253;

/// A URL that may be asked, as far as its text tells.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Target {
    /// As it was read, without the fragment.
    pub(super) uri: Uri<String>,
    /// Whether it is https.
    pub(super) secure: bool,
    /// Who is asked.
    pub(super) host: Host,
    /// At which port.
    pub(super) port: u16,
    /// What for.
    pub(super) path: PathAndQuery,
}

/// Who is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Host {
    /// A name, in lower case.
    Name(String),
    /// An address.
    Address(IpAddr),
}

impl Target {
    /// Reads a URL.
    ///
    /// # Errors
    /// What is wrong with it, as in "the URL …".
    pub(super) fn read(text: &str) -> Result<Target, &'static str> {
        if text.len() > LONGEST {
            return Err("must have at most 2048 bytes");
        }
        match Uri::parse(text) {
            Ok(uri) => Target::of(uri.strip_fragment().to_owned()),
            Err(_) => Err("must be an absolute URL"),
        }
    }

    fn of(uri: Uri<String>) -> Result<Target, &'static str> {
        let secure = match uri.scheme().as_str().to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err("must begin with https:// or http://"),
        };
        let authority = uri.authority().ok_or("must name a host")?;
        if authority.userinfo().is_some() {
            return Err("must not have user information");
        }
        let host = Host::read(authority.host())?;
        let port = match authority.port_to_u16() {
            Ok(None) if secure => 443,
            Ok(None) => 80,
            Ok(Some(port)) if port > 0 => port,
            _ => return Err("must have a port from 1 to 65535"),
        };
        let path = if uri.path().as_str().is_empty() { "/" } else { uri.path().as_str() };
        let query = uri.query().map(|query| format!("?{}", query.as_str())).unwrap_or_default();
        let path = PathAndQuery::try_from(format!("{path}{query}")).map_err(|_| "must be an absolute URL")?;
        Ok(Target { secure, host, port, path, uri })
    }

    /// Where the Location header of a redirect leads from here.
    pub(super) fn redirected(&self, location: &str) -> Result<Target, &'static str> {
        let lost = "must not be redirected to what is no URL";
        if location.len() > LONGEST {
            return Err(lost);
        }
        let location = UriRef::parse(location).map_err(|_| lost)?;
        let there = location.resolve_against(&self.uri).map_err(|_| lost)?;
        let there = Target::of(there.strip_fragment().to_owned())?;
        match self.secure && !there.secure {
            true => Err("must not be redirected from https to http"),
            false => Ok(there),
        }
    }

    /// The Host header.
    pub(super) fn authority(&self) -> String {
        let host = self.host.to_text();
        match (self.secure, self.port) {
            (true, 443) | (false, 80) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }
}

impl Host {
    /// The host of a URL.
    pub(super) fn read(text: &str) -> Result<Host, &'static str> {
        if let Some(inside) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let address: Ipv6Addr = inside.parse().map_err(|_| "must not name an address of the future")?;
            return Ok(Host::Address(address.into()));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Host::Address(address));
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        match !text.is_empty() && text.len() <= LONGEST_NAME && text.bytes().all(allowed) {
            true => Ok(Host::Name(text.to_ascii_lowercase())),
            false => Err("must name a host by letters, digits, `-`, `.` and `_`"),
        }
    }

    /// As in a URL.
    pub(super) fn to_text(&self) -> String {
        match self {
            Host::Name(name) => name.clone(),
            Host::Address(IpAddr::V4(address)) => address.to_string(),
            Host::Address(IpAddr::V6(address)) => format!("[{address}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Target {
        Target::read(text).unwrap()
    }

    #[test]
    fn urls_are_taken_apart() {
        let target = read("HTTPS://Example.com/a/b?c=d#e");
        assert_eq!((target.secure, target.port, target.path.as_str()), (true, 443, "/a/b?c=d"));
        assert_eq!(target.authority(), "example.com");
        assert_eq!(read("http://example.com").path.as_str(), "/");
        assert_eq!(read("http://example.com:8080?a").path.as_str(), "/?a");
        assert_eq!(read("http://[::1]:8080/").authority(), "[::1]:8080");
        assert_eq!(read("http://127.0.0.1/").host, Host::Address("127.0.0.1".parse().unwrap()));
        assert_eq!(
            read("http://127.1/").host,
            Host::Name("127.1".to_owned()),
            "the resolver's business, then `is_public`'s"
        );
    }

    #[test]
    fn what_is_no_url_is_refused() {
        let long = format!("https://example.com/{}", "a".repeat(LONGEST));
        for text in [
            "",
            "example.com",
            "//example.com",
            "/a",
            "ftp://example.com",
            "file:///etc/passwd",
            "gopher://a",
            "http:a",
            "http://",
            "http:///a",
            "http://a:0",
            "http://a:65536",
            "http://a:b",
            "http://u@a",
            "http://u:p@a",
            "http://:p@a",
            "http://a b",
            "http://a/\n",
            "http://ä",
            "http://%61",
            "http://[::1",
            "http://[v1.a]",
            "http://[fe80::1%25a]",
            "http://a\\b",
            &long,
        ] {
            assert!(Target::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn redirects_are_followed_from_where_they_come() {
        let from = read("https://example.com/a/b?c");
        assert_eq!(from.redirected("d#e"), Target::read("https://example.com/a/d"));
        assert_eq!(from.redirected("//other.test/x"), Target::read("https://other.test/x"));
        assert!(from.redirected("http://example.com/a").is_err(), "down to http");
        assert!(read("http://example.com").redirected("https://example.com/a").is_ok(), "up to https");
        for location in ["file:///etc/passwd", "https://u@example.com", "a b", "https://"] {
            assert!(from.redirected(location).is_err(), "{location}");
        }
    }
}
