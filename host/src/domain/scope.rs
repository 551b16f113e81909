//! A scope: a name for a right, granted to clients of an authorization server.

use serde::{Deserialize, Serialize};

use super::{Failure, noun::Named, permit, stamp::Stamp};
use crate::store::{Index, Kind, Noun, View, Write, index, timeline};

/// A scope's configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Scope {
    /// The authorization server it belongs to.
    pub server: String,
    /// The name on the wire.
    pub name: String,
    /// For people.
    pub display_name: String,
    /// For people.
    pub description: String,
    /// The service it belongs to.
    pub service: Option<String>,
    /// Decides when a person's token would get it: a scope that it denies is left out.
    pub user_policy: Option<String>,
    /// Decides when a developer assigns it to a client.
    pub developer_policy: Option<String>,
    /// Made by the server itself.
    pub system: bool,
}

impl Noun for Scope {
    const KIND: Kind = Kind::Scope;
}

impl Named for Scope {
    const NAME: &'static str = "scope";
}

/// The scopes every server starts with, as (name, display name) (reference/acp.md §3.2).
const EVERYWHERE: [(&str, &str); 14] = [
    ("openid", "OpenID"),
    ("profile", "Profile"),
    ("email", "Email"),
    ("phone", "Phone"),
    ("address", "Address"),
    ("offline_access", "Offline access"),
    ("view_consents", "View consents"),
    ("manage_consents", "Manage consents"),
    ("introspect_tokens", "Introspect tokens"),
    ("revoke_tokens", "Revoke tokens"),
    ("list_clients_with_access", "List clients with access"),
    ("revoke_client_access", "Revoke client access"),
    ("dcr_register", "Register clients"),
    (permit::EVALUATE, "Evaluate decisions"),
];

/// The scopes of a tenant's `system` server (DESIGN §8).
const SYSTEM: [(&str, &str); 10] = [
    ("view_consents", "View consents"),
    ("manage_consents", "Manage consents"),
    ("manage_logins", "Manage logins"),
    ("manage_scope_grants", "Manage scope grants"),
    ("introspect_tokens", "Introspect tokens"),
    ("revoke_tokens", "Revoke tokens"),
    ("read_gateway_configuration", "Read gateway configuration"),
    ("write_gateway_configuration", "Write gateway configuration"),
    ("push_gateway_requests", "Push gateway requests"),
    (permit::EVALUATE, "Evaluate decisions"),
];

/// The names of a server's scopes, in order.
pub fn names(view: &impl View, tenant: &str, server: &str, at: i64) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    for id in index::ids(view, Index::ServerScopes, &[tenant, server])? {
        if let Some(state) = timeline::current::<Scope>(view, tenant, &id, at)?.filter(|state| !state.deleted) {
            names.push(state.value.name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Writes the default scopes of a new server, inside a transaction.
pub(super) fn insert_defaults(write: &mut Write<'_>, tenant: &str, server: &str, stamp: &Stamp) -> Result<(), Failure> {
    let defaults: &[(&str, &str)] = if server == permit::SYSTEM_SERVER { &SYSTEM } else { &EVERYWHERE };
    for (name, display_name) in defaults {
        let id = format!("{server}-{name}");
        let scope = Scope {
            server: server.to_owned(),
            name: (*name).to_owned(),
            display_name: (*display_name).to_owned(),
            system: true,
            ..Scope::default()
        };
        stamp.append(write, tenant, &id, scope)?;
        index::put(write, Index::ServerScopes, &[tenant, server], &id)?;
    }
    Ok(())
}

/// Removes the scopes of a server that goes, inside a transaction.
pub(super) fn delete_all(write: &mut Write<'_>, tenant: &str, server: &str, stamp: &Stamp) -> Result<(), Failure> {
    for id in index::ids(write, Index::ServerScopes, &[tenant, server])? {
        stamp.soft_delete::<Scope>(write, tenant, &id)?;
        index::remove(write, Index::ServerScopes, &[tenant, server], &id)?;
    }
    Ok(())
}
