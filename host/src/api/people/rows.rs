//! The pages of an authorization server.

use crate::api::route::Row;

/// The table.
pub static ROWS: &[Row] = &[];
