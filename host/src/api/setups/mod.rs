//! The `setups` dialect: authorization servers, their clients and services as timelines of snapshots, with the live tokens and
//! consents (contract/setups.openapi.json).

pub mod clients;
pub mod consents;
pub mod query;
pub mod resource_servers;
pub mod rows;
pub mod setup;
pub mod tokens;
pub mod wire;
pub mod words;

use super::Dialect;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    name: "setups",
    title: "Setups",
    prefixes: &["/setups"],
    also_under: "/nevismeta/rest/v2/modules/oauthv2",
    tables: &[rows::setups::ROWS, rows::clients::ROWS, rows::resource_servers::ROWS, rows::tokens::ROWS],
    word: words::word,
    cross_origin: false,
    carries_on: false,
};
