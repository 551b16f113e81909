//! The history of every configuration record: each state with when it holds, who wrote it in which tongue, and what it changed.
//!
//! Called by the administration and the command line. Made of the stored values themselves, so it is the same whichever tongue
//! made a record. Going back to an earlier state is in `roll_back.rs`.

mod roll_back;

use serde_json::{Map, Value};

use super::{
    Domain, Failure, api::Api, application::Application, claim::Claim, client::Client, connection::Connection,
    consent::Consent, consent_action::ConsentAction, gateway::Gateway, noun::Named, plugin::Plugin, policy::Policy,
    scope::Scope, server::Server, service::Service, tenant::Tenant,
};
use crate::{
    store::{Kind, State, timeline},
    world::Micros,
};

pub use roll_back::roll_back;

/// The kinds of records by the words for them in paths and on the command line.
pub const KINDS: [(&str, Kind); 14] = [
    ("tenants", Kind::Tenant),
    ("servers", Kind::Server),
    ("clients", Kind::Client),
    ("scopes", Kind::Scope),
    ("services", Kind::Service),
    ("apis", Kind::Api),
    ("claims", Kind::Claim),
    ("gateways", Kind::Gateway),
    ("policies", Kind::Policy),
    ("consents", Kind::Consent),
    ("actions", Kind::ConsentAction),
    ("applications", Kind::Application),
    ("connections", Kind::Connection),
    ("plugins", Kind::Plugin),
];

/// What setups call two of them.
const ALSO: [(&str, Kind); 2] = [("setups", Kind::Server), ("resource-servers", Kind::Service)];

/// Members whose values are told to nobody: they hold sealed secrets and hashes of passwords.
const KEPT_BACK: [&str; 2] = ["authentications", "config"];

/// One state of a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// 1, 2, … in the order in which the states were written down.
    pub version: u64,
    /// From when on it holds, in microseconds.
    pub valid_from: Micros,
    /// When it was written down, in microseconds.
    pub recorded_at: Micros,
    /// Who wrote it.
    pub author: String,
    /// In which tongue: a dialect's name, `registration`, `cli`, or empty when the server itself did.
    pub tongue: String,
    /// Whether the record counts as deleted from here on.
    pub deleted: bool,
    /// Whether it is the state that holds now.
    pub current: bool,
    /// Whether it has yet to begin.
    pub scheduled: bool,
    /// What is different from the state before.
    pub changes: Vec<Change>,
}

/// A member that is different from the state before.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Its name as it is stored.
    pub member: String,
    /// What it was, none when nobody is told.
    pub before: Option<Value>,
    /// What it is, none when nobody is told.
    pub after: Option<Value>,
}

/// The words for kinds of records.
pub fn words() -> Vec<&'static str> {
    KINDS.iter().chain(&ALSO).map(|(word, _)| *word).collect()
}

/// The kind that a word stands for.
pub fn kind(word: &str) -> Result<Kind, Failure> {
    let found = KINDS.iter().chain(&ALSO).find(|(known, _)| *known == word);
    found.map(|(_, kind)| *kind).ok_or_else(|| Failure::not_found("kind of record", word))
}

/// The states of a record in the order in which they hold; scheduled ones come last. A record that has gone has a history, too.
pub fn of(domain: &Domain, tenant: &str, kind: Kind, id: &str) -> Result<Vec<Entry>, Failure> {
    match kind {
        Kind::Tenant => entries::<Tenant>(domain, tenant, id),
        Kind::Server => entries::<Server>(domain, tenant, id),
        Kind::Client => entries::<Client>(domain, tenant, id),
        Kind::Scope => entries::<Scope>(domain, tenant, id),
        Kind::Service => entries::<Service>(domain, tenant, id),
        Kind::Api => entries::<Api>(domain, tenant, id),
        Kind::Claim => entries::<Claim>(domain, tenant, id),
        Kind::Gateway => entries::<Gateway>(domain, tenant, id),
        Kind::Policy => entries::<Policy>(domain, tenant, id),
        Kind::Consent => entries::<Consent>(domain, tenant, id),
        Kind::ConsentAction => entries::<ConsentAction>(domain, tenant, id),
        Kind::Application => entries::<Application>(domain, tenant, id),
        Kind::Connection => entries::<Connection>(domain, tenant, id),
        Kind::Plugin => entries::<Plugin>(domain, tenant, id),
    }
}

fn entries<T: Named>(domain: &Domain, tenant: &str, id: &str) -> Result<Vec<Entry>, Failure> {
    let now = domain.now();
    let states = states::<T>(domain, tenant, id)?;
    let current = states.iter().rfind(|state| state.valid_from <= now).map(|state| state.version);
    let mut before = Map::new();
    let mut entries = Vec::with_capacity(states.len());
    for state in states {
        let after = members(&state.value)?;
        let changes = changes(&before, &after);
        let State { value: _, valid_from, recorded_at, version, author, tongue, deleted } = state;
        let (current, scheduled) = (current == Some(version), valid_from > now);
        entries.push(Entry { version, valid_from, recorded_at, author, tongue, deleted, current, scheduled, changes });
        before = after;
    }
    Ok(entries)
}

/// All states of a record; it must have been there at some time.
fn states<T: Named>(domain: &Domain, tenant: &str, id: &str) -> Result<Vec<State<T>>, Failure> {
    let states = timeline::history::<T>(&domain.store.read()?, tenant, id)?;
    if states.is_empty() { Err(Failure::not_found(T::NAME, id)) } else { Ok(states) }
}

fn members(value: &impl serde::Serialize) -> Result<Map<String, Value>, Failure> {
    match serde_json::to_value(value) {
        Ok(Value::Object(members)) => Ok(members),
        other => Err(Failure::Internal { log: format!("a record is an object, not {other:?}") }),
    }
}

fn changes(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<Change> {
    let names = after.keys().chain(before.keys().filter(|name| !after.contains_key(*name)));
    let changed = names.filter(|name| before.get(*name) != after.get(*name));
    let told = |name: &str, members: &Map<String, Value>| {
        (!KEPT_BACK.contains(&name)).then(|| members.get(name).cloned().unwrap_or_default())
    };
    changed.map(|name| Change { member: name.clone(), before: told(name, before), after: told(name, after) }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn what_is_different_is_told_but_for_secrets() {
        let before = object(json!({ "name": "a", "same": 1, "gone": true, "authentications": ["x"] }));
        let after = object(json!({ "name": "b", "same": 1, "authentications": ["y"] }));
        let told = changes(&before, &after);
        let of = |member: &str| told.iter().find(|change| change.member == member).unwrap();
        assert_eq!(told.len(), 3);
        assert_eq!((of("name").before.clone(), of("name").after.clone()), (Some(json!("a")), Some(json!("b"))));
        assert_eq!((of("gone").before.clone(), of("gone").after.clone()), (Some(json!(true)), Some(Value::Null)));
        assert_eq!((of("authentications").before.clone(), of("authentications").after.clone()), (None, None));
    }

    #[test]
    fn every_word_is_a_kind_of_its_own() {
        for (word, known) in KINDS {
            assert_eq!(kind(word).unwrap(), known);
        }
        assert_eq!(kind("setups").unwrap(), Kind::Server);
        assert_eq!(kind("resource-servers").unwrap(), Kind::Service);
        assert!(kind("secrets").is_err());
    }
}
