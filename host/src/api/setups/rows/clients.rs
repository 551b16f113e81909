//! Clients, their snapshots and the translator (9 operations).

use crate::api::route::Row;

/// The table.
pub static ROWS: &[Row] = &[];
