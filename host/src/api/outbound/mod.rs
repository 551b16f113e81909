//! The `outbound` dialect: our accounts at foreign providers, in XML and JSON, answered in plain sentences
//! (contract/outbound-oauth-clients.openapi.json).

pub mod rows;
pub mod words;

use super::Dialect;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    name: "outbound",
    title: "Outbound OAuth clients",
    prefixes: &["/uc/"],
    also_under: "",
    tables: &[rows::ROWS],
    word: words::word,
    cross_origin: false,
    carries_on: false,
};
