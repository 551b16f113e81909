//! Names that are given once: a scope's within its server, a consent's within its tenant.
//!
//! Called by the nouns inside their transactions, which keep the list in step with the records.

use super::{Failure, Problem, noun::Named, text};
use crate::store::{Index, View, Write, index};

/// A name that is given once is a part of a key, where it may have so many bytes.
const LONGEST: usize = 256;

/// Checks a name that is to be given once.
pub(super) fn check(member: &str, name: &str) -> Option<Problem> {
    let long = || (name.len() > LONGEST).then(|| Problem::new(member, "must have at most 256 bytes"));
    text::name(member, name).or_else(long)
}

/// Gives `name` to the record `id`, unless another one of its kind has it in the same place. `parent` is what the name is
/// unique in: the id of a server, or nothing for the tenant.
pub(super) fn give<T: Named>(
    write: &mut Write<'_>,
    tenant: &str,
    parent: &str,
    name: &str,
    id: &str,
) -> Result<(), Failure> {
    let holders = index::ids(write, Index::Names, &[tenant, T::NAME, parent, name])?;
    match holders.iter().any(|holder| holder != id) {
        true => Err(Failure::Conflict { noun: T::NAME, reason: format!("the name `{name}` is taken") }),
        false => Ok(index::put(write, Index::Names, &[tenant, T::NAME, parent, name], id)?),
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
    Ok(index::remove(write, Index::Names, &[tenant, T::NAME, parent, name], id)?)
}

/// The record that has `name`.
pub(super) fn holder<T: Named>(
    view: &impl View,
    tenant: &str,
    parent: &str,
    name: &str,
) -> Result<Option<String>, Failure> {
    Ok(index::ids(view, Index::Names, &[tenant, T::NAME, parent, name])?.into_iter().next())
}
