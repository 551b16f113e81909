//! The `oauth` dialect: the runtime of an authorization server, as far as programs talk to it: tokens and keys.
//! Errors are RFC 6749 §5.2.

pub mod asking;
pub mod backchannel;
pub mod client;
pub mod device;
pub mod discovery;
pub mod discovery_rows;
pub mod introspect;
pub mod jwks;
pub mod par;
pub mod protected;
pub mod protected_resource;
pub mod revoke;
pub mod rows;
pub mod token;
pub mod words;

use super::{Dialect, apps::rows::token as token_of_organizations};

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    name: "oauth",
    title: "OAuth 2.0",
    prefixes: &["/oauth/token"],
    also_under: "",
    tables: &[rows::ROWS, discovery_rows::ROWS, token_of_organizations::ROWS],
    word: words::word,
    cross_origin: true,
    carries_on: false,
};
