//! Setups and their snapshots (8 operations).

use crate::api::route::Row;

/// The table.
pub static ROWS: &[Row] = &[];
