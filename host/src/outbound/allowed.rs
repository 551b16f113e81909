//! The hosts that may have private addresses: `outbound.allowed_hosts`.

use super::target::{Host, Target};

/// The hosts of the configuration.
#[derive(Debug, Default)]
pub(super) struct Allowed(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    host: Host,
    /// None is any.
    port: Option<u16>,
}

impl Allowed {
    /// Reads `name`, `name:port`, and addresses the same way, IPv6 in brackets when there is a port. An entry that is no
    /// host allows nothing; the log says so.
    pub(super) fn read(entries: &[String]) -> Allowed {
        let entry = |text: &String| {
            let found = entry(text);
            if found.is_none() {
                tracing::warn!(entry = text, "an entry of outbound.allowed_hosts is no host and allows nothing");
            }
            found
        };
        Allowed(entries.iter().filter_map(entry).collect())
    }

    /// Whether a target may have a private address.
    pub(super) fn allows(&self, target: &Target) -> bool {
        let fits = |entry: &Entry| entry.host == target.host && entry.port.is_none_or(|port| port == target.port);
        self.0.iter().any(fits)
    }
}

fn entry(text: &str) -> Option<Entry> {
    let text = text.trim();
    if let Ok(address) = text.parse() {
        return Some(Entry { host: Host::Address(address), port: None });
    }
    match text.rsplit_once(':') {
        Some((host, port)) if !text.ends_with(']') => {
            Some(Entry { host: Host::read(host).ok()?, port: Some(port.parse().ok()?) })
        }
        _ => Some(Entry { host: Host::read(text).ok()?, port: None }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(entry: &str, url: &str) -> bool {
        Allowed::read(&[entry.to_owned()]).allows(&Target::read(url).unwrap())
    }

    #[test]
    fn entries_name_hosts_and_ports() {
        assert!(allows("intern.test", "http://INTERN.test:8080/"));
        assert!(allows("Intern.test:8080", "http://intern.test:8080/"));
        assert!(allows("intern.test:443", "https://intern.test/"));
        assert!(allows("127.0.0.1:80", "http://127.0.0.1/"));
        assert!(allows("::1", "http://[::1]:8080/"));
        assert!(allows("[::1]", "http://[0:0::1]:8080/"));
        assert!(allows("[::1]:8080", "http://[::1]:8080/"));
    }

    #[test]
    fn nothing_else_fits() {
        for (entry, url) in [
            ("intern.test", "http://a.intern.test/"),
            ("intern.test", "http://intern.test.evil.test/"),
            ("intern.test:8080", "http://intern.test/"),
            ("intern.test:80", "https://intern.test/"),
            ("127.0.0.1", "http://127.0.0.2/"),
            ("[::1]:8080", "http://[::1]/"),
            ("*", "http://intern.test/"),
            ("", "http://intern.test/"),
            ("intern.test:x", "http://intern.test/"),
            ("http://intern.test", "http://intern.test/"),
        ] {
            assert!(!allows(entry, url), "{entry} {url}");
        }
    }
}
