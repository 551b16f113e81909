//! The `oauth` dialect: the runtime of an authorization server. So far the token endpoint for machines and the keys.
//! Errors are RFC 6749 §5.2.

pub mod client;
pub mod discovery;
pub mod discovery_rows;
pub mod jwks;
pub mod protected;
pub mod rows;
pub mod token;
pub mod words;

use super::Dialect;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    name: "oauth",
    title: "OAuth 2.0",
    prefixes: &[],
    tables: &[rows::ROWS, discovery_rows::ROWS],
    word: words::word,
};
