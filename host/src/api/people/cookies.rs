//! The cookies of a server in a browser: the session of who has logged in, and the one that binds a login to the browser. A server with
//! session management has a third one, which is worth nothing: it says whether the session is still the same.
//!
//! Called by every page. What they are worth is the domain's business; here is only how they travel (RFC 6265bis). Over TLS
//! their names begin with `__Host-`, so that no other host and no unencrypted page can set them. Plain HTTP is for loopback.

use data_encoding::HEXLOWER;
use http::header::{COOKIE, SET_COOKIE, USER_AGENT};

use crate::{
    api::{Answer, Call},
    crypto::{Secret, digest},
    domain::{
        Failure,
        authorize::Browser,
        handle::{self, Purpose},
        server, session_state,
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

/// Takes the session from the browser, and what says that there is one.
pub fn end_session(answer: Answer, call: &Call) -> Answer {
    let answer = set(answer, call, Purpose::Session, "", Some(0));
    match find_state(call) {
        Some(_) => set_state(answer, call, "", 0),
        None => answer,
    }
}

/// Gives a browser in which a session starts its state, where the server has session management.
pub fn start_state(answer: Answer, call: &Call, cookie: &Secret, seconds: i64) -> Answer {
    let state = session_state::of_new(&call.app.domain, call.tenant(), call.param("aid"), cookie.expose());
    set_state(answer, call, &state, seconds)
}

/// Makes the browser's state be that of the session which it has now, where the server has session management: the session may be
/// older than that, or have ended elsewhere.
pub fn keep_state(answer: Answer, call: &Call, browser: &Browser) -> Result<Answer, Failure> {
    let (domain, tenant, id) = (&call.app.domain, call.tenant(), call.param("aid"));
    let server = server::current(domain, tenant, id)?;
    if !server.value.security.session_management {
        return Ok(answer);
    }
    let known = find_state(call);
    Ok(match session_state::of_browser(domain, tenant, (id, &server.value), browser)? {
        Some(state) if known.as_ref() == Some(&state.value) => answer,
        Some(state) => set_state(answer, call, &state.value, state.seconds),
        None if known.is_some() => set_state(answer, call, "", 0),
        None => answer,
    })
}

/// The name of the cookie with the browser's state.
pub fn state_name(call: &Call) -> String {
    named('o', call.tenant(), call.param("aid"), is_secure(&call.app.domain.public_url))
}

fn find_state(call: &Call) -> Option<String> {
    value(call, &state_name(call)).filter(|state| !state.is_empty())
}

/// Unlike the others it is for script, and for a page in frames of other sites, which have it over TLS only.
fn set_state(answer: Answer, call: &Call, state: &str, seconds: i64) -> Answer {
    let sites = if is_secure(&call.app.domain.public_url) { "None; Secure" } else { "Lax" };
    let line = format!("{}={state}; Path=/; SameSite={sites}; Max-Age={seconds}", state_name(call));
    answer.and_header(SET_COOKIE, &line)
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
    let value = value(call, &name);
    value.filter(|value| value.len() <= LONGEST && handle::looks_like(purpose, value))
}

/// The value of a cookie that the request brings.
fn value(call: &Call, name: &str) -> Option<String> {
    let headers = call.request.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = headers.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}

/// Longer than any handle.
const LONGEST: usize = 128;

fn name(purpose: Purpose, tenant: &str, server: &str, secure: bool) -> String {
    named(if purpose == Purpose::Session { 's' } else { 'b' }, tenant, server, secure)
}

/// The name of a cookie. Every server has its own: they are issuers that trust each other with nothing.
fn named(letter: char, tenant: &str, server: &str, secure: bool) -> String {
    let hash = digest::sha256(format!("{tenant}/{server}").as_bytes());
    let short = HEXLOWER.encode(hash.first_chunk::<4>().map_or(&[], |chunk| chunk.as_slice()));
    let prefix = if secure { "__Host-" } else { "" };
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
