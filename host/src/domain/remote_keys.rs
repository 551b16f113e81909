//! Public keys that lie elsewhere: a JWK set behind a URL (`jwks_uri`), fetched when it is needed and remembered for a while.
//!
//! Called by whoever checks a signature of somebody whose keys are not kept here. Whoever owns the URL may exchange its keys at
//! any time, so a key that is not known is looked for again, but not more often than every [`PAUSE`]: strangers who invent
//! names of keys must not make us ask.

use std::{convert::Infallible, sync::Arc};

use quick_cache::sync::Cache;
use serde_json::Value;
use tokio::sync::Mutex;

use super::{
    Domain,
    client::{ClientKeys, LONGEST_SET, MOST_KEYS},
};
use crate::crypto::{jws::Header, keys::VerifyingKey};

/// How long a set is good, in seconds.
const GOOD_FOR: i64 = 600;
/// The least time between two requests for one set, in seconds.
const PAUSE: i64 = 30;
/// How many sets are remembered.
const REMEMBERED: usize = 1000;

/// The sets that are remembered, by URL.
pub(super) struct RemoteKeys(Cache<String, Arc<Mutex<Known>>>);

/// What is known of a set.
#[derive(Default)]
struct Known {
    /// When it was asked for last, in seconds since 1970.
    asked: Option<i64>,
    /// The keys that the last good answer had, and when it came.
    keys: Option<(i64, Vec<Value>)>,
}

impl RemoteKeys {
    /// Nothing is known yet.
    pub(super) fn new() -> RemoteKeys {
        RemoteKeys(Cache::new(REMEMBERED))
    }

    /// What is known of the set behind a URL. Whoever holds the lock asks for all who wait.
    fn known(&self, url: &str) -> Arc<Mutex<Known>> {
        let Ok(known) = self.0.get_or_insert_with(url, || Ok::<_, Infallible>(Arc::default()));
        known
    }
}

impl Known {
    /// The keys that are still good at `now`.
    fn good(&self, now: i64) -> &[Value] {
        match &self.keys {
            Some((at, keys)) if (0..GOOD_FOR).contains(&now.saturating_sub(*at)) => keys,
            _ => &[],
        }
    }

    fn may_ask(&self, now: i64) -> bool {
        !self.asked.is_some_and(|asked| (0..PAUSE).contains(&now.saturating_sub(asked)))
    }
}

/// The keys of a client that may have signed what has this header, wherever they are.
pub(super) async fn of_client(domain: &Domain, keys: &ClientKeys, header: &Header) -> Vec<VerifyingKey> {
    match keys {
        ClientKeys::None => Vec::new(),
        ClientKeys::Set(text) => fitting(&kept(text), header),
        ClientKeys::Uri(url) => find(domain, url, header).await,
    }
}

/// The keys of a set that was read before it was kept.
pub(super) fn kept(text: &str) -> Vec<Value> {
    let set: Value = serde_json::from_str(text).unwrap_or_default();
    set.get("keys").and_then(Value::as_array).cloned().unwrap_or_default()
}

/// The keys of the set behind `url` that may have signed what has this header: none when nobody can be asked.
pub(super) async fn find(domain: &Domain, url: &str, header: &Header) -> Vec<VerifyingKey> {
    let some = |keys: &[Value]| Some(fitting(keys, header)).filter(|found| !found.is_empty());
    pick(domain, url, some).await.unwrap_or_default()
}

/// What `choose` takes of the set behind `url`: none when there is no such key, or nobody can be asked.
pub(super) async fn pick<T>(domain: &Domain, url: &str, choose: impl Fn(&[Value]) -> Option<T>) -> Option<T> {
    let known = domain.remote_keys.known(url);
    let mut known = known.lock().await;
    let now = domain.world.now_seconds();
    let found = choose(known.good(now));
    if found.is_some() || !known.may_ask(now) {
        return found;
    }
    known.asked = Some(now);
    match fetch(domain, url).await {
        Ok(keys) => known.keys = Some((now, keys)),
        Err(reason) => tracing::info!(url, reason, "the keys of somebody else could not be fetched"),
    }
    choose(known.good(now))
}

async fn fetch(domain: &Domain, url: &str) -> Result<Vec<Value>, String> {
    let document = domain.outbound.get(url).await.map_err(|failure| failure.to_string())?;
    read(&document).ok_or_else(|| format!("no JWK set of at most {LONGEST_SET} bytes and {MOST_KEYS} keys"))
}

fn read(document: &[u8]) -> Option<Vec<Value>> {
    let set: Value = if document.len() > LONGEST_SET { None } else { serde_json::from_slice(document).ok() }?;
    let keys = set.get("keys")?.as_array()?;
    (keys.len() <= MOST_KEYS).then(|| keys.clone())
}

/// The keys of a set that may have signed what has this header: those of its name or without a name, for its algorithm.
/// What is not a public key for signatures is passed over (RFC 7517 §5).
fn fitting(keys: &[Value], header: &Header) -> Vec<VerifyingKey> {
    let named = |key: &&Value| match (&header.kid, key.get("kid")) {
        (Some(wanted), Some(kid)) => kid.as_str() == Some(wanted),
        _ => true,
    };
    keys.iter().filter(named).filter_map(|key| VerifyingKey::for_algorithm(key, &header.alg).ok()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::crypto::keys::{KeyType, SigningKey};

    fn header(alg: &str, kid: Option<&str>) -> Header {
        Header { alg: alg.to_owned(), kid: kid.map(str::to_owned), typ: None }
    }

    fn key(kid: Option<&str>) -> Value {
        let mut key = SigningKey::generate(KeyType::Ecdsa).unwrap().public_jwk();
        match kid {
            Some(kid) => key["kid"] = json!(kid),
            None => drop(key.as_object_mut().unwrap().remove("kid")),
        }
        key
    }

    #[test]
    fn a_key_fits_by_name_and_algorithm() {
        let keys = [key(Some("a")), key(Some("b")), key(None), json!({ "kty": "oct", "k": "AAAA" }), json!(7)];
        let count = |alg: &str, kid: Option<&str>| fitting(&keys, &header(alg, kid)).len();
        assert_eq!(count("ES256", Some("a")), 2, "the one of that name, and the one without");
        assert_eq!(count("ES256", Some("c")), 1);
        assert_eq!(count("ES256", None), 3);
        for alg in ["ES384", "RS256", "HS256", "none", ""] {
            assert_eq!(count(alg, None), 0, "{alg}");
        }
    }

    #[test]
    fn sets_are_small() {
        let set = |count: usize| json!({ "keys": vec![json!({ "kty": "EC" }); count] }).to_string().into_bytes();
        assert_eq!(read(&set(MOST_KEYS)).map(|keys| keys.len()), Some(MOST_KEYS));
        assert_eq!(read(&set(MOST_KEYS + 1)), None);
        let mut long = set(1);
        long.resize(LONGEST_SET + 1, b' ');
        assert_eq!(read(&long), None);
        for text in ["", "[]", "{}", r#"{"keys":{}}"#, "null"] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_set_is_good_for_a_while_and_asked_for_with_pauses() {
        let known = Known { asked: Some(1000), keys: Some((1000, vec![key(Some("a"))])) };
        let found = |now: i64| fitting(known.good(now), &header("ES256", Some("a"))).len();
        assert_eq!((found(1000), found(1599), found(1600), found(999)), (1, 1, 0, 0));
        assert!(!known.may_ask(1029) && known.may_ask(1030) && known.may_ask(999));
        assert!(Known::default().may_ask(0));
    }
}
