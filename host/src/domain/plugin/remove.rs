//! A version goes, or the whole plugin, unless somebody uses it: by the bare name, by version or by digest.

use super::{Plugin, Which, save, shelf, users};
use crate::{
    domain::{By, Domain, Failure, stamp::Author},
    store::State,
};

/// Removes one version. When it answers for the bare name, which nobody may use then, nothing does afterwards.
pub async fn remove_version(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    name: &str,
    which: Which<'_>,
) -> Result<State<Plugin>, Failure> {
    let seen = super::current(domain, tenant, name)?;
    let text = match which {
        Which::Version(text) | Which::Digest(text) => text,
        Which::Enabled => name,
    };
    let digest = seen.value.resolve(which).ok_or_else(|| Failure::not_found("version", text))?.digest.clone();
    let (tenant, name, author) = (tenant.to_owned(), name.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let old = stamp.target::<Plugin>(write, &tenant, &name)?;
            save(write, &tenant, &name, Some(&old.value), &without(&old.value, &digest), &stamp)
        })
        .await
}

/// Removes a plugin with all its versions.
pub async fn remove(domain: &Domain, by: &By<'_>, tenant: &str, name: &str) -> Result<(), Failure> {
    let (tenant, name, author) = (tenant.to_owned(), name.to_owned(), Author::of(domain, by));
    domain
        .write(move |write| {
            let stamp = author.stamp(write)?;
            let old = stamp.target::<Plugin>(write, &tenant, &name)?;
            users::still_served(write, &tenant, &name, &old.value, &Plugin::default())?;
            shelf::switch(write, &tenant, &name, Some(&old.value), None)?;
            stamp.soft_delete::<Plugin>(write, &tenant, &name)?;
            Ok(())
        })
        .await
}

fn without(plugin: &Plugin, digest: &str) -> Plugin {
    let mut plugin = plugin.clone();
    plugin.versions.retain(|version| version.digest != digest);
    plugin.enabled = plugin.enabled.filter(|enabled| enabled != digest);
    plugin.before = plugin.before.filter(|before| before != digest);
    plugin
}
