//! The hosts that are found at an address of the operator's choice: `outbound.connect_to`.
//!
//! Used by `connect`. As with a hosts file, only the way there is another: the Host header and the name in the certificate
//! stay. For a provider that is reached through a private link or a relay.

use std::net::SocketAddr;

use super::target::{Host, Target};

/// The detours of the configuration.
#[derive(Debug, Default)]
pub(super) struct Detours(Vec<Detour>);

#[derive(Debug, PartialEq)]
struct Detour {
    host: Host,
    port: u16,
    address: SocketAddr,
}

impl Detours {
    /// Reads `host:port=address:port`. An entry that is something else leads nowhere; the log says so.
    pub(super) fn read(entries: &[String]) -> Detours {
        let entry = |text: &String| {
            let found = entry(text);
            if found.is_none() {
                tracing::warn!(entry = text, "an entry of outbound.connect_to is not host:port=address:port");
            }
            found
        };
        Detours(entries.iter().filter_map(entry).collect())
    }

    /// Where a target is found instead. The operator has said so, so the address may be private.
    pub(super) fn of(&self, target: &Target) -> Option<SocketAddr> {
        let found = self.0.iter().find(|detour| detour.host == target.host && detour.port == target.port);
        found.map(|detour| detour.address)
    }
}

fn entry(text: &str) -> Option<Detour> {
    let (from, to) = text.split_once('=')?;
    let (host, port) = from.trim().rsplit_once(':')?;
    Some(Detour { host: Host::read(host).ok()?, port: port.parse().ok()?, address: to.trim().parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(entry: &str, url: &str) -> Option<String> {
        let found = Detours::read(&[entry.to_owned()]).of(&Target::read(url).unwrap());
        found.map(|address| address.to_string())
    }

    #[test]
    fn a_detour_is_for_exactly_one_host_and_port() {
        let entry = "Login.example:443=10.0.0.1:8443";
        assert_eq!(of(entry, "https://login.example/x"), Some("10.0.0.1:8443".to_owned()));
        assert_eq!(of("login.example:80 = [::1]:1", "http://login.example/"), Some("[::1]:1".to_owned()));
        for url in ["http://login.example/", "https://login.example:444/", "https://a.login.example/"] {
            assert_eq!(of(entry, url), None, "{url}");
        }
    }

    #[test]
    fn what_is_no_detour_leads_nowhere() {
        for entry in ["login.example", "login.example=10.0.0.1:1", "login.example:443=elsewhere:1", "a:443=10.0.0.1"] {
            assert_eq!(of(entry, "https://login.example/"), None, "{entry}");
        }
    }
}
