//! A plugin: components that a tenant has uploaded under one name, its versions side by side, one of which answers.
//!
//! The plugin operations of the admin group and `portcullis plugin push|list|enable|disable|rollback`. The bytes of a component
//! are kept once, by digest, whoever uploaded them; what a tenant lets them do is the tenant's own. Policies name a plugin as
//! `NAME` (the enabled version), `NAME@VERSION` or `NAME@sha256:DIGEST`; `policy/linked.rs` finds out which bytes that means.

pub mod data;
mod folder;
pub mod grants;
mod oci;
mod outside;
mod remove;
mod shelf;
mod signature;
pub mod source;
mod switch;
mod upload;
pub(super) mod users;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub(in crate::domain) use outside::reaching;

use super::{
    Domain, Failure,
    noun::{self, Named},
    stamp::Stamp,
    tenant,
};
use crate::{
    decision::Inspected,
    store::{Kind, Noun, State, Write},
};

pub use remove::{remove, remove_version};
pub(super) use shelf::forget;
pub use shelf::{Component, Shelf};
pub use signature::{SIGNED, TrustedKey};
pub use switch::{disable, enable, put_back, roll_back};
pub use upload::{Upload, Uploaded, upload};

/// What uploads have to be like, as the configuration says.
#[derive(Clone, Debug)]
pub struct PluginRules {
    /// The largest component, in bytes.
    pub component_bytes: usize,
    /// Whether one without a signature is refused.
    pub require_signature: bool,
    /// The keys whose signatures count.
    pub keys: Vec<TrustedKey>,
}

/// The components that a tenant has under one name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plugin {
    /// Every version that is there, in the order of their arrival.
    pub versions: Vec<Version>,
    /// The digest of the version that answers for the bare name; none when the plugin is disabled.
    pub enabled: Option<String>,
    /// The digest that answered before, for going back.
    pub before: Option<String>,
    /// What its components may reach beyond the log.
    pub grants: Grants,
}

/// One version of a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// As the component says, such as `1.2.0`. Unique within the plugin.
    pub version: String,
    /// SHA-256 of the component, in hex.
    pub digest: String,
    /// Where it came from: `upload`, an OCI reference, or a file.
    pub source: String,
    /// The names of the keys whose signatures it carries.
    pub signed_by: Vec<String>,
}

/// What a tenant lets a plugin reach. Without a grant, nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grants {
    /// Requests to other servers.
    pub requests: Option<Requests>,
    /// The namespace of the tenant's key-value data that it may read.
    pub namespace: Option<String>,
}

/// Requests to other servers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requests {
    /// Exactly these hosts, with their port when it is not the scheme's own.
    pub hosts: Vec<String>,
    /// How long one request may take, in milliseconds. Waiting for it does not count towards the deadline of the call.
    pub deadline_ms: u32,
}

impl Noun for Plugin {
    const KIND: Kind = Kind::Plugin;
}

impl Named for Plugin {
    const NAME: &'static str = "plugin";
}

/// One version with all that is known of it.
#[derive(Clone, Debug)]
pub struct Described {
    /// What the tenant knows of it.
    pub version: Version,
    /// What it is.
    pub component: Inspected,
    /// Whether it answers for the bare name.
    pub enabled: bool,
    /// Who names this version.
    pub used_by: Vec<String>,
}

/// How one version of a plugin is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which<'a> {
    /// The one that answers for the bare name.
    Enabled,
    /// By its version.
    Version(&'a str),
    /// By its digest.
    Digest(&'a str),
}

impl<'a> Which<'a> {
    /// Reads a version, or a digest as `sha256:…` or as 64 digits.
    pub fn parse(text: &'a str) -> Which<'a> {
        let is_digest = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        match text.strip_prefix("sha256:") {
            Some(digest) => Which::Digest(digest),
            None if is_digest(text) => Which::Digest(text),
            None => Which::Version(text),
        }
    }
}

/// How a policy names a plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reference<'a> {
    /// The plugin.
    pub(super) name: &'a str,
    /// Which of its versions.
    pub(super) which: Which<'a>,
}

impl<'a> Reference<'a> {
    /// Reads `NAME`, `NAME@VERSION` or `NAME@sha256:DIGEST`.
    pub(super) fn parse(text: &'a str) -> Reference<'a> {
        match text.split_once('@') {
            None => Reference { name: text, which: Which::Enabled },
            Some((name, which)) => Reference { name, which: Which::parse(which) },
        }
    }
}

impl Plugin {
    /// The version that is meant, if it is there and, for the bare name, enabled.
    pub fn resolve(&self, which: Which<'_>) -> Option<&Version> {
        let digest = match which {
            Which::Version(wanted) => return self.versions.iter().find(|version| version.version == wanted),
            Which::Digest(digest) => digest,
            Which::Enabled => self.enabled.as_deref()?,
        };
        self.versions.iter().find(|version| version.digest == digest)
    }

    /// The version that is meant, or a failure that says which there are.
    fn find(&self, member: &str, which: Which<'_>) -> Result<&Version, Failure> {
        self.resolve(which).ok_or_else(|| Failure::invalid(member, self.lacks(which)))
    }

    /// Why nothing answers to a name, in words.
    pub(super) fn lacks(&self, which: Which<'_>) -> String {
        let there: Vec<_> = self.versions.iter().map(|version| version.version.as_str()).collect();
        let there = there.join(", ");
        match which {
            Which::Enabled => format!("the plugin is disabled: enable one of its versions ({there})"),
            Which::Version(version) => format!("the plugin has no version `{version}`, it has {there}"),
            Which::Digest(digest) => format!("the plugin has no version with the digest {digest}, it has {there}"),
        }
    }
}

/// The plugin `name` of a tenant as it is now.
pub fn current(domain: &Domain, tenant: &str, name: &str) -> Result<Arc<State<Plugin>>, Failure> {
    noun::current(domain, tenant, name)
}

/// All plugins of a tenant, by name.
pub fn list(domain: &Domain, tenant: &str) -> Result<Vec<(String, State<Plugin>)>, Failure> {
    tenant::current(domain, tenant)?;
    noun::list(domain, tenant)
}

/// All that is known of the versions of a plugin, in the order of their arrival.
pub fn describe(domain: &Domain, tenant: &str, name: &str, plugin: &Plugin) -> Result<Vec<Described>, Failure> {
    let read = domain.store.read()?;
    let one = |version: &Version| {
        let component = shelf::component(domain, &version.digest)?;
        let enabled = plugin.enabled.as_ref() == Some(&version.digest);
        let used_by = users::of_version(&read, tenant, name, plugin, version)?;
        Ok(Described { version: version.clone(), component, enabled, used_by })
    };
    plugin.versions.iter().map(one).collect()
}

/// One version of a plugin.
pub fn describe_one(domain: &Domain, tenant: &str, name: &str, which: Which<'_>) -> Result<(Described, u64), Failure> {
    let state = current(domain, tenant, name)?;
    let text = match which {
        Which::Enabled => name,
        Which::Version(text) | Which::Digest(text) => text,
    };
    let missing = || Failure::not_found("version", text);
    let version = state.value.resolve(which).ok_or_else(missing)?;
    let found = describe(domain, tenant, name, &state.value)?.into_iter();
    let found = found.into_iter().find(|described| described.version == *version).ok_or_else(missing)?;
    Ok((found, state.version))
}

/// Writes a plugin inside a transaction: its components stay while somebody has them, and so must whoever uses them.
fn save(
    write: &mut Write<'_>,
    tenant: &str,
    name: &str,
    before: Option<&Plugin>,
    plugin: &Plugin,
    stamp: &Stamp,
) -> Result<State<Plugin>, Failure> {
    if let Some(before) = before {
        users::still_served(write, tenant, name, before, plugin)?;
    }
    shelf::switch(write, tenant, name, before, Some(plugin))?;
    Ok(stamp.replace(write, tenant, name, plugin.clone())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plugin() -> Plugin {
        let version = |version: &str, digit: &str| Version {
            version: version.to_owned(),
            digest: digit.repeat(64),
            source: String::new(),
            signed_by: Vec::new(),
        };
        let versions = vec![version("1.0.0", "a"), version("1.1.0", "b")];
        Plugin { versions, enabled: Some("b".repeat(64)), ..Plugin::default() }
    }

    #[test]
    fn a_name_means_one_version_or_none() {
        let digest = format!("acme@sha256:{}", "a".repeat(64));
        let version = |text: &str| plugin().resolve(Reference::parse(text).which).map(|found| found.version.clone());
        for (text, wanted) in [
            ("acme", Some("1.1.0")),
            ("acme@1.0.0", Some("1.0.0")),
            (digest.as_str(), Some("1.0.0")),
            ("acme@1.2.0", None),
            ("acme@sha256:aa", None),
            ("acme@", None),
        ] {
            assert_eq!(version(text).as_deref(), wanted, "{text}");
        }
        assert_eq!(Plugin { enabled: None, ..plugin() }.resolve(Which::Enabled), None);
        assert!(plugin().lacks(Which::Version("2")).contains("1.0.0, 1.1.0"));
    }
}
