//! A static user of an authorization server: a person with a password kept with the server's own configuration.

use serde::{Deserialize, Serialize};

use crate::store::{Record, Table};

/// What is kept of a static user, filed under tenant, server and user name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// argon2id, as a PHC string.
    pub password: String,
}

impl Record for User {
    const TABLE: Table = Table::User;
}
