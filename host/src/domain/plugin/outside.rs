//! What a plugin may reach beyond the log: exactly what its tenant grants, asked on the tenant's behalf.
//!
//! Attached to rules by whoever links them (`policy/linked.rs`), asked by the sandbox while a call runs. Bundled components have
//! no grants. Knows nothing of the sandbox.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{
    Grants, Plugin, Requests,
    data::{self, Entry},
};
use crate::{
    decision::{BoxFuture, Outside, Reach, Request, Response, RuleSet, Unread, Unsent},
    domain::{
        Domain, Failure,
        fetch::{Exchange, Fetch, FetchFailure},
    },
    store::Store,
};

/// Between a plugin's name and its digest, in the rules of a linked policy.
const PINNED: &str = "@sha256:";
/// Methods that a plugin may use.
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
/// The most headers of a plugin's request.
const HEADERS: usize = 32;
/// Headers that belong to the connection (RFC 9110, 7.6.1), or that the host writes itself.
const OURS: [&str; 13] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

/// The same rules, whose plugins may reach what the tenant grants them now. The rules name them with their digests.
pub(in crate::domain) fn reaching(domain: &Domain, tenant: &str, rules: RuleSet) -> Result<RuleSet, Failure> {
    let mut granted: BTreeMap<String, Arc<dyn Outside>> = BTreeMap::new();
    for rule in rules.rules() {
        let Some((name, _)) = rule.validator.split_once(PINNED) else { continue };
        if granted.contains_key(&rule.validator) {
            continue;
        }
        let plugin = domain.store.current::<Plugin>(tenant, name, domain.now())?;
        let grants = plugin.map(|plugin| plugin.value.grants.clone()).unwrap_or_default();
        if grants != Grants::default() {
            let (outbound, store) = (Arc::clone(&domain.outbound), domain.store.clone());
            let outside = Granted { tenant: tenant.to_owned(), grants, outbound, store };
            granted.insert(rule.validator.clone(), Arc::new(outside));
        }
    }
    Ok(rules.reaching(Reach::of(granted)))
}

/// What one plugin of one tenant may reach.
struct Granted {
    tenant: String,
    grants: Grants,
    outbound: Arc<dyn Fetch>,
    store: Store,
}

impl Granted {
    async fn exchange(&self, request: &Request, most: usize) -> Result<Response, Unsent> {
        let Some(Requests { hosts, deadline_ms: _ }) = &self.grants.requests else { return Err(Unsent::NotGranted) };
        let Request { method, url, headers, body } = request;
        sendable(method, headers).map_err(Unsent::Denied)?;
        let exchange = Exchange { method, url, headers, body, hosts: Some(hosts), most };
        let answer = self.outbound.exchange(exchange).await.map_err(unsent)?;
        Ok(Response { status: answer.status, headers: answer.headers, body: answer.body })
    }
}

impl Outside for Granted {
    fn patience(&self) -> Option<Duration> {
        self.grants.requests.as_ref().map(|granted| Duration::from_millis(granted.deadline_ms.into()))
    }

    fn send<'a>(&'a self, request: &'a Request, most: usize) -> BoxFuture<'a, Result<Response, Unsent>> {
        Box::pin(self.exchange(request, most))
    }

    fn get(&self, key: &str) -> Result<Option<String>, Unread> {
        let Some(namespace) = &self.grants.namespace else { return Err(Unread::NotGranted) };
        // A key that cannot be written is not there. It must not be another record's either.
        if data::check_key(key).is_err() {
            return Ok(None);
        }
        match self.store.record::<Entry>(&[&self.tenant, namespace, key]) {
            Ok(found) => Ok(found.map(|entry| entry.value.clone())),
            Err(error) => {
                tracing::warn!(%error, "the data of a plugin could not be read");
                Err(Unread::Failed("the data cannot be read now".to_owned()))
            }
        }
    }
}

/// Whether a request has nothing but what is the plugin's to say.
fn sendable(method: &str, headers: &[(String, String)]) -> Result<(), String> {
    if !METHODS.contains(&method) {
        return Err(format!("the method must be one of {}", METHODS.join(", ")));
    }
    if headers.len() > HEADERS {
        return Err(format!("a request may have {HEADERS} headers"));
    }
    for (name, value) in headers {
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(token) {
            return Err("the name of a header is none".to_owned());
        }
        if OURS.iter().any(|ours| ours.eq_ignore_ascii_case(name)) {
            return Err(format!("the header `{}` is the host's to write", name.to_ascii_lowercase()));
        }
        if !value.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte)) {
            return Err(format!("the header `{}` may have visible ASCII only", name.to_ascii_lowercase()));
        }
    }
    Ok(())
}

fn unsent(failure: FetchFailure) -> Unsent {
    match failure {
        FetchFailure::Address(reason) => Unsent::Denied(format!("the URL {reason}")),
        FetchFailure::TooSlow => Unsent::Timeout,
        FetchFailure::TooLarge(_) => Unsent::TooLarge,
        FetchFailure::Unreachable
        | FetchFailure::Insecure
        | FetchFailure::Status(_)
        | FetchFailure::Encoded
        | FetchFailure::Broken => Unsent::Failed(format!("the host {failure}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sends(method: &str, name: &str, value: &str) -> bool {
        sendable(method, &[(name.to_owned(), value.to_owned())]).is_ok()
    }

    #[test]
    fn a_plugin_says_what_is_its_own_to_say() {
        assert!(sends("GET", "Authorization", "Bearer x"));
        assert!(sends("DELETE", "x-a", ""));
    }

    #[test]
    fn nobody_forges_connections() {
        for method in ["CONNECT", "get", "TRACE", "GET / HTTP/1.1\r\n", ""] {
            assert!(!sends(method, "x-a", "b"), "{method}");
        }
        for name in ["Host", "transfer-encoding", "Content-Length", "Connection", "a b", "", "a:b", "a\r\nb"] {
            assert!(!sends("GET", name, "b"), "{name}");
        }
        for value in ["a\r\nHost: b", "\0", "ä"] {
            assert!(!sends("GET", "x-a", value), "{value}");
        }
        assert!(sendable("GET", &vec![("a".to_owned(), String::new()); 33]).is_err());
    }
}
