//! The two cookies of a server in a browser: the session of who has logged in, and the one that binds a login to the browser.
//!
//! Called by every page. What they are worth is the domain's business; here is only how they travel (RFC 6265bis). Over TLS
//! their names begin with `__Host-`, so that no other host and no unencrypted page can set them. Plain HTTP is for loopback.

use data_encoding::HEXLOWER;
use http::header::{COOKIE, SET_COOKIE, USER_AGENT};

use crate::{
    api::{Answer, Call},
    crypto::{Secret, digest},
    domain::{
        authorize::Browser,
        handle::{self, Purpose},
    },
};

/// The browser of a request, with a new cookie if it has none; [`keep`] then gives it to the browser.
pub fn browser(call: &Call) -> Browser {
    let domain = &call.app.domain;
    let (tenant, server) = (call.tenant(), call.param("aid"));
    let known = find(call, Purpose::Browser).map(Secret::new);
    let agent =
        call.request.headers.get(USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    Browser {
        session: find(call, Purpose::Session),
        cookie: known.unwrap_or_else(|| handle::make(domain, Purpose::Browser, tenant, server).0),
        address: call.request.address(),
        agent: agent.unwrap_or_default(),
        request_id: call.request.request_id.clone(),
    }
}

/// Whether the request brings any cookie of this server.
pub fn has_any(call: &Call) -> bool {
    find(call, Purpose::Browser).is_some() || find(call, Purpose::Session).is_some()
}

/// Gives the browser its cookie, unless it has it. It goes when the browser is closed.
pub fn keep(answer: Answer, call: &Call, browser: &Browser) -> Answer {
    match find(call, Purpose::Browser) {
        Some(known) if browser.cookie.same(&known) => answer,
        _ => set(answer, call, Purpose::Browser, browser.cookie.expose(), None),
    }
}

/// Gives the browser a session, for as long as the server's sessions last.
pub fn start_session(answer: Answer, call: &Call, cookie: &Secret, seconds: i64) -> Answer {
    set(answer, call, Purpose::Session, cookie.expose(), Some(seconds))
}

/// Takes the session from the browser.
pub fn end_session(answer: Answer, call: &Call) -> Answer {
    set(answer, call, Purpose::Session, "", Some(0))
}

fn set(answer: Answer, call: &Call, purpose: Purpose, value: &str, seconds: Option<i64>) -> Answer {
    let secure = is_secure(&call.app.domain.public_url);
    let name = name(purpose, call.tenant(), call.param("aid"), secure);
    let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    let secure = if secure { "; Secure" } else { "" };
    answer.and_header(SET_COOKIE, &format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{age}{secure}"))
}

/// The value of a cookie that the request brings, if it looks like one of ours.
fn find(call: &Call, purpose: Purpose) -> Option<String> {
    let secure = is_secure(&call.app.domain.public_url);
    let name = name(purpose, call.tenant(), call.param("aid"), secure);
    let headers = call.request.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = headers.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let value = pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned());
    value.filter(|value| value.len() <= LONGEST && handle::looks_like(purpose, value))
}

/// Longer than any handle.
const LONGEST: usize = 128;

/// The name of a cookie. Every server has its own: they are issuers that trust each other with nothing.
fn name(purpose: Purpose, tenant: &str, server: &str, secure: bool) -> String {
    let hash = digest::sha256(format!("{tenant}/{server}").as_bytes());
    let short = HEXLOWER.encode(hash.first_chunk::<4>().map_or(&[], |chunk| chunk.as_slice()));
    let prefix = if secure { "__Host-" } else { "" };
    let letter = if purpose == Purpose::Session { 's' } else { 'b' };
    format!("{prefix}pc-{letter}-{short}")
}

/// Whether cookies must travel over TLS only: always, but for servers that are reached over the loopback interface.
pub fn is_secure(public_url: &str) -> bool {
    let Some(rest) = public_url.strip_prefix("http://") else { return true };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = authority.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')).map_or(authority, |(host, _)| host);
    let numbers = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    host != "localhost" && !numbers.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_cookies_are_for_loopback_only() {
        for url in
            ["http://127.0.0.1:8080", "http://localhost", "http://localhost:1", "http://[::1]:8080", "http://[::1]"]
        {
            assert!(!is_secure(url), "{url}");
        }
        for url in [
            "https://127.0.0.1",
            "https://id.example",
            "http://id.example",
            "http://10.0.0.1:80",
            "http://localhost.example",
        ] {
            assert!(is_secure(url), "{url}");
        }
    }

    #[test]
    fn every_server_has_its_own_cookies() {
        let names = [("a", "b"), ("a", "c"), ("b", "b")].map(|(tid, aid)| name(Purpose::Session, tid, aid, true));
        assert!(names[0] != names[1] && names[1] != names[2] && names[0] != names[2]);
        assert!(names.iter().all(|name| name.starts_with("__Host-pc-s-") && name.len() == 20), "{names:?}");
        assert!(name(Purpose::Browser, "a", "b", false).starts_with("pc-b-"));
    }
}
