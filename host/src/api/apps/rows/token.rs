//! The token endpoint of organization clients.

use crate::api::route::Row;

/// The table.
pub static ROWS: &[Row] = &[];
