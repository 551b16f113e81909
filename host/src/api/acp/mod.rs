//! The `acp` dialect: administration of a tenant, as contract/acp.openapi.json has it, with what Portcullis adds
//! (policy test, decisions). Errors are `{status_code, error, details}`.

pub mod clients;
pub mod decisions;
pub mod duration;
pub mod policies;
pub mod rows;
pub mod servers;
pub mod tenants;
pub mod verdicts;
pub mod words;

use super::Dialect;

/// The dialect.
pub static DIALECT: Dialect =
    Dialect { name: "acp", title: "Administration", prefixes: &["/api/", ""], rows: rows::ROWS, word: words::word };
