//! Data that a tenant keeps for its plugins: JSON values by key, in namespaces. Plugins with a grant read one namespace.
//!
//! The data operations of the admin group. The data are no configuration: they have no history and are in no package. How much there is in a
//! namespace is counted in the same transaction.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        Domain, Failure, Problem, id,
        noun::Named,
        tenant::{self, Tenant},
    },
    store::{Record, Table, Write, records, timeline},
    world::Micros,
};

/// The longest key.
const KEY: usize = 256;
/// The largest value, in bytes of JSON text.
const VALUE: usize = 64 << 10;
/// Values in one namespace.
const VALUES: u64 = 10_000;
/// Bytes of keys and values in one namespace.
const BYTES: u64 = 16 << 20;
/// Namespaces of one tenant.
const NAMESPACES: usize = 100;
/// Stands in place of a namespace in the key of a [`Tally`]. No namespace is called so.
const TALLIES: &str = "";

/// One value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// JSON text.
    pub value: String,
    /// When it was written.
    pub changed: Micros,
}

impl Record for Entry {
    const TABLE: Table = Table::KeyValue;
}

/// How much there is in a namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Tally {
    values: u64,
    bytes: u64,
}

impl Record for Tally {
    const TABLE: Table = Table::KeyValue;
}

/// A page of a namespace, by key: at most `limit` values behind the key `after`, and whether there are more.
pub fn list(
    domain: &Domain,
    tenant: &str,
    namespace: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<(Vec<(String, Entry)>, bool), Failure> {
    tenant::current(domain, tenant)?;
    check_namespace(namespace)?;
    let unread = |problem: Problem| Failure::malformed("query.after", problem.reason);
    after.map(check_key).transpose().map_err(unread)?;
    let last = after.map(|after| [tenant, namespace, after]);
    let last = last.as_ref().map(<[&str; 3]>::as_slice);
    let mut found = records::list_after::<Entry>(&domain.store.read()?, &[tenant, namespace], last, limit + 1)?;
    let more = found.len() > limit;
    found.truncate(limit);
    let named = |(mut key, entry): (Vec<String>, Entry)| (key.pop().unwrap_or_default(), entry);
    Ok((found.into_iter().map(named).collect(), more))
}

/// The value of a key.
pub fn get(domain: &Domain, tenant: &str, namespace: &str, key: &str) -> Result<Entry, Failure> {
    check(namespace, key)?;
    let found = domain.store.record::<Entry>(&[tenant, namespace, key])?;
    found.map(|entry| Entry::clone(&entry)).ok_or_else(|| Failure::not_found("value", key))
}

/// Sets the value of a key. Answers whether it is new.
pub async fn put(
    domain: &Domain,
    tenant: &str,
    namespace: &str,
    key: &str,
    value: String,
) -> Result<(Entry, bool), Failure> {
    tenant::current(domain, tenant)?;
    check(namespace, key)?;
    if value.len() > VALUE {
        return Err(Failure::invalid("/value", format!("{} bytes, {VALUE} are allowed", value.len())));
    }
    let (at, world) = ([tenant, namespace, key].map(str::to_owned), domain.world.clone());
    domain
        .write(move |write| {
            let [tenant, namespace, key] = at.each_ref().map(String::as_str);
            let changed = write.instant(world.now())?;
            let entry = Entry { value: value.clone(), changed };
            // It may have gone meanwhile, and nobody would ever take away what is written now.
            let there = timeline::current::<Tenant>(write, tenant, tenant, changed)?.filter(|state| !state.deleted);
            there.ok_or_else(|| Failure::not_found(Tenant::NAME, tenant))?;
            let before = records::get::<Entry>(write, &[tenant, namespace, key])?;
            let tally = tallied(write, tenant, namespace, key, before.as_ref(), Some(&entry))?;
            check_tally(&tally)?;
            records::put(write, &[tenant, namespace, key], &entry)?;
            records::put(write, &[tenant, TALLIES, namespace], &tally)?;
            Ok((entry, before.is_none()))
        })
        .await
}

/// Takes away the value of a key.
pub async fn delete(domain: &Domain, tenant: &str, namespace: &str, key: &str) -> Result<(), Failure> {
    check(namespace, key)?;
    let at = [tenant, namespace, key].map(str::to_owned);
    domain
        .write(move |write| {
            let [tenant, namespace, key] = at.each_ref().map(String::as_str);
            let before = records::get::<Entry>(write, &[tenant, namespace, key])?;
            let before = before.ok_or_else(|| Failure::not_found("value", key))?;
            let tally = tallied(write, tenant, namespace, key, Some(&before), None)?;
            records::delete::<Entry>(write, &[tenant, namespace, key])?;
            match tally.values {
                0 => drop(records::delete::<Tally>(write, &[tenant, TALLIES, namespace])?),
                _ => records::put(write, &[tenant, TALLIES, namespace], &tally)?,
            }
            Ok(())
        })
        .await
}

/// What a namespace holds once `before` has become `after`.
fn tallied(
    write: &Write<'_>,
    tenant: &str,
    namespace: &str,
    key: &str,
    before: Option<&Entry>,
    after: Option<&Entry>,
) -> Result<Tally, Failure> {
    let weight = |entry: Option<&Entry>| entry.map_or(0, |entry| (key.len() + entry.value.len()) as u64);
    let found = records::get::<Tally>(write, &[tenant, TALLIES, namespace])?;
    if found.is_none() && records::list_prefix::<Tally>(write, &[tenant, TALLIES])?.len() >= NAMESPACES {
        let reason = format!("the tenant has {NAMESPACES} namespaces already");
        return Err(Failure::Conflict { noun: "namespace", reason });
    }
    let Tally { values, bytes } = found.unwrap_or_default();
    let count = |entry: Option<&Entry>| u64::from(entry.is_some());
    Ok(Tally {
        values: (values + count(after)).saturating_sub(count(before)),
        bytes: (bytes + weight(after)).saturating_sub(weight(before)),
    })
}

fn check_tally(tally: &Tally) -> Result<(), Failure> {
    let full = |reason| Err(Failure::Conflict { noun: "namespace", reason });
    match tally {
        Tally { values, .. } if *values > VALUES => full(format!("a namespace holds {VALUES} values")),
        Tally { bytes, .. } if *bytes > BYTES => full(format!("a namespace holds {BYTES} bytes")),
        Tally { .. } => Ok(()),
    }
}

fn check(namespace: &str, key: &str) -> Result<(), Failure> {
    check_namespace(namespace)?;
    check_key(key).map_err(|problem| Failure::Invalid(vec![problem]))
}

fn check_namespace(namespace: &str) -> Result<(), Failure> {
    id::check("/namespace", namespace).map_err(|problem| Failure::Invalid(vec![problem]))
}

/// What a key may look like: any text of a bounded length that is one line.
pub(super) fn check_key(key: &str) -> Result<(), Problem> {
    match (1..=KEY).contains(&key.len()) && !key.chars().any(char::is_control) {
        true => Ok(()),
        false => Err(Problem::new("/key", format!("must have 1 to {KEY} bytes and no control characters"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_is_bounded_in_values_and_bytes() {
        assert_eq!(check_tally(&Tally { values: VALUES, bytes: BYTES }), Ok(()));
        assert!(check_tally(&Tally { values: VALUES + 1, bytes: 0 }).is_err());
        assert!(check_tally(&Tally { values: 1, bytes: BYTES + 1 }).is_err());
    }

    #[test]
    fn keys_are_one_line() {
        assert!(check_key("user/anna@example.com").is_ok());
        for bad in ["", "a\nb", "\0", &"a".repeat(KEY + 1)] {
            assert!(check_key(bad).is_err(), "{bad}");
        }
    }
}
