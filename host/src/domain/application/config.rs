//! The configuration of an application: a JSON object of a bounded size, sealed in the store, in clear only while it is asked for.
//!
//! Used by the files of this folder. Which of its entries somebody sees is decided in `rules`.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    crypto::vault::{KeyedHash, Sealed},
    domain::{Domain, Failure, Problem},
};

/// The largest configuration, as JSON text.
const BYTES: usize = 64 * 1024;
/// The most entries.
const ENTRIES: usize = 256;
/// The longest name of an entry, in bytes.
const NAME: usize = 256;
/// How deep objects and lists may lie in each other, the configuration itself counted.
const DEPTH: usize = 16;

/// A configuration in clear. Not shown by `Debug`: it may hold secrets.
#[derive(Clone, PartialEq)]
pub struct Entries(pub Map<String, Value>);

/// A configuration as it is kept. Sealing the same text twice gives different bytes, so its keyed hash is what is compared.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Config {
    sealed: Sealed,
    hash: KeyedHash,
}

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} entries", self.0.len())
    }
}

impl PartialEq for Config {
    fn eq(&self, other: &Config) -> bool {
        self.hash == other.hash
    }
}

/// Binds what is sealed to the application it is of.
fn label(tenant: &str, id: &str) -> String {
    format!("application configuration of {tenant}/{id}")
}

impl Entries {
    /// Everything that is wrong with it.
    pub(super) fn problems(&self, member: &str) -> Vec<Problem> {
        let Entries(entries) = self;
        let mut problems = Vec::new();
        if entries.len() > ENTRIES {
            problems.push(Problem::new(member, format!("must have at most {ENTRIES} entries")));
        }
        if entries.keys().any(|name| name.is_empty() || name.len() > NAME) {
            problems.push(Problem::new(member, format!("the name of an entry must have 1 to {NAME} bytes")));
        }
        if !entries.values().all(|value| is_within(value, DEPTH - 1)) {
            problems.push(Problem::new(member, format!("must not be nested deeper than {DEPTH} levels")));
        } else if text(self).len() > BYTES {
            problems.push(Problem::new(member, format!("must have at most {BYTES} bytes of JSON")));
        }
        problems
    }

    /// The names of the entries that say something. Their values are nobody's business, policies and logs among them.
    pub(super) fn names(&self) -> Vec<&str> {
        let says = |value: &Value| !value.is_null() && value.as_str() != Some("");
        self.0.iter().filter(|(_, value)| says(value)).map(|(name, _)| name.as_str()).collect()
    }

    /// The same to keep.
    pub(super) fn seal(&self, domain: &Domain, tenant: &str, id: &str) -> Config {
        let (label, text) = (label(tenant, id), text(self));
        let sealed = domain.vault.seal(&domain.world, &label, text.as_bytes());
        Config { sealed, hash: domain.vault.keyed_hash(&label, &text) }
    }
}

impl Config {
    /// The same in clear.
    pub(super) fn open(&self, domain: &Domain, tenant: &str, id: &str) -> Result<Entries, Failure> {
        let unreadable = |error: String| Failure::Internal { log: format!("the {}: {error}", label(tenant, id)) };
        let text = domain.vault.open_sealed(&label(tenant, id), &self.sealed);
        let text = text.map_err(|error| unreadable(error.to_string()))?;
        // The reason could show a piece of the text.
        serde_json::from_slice(&text).map(Entries).map_err(|_| unreadable("is no JSON object".to_owned()))
    }
}

fn text(entries: &Entries) -> String {
    Value::Object(entries.0.clone()).to_string()
}

/// Whether a value has at most so many levels of objects and lists.
fn is_within(value: &Value, levels: usize) -> bool {
    let below = |value| levels > 0 && is_within(value, levels - 1);
    match value {
        Value::Object(members) => levels > 0 && members.values().all(below),
        Value::Array(items) => levels > 0 && items.iter().all(below),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    impl Config {
        /// Nothing at all, for tests of what is beside it.
        pub(in crate::domain) fn of_nothing() -> Config {
            serde_json::from_value(serde_json::json!({ "sealed": "", "hash": "A".repeat(43) })).unwrap()
        }
    }

    fn entries(value: Value) -> Entries {
        match value {
            Value::Object(entries) => Entries(entries),
            _ => Entries(Map::new()),
        }
    }

    fn reasons(value: Value) -> Vec<String> {
        entries(value).problems("/config").into_iter().map(|problem| problem.reason).collect()
    }

    fn nested(levels: usize) -> Value {
        (0..levels).fold(json!(1), |inner, _| json!({ "a": inner }))
    }

    #[test]
    fn a_configuration_is_bounded() {
        assert_eq!(reasons(json!({})), Vec::<String>::new());
        assert_eq!(reasons(nested(DEPTH)), Vec::<String>::new());
        assert_eq!(reasons(nested(DEPTH + 1)), ["must not be nested deeper than 16 levels"]);
        assert_eq!(reasons(json!({ "a": [[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]] })).len(), 1);
        assert_eq!(reasons(json!({ "a": "x".repeat(BYTES - 8) })), Vec::<String>::new());
        assert_eq!(reasons(json!({ "a": "x".repeat(BYTES - 7) })), ["must have at most 65536 bytes of JSON"]);
        assert_eq!(reasons(json!({ "": 1 })), ["the name of an entry must have 1 to 256 bytes"]);
        let many: Map<String, Value> = (0..=ENTRIES).map(|number| (number.to_string(), json!(1))).collect();
        assert_eq!(reasons(Value::Object(many)), ["must have at most 256 entries"]);
    }

    #[test]
    fn names_are_of_entries_that_say_something() {
        let found = entries(json!({ "a": 1, "b": "", "c": null, "d": {}, "e": false }));
        assert_eq!(found.names(), ["a", "d", "e"]);
    }

    #[test]
    fn a_configuration_does_not_show_itself() {
        let found = entries(json!({ "secret": "s3cr3t" }));
        assert_eq!(
            format!("{found:?} {:?}", Config::of_nothing()),
            "1 entries Config { sealed: Sealed(***), hash: KeyedHash(***) }"
        );
    }
}
