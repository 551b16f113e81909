//! The `apps` dialect: applications and clients of an organization, which is a tenant, and their tokens, as the documents of
//! a contact centre have them (contract/applications.openapi.json, contract/organization-clients.openapi.json).

pub mod applications;
pub mod clients;
pub mod rows;
pub mod token;
pub mod words;

use super::Dialect;

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    name: "apps",
    title: "Applications and organization clients",
    prefixes: &["/api/applications", "/security/clients"],
    also_under: "",
    tables: &[rows::applications::ROWS, rows::clients::ROWS],
    word: words::word,
    cross_origin: false,
    carries_on: false,
};
