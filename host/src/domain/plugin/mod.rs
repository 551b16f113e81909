//! A plugin: components that a tenant has uploaded under one name, its versions side by side, one of which answers.
//!
//! The plugin operations of the admin group and `portcullis plugin push|list|enable|disable|rollback`. The bytes of a component
//! are kept once, by digest, whoever uploaded them; what a tenant lets them do is the tenant's own. Policies name a plugin as
//! `NAME` (the enabled version), `NAME@VERSION` or `NAME@sha256:DIGEST`; `policy/linked.rs` finds out which bytes that means.

pub mod data;
pub mod grants;
mod outside;

use serde::{Deserialize, Serialize};

pub(in crate::domain) use outside::reaching;

use super::{
    By, Domain, Failure,
    noun::{self, Named},
    stamp::Stamp,
};
use crate::store::{Kind, Noun, State, Write};

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
    pub http: Option<Http>,
    /// The namespace of the tenant's key-value data that it may read.
    pub namespace: Option<String>,
}

/// Requests to other servers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Http {
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

/// Gives a plugin an earlier value again, as far as the versions it names are still there.
pub(super) async fn put_back(
    domain: &Domain,
    by: &By<'_>,
    tenant: &str,
    name: &str,
    value: Plugin,
) -> Result<State<Plugin>, Failure> {
    noun::update(domain, by, tenant, name, move |_| Ok(value.clone()), save).await
}

/// Writes a plugin inside a transaction.
fn save(
    write: &mut Write<'_>,
    tenant: &str,
    name: &str,
    _: Option<&Plugin>,
    plugin: &Plugin,
    stamp: &Stamp,
) -> Result<State<Plugin>, Failure> {
    Ok(stamp.replace(write, tenant, name, plugin.clone())?)
}
