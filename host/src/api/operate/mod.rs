//! The `operate` dialect: health, metrics, and the documents that describe the others.

pub mod docs;
pub mod health;
pub mod rows;

use super::{Dialect, acp};

/// The dialect.
pub static DIALECT: Dialect = Dialect {
    name: "operate",
    title: "Operation",
    prefixes: &["/health", "/metrics", "/openapi", "/docs"],
    also_under: "",
    tables: &[rows::ROWS],
    word: acp::words::word,
    cross_origin: false,
    carries_on: false,
};
