//! Names that are given once: a scope's within its server, a consent's within its tenant.
//!
//! Called by the nouns inside their transactions, which keep the list in step with the records.

use super::{Failure, noun::Named};
use crate::{
    crypto::digest::sha256_hex,
    store::{Index, View, Write, index},
};

/// Gives `name` to the record `id`, unless another one of its kind has it in the same place. `parent` is what the name is
/// unique in: the id of a server, or nothing for the tenant.
pub(super) fn give<T: Named>(
    write: &mut Write<'_>,
    tenant: &str,
    parent: &str,
    name: &str,
    id: &str,
) -> Result<(), Failure> {
    match holder::<T>(write, tenant, parent, name)?.is_some_and(|holder| holder != id) {
        true => Err(Failure::Conflict { noun: T::NAME, reason: format!("the name `{name}` is taken") }),
        false => Ok(index::put(write, Index::Names, &[tenant, T::NAME, parent, &filed(name)], id)?),
    }
}

/// Takes the name back.
pub(super) fn take_back<T: Named>(
    write: &mut Write<'_>,
    tenant: &str,
    parent: &str,
    name: &str,
    id: &str,
) -> Result<(), Failure> {
    Ok(index::remove(write, Index::Names, &[tenant, T::NAME, parent, &filed(name)], id)?)
}

/// Gives a record the name it has from now on, and takes back the one it had `before`. A taken name is a conflict for a
/// new record and a wrong `member` for one that is there.
pub(super) fn switch<T: Named>(
    write: &mut Write<'_>,
    tenant: &str,
    parent: &str,
    id: &str,
    before: Option<&str>,
    (member, name): (&str, &str),
) -> Result<(), Failure> {
    match (give::<T>(write, tenant, parent, name, id), before) {
        (Err(Failure::Conflict { reason, .. }), Some(_)) => Err(Failure::invalid(member, reason)),
        (given, before) => {
            given?;
            match before.filter(|before| *before != name) {
                Some(before) => take_back::<T>(write, tenant, parent, before, id),
                None => Ok(()),
            }
        }
    }
}

/// The record that has `name`.
pub(super) fn holder<T: Named>(
    view: &impl View,
    tenant: &str,
    parent: &str,
    name: &str,
) -> Result<Option<String>, Failure> {
    Ok(index::ids(view, Index::Names, &[tenant, T::NAME, parent, &filed(name)])?.into_iter().next())
}

/// Names may be longer than a key and hold any character, so they are filed by their digest.
fn filed(name: &str) -> String {
    sha256_hex(name.as_bytes())
}
