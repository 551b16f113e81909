//! What an import would change: two documents of the whole configuration, before and after, compared record by record.
//!
//! Called by the command line. Says which members differ and never what is in them: some are secrets.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What differs.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Differences {
    /// Records that only the file has.
    pub added: Vec<Named>,
    /// Records that the file has differently.
    pub changed: Vec<Changed>,
    /// How many records the file has as they are.
    pub unchanged: usize,
    /// Records that only the store has, which an import leaves alone.
    pub only_here: Vec<Named>,
}

/// A record, by its kind, its tenant and its id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words of the sentence above")]
pub struct Named {
    pub kind: String,
    pub tenant_id: String,
    pub id: String,
}

/// A record with the members that differ.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// Which record.
    #[serde(flatten)]
    pub record: Named,
    /// The members, as JSON Pointers.
    pub members: Vec<String>,
}

/// The records of a document, by name.
type Records<'a> = BTreeMap<Named, &'a Value>;

impl Differences {
    /// Whether an import would change nothing. What only the store has does not count.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty()
    }
}

/// Compares the documents of the configuration `before` and `after` the import of `file`. When `tenant` is given, only that
/// tenant's records count.
pub fn compare(file: &Value, before: &Value, after: &Value, tenant: Option<&str>) -> Differences {
    let ours = |document| -> Records<'_> {
        let all = records(document).into_iter();
        all.filter(|(record, _)| tenant.is_none_or(|tenant| record.tenant_id == tenant)).collect()
    };
    let named: BTreeSet<Named> = ours(file).into_keys().collect();
    let (before, after) = (ours(before), ours(after));
    let mut found = Differences::default();
    for (record, now) in after {
        match before.get(&record) {
            None => found.added.push(record),
            Some(old) => match members(old, now) {
                members if !members.is_empty() => found.changed.push(Changed { record, members }),
                _ if named.contains(&record) => found.unchanged += 1,
                _ => found.only_here.push(record),
            },
        }
    }
    found
}

fn records(document: &Value) -> Records<'_> {
    let mut found = Records::new();
    let lists = document.as_object().into_iter().flatten();
    for (kind, list) in lists {
        for record in list.as_array().into_iter().flatten() {
            found.insert(name(kind, record), record);
            // The scopes of a service stand within it.
            for scope in
                record.get("scopes").and_then(Value::as_array).into_iter().flatten().filter(|one| one.is_object())
            {
                found.insert(name("scopes", scope), scope);
            }
        }
    }
    found
}

/// Scopes are scopes, wherever they stand; tenants are their own.
fn name(kind: &str, record: &Value) -> Named {
    let text = |member: &str| record.get(member).and_then(Value::as_str).map(str::to_owned);
    let id = text("client_id").filter(|_| kind == "clients").or_else(|| text("id")).unwrap_or_default();
    let kind = if kind == "scopes_without_service" { "scopes" } else { kind };
    Named { kind: kind.to_owned(), tenant_id: text("tenant_id").unwrap_or_else(|| id.clone()), id }
}

/// The members that differ, the innermost ones of objects.
fn members(old: &Value, now: &Value) -> Vec<String> {
    let (Value::Object(old), Value::Object(now)) = (old, now) else {
        return if old == now { Vec::new() } else { vec![String::new()] };
    };
    let names: BTreeSet<&String> = old.keys().chain(now.keys()).collect();
    let mut found = Vec::new();
    for name in names {
        let (old, now) = (old.get(name).unwrap_or(&Value::Null), now.get(name).unwrap_or(&Value::Null));
        let step = name.replace('~', "~0").replace('/', "~1");
        found.extend(members(old, now).into_iter().map(|below| format!("/{step}{below}")));
    }
    found
}
