//! Who uses which plugin and under which name, so that what is in use stays and its users can be named.
//!
//! Called by the nouns that name components (policies, servers) inside their transactions, and by the operations on plugins.

use std::collections::BTreeSet;

use super::{Named, Plugin, Reference, Version, Which};
use crate::{
    decision::pinned,
    domain::{Failure, stamp::Stamp},
    store::{Index, View, Write, index},
};

/// Writes down that `user` names exactly the components of `now` instead of those of `before`, as far as they are plugins. Each
/// must mean a version; `member` is told when one no longer does.
pub(in crate::domain) fn switch<'a>(
    write: &mut Write<'_>,
    tenant: &str,
    user: &str,
    (member, before): (&str, impl IntoIterator<Item = &'a str>),
    now: impl IntoIterator<Item = &'a str>,
    stamp: &Stamp,
) -> Result<(), Failure> {
    let now: BTreeSet<&str> = now.into_iter().collect();
    let before: BTreeSet<&str> = before.into_iter().collect();
    for text in before.difference(&now) {
        if index::has(&*write, Index::PluginUsers, &[tenant, text], user)? {
            index::remove(write, Index::PluginUsers, &[tenant, text], user)?;
        }
    }
    for text in now {
        let Reference { name, which } = Reference::parse(text);
        // A component that comes with the server, or a name that the sandbox has refused.
        let Some(plugin) = stamp.live::<Plugin>(write, tenant, name)? else { continue };
        if plugin.value.resolve(which).is_none() {
            return Err(Failure::invalid(member, format!("`{text}`: {}", plugin.value.lacks(which))));
        }
        index::put(write, Index::PluginUsers, &[tenant, text], user)?;
    }
    Ok(())
}

/// Who uses the plugin by its bare name.
pub(super) fn of_name(view: &impl View, tenant: &str, name: &str) -> Result<Vec<String>, Failure> {
    Ok(index::ids(view, Index::PluginUsers, &[tenant, name])?)
}

/// Who uses exactly this version: by naming it, or by the bare name when it answers for that.
pub(super) fn of_version(
    view: &impl View,
    tenant: &str,
    name: &str,
    plugin: &Plugin,
    version: &Version,
) -> Result<Vec<String>, Failure> {
    let mut found = BTreeSet::new();
    for (text, which) in names(name, [version]) {
        if plugin.resolve(which).is_some_and(|meant| meant.digest == version.digest) {
            found.extend(index::ids(view, Index::PluginUsers, &[tenant, &text])?);
        }
    }
    Ok(found.into_iter().collect())
}

/// Refuses a change that leaves somebody with a name that means nothing.
pub(super) fn still_served(
    write: &Write<'_>,
    tenant: &str,
    name: &str,
    before: &Plugin,
    now: &Plugin,
) -> Result<(), Failure> {
    let mut left = BTreeSet::new();
    for (text, which) in names(name, &before.versions) {
        if now.resolve(which).is_none() {
            left.extend(index::ids(write, Index::PluginUsers, &[tenant, &text])?);
        }
    }
    match left.is_empty() {
        true => Ok(()),
        false => Err(Failure::InUse { noun: Plugin::NAME, by: left.into_iter().collect() }),
    }
}

/// The names under which versions of a plugin may be in use.
fn names<'a>(name: &str, versions: impl IntoIterator<Item = &'a Version>) -> Vec<(String, Which<'a>)> {
    let mut names = vec![(name.to_owned(), Which::Enabled)];
    for Version { version, digest, .. } in versions {
        names.push((format!("{name}@{version}"), Which::Version(version)));
        names.push((pinned(name, digest), Which::Digest(digest)));
    }
    names
}
