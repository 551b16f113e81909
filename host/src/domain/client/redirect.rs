//! Where the authorization endpoint may send its answer: web pages over TLS, pages of the same machine, and native apps.
//!
//! Called by `rules.rs`. Redirections go to the browser of a person, so a scheme that runs or shows what the URI itself
//! holds is never one (RFC 9700 §4.1, RFC 8252 §7).

use fluent_uri::Uri;

use crate::domain::text;

/// Schemes that are no app of anybody: browsers run, show or fetch them themselves.
const NEVER: [&str; 17] = [
    "about",
    "blob",
    "chrome",
    "data",
    "feed",
    "file",
    "filesystem",
    "ftp",
    "intent",
    "javascript",
    "jar",
    "mailto",
    "resource",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

/// Why a redirect URI is refused, if it is.
pub(super) fn refusal(text: &str) -> Option<&'static str> {
    let Some(uri) = text::absolute(text) else { return Some("must be an absolute URI of at most 2048 bytes") };
    let scheme = uri.scheme().as_str().to_ascii_lowercase();
    if text.contains('*') {
        Some("must not have a `*`: redirect URIs are compared exactly, there are no wildcards")
    } else if uri.has_fragment() {
        Some("must not have a fragment")
    } else if uri.authority().is_some_and(|authority| authority.userinfo().is_some()) {
        Some("must not have user information")
    } else if NEVER.contains(&scheme.as_str()) {
        Some("must not have a scheme that browsers open themselves")
    } else if !["http", "https"].contains(&scheme.as_str()) {
        None
    } else if host(&uri).is_empty() {
        Some("must name a host")
    } else if scheme == "http" && !text::is_loopback(host(&uri)) {
        Some("must be https, unless it stays on the machine (localhost, 127.0.0.1, [::1])")
    } else {
        None
    }
}

fn host<'a>(uri: &'a Uri<&str>) -> &'a str {
    uri.authority().map_or("", |authority| authority.host())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_apps_and_the_own_machine_are_places_to_go() {
        for uri in [
            "https://example.com/callback?a=b",
            "https://[2001:db8::1]/cb",
            "http://localhost/cb",
            "http://LOCALHOST:8080/cb",
            "http://127.0.0.1:3000",
            "http://127.1.2.3/cb",
            "http://[::1]:9/cb",
            "com.example.app:/oauth",
            "myapp://callback",
        ] {
            assert_eq!(refusal(uri), None, "{uri}");
        }
    }

    #[test]
    fn whatever_a_browser_would_run_or_leak_is_not() {
        for (uri, word) in [
            ("", "absolute"),
            ("/callback", "absolute"),
            ("example.com/cb", "absolute"),
            ("https://exa mple.com", "absolute"),
            ("https://example.com\\@evil.example", "absolute"),
            ("https://example.com/#", "fragment"),
            ("com.example.app:/cb#x", "fragment"),
            ("https://user@example.com/", "user information"),
            ("myapp://user:pass@callback", "user information"),
            ("javascript:alert(1)", "scheme"),
            ("JavaScript:alert(1)", "scheme"),
            ("data:text/html,x", "scheme"),
            ("file:///etc/passwd", "scheme"),
            ("https:///cb", "host"),
            ("https:cb", "host"),
            ("http://example.com/cb", "https"),
            ("http://localhost.example.com/cb", "https"),
            ("http://127.0.0.1.example.com/cb", "https"),
            ("http://10.0.0.1/cb", "https"),
            ("http://[::2]/cb", "https"),
        ] {
            let reason = refusal(uri).unwrap_or_else(|| panic!("{uri} is taken"));
            assert!(reason.contains(word), "{uri}: {reason}");
        }
        assert!(refusal(&format!("https://example.com/{}", "a".repeat(2048))).is_some());
    }
}
