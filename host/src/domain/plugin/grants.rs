//! What a tenant lets a plugin reach, set and taken back.
//!
//! The grant operations of the admin group. What is granted holds for every version of the plugin and from the next decision on;
//! `outside.rs` enforces it.

use super::{Grants, Plugin, Requests, save};
use crate::{
    domain::{By, Domain, Failure, Problem, id, noun},
    store::State,
};

/// The most hosts of a grant.
const HOSTS: usize = 16;
/// The longest time for one request, in milliseconds. A decision waits for it.
const LONGEST_MS: u32 = 5_000;
/// The longest name of a host, with its port.
const HOST: usize = 260;

/// Lets a plugin reach exactly this, and nothing else any more.
pub async fn set(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    name: &str,
    grants: Grants,
) -> Result<State<Plugin>, Failure> {
    Failure::unless_fine(problems(&grants))?;
    let change = move |plugin: &Plugin| Ok(Plugin { grants: grants.clone(), ..plugin.clone() });
    noun::update(domain, by, tenant, name, change, save).await
}

fn problems(grants: &Grants) -> Vec<Problem> {
    let Grants { requests, namespace } = grants;
    let mut problems = Vec::new();
    if let Some(namespace) = namespace {
        problems.extend(id::check("/key_value/namespace", namespace).err());
    }
    let Some(Requests { hosts, deadline_ms }) = requests else { return problems };
    if hosts.is_empty() || hosts.len() > HOSTS {
        problems.push(Problem::new("/http/hosts", format!("must have 1 to {HOSTS} hosts")));
    }
    for (index, host) in hosts.iter().enumerate().filter(|(_, host)| !is_host(host)) {
        let reason = format!("`{host}` must be a host such as `api.example` or `api.example:8443`, in lower case");
        problems.push(Problem::new(format!("/http/hosts/{index}"), reason));
    }
    if !(1..=LONGEST_MS).contains(deadline_ms) {
        problems.push(Problem::new("/http/deadline_ms", format!("must be from 1 to {LONGEST_MS}")));
    }
    problems
}

/// Whether this is written like a Host header: no pattern, no path, no default port, or it would never fit.
fn is_host(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !text.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._".contains(&byte);
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let named = match address {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(plain),
    };
    let port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|number| number > 0 && port == number.to_string()));
    named && port && text.len() <= HOST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_written_like_a_host_header() {
        for good in ["api.example", "127.0.0.1:8080", "[::1]:8080", "a_b.example"] {
            assert!(is_host(good), "{good}");
        }
        for bad in
            ["", "*", "*.example", "https://a", "a/b", "A.example", "a:0", "a:65536", "a:080", "a:", "u@a", "[x]"]
        {
            assert!(!is_host(bad), "{bad}");
        }
    }

    #[test]
    fn every_problem_is_told() {
        let requests = Requests { hosts: vec!["a".to_owned(), "*".to_owned()], deadline_ms: 0 };
        let grants = Grants { requests: Some(requests), namespace: Some("a/b".to_owned()) };
        let found: Vec<_> = problems(&grants).into_iter().map(|problem| problem.member).collect();
        assert_eq!(found, ["/key_value/namespace", "/http/hosts/1", "/http/deadline_ms"]);
        assert_eq!(problems(&Grants::default()), []);
    }
}
