//! What clients sign and may show once: until when its name is remembered, and that it was shown.
//!
//! Called by whoever is shown assertions and request objects. Knows nothing else about them.

use serde_json::{Map, Value};

use super::Assertion;
use crate::{
    crypto::digest,
    domain::{Domain, Failure, expiry},
    store::{Write, records},
};

/// How far the clocks of client and server may be apart, in seconds.
pub(in crate::domain) const LEEWAY: i64 = 60;
/// How far ahead something that is good once may end, in seconds: until then it is remembered.
pub(in crate::domain) const LONGEST: i64 = 3600;
/// The longest name of such a thing, in bytes.
pub(in crate::domain) const LONGEST_NAME: usize = 1024;

/// A NumericDate (RFC 7519 §2), in whole seconds. An error when it is something else.
pub(in crate::domain) fn seconds(claims: &Map<String, Value>, name: &str) -> Result<Option<i64>, ()> {
    match claims.get(name) {
        None => Ok(None),
        Some(value) => match (value.as_i64(), value.as_f64()) {
            (Some(seconds), _) => Ok(Some(seconds)),
            // Beyond what fits it is clipped, which is as far away.
            #[expect(clippy::cast_possible_truncation, reason = "clips")]
            (None, Some(seconds)) => Ok(Some(seconds as i64)),
            (None, None) => Err(()),
        },
    }
}

/// Writes down that a client has shown what it calls `name` and what ends then. False when it was before: of many at the same
/// time one is the first.
///
/// This is a transaction of its own, so the name is used up whatever becomes of the request that it came with.
pub(in crate::domain) async fn spend(
    domain: &Domain,
    tenant: &str,
    client: &str,
    name: &str,
    ends: i64,
) -> Result<bool, Failure> {
    let (used, now) = (Used::of(tenant, client, name, ends), domain.world.now_seconds());
    domain.write(move |write| used.note(write, now)).await
}

/// What is written down of something that is good once.
#[derive(Clone, Debug)]
pub(in crate::domain) struct Used {
    key: [String; 3],
    assertion: Assertion,
}

impl Used {
    /// What is written down of what `whose`, a client's id or what no id looks like, calls `name` and what ends then.
    pub(in crate::domain) fn of(tenant: &str, whose: &str, name: &str, ends: i64) -> Used {
        let key = [tenant.to_owned(), whose.to_owned(), digest::sha256_hex(name.as_bytes())];
        Used { key, assertion: Assertion { ends: ends.saturating_add(LEEWAY) } }
    }

    /// Writes it down, inside a transaction. False when it was before.
    pub(in crate::domain) fn note(&self, write: &mut Write<'_>, now: i64) -> Result<bool, Failure> {
        let key = self.key.each_ref().map(String::as_str);
        if records::get::<Assertion>(&*write, &key)?.is_some_and(|earlier| earlier.ends > now) {
            return Ok(false);
        }
        records::put(write, &key, &self.assertion)?;
        expiry::note(write, &key, &self.assertion)?;
        Ok(true)
    }
}
