//! Setups: authorization servers with their clients and resource servers, seen as timelines of snapshots that can be
//! scheduled.
//!
//! Called by the dialect `setups`. A setup is a [`Server`](super::server::Server), its clients are
//! [`Client`](super::client::Client)s, its resource servers [`Service`](super::service::Service)s with their scopes; other
//! tongues see the same records. Knows no wire.
//!
//! ```text
//! members    what the nouns keep for setups only
//! effective  what holds where server, client and scope each say something
//! setups     the operations on setups; client, resource_server the same on what is in one
//! seen, schedule, rules   timelines as they are read; when a change begins; what may be said
//! tokens, consents   what is live: refresh tokens and remembered consents (chosen, page: lists of them)
//! rights     who may do what          owned   the clients of whoever calls
//! ```

mod chosen;
pub mod client;
pub mod consents;
pub mod effective;
pub mod members;
pub mod owned;
pub mod page;
pub mod resource_server;
pub mod rights;
pub(super) mod rules;
mod schedule;
mod seen;
mod setups;
pub mod tokens;

use super::By;
use crate::world::Micros;

pub use chosen::Filter as LiveFilter;
pub use members::{About, Metadata, ScopePolicies, ScopePolicy};
pub use setups::{create, delete, list, replace, show, snapshot, snapshots, unschedule};

/// What a failure calls a setup that is not known, or has nothing of what is asked.
pub const SETUP: &str = "setup";
/// What a failure calls a setup that is known, perhaps, but not in force now.
pub const CURRENT_SETUP: &str = "current setup";
/// What a failure calls a snapshot.
pub const SNAPSHOT: &str = "snapshot";

/// One state of a setup, a client or a resource server.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot<T> {
    /// Its own name within the timeline: made of when it begins and of its version.
    pub id: String,
    /// What it says.
    pub value: T,
    /// From when on it holds, in microseconds, until the next one begins.
    pub valid_from: Micros,
    /// Its number, in the order of writing.
    pub version: u64,
    /// Who wrote it.
    pub author: String,
    /// Whether the record counts as deleted from here on.
    pub deleted: bool,
}

/// Which states of a record are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ValidAt {
    /// The one that holds now.
    #[default]
    Now,
    /// The one that holds at an instant, in microseconds.
    At(Micros),
    /// All of them, scheduled ones and those that have passed too: one that fits is enough.
    Any,
}

impl ValidAt {
    /// At which instant the scopes of a state are looked at that began at `valid_from`. Where any state counts, when it began.
    fn instant(self, valid_from: Micros, now: Micros) -> Micros {
        match self {
            ValidAt::Now => now,
            ValidAt::At(at) => at,
            ValidAt::Any => valid_from,
        }
    }
}

/// What a list is to hold. Everything given must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Its name; two different ones fit nothing.
    pub names: Vec<String>,
    /// Who looks after it.
    pub owners: Vec<String>,
    /// These scopes, all of them. Setups have those of their resource servers.
    pub scopes: Vec<String>,
    /// Notes with these names and values, all of them.
    pub metadata: Vec<(String, String)>,
    /// Which state is looked at.
    pub valid_at: ValidAt,
    /// Whether deleted ones are listed too.
    pub with_deleted: bool,
}

/// A setup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setup {
    /// For people.
    pub name: String,
    /// Who looks after it. The caller, when empty in what is asked.
    pub owner: String,
    /// For people.
    pub comment: String,
    /// Notes.
    pub metadata: Vec<Metadata>,
    /// What holds for clients that do not say otherwise.
    pub client_defaults: ClientDefaults,
    /// The policies of scopes that have none of their own. What is not said is `consent_persisted` and no new login, and
    /// always there in what is answered.
    pub resource_server_defaults: ScopePolicies,
}

/// What holds for the clients of a setup that do not say otherwise. In what is answered, lifetimes of tokens are always there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientDefaults {
    /// The grants of a client that names none.
    pub grant_types: Vec<String>,
    /// Whether people must log in anew.
    pub force_reauthentication: bool,
    /// How long an access token is good, in seconds.
    pub access_token_ttl: Option<i64>,
    /// How long a refresh token is good, in seconds.
    pub refresh_token_ttl: Option<i64>,
    /// How long an ID token is good, in seconds.
    pub id_token_ttl: Option<i64>,
    /// How long a consent is remembered, in seconds; until it is taken back when none.
    pub persisted_consent_ttl: Option<i64>,
}

/// Who looks after a setup or a resource server: whoever is named, or else the caller. That gives no rights, as it does with
/// clients, whose owner is a developer: an administrator is never taken for one of that name.
fn owner(named: String, by: &By<'_>) -> String {
    if named.is_empty() { by.caller.subject().unwrap_or_default().to_owned() } else { named }
}
