//! The resource servers of a setup: services with their scopes as one thing, with the same operations as on setups.

mod change;
mod scopes;
mod shape;
mod show;

use super::members::{Metadata, ScopePolicies};

pub use change::{create, delete, replace, unschedule};
pub use show::{list, show, snapshot, snapshots};

/// What a failure calls a resource server.
pub const RESOURCE_SERVER: &str = "resource server";
/// What a failure calls a resource server that is not in force now.
pub const CURRENT_RESOURCE_SERVER: &str = "current resource server";

/// A resource server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceServer {
    /// For people. Its id, when empty in what is asked.
    pub name: String,
    /// Who looks after it. The caller, when empty in what is asked.
    pub owner: String,
    /// For people.
    pub comment: String,
    /// Where it is.
    pub uri: Option<String>,
    /// Notes.
    pub metadata: Vec<Metadata>,
    /// Its scopes, all of them.
    pub scopes: Vec<ResourceScope>,
}

/// A scope of a resource server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceScope {
    /// The name on the wire.
    pub name: String,
    /// Its policies; the setup's where it has none.
    pub policies: ScopePolicies,
    /// Claims of its own, as text.
    pub custom_claims: Option<String>,
    /// Notes.
    pub metadata: Vec<Metadata>,
}
