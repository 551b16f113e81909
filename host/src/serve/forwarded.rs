//! Where a request is from when proxies stand in front: X-Forwarded-For, as far as trusted proxies have written it.
//!
//! Called by `exchange`. Each proxy adds at the end of the header where it got the request from. So it is read from there, up
//! to the first address that is no trusted proxy: what stands further in front, anybody may have written.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;

use crate::config::Network;

const HEADER: &str = "x-forwarded-for";

/// The client of a request that came from `peer`. Its port is not known when a proxy tells of it.
pub(super) fn client(peer: SocketAddr, headers: &HeaderMap, trusted: &[Network]) -> SocketAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(peer.ip()) {
        return peer;
    }
    let lines: Vec<&str> = headers.get_all(HEADER).iter().map(|line| line.to_str().unwrap_or_default()).collect();
    let mut farthest = peer;
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        let Some(address) = address(hop.trim()) else { break };
        farthest = SocketAddr::new(address, 0);
        if !is_trusted(address) {
            break;
        }
    }
    farthest
}

/// An address as proxies write it: alone, in brackets, or with a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    bare.parse().ok().or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, lines: &[&str]) -> String {
        let trusted = ["10.0.0.0/8", "::1"].map(|network| network.parse().unwrap());
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(HEADER, line.parse().unwrap());
        }
        client(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn a_trusted_proxy_says_where_a_request_is_from() {
        for (peer, lines, from) in [
            ("10.0.0.1:9", &["192.0.2.1"][..], "192.0.2.1:0"),
            ("10.0.0.1:9", &["198.51.100.1, 192.0.2.1"], "192.0.2.1:0"),
            ("10.0.0.1:9", &["198.51.100.1, 192.0.2.1, 10.0.0.7"], "192.0.2.1:0"),
            ("10.0.0.1:9", &["198.51.100.1", "192.0.2.1 ,10.0.0.7"], "192.0.2.1:0"),
            ("10.0.0.1:9", &["192.0.2.1:4711"], "192.0.2.1:0"),
            ("10.0.0.1:9", &["[2001:db8::1]:4711"], "[2001:db8::1]:0"),
            ("10.0.0.1:9", &["[2001:db8::1]"], "[2001:db8::1]:0"),
            ("[::1]:9", &["2001:db8::1"], "[2001:db8::1]:0"),
            ("10.0.0.1:9", &["10.0.0.7, 10.0.0.8"], "10.0.0.7:0"),
        ] {
            assert_eq!(seen(peer, lines), from, "{lines:?}");
        }
    }

    #[test]
    fn nobody_else_does() {
        for (peer, lines, from) in [
            ("192.0.2.9:9", &["198.51.100.1"][..], "192.0.2.9:9"),
            ("10.0.0.1:9", &[], "10.0.0.1:9"),
            ("10.0.0.1:9", &["unknown"], "10.0.0.1:9"),
            ("10.0.0.1:9", &["198.51.100.1, _hidden, 10.0.0.7"], "10.0.0.7:0"),
        ] {
            assert_eq!(seen(peer, lines), from, "{lines:?}");
        }
    }
}
