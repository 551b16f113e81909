//! Refresh tokens of a time when each had a record of its own, under its keyed hash, also those that were used.
//!
//! Called by `refresh` for a token that does not say which grant it is of, by `expiry`, and by `upgrade`, which has put what is
//! good of them where it is now. None is made any more.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{Confirmation, Failure, expiry},
    store::{Record, Table, View, records},
};

/// Such a token. Its key is tenant, server and its keyed hash.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Older {
    /// What it was made from.
    pub grant: String,
    /// When it was made, in seconds since 1970. 0 when it is of a time that did not keep that.
    #[serde(default)]
    pub since: i64,
    /// When it is forgotten, in seconds since 1970.
    pub ends: i64,
    /// Whether it was used before the upgrade.
    pub used: bool,
    /// The keys that whoever uses it must hold.
    #[serde(default)]
    pub confirmation: Option<Confirmation>,
}

impl Record for Older {
    const TABLE: Table = Table::OlderRefresh;
}

impl expiry::Ends for Older {
    const WHAT: expiry::What = expiry::What::RefreshToken;
    fn ends(&self) -> i64 {
        self.ends
    }
}

/// The token with this hash.
pub(super) fn find(view: &impl View, tenant: &str, server: &str, hash: &str) -> Result<Option<Older>, Failure> {
    Ok(records::get::<Older>(view, &[tenant, server, hash])?)
}
