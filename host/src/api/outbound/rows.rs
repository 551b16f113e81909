//! Every operation of the dialect, one row each.

use crate::api::route::Row;

/// The table.
pub static ROWS: &[Row] = &[];
