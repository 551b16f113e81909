//! The `outbound` dialect: our accounts at foreign providers, in XML and JSON, answered in plain sentences
//! (contract/outbound-oauth-clients.openapi.json).

pub mod authorization;
pub mod body;
pub mod clients;
pub mod forms;
pub mod rows;
pub mod words;
pub mod xml;

use super::{Dialect, Row};

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

/// Whether an operation takes and answers XML as well as JSON: the documented ones do.
pub fn in_xml(row: &Row) -> bool {
    row.path.starts_with("/uc/resources/oauthclient") && !row.path.contains('{')
}
